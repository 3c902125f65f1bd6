<?php
/**
 * A database that takes connections and never answers. Prints its address; writes down how many have come, to the file
 * that is its argument.
 */

declare(strict_types=1);

$server = stream_socket_server( 'tcp://127.0.0.1:0' );
echo stream_socket_get_name( $server, false ), "\n";
$open = array();
while ( true ) {
	$client = @stream_socket_accept( $server, -1 );
	if ( false !== $client ) {
		$open[] = $client;
		file_put_contents( $argv[1], (string) count( $open ) );
	}
}
