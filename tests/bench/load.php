<?php
/**
 * Cost of loading the extension: php -r '' with and without it, interleaved; medians of wall time and peak memory.
 */

declare(strict_types=1);

/**
 * @return array{float, float} Milliseconds, KiB.
 */
function kct_measure( string $flags ): array {
	$start = hrtime( true );
	$kib   = (float) shell_exec( PHP_BINARY . " -n $flags -r 'echo (int) preg_replace( \"/.*VmHWM:\\s+(\\d+).*/s\", \"\\\\1\", file_get_contents( \"/proc/self/status\" ) );'" );
	return array( ( hrtime( true ) - $start ) / 1e6, $kib );
}

function kct_median( array $values ): float {
	sort( $values );
	return $values[ intdiv( count( $values ), 2 ) ];
}

$samples = array( array(), array() );
for ( $round = 0; $round < 30; $round++ ) {
	$samples[0][] = kct_measure( '' );
	$samples[1][] = kct_measure( '-d extension=' . escapeshellarg( $argv[1] ) );
}
$wall = array_map( static fn( array $s ): float => kct_median( array_column( $s, 0 ) ), $samples );
$rss  = array_map( static fn( array $s ): float => kct_median( array_column( $s, 1 ) ), $samples );
printf( "RESULT php_start_without %.2f ms\nRESULT php_start_with %.2f ms\nRESULT extension_load_wall %.2f ms\n", $wall[0], $wall[1], $wall[1] - $wall[0] );
printf( "RESULT extension_load_rss %.0f KiB\n", $rss[1] - $rss[0] );
