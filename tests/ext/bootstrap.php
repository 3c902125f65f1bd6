<?php
/**
 * Tests of the compiled extension alone, without WordPress.
 */

declare(strict_types=1);

if ( ! extension_loaded( 'kivicare_telemed' ) ) {
	fwrite( STDERR, "The extension is not loaded: run with php -d extension=.../libkivicare_telemed.so (make test-ext)\n" );
	exit( 1 );
}

require __DIR__ . '/ExtensionTestCase.php';
