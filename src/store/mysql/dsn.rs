//! Where the database is: `DB_HOST` read as WordPress reads it, and reached as PHP's own client would.

use std::path::{Path, PathBuf};

/// The port when nobody names one.
const DEFAULT_PORT: u16 = 3306;

/// The socket that mysqlnd falls back to when it was built without one and php.ini names none.
const BARE_SOCKET: &str = "/tmp/mysql.sock";

/// Where distributions put the socket that `localhost` means: Debian and RHEL (both spellings), then mysqlnd's default.
/// A guess for when the process cannot say what its own client uses.
const USUAL_SOCKETS: [&str; 4] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    BARE_SOCKET,
];

/// What the process' own database client uses where `DB_HOST` and its flags leave it open, so that both reach the same
/// server: `mysqli.default_host`, `.default_port`, `.default_socket`, `openssl.cafile` and `openssl.capath`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ClientDefaults {
    /// For an empty host; `localhost` when empty as well.
    pub host: String,
    /// For a missing port; 3306 when zero.
    pub port: u16,
    /// For `localhost`. `None` when unknown, empty when the client has none of its own.
    pub socket: Option<String>,
    /// PEM file of authorities.
    pub ca_file: Option<PathBuf>,
    /// Folder of authorities.
    pub ca_dir: Option<PathBuf>,
}

/// The parts of `DB_HOST`, as `wpdb::parse_db_host` splits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DbHost {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) socket: Option<String>,
}

/// What to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Socket(String),
    Tcp { host: String, port: u16 },
}

impl DbHost {
    /// Splits `DB_HOST`; the same steps in the same order as `wpdb::parse_db_host` (wp-includes/class-wpdb.php).
    pub(super) fn parse(text: &str) -> Self {
        let (address, socket) = match text.find(":/") {
            Some(at) => {
                let (address, socket) = text.split_at(at);
                (address, socket.strip_prefix(':').map(str::to_owned))
            }
            None => (text, None),
        };
        let (host, port) = if address.matches(':').count() > 1 {
            // Like WordPress: a port counts only after brackets.
            let bare = address.strip_prefix('[').unwrap_or(address);
            let (host, rest) = split_where(bare, |c| !c.is_ascii_hexdigit() && c != ':');
            if host.is_empty() {
                return Self::unsplit(text);
            }
            (host, rest.strip_prefix("]:"))
        } else {
            let (host, rest) = split_where(address, |c| c == ':' || c == '/');
            (host, rest.strip_prefix(':'))
        };
        Self {
            host: host.to_owned(),
            port: port.and_then(|text| wrapped(digits(text))),
            socket,
        }
    }

    /// What WordPress cannot split goes to the client as it stands, which takes a `p:` (persistent) off and reads the
    /// port itself.
    fn unsplit(text: &str) -> Self {
        let persistent = text
            .get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("p:"));
        let text = if persistent {
            text.get(2..).unwrap_or_default()
        } else {
            text
        };
        let (host, rest) = match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some(parts) => parts,
            None => split_where(text, |c| c == ':'),
        };
        Self {
            host: host.to_owned(),
            port: rest
                .strip_prefix(':')
                .map(|text| wrapped(digits(text)).unwrap_or_default()),
            socket: None,
        }
    }

    /// Decides as PHP's mysqlnd does: an empty host or `localhost` means a Unix socket, anything else TCP, even when
    /// a socket is named as well.
    pub(super) fn endpoint(&self, defaults: &ClientDefaults) -> Endpoint {
        self.endpoint_with(defaults, |path| Path::new(path).exists())
    }

    fn endpoint_with(&self, defaults: &ClientDefaults, exists: impl Fn(&str) -> bool) -> Endpoint {
        if self.host.is_empty() && !defaults.host.is_empty() {
            let usual = Self::unsplit(&defaults.host);
            return Self {
                port: self.port.or(usual.port),
                socket: self.socket.clone(),
                ..usual
            }
            .endpoint_with(
                &ClientDefaults {
                    host: String::new(),
                    ..defaults.clone()
                },
                exists,
            );
        }
        let usual_port = Some(defaults.port).filter(|port| *port != 0);
        let port = self.port.or(usual_port).unwrap_or(DEFAULT_PORT);
        if !self.host.is_empty() && !self.host.eq_ignore_ascii_case("localhost") {
            return Endpoint::Tcp {
                host: self.host.clone(),
                port,
            };
        }
        match self.socket.as_deref().or(defaults.socket.as_deref()) {
            Some("") => Endpoint::Socket(BARE_SOCKET.to_owned()),
            Some(path) => Endpoint::Socket(path.to_owned()),
            None => match USUAL_SOCKETS.into_iter().find(|path| exists(path)) {
                Some(path) => Endpoint::Socket(path.to_owned()),
                None => Endpoint::Tcp {
                    host: "127.0.0.1".to_owned(),
                    port,
                },
            },
        }
    }
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

fn digits(text: &str) -> &str {
    split_where(text, |c| !c.is_ascii_digit()).0
}

