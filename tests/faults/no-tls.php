<?php
/**
 * A database that greets, offers TLS, and answers a handshake with an alert. Prints its address.
 */

declare(strict_types=1);

$server = stream_socket_server( 'tcp://127.0.0.1:0' );
echo stream_socket_get_name( $server, false ), "\n";

// Protocol 10, version, thread, salt, capabilities with SSL (2048), PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH.
$flags    = 512 | 2048 | 32768 | 524288 | 8 | 1;
$greeting = "\x0a5.5.5-10.11.6-MariaDB\0" . pack( 'V', 7 ) . "abcdefgh\0" . pack( 'v', $flags & 0xffff ) . "\x2d" . pack( 'v', 2 ) . pack( 'v', $flags >> 16 ) . "\x15" . str_repeat( "\0", 10 ) . "abcdefghijkl\0mysql_native_password\0";
$open     = array();
while ( true ) {
	$read  = array( $server, ...$open );
	$write = array();
	$other = array();
	stream_select( $read, $write, $other, null );
	foreach ( $read as $stream ) {
		if ( $stream === $server ) {
			$client = stream_socket_accept( $server );
			fwrite( $client, substr( pack( 'V', strlen( $greeting ) ), 0, 3 ) . "\0" . $greeting );
			$open[ (int) $client ] = $client;
			continue;
		}
		$bytes = (string) fread( $stream, 4096 );
		// The client's hello comes after its request for TLS; what answers it is a fatal alert. Without TLS nobody gets in.
		if ( '' === $bytes || str_contains( $bytes, "\x16\x03" ) || strlen( $bytes ) > 36 ) {
			'' === $bytes || @fwrite( $stream, "\x15\x03\x03\x00\x02\x02\x28" );
			fclose( $stream );
			unset( $open[ (int) $stream ] );
		}
	}
}
