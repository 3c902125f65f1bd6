<?php
/**
 * End-to-end tests speak HTTP to nginx and php-fpm, SQL to the site's database, and to the sandbox's admin port.
 */

declare(strict_types=1);

if ( ! getenv( 'SITE_URL' ) ) {
	fwrite( STDERR, "No site is up: run make test, or tests/site/test.sh e2e\n" );
	exit( 2 );
}
require __DIR__ . '/Browser.php';
require __DIR__ . '/Site.php';
require __DIR__ . '/SiteCopy.php';
require __DIR__ . '/ProviderSide.php';
require __DIR__ . '/ZoomSide.php';
require __DIR__ . '/GoogleSide.php';
require __DIR__ . '/ClinicProxy.php';
require __DIR__ . '/SiteTestCase.php';
require __DIR__ . '/ConsentTestCase.php';
require __DIR__ . '/ConnectTestCase.php';
require __DIR__ . '/FlowsTestCase.php';
require __DIR__ . '/TokensTestCase.php';
require __DIR__ . '/EngineTestCase.php';
require __DIR__ . '/CopyTestCase.php';
