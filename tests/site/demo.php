<?php
/**
 * One booking by a patient over REST, and its timeline. Exits 1 unless the patient's mail carries the join link.
 */

declare(strict_types=1);

require dirname( __DIR__ ) . '/e2e/Browser.php';
require dirname( __DIR__ ) . '/e2e/Site.php';

$site   = Site::from_environment();
$before = count( $site->mails() );
$taken  = (int) $site->rows( 'SELECT COUNT(*) AS n FROM wp_kc_appointments' )[0]['n'];
$booked = $site->login( 'patient' )->rest( 'POST', 'kivicare/v1/appointments', $site->booking( 1000 + $taken ) );
echo "\n1. Booking: HTTP {$booked['status']}\n   " . substr( $booked['body'], 0, 300 ) . "\n";

$id  = (int) ( $booked['json']['data']['appointment_id'] ?? 0 );
$row = $site->rows( 'SELECT * FROM wp_kc_appointment_zoom_mappings WHERE appointment_id = ?', array( $id ) )[0] ?? null;
if ( null === $row ) {
	$operation = $site->rows( 'SELECT state, reason, message FROM wp_kc_telemed_operations WHERE appointment_id = ?', array( $id ) );
	echo '   no mapping row; operation: ' . json_encode( $operation ) . "\n";
	exit( 1 );
}
foreach ( $site->live_meetings() as $meeting ) {
	if ( (string) $meeting['id'] === $row['zoom_id'] ) {
		echo "\n2. Meeting at Zoom (sandbox): {$meeting['id']}, {$meeting['start_time']}, {$meeting['duration']} min, waiting room "
			. json_encode( $meeting['settings']['waiting_room'] ) . "\n";
	}
}
echo "\n3. wp_kc_appointment_zoom_mappings: appointment {$row['appointment_id']}, zoom_id {$row['zoom_id']}\n   {$row['join_url']}\n";

$site->run_queue();
foreach ( array_slice( $site->mails(), $before ) as $mail ) {
	if ( str_contains( html_entity_decode( $mail['message'] ), $row['join_url'] ) && str_contains( $mail['to'], 'patient@' ) ) {
		$text = trim( (string) preg_replace( '/\s+/', ' ', wordwrap( strip_tags( html_entity_decode( $mail['message'] ) ) ) ) );
		echo "\n4. Mail to {$mail['to']}: {$mail['subject']}\n   $text\n\n";
		echo "Site:     {$site->url}\nLogins:   admin, doctor, patient\nPassword: {$site->seed['password']}\n\n"
			. "Next, after logging in at {$site->url}/wp-login.php:\n"
			. "  admin    {$site->url}/wp-admin/options-general.php?page=kivicare-telemed (doctors, meetings, queue)\n"
			. "  doctor   {$site->url}/kivicare-doctor-dashboard/ (the visit with the link that starts it)\n"
			. "  patient  {$site->url}/kivicare-patient-dashboard/ (the visit with the link that joins it)\n"
			. "make demo books one more, make stop ends it.\n";
		exit( 0 );
	}
}
echo "\n4. No mail with the join link reached the patient. Mails:\n";
foreach ( array_slice( $site->mails(), $before ) as $mail ) {
	echo "   {$mail['to']}: {$mail['subject']}\n";
}
exit( 1 );