/// A port as PHP's stream layer takes it: the lower sixteen bits. Nothing for zero, which means the default.
fn wrapped(digits: &str) -> Option<u16> {
    let value = digits.bytes().fold(0_i64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(digit.saturating_sub(b'0')))
    });
    u16::try_from(value & 0xffff).ok().filter(|_| value != 0)
}

/// Host, port and socket of a `DB_HOST`, for the fuzz target.
#[cfg(fuzzing)]
pub fn parsed_db_host(text: &str) -> (String, Option<u16>, Option<String>) {
    let parsed = DbHost::parse(text);
    let _ = parsed.endpoint(&ClientDefaults::default());
    (parsed.host, parsed.port, parsed.socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Option<u16>, Option<String>) {
        let host = DbHost::parse(text);
        (host.host, host.port, host.socket)
    }

    #[test]
    fn splits_as_wordpress_does() {
        let cases: [(&str, &str, Option<u16>, Option<&str>); 21] = [
            ("localhost", "localhost", None, None),
            ("127.0.0.1", "127.0.0.1", None, None),
            ("db_1.example:3307", "db_1.example", Some(3307), None),
            ("db.example:0", "db.example", None, None),
            ("db.example:", "db.example", None, None),
            ("db.example:70000", "db.example", Some(4464), None),
            ("db.example:65536", "db.example", Some(0), None),
            ("db.example:99999999999999999999", "db.example", Some(65535), None),
            ("localhost:/run/my.sock", "localhost", None, Some("/run/my.sock")),
            (
                "localhost:3307:/run/my.sock",
                "localhost",
                Some(3307),
                Some("/run/my.sock"),
            ),
            (":/run/my.sock", "", None, Some("/run/my.sock")),
            ("::1", "::1", None, None),
            ("[::1]", "::1", None, None),
            ("[::1]:3306", "::1", Some(3306), None),
            ("[fe80::1%eth0]:3306", "fe80::1", None, None),
            (
                "[2001:DB8::5]:3310:/tmp/s",
                "2001:DB8::5",
                Some(3310),
                Some("/tmp/s"),
            ),
            ("", "", None, None),
            ("p:localhost", "p", None, None),
            ("p:localhost:3307", "localhost", Some(3307), None),
            ("P:[::1]:3307", "::1", Some(3307), None),
            ("p:[::1]", "::1", None, None),
        ];
        for (text, host, port, socket) in cases {
            assert_eq!(
                parsed(text),
                (host.to_owned(), port, socket.map(str::to_owned)),
                "{text}"
            );
        }
    }

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp {
            host: host.to_owned(),
            port,
        }
    }

    fn socket(path: &str) -> Endpoint {
        Endpoint::Socket(path.to_owned())
    }

    #[test]
    fn connects_as_php_does() {
        let defaults = |host: &str, port, socket: &str| ClientDefaults {
            host: host.to_owned(),
            port,
            socket: Some(socket.to_owned()),
            ..ClientDefaults::default()
        };
        let debian = defaults("", 3306, "/var/run/mysqld/mysqld.sock");
        let elsewhere = defaults("", 3399, "/srv/db.sock");
        for (text, defaults, endpoint) in [
            ("localhost", &debian, socket("/var/run/mysqld/mysqld.sock")),
            ("localhost", &elsewhere, socket("/srv/db.sock")),
            ("LOCALHOST:1", &elsewhere, socket("/srv/db.sock")),
            ("", &elsewhere, socket("/srv/db.sock")),
            ("localhost:/a/b.sock", &elsewhere, socket("/a/b.sock")),
            (":/a/b.sock", &elsewhere, socket("/a/b.sock")),
            ("localhost", &defaults("", 0, ""), socket("/tmp/mysql.sock")),
            ("db.example", &elsewhere, tcp("db.example", 3399)),
            ("db.example:3307", &elsewhere, tcp("db.example", 3307)),
            ("db.example", &defaults("", 0, ""), tcp("db.example", 3306)),
            ("127.0.0.1:/a/b.sock", &elsewhere, tcp("127.0.0.1", 3399)),
            ("[::1]:3310", &elsewhere, tcp("::1", 3310)),
            ("", &defaults("db.example", 3399, ""), tcp("db.example", 3399)),
            (
                ":3307",
                &defaults("db.example", 3399, ""),
                tcp("db.example", 3307),
            ),
            ("", &defaults("[::1]", 3399, ""), tcp("::1", 3399)),
            (":/a/b.sock", &defaults("localhost", 1, "/x"), socket("/a/b.sock")),
        ] {
            assert_eq!(
                DbHost::parse(text).endpoint_with(defaults, |_| true),
                endpoint,
                "{text} {defaults:?}"
            );
        }
    }

    #[test]
    fn an_unknown_client_is_guessed() {
        let unknown = ClientDefaults::default();
        let endpoint =
            |text: &str, existing: &str| DbHost::parse(text).endpoint_with(&unknown, |path| path == existing);
        assert_eq!(
            endpoint("LOCALHOST", "/tmp/mysql.sock"),
            socket("/tmp/mysql.sock")
        );
        assert_eq!(endpoint("localhost", ""), tcp("127.0.0.1", 3306));
        assert_eq!(endpoint("localhost:3307", ""), tcp("127.0.0.1", 3307));
    }
}
