<?php

declare(strict_types=1);

namespace Telemed\Sniffs\PHP;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use PHP_CodeSniffer\Util\Tokens;

/**
 * What is compared with something that cannot be assigned to stands on the right, so that a forgotten "=" does not compile.
 */
final class YodaConditionsSniff implements Sniff {

	private const ENDS = array( T_BOOLEAN_AND, T_BOOLEAN_OR, T_LOGICAL_AND, T_LOGICAL_OR, T_LOGICAL_XOR, T_INLINE_THEN, T_INLINE_ELSE, T_COALESCE, T_SEMICOLON, T_COMMA, T_DOUBLE_ARROW, T_MATCH_ARROW, T_CLOSE_SQUARE_BRACKET, T_CLOSE_TAG );

	/**
	 * @return list<int|string>
	 */
	public function register(): array {
		return array( T_IS_EQUAL, T_IS_IDENTICAL, T_IS_NOT_EQUAL, T_IS_NOT_IDENTICAL );
	}

	/**
	 * @param int $stackPtr Position.
	 */
	public function process( File $phpcsFile, $stackPtr ): void {
		if ( $this->is_assignable( $phpcsFile, $stackPtr ) && $this->is_constant( $phpcsFile, $stackPtr ) ) {
			$phpcsFile->addError( 'Compare the other way round: the constant first, then the variable', $stackPtr, 'NotYoda' );
		}
	}

	private function is_assignable( File $file, int $operator ): bool {
		$tokens = $file->getTokens();
		$last   = (int) $file->findPrevious( Tokens::$emptyTokens, $operator - 1, null, true );
		if ( in_array( $tokens[ $last ]['code'], array( T_VARIABLE, T_CLOSE_SQUARE_BRACKET ), true ) ) {
			return true;
		}
		$before = $file->findPrevious( Tokens::$emptyTokens, $last - 1, null, true );
		return T_STRING === $tokens[ $last ]['code'] && in_array( $tokens[ $before ]['code'], array( T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR ), true );
	}

	private function is_constant( File $file, int $operator ): bool {
		$tokens = $file->getTokens();
		for ( $at = $operator + 1; isset( $tokens[ $at ] ); $at++ ) {
			$code = $tokens[ $at ]['code'];
			if ( T_ARRAY === $code || T_OPEN_SHORT_ARRAY === $code ) {
				$at = $tokens[ $at ]['parenthesis_closer'] ?? $tokens[ $at ]['bracket_closer'];
				continue;
			}
			if ( T_CLOSE_PARENTHESIS === $code || in_array( $code, self::ENDS, true ) ) {
				break;
			}
			if ( in_array( $code, array( T_VARIABLE, T_OPEN_PARENTHESIS, T_DOUBLE_QUOTED_STRING ), true ) ) {
				return false;
			}
		}
		return true;
	}
}
