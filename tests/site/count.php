<?php
/**
 * Reads a test runner's closing lines and prints "<layer>: <passed> passed, <failed> failed".
 *
 * A layer that ran nothing, or whose command failed without a failed test, counts as one failure.
 */

declare(strict_types=1);

list( , $layer, $file, $status ) = $argv;
$log    = (string) file_get_contents( $file );
$passed = 0;
$failed = 0;
if ( preg_match_all( '/^test result: \w+\. (\d+) passed; (\d+) failed/m', $log, $found, PREG_SET_ORDER ) ) {
	foreach ( $found as $counts ) {
		$passed += (int) $counts[1];
		$failed += (int) $counts[2];
	}
}
if ( preg_match_all( '/^OK \((\d+) tests?,/m', $log, $found ) ) {
	$passed += array_sum( array_map( 'intval', $found[1] ) );
}
if ( preg_match_all( '/^Tests: (\d+), .*$/m', $log, $found, PREG_SET_ORDER ) ) {
	foreach ( $found as $line ) {
		preg_match_all( '/(?:Failures|Errors|Warnings|Risky): (\d+)/', $line[0], $bad );
		$wrong   = array_sum( array_map( 'intval', $bad[1] ) );
		$failed += $wrong;
		// What was skipped has shown nothing.
		preg_match( '/Skipped: (\d+)/', $line[0], $skipped );
		$passed += max( 0, (int) $line[1] - $wrong - (int) ( $skipped[1] ?? 0 ) );
	}
}
// Node's test runner, in its last lines; what was skipped or is still to do has shown nothing.
if ( preg_match( '/^# tests \d+$/m', $log ) ) {
	foreach ( array( 'pass' => 1, 'fail' => 0, 'cancelled' => 0 ) as $word => $good ) {
		preg_match_all( "/^# $word (\d+)$/m", $log, $found );
		$number = array_sum( array_map( 'intval', $found[1] ) );
		$good ? $passed += $number : $failed += $number;
	}
}
// Checks without a runner print lines of their own.
$passed += preg_match_all( '/^check: .* ok$/m', $log );
$failed += preg_match_all( '/^check: .* failed$/m', $log );
if ( 0 === $passed + $failed || ( 0 !== (int) $status && 0 === $failed ) ) {
	++$failed;
}
echo "$layer: $passed passed, $failed failed\n";
