//! Whether the connection to the database is encrypted, and what its certificate is checked against: as `mysqlnd` does
//! with the same flags, or stricter where wp-config.php names an authority for the database.

use mysql_async::SslOpts;
use rustls_pki_types::CertificateDer;

use super::config::DatabaseConfig;
use crate::error::{Result, configuration};
use crate::trust;

/// PHP's `MYSQLI_CLIENT_SSL`: encrypt the connection.
const CLIENT_SSL: u32 = 2048;
/// PHP's `MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT`. Without it mysqlnd checks no certificate, since `wpdb` gives it no CA;
/// with it, it checks even when `MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT` (64) is set as well.
const CLIENT_SSL_VERIFY: u32 = 1 << 30;

/// The driver's options for TLS; none for a plain connection.
pub(super) fn options(config: &DatabaseConfig) -> Result<Option<SslOpts>> {
    if config.client_flags & CLIENT_SSL == 0 && config.ca_file.is_none() {
        return Ok(None);
    }
    if config.client_flags & CLIENT_SSL_VERIFY == 0 && config.ca_file.is_none() {
        return Ok(Some(
            SslOpts::default()
                .with_danger_accept_invalid_certs(true)
                .with_danger_skip_domain_validation(true),
        ));
    }
    let roots = authorities(config)?;
    Ok(Some(
        SslOpts::default()
            .with_root_certs(roots.into_iter().map(|root| root.to_vec().into()).collect())
            .with_disable_built_in_roots(true),
    ))
}

fn authorities(config: &DatabaseConfig) -> Result<Vec<CertificateDer<'static>>> {
    let mut found = trust::system();
    for (path, constant) in [
        (&config.ca_file, "KIVICARE_TELEMED_DB_CA_FILE"),
        (&config.also_trusted, "KIVICARE_TELEMED_CA_FILE"),
    ] {
        if let Some(path) = path {
            found.extend(trust::from_file(path, constant)?);
        }
    }
    let (file, folder) = (&config.defaults.ca_file, &config.defaults.ca_dir);
    if file.is_some() || folder.is_some() {
        let more = rustls_native_certs::load_certs_from_paths(file.as_deref(), folder.as_deref());
        found.extend(trust::usable(more.certs));
    }
    if found.is_empty() {
        return Err(configuration(
            "no certificate authority is known to check the database server against: install the system's \
             ca-certificates package or set KIVICARE_TELEMED_DB_CA_FILE",
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::config::tests::config;
    use super::*;

    fn tls(client_flags: u32, ca_file: Option<&str>) -> Result<Option<SslOpts>> {
        options(&DatabaseConfig {
            client_flags,
            ca_file: ca_file.map(PathBuf::from),
            ..config()
        })
    }

    #[test]
    fn the_certificate_is_checked_where_mysqlnd_checks_it() {
        for plain in [0, 64, CLIENT_SSL_VERIFY, 32 | 2 | 256 | 1024] {
            assert!(tls(plain, None).unwrap().is_none(), "{plain}");
        }
        for unchecked in [CLIENT_SSL, CLIENT_SSL | 64] {
            assert!(tls(unchecked, None).unwrap().unwrap().accept_invalid_certs());
        }
        for checked in [
            CLIENT_SSL | CLIENT_SSL_VERIFY,
            CLIENT_SSL | CLIENT_SSL_VERIFY | 64,
        ] {
            // A machine without authorities refuses; one with some checks.
            if let Ok(options) = tls(checked, None) {
                assert!(!options.unwrap().accept_invalid_certs());
            }
        }
    }

    #[test]
    fn an_authority_for_the_database_turns_the_check_on() {
        for flags in [0, CLIENT_SSL, CLIENT_SSL | 64] {
            let error = tls(flags, Some("/nonexistent/ca.pem")).unwrap_err();
            assert!(
                error.to_string().contains("KIVICARE_TELEMED_DB_CA_FILE"),
                "{error}"
            );
        }
    }
}
