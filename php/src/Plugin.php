<?php
declare( strict_types=1 );

namespace KiviCare\Telemed;

use KiviCare\Telemed\Bridge\ExtensionBridge;
use KiviCare\Telemed\Calendar\CalendarSync;
use KiviCare\Telemed\Calendar\ChangeNotice;
use KiviCare\Telemed\Config\AuthType;
use KiviCare\Telemed\Config\CachedMetas;
use KiviCare\Telemed\Config\Constants;
use KiviCare\Telemed\Config\DoctorConnections;
use KiviCare\Telemed\Config\GoogleSettings;
use KiviCare\Telemed\Config\NativeSettings;
use KiviCare\Telemed\Config\Provider;
use KiviCare\Telemed\Config\Settings;
use KiviCare\Telemed\Connect\ConsentFlow;
use KiviCare\Telemed\Connect\Disconnection;
use KiviCare\Telemed\Connect\PendingConsents;
use KiviCare\Telemed\Connect\Retirement;
use KiviCare\Telemed\Connect\ZoomOffers;
use KiviCare\Telemed\Connect\ZoomUserBook;
use KiviCare\Telemed\Connect\ZoomUsers;
use KiviCare\Telemed\Contracts\Bridge;
use KiviCare\Telemed\Contracts\Registerable;
use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Install\Schema;
use KiviCare\Telemed\KiviCare\Agenda;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\CommittedDatabase;
use KiviCare\Telemed\KiviCare\EventTemplate;
use KiviCare\Telemed\KiviCare\Findings;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\KiviCare\Notes;
use KiviCare\Telemed\KiviCare\OpenTransactions;
use KiviCare\Telemed\KiviCare\Reconciler;
use KiviCare\Telemed\KiviCare\Runner;
use KiviCare\Telemed\KiviCare\Sweep;
use KiviCare\Telemed\KiviCare\Triggers;
use KiviCare\Telemed\KiviCare\Visits;
use KiviCare\Telemed\Links\PersonalLinks;
use KiviCare\Telemed\Queue\Schedule;
use KiviCare\Telemed\Upgrade\Disused;
use KiviCare\Telemed\Upgrade\Report;
use KiviCare\Telemed\Upgrade\Upgrade;
use KiviCare\Telemed\Upgrade\UpgradeNotice;

/**
 * The list of services and with it of all hooks. Objects that KiviCare builds itself find their services here.
 */
final class Plugin {

	/**
	 * Must equal the extension's version and the plugin header.
	 */
	public const VERSION = '0.1.0';

	/**
	 * Version of the add-on interface that KiviCare checks; below 4.0.0 it deactivates the add-on.
	 */
	private const ADD_ON_VERSION = '4.0.0';

	private static ?self $instance = null;

	private readonly Settings $settings;

	private readonly GoogleSettings $google;

	private readonly DoctorConnections $doctors;

	private readonly ZoomUsers $people;

	private readonly ZoomOffers $offers;

	private readonly Reconciler $reconciler;

	private readonly Runner $runner;

	private readonly Agenda $agenda;

	private readonly Sweep $sweep;

	private readonly PendingConsents $pending;

	private readonly Disconnection $disconnection;

	private readonly Retirement $retirement;

	private readonly CalendarSync $calendars;

	private readonly PersonalLinks $personal_links;

	public function __construct(
		private readonly Bridge $bridge,
		private readonly Requirements $requirements
	) {
		$this->settings = new Settings( new Constants() );
		$this->google   = new GoogleSettings( new Constants() );
		$book           = new ZoomUserBook();
		$this->people   = new ZoomUsers( $bridge, $this->settings, $book );
		$this->doctors  = new DoctorConnections( $bridge, $this->settings, $this->people );
		$this->offers   = new ZoomOffers( $this->settings, $this->doctors, $this->people, $book );

		$committed            = static fn(): Appointments => new Appointments( CommittedDatabase::reader() );
		$this->reconciler     = new Reconciler( $bridge, $this->doctors, new Visits( $this->doctors, new EventTemplate() ), $committed );
		$this->runner         = new Runner( $bridge, $this->reconciler );
		$this->agenda         = new Agenda( $bridge, $this->reconciler, $this->runner, new Notes() );
		$this->sweep          = new Sweep( $bridge, $this->runner, new Findings( $this->doctors, $committed ), $committed );
		$this->pending        = new PendingConsents();
		$this->disconnection  = new Disconnection( $bridge, $this->doctors, $this->pending, $this->reconciler, fn( int $id ): array => $this->sweep->of_doctor( $id ) );
		$this->retirement     = new Retirement( $this->doctors, $this->disconnection );
		$this->calendars      = new CalendarSync( $bridge, $this->agenda );
		$this->personal_links = new PersonalLinks( $this->settings );
	}

	/**
	 * Entry point, on plugins_loaded: KiviCare's classes exist and init, where KiviCare asks for providers, is ahead.
	 */
	public static function boot(): void {
		self::use( self::of_this_site() );
		self::instance()->register();
	}

