//! Why the database could not be reached or refused: one text for each cause, with what to do about it.

use std::io::{Error as IoError, ErrorKind as IoKind};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use mysql_async::{Conn, Error as Driver};
use rustls::CertificateError;

use crate::{Error, ErrorKind};

/// Waits for a session. The driver panics on a kind of login that it was built without (`MariaDB`'s ed25519 and parsec,
/// which mysqlnd does not know either); its pool takes that for a connection that was given up.
pub(super) async fn guarded(
    session: impl Future<Output = std::result::Result<Conn, Driver>>,
) -> crate::Result<std::result::Result<Conn, Driver>> {
    AssertUnwindSafe(session)
        .catch_unwind()
        .await
        .map_err(|_| login_method())
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::Store, message)
}

/// No session could be had in time.
pub(super) fn unreachable() -> Error {
    refused(
        "The database cannot be reached. Check DB_HOST in wp-config.php and that the database server is running.",
    )
}

/// The server takes connections, and says nothing.
pub(super) fn silent() -> Error {
    refused(
        "The database does not answer. Check the load of the server named by DB_HOST in wp-config.php, and whatever stands \
         between it and the site.",
    )
}

/// The connection could not be made, or broke. A failed TLS handshake arrives here as well.
pub(super) fn io(failure: IoError) -> Error {
    let inner = failure.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return handshake(Some(tls)).with_source(failure);
    }
    let text = failure.to_string();
    let error = match failure.kind() {
        IoKind::ConnectionRefused => refused(
            "The database server does not listen where DB_HOST in wp-config.php points. Check host, port and socket, \
             and that the server is running.",
        ),
        IoKind::NotFound => refused(
            "The database server's socket does not exist. Check that the server is running; if it is, put its socket \
             into DB_HOST (localhost:/path) in wp-config.php or into mysqli.default_socket in php.ini.",
        ),
        IoKind::PermissionDenied => refused(
            "The database server's socket may not be opened by PHP. Check the permissions of the socket's folder, and \
             SELinux or AppArmor.",
        ),
        IoKind::TimedOut | IoKind::HostUnreachable | IoKind::NetworkUnreachable => refused(
            "The way to the database server that DB_HOST in wp-config.php names is closed. Check the network and the \
             firewalls in between.",
        ),
        IoKind::UnexpectedEof if text.contains("tls") => handshake(None),
        _ if text.contains("failed to lookup address") => refused(
            "The name of the database server is not known here. Check DB_HOST in wp-config.php and this server's name \
             resolution.",
        ),
        _ => unreachable(),
    };
    error.with_source(failure)
}

/// The TLS handshake failed.
pub(super) fn handshake(cause: Option<&rustls::Error>) -> Error {
    let remedy = match cause {
        Some(rustls::Error::InvalidCertificate(certificate)) => certificate_remedy(certificate),
        _ => {
            "Check that the server offers TLS 1.2 or 1.3, and MYSQL_CLIENT_FLAGS and KIVICARE_TELEMED_DB_CA_FILE in \
             wp-config.php."
        }
    };
    refused(&format!(
        "The encrypted connection to the database failed in its TLS handshake. {remedy}"
    ))
}

fn certificate_remedy(cause: &CertificateError) -> &'static str {
    match cause {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "The server's certificate is signed by an authority that is not trusted here: name that authority's PEM \
             file in KIVICARE_TELEMED_DB_CA_FILE in wp-config.php."
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "The server's certificate is for another name: put a name from its subjectAltName into DB_HOST, or issue \
             it anew with the name that is there."
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "The server's certificate is not valid at this time: renew it, and check this server's clock."
        }
        CertificateError::BadEncoding | CertificateError::Other(_) => {
            "The server's certificate is not of X.509 version 3: issue it anew with a subjectAltName, which makes it \
             version 3."
        }
        _ => "The server's certificate cannot be used: issue it anew for a server, with a subjectAltName.",
    }
}

/// The server asks for a login that we do not speak.
pub(super) fn login_method() -> Error {
    refused(
        "The database asks for a kind of login that the extension does not know, or a password in the clear without \
         encryption. Let DB_USER log in with mysql_native_password or caching_sha2_password.",
    )
}

