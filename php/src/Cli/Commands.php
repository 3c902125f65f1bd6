<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Cli;

use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Plugin;

/**
 * Every command of `wp kivicare-telemed`.
 */
final class Commands implements Registerable {

	public function __construct( private readonly Plugin $plugin ) {}

	public function register(): void {
		add_action( 'cli_init', array( $this, 'add' ) );
	}

	public function add(): void {
		\WP_CLI::add_command( 'kivicare-telemed zoom', new ZoomCommand( $this->plugin->settings(), $this->plugin->bridge() ) );
		\WP_CLI::add_command( 'kivicare-telemed meet', new MeetCommand( $this->plugin->google(), $this->plugin->bridge(), $this->plugin->calendars(), $this->plugin->agenda() ) );
		\WP_CLI::add_command( 'kivicare-telemed doctors', new DoctorsCommand( $this->plugin->doctors(), $this->plugin->disconnection() ) );
		\WP_CLI::add_command( 'kivicare-telemed sweep', new SweepCommand( $this->plugin->sweep() ) );
		\WP_CLI::add_command( 'kivicare-telemed work', new WorkCommand( $this->plugin->runner() ) );
		\WP_CLI::add_command( 'kivicare-telemed upgrade', new UpgradeCommand( $this->plugin->upgrade() ) );
		\WP_CLI::add_command( 'kivicare-telemed status', new StatusCommand( $this->plugin->status() ) );
	}
}
