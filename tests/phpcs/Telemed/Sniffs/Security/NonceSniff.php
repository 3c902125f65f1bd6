<?php

declare(strict_types=1);

namespace Telemed\Sniffs\Security;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use Telemed\Sniffs\Calls;

/**
 * A function that takes what a form or an address brings has asked for its nonce before. Routes of the REST API get theirs
 * from WordPress and read the request object.
 */
final class NonceSniff implements Sniff {

	private const INPUT = array( '$_GET', '$_POST', '$_REQUEST', '$_FILES' );

	private const ASKS = array( 'check_admin_referer', 'check_ajax_referer', 'wp_verify_nonce' );

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
		$token = $phpcsFile->getTokens()[ $stackPtr ];
		if ( ! in_array( $token['content'], self::INPUT, true ) || array() !== array_intersect( self::ASKS, Calls::around( $phpcsFile, $stackPtr ) ) ) {
			return;
		}
		$functions = array_keys( array_intersect( $token['conditions'], array( T_FUNCTION, T_CLOSURE ) ) );
		for ( $at = array() === $functions ? 0 : end( $functions ); $at < $stackPtr; $at++ ) {
			if ( in_array( Calls::at( $phpcsFile, $at ), self::ASKS, true ) ) {
				return;
			}
		}
		$phpcsFile->addError( '%s is read before its nonce has been checked', $stackPtr, 'Missing', array( $token['content'] ) );
	}
}
