//! The database's failures as kinds and remedies.

use std::io::ErrorKind as IoKind;
use std::time::Duration;

use mysql_async::{DriverError, Error as Driver, IoError};

use super::refusal::{self, unreachable};
use crate::{Error, ErrorKind};

/// Whether the same statement may be sent again after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Again {
    /// It failed for good.
    Never,
    /// The session broke, and the server may or may not have carried it out.
    IfHarmless,
    /// It certainly had no effect: it was not sent, or was rolled back.
    Safe,
}

/// A failed statement.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) again: Again,
    /// Whether the session can still be used.
    pub(super) session_lives: bool,
}

impl Failure {
    /// A statement that was not answered in time.
    pub(super) fn timeout(limit: Duration) -> Self {
        let message = format!(
            "The database did not answer within {} seconds. Check the load of the server named by DB_HOST.",
            limit.as_secs()
        );
        Self {
            error: Error::new(ErrorKind::Store, message),
            again: Again::Never,
            session_lives: false,
        }
    }

    /// Judges what the driver reports. Server texts can quote values, so only the error's number is passed on.
    pub(super) fn of(failure: Driver) -> Self {
        match failure {
            Driver::Server(server) => {
                let again = match server.code {
                    // Deadlock: this transaction was rolled back.
                    // 1467: the auto-increment lock was lost to a deadlock; like 1213, nothing was written.
                    1213 | 1467 => Again::Safe,
                    code if ended(code) => Again::Safe,
                    _ => Again::Never,
                };
                Self {
                    error: refusal::server(server.code),
                    again,
                    session_lives: !ended(server.code),
                }
            }
            Driver::Io(IoError::Io(io)) => {
                let again = match io.kind() {
                    IoKind::BrokenPipe | IoKind::NotConnected => Again::Safe,
                    _ => Again::IfHarmless,
                };
                Self {
                    error: refusal::io(io),
                    again,
                    session_lives: false,
                }
            }
            Driver::Io(IoError::Tls(tls)) => Self {
                error: refusal::handshake(None).with_source(tls),
                again: Again::Never,
                session_lives: false,
            },
            Driver::Driver(
                DriverError::UnknownAuthPlugin { .. }
                | DriverError::CleartextPluginDisabled
                | DriverError::MysqlOldPasswordDisabled
                | DriverError::InvalidParsecSalt,
            ) => Self {
                error: refusal::login_method(),
                again: Again::Never,
                session_lives: false,
            },
            Driver::Driver(DriverError::ConnectionClosed) => Self {
                error: unreachable(),
                again: Again::IfHarmless,
                session_lives: false,
            },
            Driver::Driver(DriverError::NoClientSslFlagFromServer) => Self {
                error: Error::new(
                    ErrorKind::Store,
                    "The database server offers no encryption, but MYSQL_CLIENT_FLAGS in wp-config.php asks for it.",
                ),
                again: Again::Never,
                session_lives: false,
            },
            // These can carry row contents: neither text nor source is passed on.
            Driver::Driver(_) | Driver::Other(_) | Driver::Url(_) => Self {
                error: Error::new(
                    ErrorKind::Store,
                    "The database's answer could not be understood. Check that DB_HOST names a MySQL or MariaDB server.",
                ),
                again: Again::Never,
                session_lives: false,
            },
        }
    }
}

/// No connection is left that others do not need.
pub(super) fn crowded() -> Error {
    Error::new(
        ErrorKind::Store,
        "The database has no connection to spare at the moment; it is tried again later. If this goes on, raise \
         max_user_connections for DB_USER or max_connections.",
    )
}

/// Whether the server takes no more connections: altogether, or of this account.
pub(super) fn is_crowded(failure: &Driver) -> bool {
    matches!(failure, Driver::Server(server) if matches!(server.code, 1040 | 1203 | 1226))
}

/// The server ended the session before it looked at the statement: shutdown (1053), killed (1927, MariaDB), idle for
/// too long (4031, MySQL).
fn ended(code: u16) -> bool {
    matches!(code, 1053 | 1927 | 4031)
}