	/**
	 * The plugin with this site's settings; nothing is registered.
	 */
	public static function of_this_site(): self {
		global $wpdb;
		$constants = new Constants();
		$bridge    = new ExtensionBridge( new NativeSettings( $wpdb, new Settings( $constants ), new GoogleSettings( $constants ), $constants ) );
		return new self( $bridge, Requirements::of_this_site( $bridge ) );
	}

	public static function instance(): self {
		return self::$instance ?? throw new \LogicException( 'KiviCare Telemed is used before plugins_loaded' );
	}

	/**
	 * Makes a plugin object the one that KiviCare's own objects reach; tests put one with another bridge here.
	 */
	public static function use( self $plugin ): void {
		self::$instance = $plugin;
	}

	public function register(): void {
		foreach ( $this->services() as $service ) {
			$service->register();
		}
		if ( $this->requirements->are_met() ) {
			define( 'KIVICARE_TELEMED_VERSION', self::ADD_ON_VERSION );
			define( 'KIVICARE_GOOGLE_MEET_ADDON_VERSION', self::ADD_ON_VERSION );
			// Under this name KiviCare looks the version up.
			defined( 'KIVICARE_GOOGLEMEET_VERSION' ) || define( 'KIVICARE_GOOGLEMEET_VERSION', self::ADD_ON_VERSION );
		}
	}

	public function bridge(): Bridge {
		return $this->bridge;
	}

	public function settings(): Settings {
		return $this->settings;
	}

	public function google(): GoogleSettings {
		return $this->google;
	}

	public function calendars(): CalendarSync {
		return $this->calendars;
	}

	public function doctors(): DoctorConnections {
		return $this->doctors;
	}

	public function zoom_users(): ZoomUsers {
		return $this->people;
	}

	public function zoom_offers(): ZoomOffers {
		return $this->offers;
	}

	public function meetings(): MeetingDesk {
		global $wpdb;
		return new MeetingDesk( $this->bridge, new Appointments( $wpdb ), new Visits( $this->doctors, new EventTemplate() ) );
	}

	public function reconciler(): Reconciler {
		return $this->reconciler;
	}

	public function agenda(): Agenda {
		return $this->agenda;
	}

	public function runner(): Runner {
		return $this->runner;
	}

	public function sweep(): Sweep {
		return $this->sweep;
	}

	public function disconnection(): Disconnection {
		return $this->disconnection;
	}

	public function personal_links(): PersonalLinks {
		return $this->personal_links;
	}

	public function upgrade(): Upgrade {
		global $wpdb;
		return new Upgrade( $wpdb, $this->bridge );
	}

	public function status(): StatusReport {
		global $wpdb;
		return new StatusReport( $this->requirements, $this->bridge, $this->settings, $this->google, new Schema( $wpdb ) );
	}

	public function doctor_list(): Overview\Doctors {
		return new Overview\Doctors( $this->tables(), $this->doctors, $this->settings, $this->people );
	}

	public function meeting_list(): Overview\Meetings {
		return new Overview\Meetings( $this->tables() );
	}

	public function operation_list(): Overview\Operations {
		return new Overview\Operations( $this->tables() );
	}

	private function tables(): Overview\Tables {
		global $wpdb;
		return new Overview\Tables( $wpdb );
	}

	/**
	 * Every service with hooks. Those that face KiviCare stay out while a requirement is missing.
	 *
	 * @return list<Registerable>
	 */
	private function services(): array {
		global $wpdb;
		$installer = new Installer( new Schema( $wpdb ), fn(): Report => $this->upgrade()->run() );
		$always    = array(
			$installer,
			new Install\Network( $installer ),
			...( new Site\Parts() )->services(),
			new Translations(),
			new Admin\RequirementsNotice( $this->requirements ),
			new SiteHealth\ExtensionCheck( $this->requirements ),
			new Cli\Commands( $this ),
			new UpgradeNotice( new Disused() ),
			// Users of a network are deleted on sites without KiviCare, too.
			new Connect\Departures(),
			// Commands work without KiviCare, too, and must not go unrecorded.
			new Audit\AuditLog( $this->bridge ),
		);
		if ( ! $this->requirements->are_met() ) {
			return $always;
		}
		return array(
			...$always,
			new SiteHealth\KeyCheck( $this->bridge ),
			new Compat\ModelLoader(),
			new KiviCare\ProviderRegistration(),
			...$this->live_services(),
			...$this->admin_services(),
		);
	}

