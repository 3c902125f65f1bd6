<?php

declare(strict_types=1);

namespace Telemed\Sniffs\Security;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use Telemed\Sniffs\Calls;

/**
 * Whatever is printed passes through a function that makes it harmless where it is printed, and nowhere earlier.
 */
final class EscapedOutputSniff implements Sniff {

	private const PRINTERS = array( 'printf', 'vprintf', 'wp_die', '_e', '_ex' );

	private const HARMLESS = array(
		'esc_html', 'esc_attr', 'esc_url', 'esc_js', 'esc_textarea', 'esc_html__', 'esc_attr__', 'esc_html_x', 'esc_attr_x',
		'wp_kses', 'wp_kses_post', 'wp_json_encode', 'absint', 'get_language_attributes', 'number_format_i18n', 'wp_nonce_field',
	);

	/**
	 * @return list<int|string>
	 */
	public function register(): array {
		return array( T_ECHO, T_PRINT, T_EXIT, T_OPEN_TAG_WITH_ECHO, T_STRING );
	}

	/**
	 * @param int $stackPtr Position.
	 */
	public function process( File $phpcsFile, $stackPtr ): void {
		$code = $phpcsFile->getTokens()[ $stackPtr ]['code'];
		if ( T_STRING === $code ) {
			$name   = Calls::at( $phpcsFile, $stackPtr );
			$before = $phpcsFile->getTokens()[ $phpcsFile->findPrevious( T_WHITESPACE, $stackPtr - 1, null, true ) ]['code'];
			if ( ! in_array( $name, self::PRINTERS, true ) || in_array( $before, array( T_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION ), true ) ) {
				return;
			}
			if ( '_e' === $name || '_ex' === $name ) {
				$phpcsFile->addError( 'Use esc_html_e() or esc_attr_e(): a translation is text from elsewhere.', $stackPtr, 'Translation' );
				return;
			}
		}
		$end = $phpcsFile->findEndOfStatement( $stackPtr );
		for ( $at = $stackPtr + 1; $at <= $end; $at++ ) {
			$this->check( $phpcsFile, $at, $stackPtr );
		}
	}

	private function check( File $file, int $at, int $from ): void {
		$token = $file->getTokens()[ $at ];
		$loose = in_array( $token['code'], array( T_VARIABLE, T_DOUBLE_QUOTED_STRING, T_HEREDOC ), true );
		$call  = Calls::at( $file, $at );
		if ( ! $loose && '' === $call ) {
			return;
		}
		if ( $loose && T_VARIABLE !== $token['code'] && ! str_contains( $token['content'], '$' ) ) {
			return;
		}
		$around = array_slice( Calls::around( $file, $at ), count( Calls::around( $file, $from ) ) );
		if ( array() !== array_intersect( array( ...$around, $call ), self::HARMLESS ) ) {
			return;
		}
		$file->addError( 'Printed without escaping: %s', $at, 'Unescaped', array( $token['content'] ) );
	}
}
