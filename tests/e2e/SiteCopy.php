<?php
/**
 * A copy of the running site, as people make one: its database dumped and loaded into another, its files at another
 * address, the keys and all other settings as they are. The same php-fpm serves it from a server of its own.
 */

declare(strict_types=1);

final class SiteCopy {

	private static int $copies = 0;

	private function __construct(
		public readonly Site $site,
		private readonly string $folder,
		private readonly string $database
	) {}

	/**
	 * Copies.
	 *
	 * @param Site   $site The original.
	 * @param string $more PHP expression of further settings: constants by name, null to leave one out.
	 */
	public static function of( Site $site, string $more = 'array()' ): self {
		$name   = 'telemed_copy' . ++self::$copies;
		$folder = $site->run . '/' . $name . '-' . bin2hex( random_bytes( 3 ) );
		$port   = self::free_port();
		$url    = 'http://127.0.0.1:' . $port;
		mkdir( $folder );
		foreach ( array( 'seed.json', 'sandbox.json' ) as $file ) {
			copy( $site->run . '/' . $file, $folder . '/' . $file );
		}
		$own = array( 'DB_NAME' => $name, 'WP_HOME' => $url, 'WP_SITEURL' => $url, 'KCT_RUN' => $folder );
		file_put_contents( $folder . '/settings.php', '<?php return ( ' . $more . ' ) + ' . var_export( $own, true ) . ';' );
		$client = 'mariadb --no-defaults --socket=' . escapeshellarg( (string) getenv( 'TELEMED_DB_SOCKET' ) ) . ' -u root ';
		self::run( $client . '-e ' . escapeshellarg( "DROP DATABASE IF EXISTS $name; CREATE DATABASE $name CHARACTER SET utf8mb4; GRANT ALL ON $name.* TO telemed@localhost" ) );
		self::run( str_replace( 'mariadb ', 'mariadb-dump ', $client ) . '--single-transaction ' . escapeshellarg( (string) getenv( 'TELEMED_TEST_DB_NAME' ) ) . ' | ' . $client . $name );
		self::serve( $folder, $port );
		return new self( new Site( $url, $folder, $folder, $name ), $folder, $name );
	}

	/**
	 * Ends the copy's server and database.
	 */
	public function drop(): void {
		$this->site->close();
		posix_kill( (int) file_get_contents( $this->folder . '/nginx.pid' ), SIGTERM );
		self::run( 'mariadb --no-defaults --socket=' . escapeshellarg( (string) getenv( 'TELEMED_DB_SOCKET' ) ) . ' -u root -e ' . escapeshellarg( "DROP DATABASE {$this->database}" ) );
	}

	private static function serve( string $folder, int $port ): void {
		$root   = (string) getenv( 'WORDPRESS_PATH' );
		$socket = dirname( (string) getenv( 'TELEMED_DB_SOCKET' ) ) . '/fpm.sock';
		$owner  = 0 === posix_geteuid() ? 'user root;' : '';
		$paths  = '';
		foreach ( array( 'client_body', 'fastcgi', 'proxy', 'uwsgi', 'scgi' ) as $kind ) {
			$paths .= "{$kind}_temp_path $folder/$kind;";
		}
		file_put_contents(
			$folder . '/nginx.conf',
			<<<CONF
			$owner
			pid $folder/nginx.pid;
			error_log $folder/nginx.log;
			events {}
			http {
				include /etc/nginx/mime.types;
				access_log off;
				$paths
				server {
					listen 127.0.0.1:$port;
					root $root;
					index index.php;
					location / { try_files \$uri \$uri/ /index.php?\$args; }
					location ~ \.php\$ {
						include /etc/nginx/fastcgi_params;
						fastcgi_param HTTP_HOST \$host:\$server_port;
						fastcgi_param KCT_COPY $folder;
						fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
						fastcgi_read_timeout 120;
						fastcgi_pass unix:$socket;
					}
				}
			}
			CONF
		);
		self::run( 'nginx -c ' . escapeshellarg( $folder . '/nginx.conf' ) . ' -e ' . escapeshellarg( $folder . '/nginx.log' ) );
		$until = microtime( true ) + 20;
		while ( ! is_file( $folder . '/nginx.pid' ) && microtime( true ) < $until ) {
			usleep( 100_000 );
		}
	}

	private static function free_port(): int {
		$socket = stream_socket_server( 'tcp://127.0.0.1:0' );
		return (int) substr( (string) strrchr( (string) stream_socket_get_name( $socket, false ), ':' ), 1 );
	}

	private static function run( string $command ): void {
		exec( 'bash -o pipefail -c ' . escapeshellarg( $command ) . ' 2>&1', $output, $status );
		if ( 0 !== $status ) {
			throw new RuntimeException( implode( "\n", $output ) );
		}
	}
}
