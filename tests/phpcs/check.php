<?php

declare(strict_types=1);

// Holds the sniffs of our own against the sample: what is to be found, and nothing else, and each sniff finds something.
$sample = __DIR__ . '/samples/bad.php';
exec( 'phpcs -q --standard=' . escapeshellarg( __DIR__ . '/Telemed' ) . ' --report=json ' . escapeshellarg( $sample ), $output );
$report = json_decode( implode( '', $output ), true, 512, JSON_THROW_ON_ERROR );
$found  = array_unique( array_column( current( $report['files'] )['messages'], 'line' ) );
$bad    = array();
foreach ( file( $sample ) as $number => $line ) {
	if ( str_ends_with( rtrim( $line ), '// bad' ) ) {
		$bad[] = $number + 1;
	}
}
sort( $found );
$sources = implode( "\n", array_column( current( $report['files'] )['messages'], 'source' ) );
foreach ( glob( __DIR__ . '/Telemed/Sniffs/*/*Sniff.php' ) as $file ) {
	$sniff = 'Telemed.' . basename( dirname( $file ) ) . '.' . basename( $file, 'Sniff.php' ) . '.';
	if ( ! str_contains( $sources, $sniff ) ) {
		fwrite( STDERR, "the sample shows nothing of {$sniff}\n" );
		exit( 1 );
	}
}
if ( array() === $bad || $found !== $bad ) {
	fwrite( STDERR, 'not found: ' . implode( ', ', array_diff( $bad, $found ) ) . '; found in vain: ' . implode( ', ', array_diff( $found, $bad ) ) . "\n" );
	exit( 1 );
}
echo count( $bad ), " mistakes of the sample are found, and nothing else\n";
