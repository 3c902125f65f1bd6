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
	$text = _n( '%d visit', '%d visits', 2, 'kivicare-telemed' );
}
