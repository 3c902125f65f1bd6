<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Tests\Site;

use KiviCare\Telemed\Install\Installer;
use KiviCare\Telemed\Site\Identity;
use KiviCare\Telemed\Site\Record;

/**
 * Keeps the throw-away site's own identity, and lets a test be elsewhere.
 */
trait PausedSite {

	private string $site_id;

	private ?Record $record;

	/**
	 * @before
	 */
	public function remember_site(): void {
		$this->site_id = Identity::id();
		$this->record  = Record::stored();
	}

	/**
	 * @after
	 */
	public function restore_site(): void {
		update_option( Installer::SITE_ID, $this->site_id, true );
		null === $this->record ? delete_option( Record::OPTION ) : $this->record->save();
	}

	/**
	 * The database comes from another site.
	 */
	private function be_elsewhere(): void {
		( new Record( $this->site_id, 'https://clinic.example', array( 'clinic.example' ), 'production', 1 ) )->save();
	}
}
