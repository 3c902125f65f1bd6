<?php

declare(strict_types=1);

namespace Telemed\Sniffs\Database;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use PHP_CodeSniffer\Util\Tokens;
use Telemed\Sniffs\Calls;

/**
 * A statement goes to the database by wpdb::prepare(), or is made of literals, constants and names of tables and columns.
 */
final class PreparedSqlSniff implements Sniff {

	private const QUERIES = array( 'query', 'get_results', 'get_row', 'get_col', 'get_var' );

	/**
	 * Variables that name tables, columns or clauses written in the code.
	 */
	private const NAMES = array( 'this', 'wpdb', 'table', 'tables', 'prefix', 'columns', 'from', 'end' );

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
		$tokens = $phpcsFile->getTokens();
		$arrow  = $phpcsFile->findPrevious( Tokens::$emptyTokens, $stackPtr - 1, null, true );
		if ( ! in_array( Calls::at( $phpcsFile, $stackPtr ), self::QUERIES, true ) || T_OBJECT_OPERATOR !== $tokens[ $arrow ]['code'] ) {
			return;
		}
		$object = $phpcsFile->findPrevious( Tokens::$emptyTokens, $arrow - 1, null, true );
		if ( ! in_array( ltrim( $tokens[ $object ]['content'], '$' ), array( 'wpdb', 'db' ), true ) ) {
			return;
		}
		$argument = Calls::first_argument( $phpcsFile, $stackPtr );
		if ( null !== $argument && ! $this->is_prepared( $phpcsFile, ...$argument ) ) {
			$this->check( $phpcsFile, ...$argument );
		}
	}

	private function is_prepared( File $file, int $start, int $end ): bool {
		for ( $at = $start; $at <= $end; $at++ ) {
			if ( 'prepare' === Calls::at( $file, $at ) ) {
				return true;
			}
		}
		$tokens = $file->getTokens();
		if ( T_VARIABLE !== $tokens[ $start ]['code'] || $start !== $end ) {
			return false;
		}
		// A variable: the assignment before decides.
		$assigned = $start;
		do {
			$assigned = $file->findPrevious( T_VARIABLE, $assigned - 1, null, false, $tokens[ $start ]['content'] );
			$equals   = false === $assigned ? false : $file->findNext( Tokens::$emptyTokens, $assigned + 1, null, true );
		} while ( false !== $assigned && T_EQUAL !== $tokens[ $equals ]['code'] );
		if ( false === $assigned ) {
			return false;
		}
		$last = (int) $file->findNext( T_SEMICOLON, $equals ) - 1;
		for ( $at = $equals; $at <= $last; $at++ ) {
			if ( 'prepare' === Calls::at( $file, $at ) ) {
				return true;
			}
		}
		return ! $this->names_unknown( $file, $equals + 1, $last );
	}

	private function check( File $file, int $start, int $end ): void {
		if ( $this->names_unknown( $file, $start, $end ) ) {
			$file->addError( 'A value may get into this statement; use wpdb::prepare()', $start, 'Unprepared' );
		}
	}

	private function names_unknown( File $file, int $start, int $end ): bool {
		$text = $file->getTokensAsString( $start, $end - $start + 1 );
		// Numbers made with intval are no words of a statement.
		$text = preg_replace( '/implode\( \', \', \$ids \)/', '', $text );
		preg_match_all( '/\$([a-z_]+)/i', (string) $text, $found );
		return array() !== array_diff( $found[1], self::NAMES );
	}
}
