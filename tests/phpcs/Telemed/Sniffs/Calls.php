<?php

declare(strict_types=1);

namespace Telemed\Sniffs;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Util\Tokens;

/**
 * What sniffs ask of function calls.
 */
final class Calls {

	/**
	 * The name of the function called at this position, in lower case; empty when nothing is called there.
	 */
	public static function at( File $file, int $pointer ): string {
		$tokens = $file->getTokens();
		if ( ! in_array( $tokens[ $pointer ]['code'], array( T_STRING, T_ISSET, T_EMPTY ), true ) ) {
			return '';
		}
		$next = $file->findNext( Tokens::$emptyTokens, $pointer + 1, null, true );
		return false !== $next && T_OPEN_PARENTHESIS === $tokens[ $next ]['code'] ? strtolower( $tokens[ $pointer ]['content'] ) : '';
	}

	/**
	 * Names of the functions within whose parentheses this position lies, the innermost last.
	 *
	 * @return list<string>
	 */
	public static function around( File $file, int $pointer ): array {
		$names = array();
		foreach ( array_keys( $file->getTokens()[ $pointer ]['nested_parenthesis'] ?? array() ) as $opener ) {
			$before  = $file->findPrevious( Tokens::$emptyTokens, $opener - 1, null, true );
			$names[] = false === $before ? '' : self::at( $file, $before );
		}
		return array_values( array_filter( $names ) );
	}

	/**
	 * First and last position of a call's first argument; null for none.
	 *
	 * @param int $name Position of the function's name.
	 * @return array{int, int}|null
	 */
	public static function first_argument( File $file, int $name ): ?array {
		$tokens = $file->getTokens();
		$opener = (int) $file->findNext( Tokens::$emptyTokens, $name + 1, null, true );
		$closer = $tokens[ $opener ]['parenthesis_closer'];
		$start  = $file->findNext( Tokens::$emptyTokens, $opener + 1, $closer, true );
		if ( false === $start ) {
			return null;
		}
		$depth = count( $tokens[ $start ]['nested_parenthesis'] ?? array() );
		for ( $end = $start; $end < $closer; $end++ ) {
			if ( T_COMMA === $tokens[ $end ]['code'] && count( $tokens[ $end ]['nested_parenthesis'] ?? array() ) === $depth && ! self::in_brackets( $file, $end, $start ) ) {
				break;
			}
		}
		return array( $start, (int) $file->findPrevious( Tokens::$emptyTokens, $end - 1, null, true ) );
	}

	private static function in_brackets( File $file, int $pointer, int $from ): bool {
		$open = 0;
		foreach ( range( $from, $pointer ) as $at ) {
			$code  = $file->getTokens()[ $at ]['code'];
			$open += in_array( $code, array( T_OPEN_SQUARE_BRACKET, T_OPEN_SHORT_ARRAY ), true ) ? 1 : 0;
			$open -= in_array( $code, array( T_CLOSE_SQUARE_BRACKET, T_CLOSE_SHORT_ARRAY ), true ) ? 1 : 0;
		}
		return $open > 0;
	}
}
