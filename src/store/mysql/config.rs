//! How to reach the site's database.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use mysql_async::{Opts, OptsBuilder, SslOpts};

use super::dsn::{DbHost, Endpoint};
use crate::secret::DatabasePassword;

/// PHP's `MYSQLI_CLIENT_SSL`: encrypt the connection.
const CLIENT_SSL: u32 = 2048;
/// PHP's `MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT`.
const CLIENT_SSL_DONT_VERIFY: u32 = 64;

/// The server ends sessions that stay idle longer, in seconds. Longer than any provider call made under a lock, short enough that a lost process does not hold its locks for MySQL's default of eight hours.
const SERVER_IDLE: usize = 120;
/// Largest packet the client accepts, in bytes: MySQL's usual default. Stating it saves asking at each connect.
const MAX_PACKET: usize = 16 << 20;
/// Seconds to wait for a row. `KiviCare`'s open transaction in the same request cannot end while we wait for it, so
/// waiting longer would only add to a failure.
const ROW_LOCK_WAIT: u32 = 3;

/// The database settings of `wp-config.php`.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `DB_HOST` as written there.
    pub host: String,
    /// `DB_USER`.
    pub user: String,
    /// `DB_PASSWORD`.
    pub password: DatabasePassword,
    /// `DB_NAME`.
    pub name: String,
    /// `DB_CHARSET`. Our own sessions always speak utf8mb4 and let the server convert to the tables' charset.
    pub charset: String,
    /// Table prefix of the blog.
    pub prefix: String,
    /// Table prefix of the network, for the users' meta.
    pub base_prefix: String,
    /// `CUSTOM_USER_META_TABLE`, the full table name, when the site sets it.
    pub usermeta_table: Option<String>,
    /// `MYSQL_CLIENT_FLAGS`. 2048 (`MYSQLI_CLIENT_SSL`) turns TLS on; with 64
    /// (`MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT`) the certificate is not checked.
    pub client_flags: u32,
    /// PEM file with the only authorities to trust for the server's certificate; without it the public ones are.
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("host", &self.host)
            .field("user", &"[redacted]")
            .field("password", &self.password)
            .field("name", &self.name)
            .field("prefix", &self.prefix)
            .field("client_flags", &self.client_flags)
            .field("ca_file", &self.ca_file)
            .finish_non_exhaustive()
    }
}

impl DatabaseConfig {
    /// A key that is equal exactly for equal settings: SHA-256 over all of them, in hex. Reveals no setting.
    pub fn fingerprint(&self) -> String {
        let ca_file = self
            .ca_file
            .as_ref()
            .map(|path| path.as_os_str().as_encoded_bytes());
        let flags = self.client_flags.to_be_bytes();
        let optional = [self.usermeta_table.as_deref().map(str::as_bytes), ca_file];
        let plain = [
            &self.host,
            &self.user,
            &self.name,
            &self.charset,
            &self.prefix,
            &self.base_prefix,
        ]
        .map(String::as_bytes);
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        // Lengths go in too, so that no two settings run into each other.
        for field in plain
            .into_iter()
            .chain([self.password.expose().as_bytes(), &flags])
            .map(Some)
            .chain(optional)
        {
            hash.update(&[u8::from(field.is_some())]);
            let field = field.unwrap_or_default();
            hash.update(&field.len().to_be_bytes());
            hash.update(field);
        }
        HEXLOWER.encode(hash.finish().as_ref())
    }

    pub(super) fn options(&self) -> Opts {
        let options = OptsBuilder::default()
            .user(Some(&self.user))
            .pass(Some(self.password.expose()))
            .db_name(Some(&self.name))
            // Without this the driver would follow any TCP connect by trying the server's socket path locally.
            .prefer_socket(false)
            // An UPDATE that finds its row but changes nothing must still count as having found it.
            .client_found_rows(true)
            .wait_timeout(Some(SERVER_IDLE))
            .max_allowed_packet(Some(MAX_PACKET))
            .init(vec![format!(
                "SET SESSION innodb_lock_wait_timeout = {ROW_LOCK_WAIT}, SESSION wait_timeout = {SERVER_IDLE}, \
                 SESSION autocommit = 1, SESSION time_zone = '+00:00', \
                 SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', NAMES utf8mb4"
            )]);
        match DbHost::parse(&self.host).endpoint() {
            // TLS is left out on purpose: nobody is in between, and the server may not offer it there.
            Endpoint::Socket(path) => options.socket(Some(path)).into(),
            Endpoint::Tcp { host, port } => options
                .ip_or_hostname(host)
                .tcp_port(port)
                .ssl_opts(self.tls())
                .into(),
        }
    }

    fn tls(&self) -> Option<SslOpts> {
        if self.client_flags & CLIENT_SSL == 0 {
            return None;
        }
        let unverified = self.client_flags & CLIENT_SSL_DONT_VERIFY != 0;
        let options = SslOpts::default()
            .with_danger_accept_invalid_certs(unverified)
            .with_danger_skip_domain_validation(unverified);
        Some(match &self.ca_file {
            Some(path) => options
                .with_root_certs(vec![path.clone().into()])
                .with_disable_built_in_roots(true),
            None => options,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> DatabaseConfig {
        DatabaseConfig {
            host: "db.example".into(),
            user: "wp".into(),
            password: DatabasePassword::new("pass-1"),
            name: "site".into(),
            charset: "utf8mb4".into(),
            prefix: "wp_".into(),
            base_prefix: "wp_".into(),
            usermeta_table: None,
            client_flags: 0,
            ca_file: None,
        }
    }

    #[test]
    fn fingerprint_follows_every_setting_and_shows_none() {
        let first = config().fingerprint();
        assert_eq!(first, config().fingerprint());
        assert_eq!(first.len(), 64);
        let other = |change: fn(&mut DatabaseConfig)| {
            let mut config = config();
            change(&mut config);
            config.fingerprint()
        };
        assert_ne!(first, other(|c| c.password = DatabasePassword::new("pass-2")));
        assert_ne!(first, other(|c| c.client_flags = 2048));
        assert_ne!(first, other(|c| c.usermeta_table = Some(String::new())));
        assert_ne!(
            other(|c| c.prefix = "wp_2_".into()),
            other(|c| c.base_prefix = "wp_2_".into())
        );
        assert!(!format!("{:?}", config()).contains("pass-1"));
    }

    #[test]
    fn tls_follows_the_client_flags() {
        let tls = |client_flags| {
            DatabaseConfig {
                client_flags,
                ..config()
            }
            .options()
            .ssl_opts()
            .cloned()
        };
        assert!(tls(0).is_none());
        assert!(!tls(CLIENT_SSL).unwrap().accept_invalid_certs());
        assert!(
            tls(CLIENT_SSL | CLIENT_SSL_DONT_VERIFY)
                .unwrap()
                .accept_invalid_certs()
        );
    }
}
