<?php
/**
 * Reads a test runner's closing lines and prints "<layer>: <passed> passed, <failed> failed", and how many were skipped.
 * PHPUnit's are those of versions 9 to 11.
 *
 * A layer that ran nothing, or whose command failed without a failed test, counts as one failure.
 */

declare(strict_types=1);

list( , $layer, $file, $status ) = $argv;
$log    = (string) file_get_contents( $file );
$passed  = 0;
$failed  = 0;
$skipped = 0;
if ( preg_match_all( '/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/m', $log, $found, PREG_SET_ORDER ) ) {
	foreach ( $found as $counts ) {
		$passed  += (int) $counts[1];
		$failed  += (int) $counts[2];
		$skipped += (int) $counts[3];
	}
}
if ( preg_match_all( '/^OK \((\d+) tests?,/m', $log, $found ) ) {
	$passed += array_sum( array_map( 'intval', $found[1] ) );
}
if ( preg_match_all( '/^Tests: (\d+), .*$/m', $log, $found, PREG_SET_ORDER ) ) {
	foreach ( $found as $line ) {
		// What only is deprecated fails nothing; each name stands for itself alone, with or without "PHPUnit" before it.
		preg_match_all( '/, (?:PHPUnit )?(?:Failures|Errors|Warnings|Risky): (\d+)/', $line[0], $bad );
		$wrong   = array_sum( array_map( 'intval', $bad[1] ) );
		$failed += $wrong;
		// What was skipped or is incomplete has shown nothing.
		preg_match_all( '/, (?:Skipped|Incomplete): (\d+)/', $line[0], $left );
		$unseen   = array_sum( array_map( 'intval', $left[1] ) );
		$skipped += $unseen;
		$passed  += max( 0, (int) $line[1] - $wrong - $unseen );
	}
}
// Node's test runner, in its last lines; what was skipped or is still to do has shown nothing.
if ( preg_match( '/^# tests \d+$/m', $log ) ) {
	$ends = array();
	foreach ( array( 'pass', 'fail', 'cancelled', 'skipped', 'todo' ) as $word ) {
		preg_match_all( "/^# $word (\d+)$/m", $log, $found );
		$ends[ $word ] = array_sum( array_map( 'intval', $found[1] ) );
	}
	$passed  += $ends['pass'];
	$failed  += $ends['fail'] + $ends['cancelled'];
	$skipped += $ends['skipped'] + $ends['todo'];
}
// Checks without a runner print lines of their own.
$passed += preg_match_all( '/^check: .* ok$/m', $log );
$failed += preg_match_all( '/^check: .* failed$/m', $log );
// What this machine cannot check is named.
$skipped += preg_match_all( '/^skipped: /m', $log );
if ( 0 === $passed + $failed || ( 0 !== (int) $status && 0 === $failed ) ) {
	++$failed;
}
echo "$layer: $passed passed, $failed failed" . ( 0 === $skipped ? '' : ", $skipped skipped" ) . "\n";
