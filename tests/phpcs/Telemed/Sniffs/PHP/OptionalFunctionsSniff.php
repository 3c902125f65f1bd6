<?php

declare(strict_types=1);

namespace Telemed\Sniffs\PHP;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;
use PHP_CodeSniffer\Util\Tokens;

/**
 * Functions that hosts switch off in php.ini, or that belong to optional modules, are asked for before they are called: a
 * call of one that is not there ends the process.
 */
final class OptionalFunctionsSniff implements Sniff {

	private const NAMES = '/^(?:ignore_user_abort|set_time_limit|fastcgi_finish_request|litespeed_finish_request|ini_(?:get|set|restore|get_all)|php_ini_\w+|php_uname|php_sapi_name|phpversion|phpinfo|gethostname|getmy\w+|get_current_user|error_log|syslog|openlog|iconv\w*|ctype_\w+|p?fsockopen|stream_socket_\w+|disk_\w+_space|parse_ini_\w+|highlight_\w+|show_source|php_strip_whitespace|sys_\w+|tempnam|tmpfile|chmod|chown|chgrp|symlink|link|readlink|exec|shell_exec|system|passthru|popen|proc_\w+|pcntl_\w+|posix_\w+|u?sleep|getenv|putenv|mail|opcache_\w+|apcu?_\w+|dns_\w+|gethostby\w+|openssl_\w+|curl_\w+|sodium_\w+)$/';

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
		$name = strtolower( $phpcsFile->getTokens()[ $stackPtr ]['content'] );
		if ( 1 === preg_match( self::NAMES, $name ) && $this->is_call( $phpcsFile, $stackPtr ) && ! $this->is_asked_for( $phpcsFile, $stackPtr, $name ) ) {
			$phpcsFile->addError( 'Ask function_exists( \'%s\' ) first: hosts switch it off', $stackPtr, 'NotAskedFor', array( $name ) );
		}
	}

	private function is_call( File $file, int $at ): bool {
		$tokens = $file->getTokens();
		$next   = $file->findNext( Tokens::$emptyTokens, $at + 1, null, true );
		$before = $file->findPrevious( Tokens::$emptyTokens, $at - 1, null, true );
		return false !== $next && T_OPEN_PARENTHESIS === $tokens[ $next ]['code']
			&& ! in_array( $tokens[ $before ]['code'], array( T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION, T_NEW ), true );
	}

	/**
	 * Whether the function around the call has asked before.
	 */
	private function is_asked_for( File $file, int $at, string $name ): bool {
		$tokens = $file->getTokens();
		$begin  = (int) $file->getCondition( $at, T_FUNCTION );
		for ( $before = $at; $before > $begin; $before-- ) {
			if ( 'function_exists' === $tokens[ $before ]['content'] ) {
				$asked = $file->findNext( T_CONSTANT_ENCAPSED_STRING, $before );
				if ( false !== $asked && trim( $tokens[ $asked ]['content'], '\'"' ) === $name ) {
					return true;
				}
			}
		}
		return false;
	}
}
