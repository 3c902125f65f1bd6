<?php

declare(strict_types=1);

/**
 * Hosts switch functions off in php.ini. What WordPress can do without, we can.
 */
final class DisabledFunctionsTest extends RigTestCase {

	/**
	 * What hosts' lists contain, as far as WordPress itself starts without it.
	 */
	private const DISABLED = 'ignore_user_abort,set_time_limit,fastcgi_finish_request,php_ini_loaded_file,php_ini_scanned_files,php_uname,gethostname,getmyuid,getmygid,get_current_user,'
		. 'mb_substr,mb_strtoupper,mb_convert_case,iconv,iconv_substr,ctype_digit,ctype_alpha,fsockopen,pfsockopen,stream_socket_client,disk_free_space,disk_total_space,parse_ini_file,highlight_file,show_source,phpinfo,'
		. 'sys_getloadavg,tempnam,tmpfile,chmod,chown,chgrp,symlink,link,readlink,exec,shell_exec,system,passthru,popen,proc_open,proc_nice,proc_terminate,posix_getpwuid,posix_kill,posix_uname,dl,syslog,openlog,putenv,usleep,sleep,mail,opcache_reset,opcache_get_status';

	public static function tearDownAfterClass(): void {
		Site::from_environment()->restart_fpm();
		parent::tearDownAfterClass();
	}

	public function test_a_visit_is_booked_moved_and_cancelled_and_a_webhook_received(): void {
		$this->site->restart_fpm( '-d disable_functions=' . self::DISABLED );
		$answer = $this->admin->rest( 'POST', 'kivicare/v1/appointments', $this->site->booking( self::slot() ) );
		self::assertSame( 201, $answer['status'], $answer['body'] );
		$id = self::id( $answer );
		self::assertCount( 1, $this->mappings( $id ) );

		$slot  = $this->site->booking( self::slot() );
		$moved = $this->admin->rest( 'PUT', "kivicare/v1/appointments/$id", $this->edit( $id, array( 'appointmentStartDate' => $slot['appointmentStartDate'], 'appointmentStartTime' => $slot['appointmentStartTime'] ) ) );
		self::assertSame( 200, $moved['status'], $moved['body'] );
		$this->eventually( fn(): bool => 0 === $this->compare()['moved'], 'the meeting follows', 60 );

		$this->site->at_provider( 'DELETE', '/meetings/' . $this->mappings( $id )[0]['meeting_id'] );
		self::assertSame( 200, $this->deliver( 'meeting.deleted', (string) $this->mappings( $id )[0]['meeting_id'] ) );
		$this->eventually( fn(): bool => 0 === $this->compare()['lost'], 'a webhook is processed', 60 );

		$gone = $this->admin->rest( 'PUT', "kivicare/v1/appointments/$id/status", array( 'id' => $id, 'status' => 0 ) );
		self::assertSame( 200, $gone['status'], $gone['body'] );
		$this->eventually( fn(): bool => array() === $this->mappings( $id ), 'a cancellation is followed', 60 );
		self::assertSame( array( 'visits' => 1, 'lost' => 0, 'doubled' => 0, 'leaked' => 0, 'moved' => 0 ), $this->compare() );
	}

	/**
	 * A signed event about a meeting; the status it is answered with.
	 */
	private function deliver( string $name, string $meeting ): int {
		$secret = 'webhook-secret-for-disabled-functions';
		$this->site->php( '$plugin = KiviCare\Telemed\Plugin::instance(); $plugin->settings()->save_zoom( $plugin->bridge(), array( "webhook_secret" => ' . var_export( $secret, true ) . ' ) );' );
		$time = (string) time();
		$body = (string) json_encode( array( 'event' => $name, 'event_ts' => (int) ( microtime( true ) * 1000 ), 'payload' => array( 'account_id' => 'a', 'object' => array( 'id' => $meeting, 'uuid' => 'x==' ) ) ) );
		return ( new Browser( $this->site->url ) )->send(
			'POST',
			'/wp-json/kivicare-telemed/v1/webhooks/zoom',
			$body,
			array( 'Content-Type: application/json', "x-zm-request-timestamp: $time", 'x-zm-signature: v0=' . hash_hmac( 'sha256', "v0:$time:$body", $secret ) )
		)['status'];
	}
}