/// What the server itself said: numbers from MySQL's and MariaDB's error references.
pub(super) fn server(code: u16) -> Error {
    let (kind, message) = match code {
        1205 | 1213 => (
            ErrorKind::Busy,
            "Another process holds the same database row. Try again shortly.",
        ),
        1146 | 1054 => (
            ErrorKind::Configuration,
            "A database table is missing or outdated: deactivate and activate the KiviCare Telemed plugin to create \
             its tables.",
        ),
        _ => (ErrorKind::Store, login(code).unwrap_or_else(|| statement(code))),
    };
    Error::new(kind, format!("{message} (database error {code})"))
}

fn login(code: u16) -> Option<&'static str> {
    Some(match code {
        1045 | 1698 => {
            "The database refused the login. Check DB_USER and DB_PASSWORD in wp-config.php, and whether this user may \
             come in only encrypted (MYSQL_CLIENT_FLAGS)."
        }
        1044 => {
            "DB_USER has no rights on the database. Check DB_NAME in wp-config.php and the user's grants."
        }
        1049 => "The database does not exist on this server. Check DB_NAME and DB_HOST in wp-config.php.",
        1040 => {
            "The database server accepts no more connections. Raise its max_connections, or let PHP have fewer workers."
        }
        1203 | 1226 => {
            "DB_USER may have no more connections. Raise max_user_connections, or this user's limit, on the database \
             server."
        }
        1129 => {
            "The database server has blocked this machine after many broken connections. Run mysqladmin flush-hosts \
             there, and look why they broke."
        }
        1130 => "The database server does not let this machine in. Grant DB_USER access from it.",
        3159 => {
            "The database server accepts encrypted connections alone. Set MYSQL_CLIENT_FLAGS to MYSQLI_CLIENT_SSL in \
             wp-config.php."
        }
        1820 | 1862 => "The password of DB_USER has expired on the database server. Give the user a new one.",
        1251 | 1275 | 1524 => {
            "The database cannot log DB_USER in the way its account says. Let the user log in with \
             mysql_native_password or caching_sha2_password."
        }
        _ => return None,
    })
}

fn statement(code: u16) -> &'static str {
    match code {
        1142 | 1143 | 1370 => {
            "The database user lacks a permission: DB_USER needs SELECT, INSERT, UPDATE and DELETE on DB_NAME."
        }
        1290 | 1792 | 1836 => "The database is read-only. Check which server DB_HOST names.",
        _ => "The database refused a statement.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(cause: CertificateError) -> String {
        let inner = rustls::Error::InvalidCertificate(cause);
        io(IoError::new(IoKind::InvalidData, inner)).to_string()
    }

    #[test]
    fn every_cause_has_a_text_of_its_own() {
        let os = |kind: IoKind| io(IoError::from(kind)).to_string();
        let lookup = IoError::other("failed to lookup address information: Name or service not known");
        let eof = IoError::new(IoKind::UnexpectedEof, "tls handshake eof");
        let mut texts: Vec<String> = [
            1040, 1044, 1045, 1049, 1129, 1130, 1142, 1203, 1251, 1290, 1862, 3159, 9999,
        ]
        .map(|code| server(code).to_string())
        .to_vec();
        texts.extend([
            os(IoKind::ConnectionRefused),
            os(IoKind::NotFound),
            os(IoKind::PermissionDenied),
            os(IoKind::TimedOut),
            os(IoKind::ConnectionReset),
            io(lookup).to_string(),
            io(eof).to_string(),
            tls(CertificateError::UnknownIssuer),
            tls(CertificateError::NotValidForName),
            tls(CertificateError::Expired),
            tls(CertificateError::BadEncoding),
            login_method().to_string(),
        ]);
        let different: std::collections::HashSet<_> = texts.iter().collect();
        assert_eq!(different.len(), texts.len(), "{texts:#?}");
    }

    #[test]
    fn a_failed_handshake_names_tls_and_the_constant() {
        let text = tls(CertificateError::UnknownIssuer);
        assert!(
            text.contains("TLS") && text.contains("KIVICARE_TELEMED_DB_CA_FILE"),
            "{text}"
        );
    }

    #[test]
    fn the_servers_own_words_are_not_passed_on() {
        let text = io(IoError::other("Access denied for 'wp'@'secret-host'")).to_string();
        assert!(!text.contains("secret-host"), "{text}");
    }
}
