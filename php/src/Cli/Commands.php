<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Audit\AuditRows;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Keys\KeyFile;
use KiviCare\Telemed\Keys\KeyRotation;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\Overview\OperationStates;
use KiviCare\Telemed\Plugin;
use KiviCare\Telemed\Site\Parts;
use KiviCare\Telemed\Upgrade\MetaRows;

/**
 * Every command of `wp kivicare-telemed`.
 */
final class Commands implements Registerable {

	private const SECONDS = 300;

	public function __construct( private readonly Plugin $plugin ) {}

	public function register(): void {
		add_action( 'cli_init', array( $this, 'add' ) );
	}

	public function add(): void {
		\WP_CLI::add_command( 'kivicare-telemed zoom', new ZoomCommand( $this->plugin->settings(), $this->plugin->bridge(), $this->plugin->doctors(), $this->plugin->zoom_offers() ) );
		\WP_CLI::add_command( 'kivicare-telemed meet', new MeetCommand( $this->plugin->google(), $this->plugin->bridge(), $this->plugin->calendars(), $this->plugin->agenda(), $this->plugin->doctors() ) );
		\WP_CLI::add_command( 'kivicare-telemed doctors', new DoctorsCommand( $this->plugin->doctors(), $this->plugin->disconnection(), $this->plugin->doctor_list(), $this->plugin->zoom_offers() ) );
		\WP_CLI::add_command( 'kivicare-telemed sweep', new SweepCommand( $this->plugin->sweep() ) );
		\WP_CLI::add_command( 'kivicare-telemed work', new WorkCommand( $this->plugin->runner() ) );
		\WP_CLI::add_command( 'kivicare-telemed upgrade', new UpgradeCommand( $this->plugin->upgrade() ) );
		\WP_CLI::add_command( 'kivicare-telemed status', new StatusCommand( $this->plugin->status() ) );
		$this->add_upkeep();
	}

	/**
	 * A person waits in front of the command: everything that the sweep does, and what is then still due.
	 */
	private function catch_up(): void {
		do_action( Sweep::ACTION );
		$this->plugin->agenda()->work( self::SECONDS );
		$this->plugin->sweep()->run( self::SECONDS );
	}

	private function add_upkeep(): void {
		global $wpdb;
		$rotation = new KeyRotation( $wpdb, $this->plugin->bridge(), new MetaRows( $wpdb ) );
		\WP_CLI::add_command( 'kivicare-telemed meetings', new MeetingsCommand( $this->plugin->meeting_list(), $this->plugin->reconciler() ) );
		\WP_CLI::add_command( 'kivicare-telemed operations', new OperationsCommand( $this->plugin->operation_list(), new OperationStates( $wpdb ), $this->plugin->reconciler() ) );
		\WP_CLI::add_command( 'kivicare-telemed keys', new KeysCommand( $this->plugin->bridge(), $rotation, KeyFile::of_this_site() ) );
		\WP_CLI::add_command( 'kivicare-telemed audit', new AuditCommand( new AuditRows( $wpdb ) ) );
		\WP_CLI::add_command( 'kivicare-telemed marketplace', new MarketplaceCommand() );
		\WP_CLI::add_command( 'kivicare-telemed site', new SiteCommand( ( new Parts() )->decisions( $this->catch_up( ... ) ) ) );
	}
}
