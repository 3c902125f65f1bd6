<?php

declare(strict_types=1);

// Every line below that ends in "bad" is to be found, and no other; see check.php.
function telemed_sample( wpdb $wpdb, string $name, array $names ): void {
	$table = $wpdb->prefix . 'kc_things';
	echo $name; // bad
	echo '<b>' . esc_html( $name ) . '</b>';
	echo "<b>$name</b>"; // bad
	print get_option( 'name' ); // bad
	printf( '<b>%s</b>', $name ); // bad
	printf( '<b>%s</b>', esc_html( $name ) );
	wp_die( $name ); // bad
	_e( 'Hello', 'kivicare-telemed' ); // bad
	$page = sanitize_key( wp_unslash( $_GET['page'] ?? '' ) ); // bad
	if ( ! wp_verify_nonce( sanitize_key( wp_unslash( $_GET['nonce'] ?? '' ) ), 'telemed_sample' ) ) {
		return;
	}
	$page = $_GET['page']; // bad
	$page = wp_unslash( $_GET['page'] ); // bad
	$page = sanitize_key( $_GET['page'] ); // bad
	$page = sanitize_key( wp_unslash( $_GET['page'] ?? '' ) );
	$page = isset( $_GET['page'] );
	$wpdb->query( "DELETE FROM {$table}" );
	$wpdb->query( "DELETE FROM {$table} WHERE name = '$name'" ); // bad
	$wpdb->get_var( 'SELECT id FROM things WHERE name = ' . $names[0] ); // bad
	$wpdb->get_results( $name ); // bad
	$wpdb->get_results( $wpdb->prepare( "SELECT * FROM {$table} WHERE name = %s", $name ) );
	$sql = $wpdb->prepare( 'SELECT %s', $name );
	$wpdb->get_row( $sql );
	$sql = 'SELECT ' . $name;
	$wpdb->get_row( $sql ); // bad
	$text = __( 'Hello', 'kivicare-telemed' );
	$text = __( 'Hello', 'another' ); // bad
	$text = __( 'Hello' ); // bad
	$text = __( $name, 'kivicare-telemed' ); // bad
	$text = __( 'Hello ' . $name, 'kivicare-telemed' ); // bad
	/* translators: %d: number of visits */
	$text = _n( '%d visit', '%d visits', 2, 'kivicare-telemed' );
	$text = __( 'No comment: %s', 'kivicare-telemed' ); // bad
	$text = __( '100%% sure', 'kivicare-telemed' );
	/* translators: %s: name of the doctor */
	$text = __( 'Hello %s', 'kivicare-telemed' );
	/* translators: 1: name of the doctor, 2: name of the clinic */
	$text = __( 'Hello %s of %s', 'kivicare-telemed' ); // bad
	/* translators: 1: name of the doctor, 2: name of the clinic */
	$text = __( 'Hello %1$s of %2$s', 'kivicare-telemed' );
	$same = $page === 'doctors'; // bad
	$same = $wpdb->prefix !== OBJECT || $names[0] === Provider::Zoom->value; // bad
	$same = ( $names === array() ); // bad
	$same = 'doctors' === $page && array() !== $names && $page === $names[0] && count( $names ) === 1 && $page === trim( $name );
	set_time_limit( 5 ); // bad
	function_exists( 'ini_get' ) && ini_get( 'memory_limit' );
	\php_uname(); // bad
	$names->exec();
	function_exists( 'exec' ) && chmod( 'file', 0600 ); // bad
}
