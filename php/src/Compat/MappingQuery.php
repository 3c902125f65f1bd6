<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Compat;

use App\baseClasses\KCQueryBuilder;
use Illuminate\Support\Collection;
use KiviCare\Telemed\Bridge\BridgeException;
use KiviCare\Telemed\KiviCare\Appointments;
use KiviCare\Telemed\KiviCare\MeetingDesk;
use KiviCare\Telemed\Plugin;

/**
 * KiviCare's builder, with point look-ups answered by the extension.
 *
 * KiviCare's mail listener looks the meeting up inside a REPEATABLE READ transaction, whose snapshot does not show the
 * row that the extension committed. All state of the parent is private, so a point look-up is recognised by the SQL it
 * would send; whatever is not one goes to $wpdb, and so does a look-up without a native answer.
 */
final class MappingQuery extends KCQueryBuilder {

	/**
	 * Model of this query.
	 *
	 * @var class-string<MappingModel>
	 */
	private string $model;

	/**
	 * Mapping model of the query.
	 *
	 * @param class-string<MappingModel> $model Class name.
	 */
	public function __construct( string $model ) {
		parent::__construct( $model );
		$this->model = $model;
	}

	/**
	 * Adds columns by property or column name; the parent takes column names only.
	 */
	public function select( array $columns ): self {
		parent::select( array_map( array( $this, 'column' ), $columns ) );
		return $this;
	}

	public function get(): Collection {
		$found = $this->native();
		return null === $found ? parent::get() : new Collection( array( $found ) );
	}

	public function count(): int {
		return null === $this->native() ? parent::count() : 1;
	}

	public function pluck( string $column, ?string $key = null ): array {
		$property = $this->property( $column );
		$found    = null === $key && null !== $property ? $this->native() : null;
		return null === $found || null === $property ? parent::pluck( $column, $key ) : array( $found->__get( $property ) );
	}

	/**
	 * The extension's row, or null when this is no point look-up or there is none.
	 */
	private function native(): ?MappingModel {
		$point = $this->point();
		if ( null === $point ) {
			return null;
		}
		try {
			$bridge = Plugin::instance()->bridge();
			$row    = 'appointment_id' === $point['column']
				? $bridge->find_by_appointment( $this->model::provider(), (int) $point['value'] )
				: $bridge->find_by_meeting( $this->model::provider(), $point['value'] );
		} catch ( BridgeException ) {
			$row = 'appointment_id' === $point['column'] ? MeetingDesk::just_made( $this->model::provider(), (int) $point['value'] ) : null;
		}
		return null === $row ? null : $this->model::from_native( $this->personal( $row ) );
	}

	/**
	 * KiviCare's mails take the participants' link from here: where the clinic wants personal links, they get those.
	 *
	 * @param array<string, mixed> $row Native mapping row.
	 * @return array<string, mixed>
	 */
	private function personal( array $row ): array {
		global $wpdb;
		$links = Plugin::instance()->personal_links();
		$visit = 'zoom' === $row['provider'] && $links->are_on() ? ( new Appointments( $wpdb ) )->find( (int) $row['appointment_id'] ) : null;
		if ( null !== $visit ) {
			$row['join_url'] = $links->link( $visit->id, $visit->patient_id );
		}
		return $row;
	}

	/**
	 * Column and value when the only condition is one of the unique ids.
	 *
	 * @return array{column: string, value: string}|null
	 */
	private function point(): ?array {
		global $wpdb;
		$table   = preg_quote( $wpdb->prefix . $this->model::getSchema()['table_name'], '/' );
		$columns = 'appointment_id|' . ( 'zoom' === $this->model::provider() ? 'zoom_id' : 'event_id' );
		$pattern = "/^SELECT [\\w*, ]+ FROM {$table} WHERE (?<column>{$columns}) = '(?<value>[^'\\\\]+)'( ORDER BY \\w+ (ASC|DESC))?( LIMIT \\d+)?$/D";
		$sql     = $wpdb->remove_placeholder_escape( $this->preparedSql() );
		return 1 === preg_match( $pattern, $sql, $match )
			? array(
				'column' => $match['column'],
				'value'  => $match['value'],
			)
			: null;
	}

	private function column( string $name ): string {
		return $this->model::getSchema()['columns'][ $name ]['column'] ?? $name;
	}

	private function property( string $name ): ?string {
		foreach ( $this->model::getSchema()['columns'] as $property => $column ) {
			if ( $name === $property || $name === $column['column'] ) {
				return $property;
			}
		}
		return null;
	}
}
