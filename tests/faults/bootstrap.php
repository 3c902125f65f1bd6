<?php
/**
 * Workers die, databases restart, providers go away; the site is the one of the end-to-end tests.
 */

declare(strict_types=1);

require dirname( __DIR__ ) . '/e2e/bootstrap.php';
require __DIR__ . '/RigTestCase.php';
require __DIR__ . '/KillTestCase.php';
require __DIR__ . '/OutageTestCase.php';
require __DIR__ . '/NativeSide.php';
