<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Keys;

use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\Bridge\Failure;
use KiviCare\Telemed\Cli\KeysCommand;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Keys\KeyFile;
use KiviCare\Telemed\Keys\KeyRotation;
use KiviCare\Telemed\Tests\TestCase;
use KiviCare\Telemed\Upgrade\MetaRows;

require_once dirname( __DIR__ ) . '/Fakes/wp-cli.php';

/**
 * Every secret gets the new key, and a second run finds nothing to do.
 */
final class KeysTest extends TestCase {

	private string $file;
	private KeyRotation $rotation;

	protected function setUp(): void {
		parent::setUp();
		global $wpdb;
		\WP_CLI::$out   = array();
		$this->file     = (string) tempnam( sys_get_temp_dir(), 'kct' );
		$this->rotation = new KeyRotation( $wpdb, $this->bridge, new MetaRows( $wpdb ) );
		$this->plugin->settings()->save_zoom( $this->bridge, array( 'auth_type' => 'oauth', 'client_id' => 'c', 'client_secret' => 'one', 'webhook_secret' => 'two' ) );
		$this->plugin->google()->save( $this->bridge, array( 'client_id' => 'c', 'client_secret' => 'three' ) );
		$this->plugin->doctors()->connect( $this->doctor, '{"access_token":"hunter2","refresh_token":"hunter3"}' );
		$this->plugin->doctors()->use_own_app( $this->doctor, 'account', 'client', 'four' );
	}

	protected function tearDown(): void {
		@unlink( $this->file );
		parent::tearDown();
	}

	public function test_rotation_reseals_everything_once(): void {
		$this->bridge->key = '2';
		$dry               = $this->rotation->run( true );
		$this->assertSame( array( 5, 0, array() ), array( $dry->resealed(), $dry->failed(), $this->bridge->resealed ) );

		$this->assertSame( 5, $this->rotation->run()->resealed() );
		$user = 'user:' . $this->doctor;
		$zoom = 'option:' . Settings::OPTION;
		$this->assertSame(
			array( array( $zoom, 'client_secret' ), array( $zoom, 'webhook_secret' ), array( 'option:kiviCare_google_meet_setting', 'client_secret' ), array( $user, DoctorConnections::ZOOM_TOKENS ), array( $user, DoctorConnections::ZOOM_SHARED ) ),
			$this->bridge->resealed
		);
		$this->assertStringStartsWith( 'fake\\2:', $this->plugin->settings()->zoom()['webhook_secret'] );
		$this->assertSame( 'c', $this->plugin->settings()->zoom()['client_id'] );
		$this->assertStringStartsWith( 'fake\\2:', $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) );
		$this->assertStringStartsWith( 'fake\\2:', $this->plugin->doctors()->own_app( $this->doctor )['client_secret'] );
		$this->assertSame( array( 0, 0 ), array( $this->rotation->run()->resealed(), $this->rotation->run()->failed() ) );
	}

	public function test_a_rotation_that_fails_is_resumed(): void {
		$this->bridge->key        = '2';
		$this->bridge->seal_error = new BridgeException( Failure::Vault, 'no such key' );
		try {
			$this->command()->rotate( array(), array() );
			$this->fail( 'it ended well' );
		} catch ( \RuntimeException $end ) {
			$this->assertSame( 1, $end->getCode() );
		}
		$this->assertStringContainsString( 'no such key', implode( "\n", \WP_CLI::$out ) );
		$this->assertStringStartsWith( 'fake\\1:', $this->stored_meta( DoctorConnections::ZOOM_TOKENS ) );

		$this->bridge->seal_error = null;
		\WP_CLI::$out             = array();
		$this->command()->rotate( array(), array( 'porcelain' => true ) );
		$this->assertSame( array( '5' ), \WP_CLI::$out );
	}

	public function test_status_counts_secrets_under_other_keys(): void {
		$this->bridge->key = '2';
		$this->command()->status( array(), array( 'format' => 'json' ) );
		$this->assertSame( array( 'source' => 'key', 'key_id' => 'k1', 'other_key' => 5, 'current_key' => 0 ), json_decode( substr( \WP_CLI::$out[0], 5 ), true ) );
	}

	public function test_a_key_is_printed_or_written_once(): void {
		$this->command()->generate( array(), array() );
		$this->assertMatchesRegularExpression( "~^define\\( 'KIVICARE_TELEMED_KEY', '[A-Za-z0-9+/]{43}=' \\);$~", \WP_CLI::$out[0] );

		file_put_contents( $this->file, "<?php\ndefine( 'A', '\$1' );\n/* That's all, stop editing! */\nrequire_once ABSPATH . 'wp-settings.php';\n" );
		chmod( $this->file, 0640 );
		$this->command()->generate( array(), array( 'write' => true ) );
		$text = (string) file_get_contents( $this->file );
		$this->assertMatchesRegularExpression( "~'\\\$1' \\);\ndefine\\( 'KIVICARE_TELEMED_KEY', '.{44}' \\);\n\n/\\* That's all~", $text );
		$this->assertSame( 0640, fileperms( $this->file ) & 0777 );
		$this->assertStringNotContainsString( substr( $text, 60, 20 ), implode( "\n", \WP_CLI::$out ) . ' ' );

		$this->expectExceptionMessage( 'has a key already' );
		$this->command()->generate( array(), array( 'write' => true ) );
	}

	private function command(): KeysCommand {
		return new KeysCommand( $this->bridge, $this->rotation, new KeyFile( $this->file ) );
	}
}
