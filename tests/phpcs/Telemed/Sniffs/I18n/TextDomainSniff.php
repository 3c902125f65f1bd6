<?php

declare(strict_types=1);

namespace Telemed\Sniffs\I18n;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use PHP_CodeSniffer\Util\Tokens;
use Telemed\Sniffs\Calls;

/**
 * Texts are literals, so that they can be collected, and name the plugin's text domain.
 */
final class TextDomainSniff implements Sniff {

	private const DOMAIN = "'kivicare-telemed'";

	private const FUNCTIONS = array( '__', '_x', '_n', '_nx', 'esc_html__', 'esc_html_e', 'esc_html_x', 'esc_attr__', 'esc_attr_e', 'esc_attr_x' );

	/**
	 * @return list<int|string>
	 */
	public function register(): array {
		return array( T_STRING );
	}

	/**
	 * @param int $stackPtr Position.
	 */
	public function process( File $phpcsFile, $stackPtr ): void {
		if ( ! in_array( Calls::at( $phpcsFile, $stackPtr ), self::FUNCTIONS, true ) ) {
			return;
		}
		$tokens = $phpcsFile->getTokens();
		$text   = Calls::first_argument( $phpcsFile, $stackPtr );
		if ( null === $text || T_CONSTANT_ENCAPSED_STRING !== $tokens[ $text[0] ]['code'] || $text[0] !== $phpcsFile->findPrevious( Tokens::$emptyTokens, $text[1], null, true ) ) {
			$phpcsFile->addError( 'A text to translate is one literal', $stackPtr, 'NoLiteral' );
		}
		$opener = $phpcsFile->findNext( T_OPEN_PARENTHESIS, $stackPtr );
		$last   = $phpcsFile->findPrevious( array( ...Tokens::$emptyTokens, T_COMMA ), $tokens[ $opener ]['parenthesis_closer'] - 1, null, true );
		if ( self::DOMAIN !== $tokens[ $last ]['content'] ) {
			$phpcsFile->addError( 'A text to translate names the text domain %s', $stackPtr, 'Domain', array( self::DOMAIN ) );
		}
	}
}
