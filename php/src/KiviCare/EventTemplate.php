<?php
declare( strict_types=1 );

namespace KiviCare\Telemed\KiviCare;

/**
 * The clinic's text of Google Calendar events: KiviCare's own template post, with its documented placeholders and
 * nothing else. Shortcodes are never run: patients write part of the text.
 */
final class EventTemplate {

	public const POST_TYPE = 'kivicare_gmeet_tmp';
	private const NAME     = 'kivicare_doctor_gm_event_template';

	/**
	 * Placeholders of contract §8.
	 */
	private const PLACEHOLDERS = array( 'appointment_date', 'appointment_time', 'patient_name', 'clinic_name', 'appointment_desc', 'service_name' );

	/**
	 * The template post, or what it is when the clinic has none.
	 *
	 * @return array{ID: int, post_title: string, post_content: string}
	 */
	public function get(): array {
		$posts = get_posts(
			array(
				'post_type'        => self::POST_TYPE,
				'name'             => self::NAME,
				'post_status'      => 'any',
				'numberposts'      => 1,
				'suppress_filters' => true,
			)
		);
		$post  = $posts[0] ?? null;
		$post  = $post instanceof \WP_Post ? $post : null;
		return array(
			'ID'           => (int) ( $post->ID ?? 0 ),
			'post_title'   => (string) ( $post->post_title ?? '{{service_name}}' ),
			'post_content' => (string) ( $post->post_content ?? "{{clinic_name}}\n{{appointment_date}} {{appointment_time}}" ),
		);
	}

	/**
	 * Writes the template. Which post it is does not depend on what the form says.
	 *
	 * @return bool Whether it is written.
	 */
	public function save( string $title, string $content ): bool {
		$post = array(
			'ID'           => $this->get()['ID'],
			'post_type'    => self::POST_TYPE,
			'post_name'    => self::NAME,
			'post_status'  => 'publish',
			'post_title'   => sanitize_text_field( $title ),
			'post_content' => wp_kses_post( $content ),
		);
		$id = 0 === $post['ID'] ? wp_insert_post( (array) wp_slash( $post ) ) : wp_update_post( (array) wp_slash( $post ) );
		return 0 !== $id;
	}

	/**
	 * Title and text for a visit, in the site's language.
	 *
	 * @param array<string, string> $facts  service_name, clinic_name, appointment_desc, patient_name.
	 * @param \DateTimeImmutable    $starts In the zone of the booking.
	 * @return array{topic: string, description: string}
	 */
	public function render( array $facts, \DateTimeImmutable $starts ): array {
		$switched = switch_to_locale( get_option( 'WPLANG' ) ?: 'en_US' );
		$values   = $facts + array(
			'appointment_date' => (string) wp_date( (string) get_option( 'date_format' ), $starts->getTimestamp(), $starts->getTimezone() ),
			'appointment_time' => (string) wp_date( (string) get_option( 'time_format' ), $starts->getTimestamp(), $starts->getTimezone() ),
		);
		$switched && restore_previous_locale();
		$template = $this->get();
		$title    = trim( wp_strip_all_tags( $this->fill( $template['post_title'], $values ) ) );
		return array(
			'topic'       => '' === $title ? __( 'Video consultation', 'kivicare-telemed' ) : $title,
			// The description may have markup, values may not.
			'description' => $this->fill( wp_kses_post( $template['post_content'] ), array_map( 'esc_html', $values ) ),
		);
	}

	/**
	 * Text with its placeholders filled; unknown ones are left out. One pass: values are not searched for placeholders.
	 *
	 * @param array<string, string> $values Values by placeholder.
	 */
	private function fill( string $text, array $values ): string {
		$values = array_intersect_key( $values, array_flip( self::PLACEHOLDERS ) );
		return (string) preg_replace_callback( '/\{\{\s*([a-z_]+)\s*\}\}/', static fn( array $found ): string => $values[ $found[1] ] ?? '', $text );
	}
}
