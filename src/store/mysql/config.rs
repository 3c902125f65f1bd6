//! How to reach the site's database.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use mysql_async::{Opts, OptsBuilder};

use super::dsn::{ClientDefaults, DbHost, Endpoint};
use super::tls;
use crate::Result;
use crate::secret::DatabasePassword;

/// The server ends sessions that stay idle longer, in seconds. Longer than any provider call made under a lock, short
/// enough that a lost process does not hold its locks for MySQL's default of eight hours.
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
    /// `MYSQL_CLIENT_FLAGS`. 2048 (`MYSQLI_CLIENT_SSL`) turns TLS on, 1<<30 (`MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT`) the
    /// check of the certificate. The others do not concern our own sessions.
    pub client_flags: u32,
    /// `KIVICARE_TELEMED_DB_CA_FILE`: a PEM file trusted besides the system's authorities. Turns TLS and the check on.
    pub ca_file: Option<PathBuf>,
    /// `KIVICARE_TELEMED_CA_FILE`: trusted too where the certificate is checked.
    pub also_trusted: Option<PathBuf>,
    /// What the process' own client uses where the settings above leave it open.
    pub defaults: ClientDefaults,
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
        let flags = self.client_flags.to_be_bytes();
        let (port, defaults) = (self.defaults.port.to_be_bytes(), &self.defaults);
        let optional = [
            self.usermeta_table.as_deref().map(str::as_bytes),
            path_bytes(self.ca_file.as_ref()),
            path_bytes(self.also_trusted.as_ref()),
            defaults.socket.as_deref().map(str::as_bytes),
            path_bytes(defaults.ca_file.as_ref()),
            path_bytes(defaults.ca_dir.as_ref()),
        ];
        let plain = [
            &self.host,
            &self.user,
            &self.name,
            &self.charset,
            &self.prefix,
            &self.base_prefix,
            &defaults.host,
        ]
        .map(String::as_bytes);
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        // Lengths go in too, so that no two settings run into each other.
        for field in plain
            .into_iter()
            .chain([self.password.expose().as_bytes(), &flags, &port])
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

    pub(super) fn options(&self) -> Result<Opts> {
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
        Ok(match DbHost::parse(&self.host).endpoint(&self.defaults) {
            // TLS is left out on purpose: nobody is in between, and the server may not offer it there.
            Endpoint::Socket(path) => options.enable_cleartext_plugin(true).socket(Some(path)).into(),
            Endpoint::Tcp { host, port } => {
                let tls = tls::options(self)?;
                options
                    // A password for PAM or LDAP goes over the wire as it is: never in the clear.
                    .enable_cleartext_plugin(tls.is_some())
                    .ip_or_hostname(host)
                    .tcp_port(port)
                    .ssl_opts(tls)
                    .into()
            }
        })
    }
}

fn path_bytes(path: Option<&PathBuf>) -> Option<&[u8]> {
    path.map(|path| path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::store::mysql) fn config() -> DatabaseConfig {
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
            also_trusted: None,
            defaults: ClientDefaults::default(),
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
        assert_ne!(first, other(|c| c.defaults.socket = Some("/srv/db.sock".into())));
        assert_ne!(first, other(|c| c.defaults.port = 3307));
        assert_ne!(
            other(|c| c.ca_file = Some("/ca.pem".into())),
            other(|c| c.also_trusted = Some("/ca.pem".into()))
        );
        assert_ne!(
            other(|c| c.prefix = "wp_2_".into()),
            other(|c| c.base_prefix = "wp_2_".into())
        );
        assert!(!format!("{:?}", config()).contains("pass-1"));
    }
}
