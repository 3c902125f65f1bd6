<?php

declare(strict_types=1);

namespace Telemed\Sniffs\I18n;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use PHP_CodeSniffer\Util\Tokens;
use Telemed\Sniffs\Calls;

/**
 * Translators are told what a placeholder stands for, in a comment no more than a line above the text; several placeholders
 * are numbered, because other languages order them otherwise.
 */
final class TranslatorsSniff implements Sniff {

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
		$text = Calls::first_argument( $phpcsFile, $stackPtr );
		if ( null === $text ) {
			return;
		}
		$found = preg_match_all( '/(?<!%)(?:%%)*%(\d+\$)?[bcdeEfFgGosuxX]/', $phpcsFile->getTokensAsString( $text[0], $text[1] - $text[0] + 1 ), $places );
		if ( 0 === $found ) {
			return;
		}
		if ( $found > 1 && in_array( '', $places[1], true ) ) {
			$phpcsFile->addError( 'Several placeholders are numbered: %%1$s, %%2$s', $stackPtr, 'Unordered' );
		}
		if ( ! $this->is_explained( $phpcsFile, $stackPtr ) ) {
			$phpcsFile->addError( 'A comment "translators: ..." above tells what the placeholder stands for', $stackPtr, 'Unexplained' );
		}
	}

	private function is_explained( File $file, int $pointer ): bool {
		$tokens = $file->getTokens();
		for ( $at = $pointer - 1; $at >= 0 && $tokens[ $at ]['line'] >= $tokens[ $pointer ]['line'] - 1; $at-- ) {
			if ( isset( Tokens::$commentTokens[ $tokens[ $at ]['code'] ] ) && 1 === preg_match( '~^(?:/\*\s*|//\s*)translators:~', $tokens[ $at ]['content'] ) ) {
				return true;
			}
		}
		return false;
	}
}