	/**
	 * What follows appointments, people and Zoom while the site runs.
	 *
	 * @return list<Registerable>
	 */
	private function live_services(): array {
		global $wpdb;
		$rows    = new Appointments( $wpdb );
		$later   = static fn(): Appointments => new Appointments( CommittedDatabase::reader() );
		$book    = new Mail\CauseBook();
		$causes  = new Mail\Causes( $book, $later );
		$log     = new Webhooks\EventLog();
		$desk    = new Webhooks\EventDesk( $this->bridge, $log, $this->doctors, $this->disconnection, $this->settings, $this->agenda );
		$zoom    = $this->consent( Provider::Zoom );
		$google  = $this->consent( Provider::GoogleMeet );
		return array(
			new OpenTransactions(),
			new CachedMetas(),
			new Triggers( $this->agenda, $this->sweep, $this->disconnection ),
			$desk,
			$this->agenda,
			$this->sweep,
			new KiviCare\SessionRoom(),
			new Schedule( $this->bridge, $this->runner ),
			new Mail\LateLinks( $this->bridge, $this->personal_links, $later ),
			$causes,
			new Admin\CauseNotice( $book ),
			new Connect\ConnectionCare( $this->bridge, $causes ),
			$this->retirement,
			new Connect\Arrivals( $this->settings, new ZoomUserBook() ),
			$this->offers,
			$this->calendars,
			new ChangeNotice( $later ),
			new Links\LinkFilters( $this->personal_links, new Links\MeetingLinks( $rows, $this->doctors ) ),
			new Rest\ZoomSettingsController( $this->settings, $this->bridge, $this->offers ),
			new Rest\ZoomDoctorController( $this->settings, $this->doctors, $zoom, $this->disconnection, $this->bridge ),
			new Rest\ConsentCallbackController( $zoom ),
			new Rest\MeetSettingsController( $this->google, new EventTemplate(), $this->bridge ),
			new Rest\MeetDoctorController( $this->google, $this->doctors, $google, $this->disconnection, $this->bridge ),
			new Rest\ConsentCallbackController( $google ),
			new Rest\MeetingDoorController( $this->bridge, $rows, $this->doctors, $this->reconciler, $this->personal_links, new Links\CurrentMeeting( $this->bridge, $this->doctors ) ),
			new Rest\WebhookController( $this->bridge, $log, $desk ),
			new Rest\GooglePushController( $this->bridge, $this->calendars ),
			...$this->upkeep_services(),
		);
	}

	/**
	 * What keeps records, and lets them go.
	 *
	 * @return list<Registerable>
	 */
	private function upkeep_services(): array {
		$retention = new Audit\Retention( new Constants() );
		$personal  = new Privacy\PersonalRows();
		return array(
			$retention,
			new Privacy\Exporter( $personal, $this->doctors, $this->people ),
			new Privacy\Eraser( $personal, $this->doctors, $this->disconnection, $this->people ),
			new Privacy\PolicyText( $retention ),
			...$this->health_services( new SiteHealth\QueueFacts(), $retention ),
		);
	}

	/**
	 * What Site Health shows of a running site.
	 *
	 * @return list<Registerable>
	 */
	private function health_services( SiteHealth\QueueFacts $facts, Audit\Retention $retention ): array {
		return array(
			new SiteHealth\DatabaseCheck( $this->bridge ),
			new SiteHealth\ProviderCheck( Provider::Zoom, $this->bridge, fn(): bool => $this->settings->is_configured() ),
			new SiteHealth\ProviderCheck( Provider::GoogleMeet, $this->bridge, fn(): bool => $this->google->is_configured() ),
			new SiteHealth\QueueCheck( $facts ),
			new SiteHealth\ConnectionsCheck( $facts ),
			new SiteHealth\WebhookCheck( $this->settings ),
			new SiteHealth\DebugInformation( fn(): StatusReport => $this->status(), $this->requirements, $facts, $retention ),
		);
	}

	/**
	 * The administrator's screen and its routes.
	 *
	 * @return list<Registerable>
	 */
	private function admin_services(): array {
		$journal = new Admin\Journal();
		return array(
			new Admin\SettingsScreen(),
			new Rest\AdminOverviewController( fn(): StatusReport => $this->status(), $journal, new Admin\CauseNotice( new Mail\CauseBook() ) ),
			new Rest\AdminZoomSettingsController( $this->settings, $this->bridge, $this->offers ),
			new Rest\AdminMeetSettingsController( $this->google, $this->bridge ),
			new Rest\AdminDoctorsController( fn(): Overview\Doctors => $this->doctor_list(), $this->doctors, $this->disconnection, $this->settings ),
			new Rest\AdminOffersController( $this->offers, $this->settings ),
			new Rest\AdminMeetingsController( fn(): Overview\Meetings => $this->meeting_list(), $this->reconciler, $journal ),
			new Rest\AdminOperationsController( fn(): Overview\Operations => $this->operation_list(), $this->reconciler, $journal ),
			new Rest\AdminRepairController( $this->sweep, $this->reconciler, $journal ),
			new Rest\AdminStatisticsController( $journal ),
		);
	}

	/**
	 * A doctor's way to a provider's consent page, where the clinic has opened it.
	 */
	private function consent( Provider $provider ): ConsentFlow {
		$obstacle = fn(): ?string => match ( true ) {
			Provider::Zoom === $provider && AuthType::OAuth !== $this->settings->auth_type() => __( 'The clinic has not set Zoom to connect by OAuth. Ask the administrator to choose OAuth in the Zoom settings.', 'kivicare-telemed' ),
			Provider::GoogleMeet === $provider && ! $this->google->is_configured() => __( 'The clinic has not switched Google Meet on. Ask the administrator to enter the Google credentials in the Google Meet settings.', 'kivicare-telemed' ),
			default => null,
		};
		return new ConsentFlow( $provider, $this->bridge, $this->doctors, $this->pending, $obstacle );
	}
}
