<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\Upgrade;

/**
 * A user meta row as the database has it.
 */
final class MetaRow {

	/**
	 * Facts of the row.
	 *
	 * @param int    $id      umeta_id.
	 * @param int    $user_id Owner.
	 * @param string $value   Text as stored, serialized where WordPress serialized it.
	 */
	public function __construct(
		public readonly int $id,
		public readonly int $user_id,
		#[\SensitiveParameter] public readonly string $value
	) {}
}
