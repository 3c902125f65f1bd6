<?php

declare(strict_types=1);

namespace Telemed\Sniffs\Security;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use PHP_CodeSniffer\Util\Tokens;
use Telemed\Sniffs\Calls;

/**
 * WordPress adds slashes to what a request brings: it is unslashed, then sanitised, in one expression.
 */
final class UnslashedInputSniff implements Sniff {

	private const INPUT = array( '$_GET', '$_POST', '$_REQUEST', '$_COOKIE', '$_SERVER', '$_FILES' );

	private const SANITISERS = array( 'sanitize_text_field', 'sanitize_key', 'sanitize_email', 'sanitize_textarea_field', 'sanitize_url', 'esc_url_raw', 'absint', 'intval', 'wp_verify_nonce' );

	/**
	 * @return list<int|string>
	 */
	public function register(): array {
		return array( T_VARIABLE );
	}

	/**
	 * @param int $stackPtr Position.
	 */
	public function process( File $phpcsFile, $stackPtr ): void {
		$tokens = $phpcsFile->getTokens();
		if ( ! in_array( $tokens[ $stackPtr ]['content'], self::INPUT, true ) ) {
			return;
		}
		$around = Calls::around( $phpcsFile, $stackPtr );
		if ( array() !== array_intersect( array( 'isset', 'empty' ), $around ) ) {
			return;
		}
		if ( ! in_array( 'wp_unslash', $around, true ) ) {
			$phpcsFile->addError( '%s is read without wp_unslash()', $stackPtr, 'Slashed', array( $tokens[ $stackPtr ]['content'] ) );
		}
		$before = $phpcsFile->findPrevious( Tokens::$emptyTokens, $stackPtr - 1, null, true );
		if ( array() === array_intersect( self::SANITISERS, $around ) && T_INT_CAST !== $tokens[ $before ]['code'] ) {
			$phpcsFile->addError( '%s is read without being sanitised', $stackPtr, 'Unsanitised', array( $tokens[ $stackPtr ]['content'] ) );
		}
	}
}
