//! Where the database is: `DB_HOST` read as WordPress reads it, and reached as PHP's own client would.

use std::path::Path;

/// PHP's default when `DB_HOST` names no port.
const DEFAULT_PORT: u16 = 3306;

/// Where distributions put the socket that `localhost` means: Debian and RHEL (both spellings), then mysqlnd's default.
const DEFAULT_SOCKETS: [&str; 4] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

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
            (host, rest.strip_prefix("]:"))
        } else {
            let (host, rest) = split_where(address, |c| c == ':' || c == '/');
            (host, rest.strip_prefix(':'))
        };
        let port = port.map(|text| split_where(text, |c| !c.is_ascii_digit()).0);
        let port = port
            .and_then(|digits| digits.parse().ok())
            .filter(|port| *port != 0);
        Self {
            host: host.to_owned(),
            port,
            socket,
        }
    }

    /// Decides as PHP's mysqlnd does: an empty host or `localhost` means a Unix socket, anything else TCP, even when
    /// a socket is named as well. Without a socket at one of the usual places `localhost` becomes 127.0.0.1.
    pub(super) fn endpoint(&self) -> Endpoint {
        self.endpoint_with(|path| Path::new(path).exists())
    }

    fn endpoint_with(&self, exists: impl Fn(&str) -> bool) -> Endpoint {
        let port = self.port.unwrap_or(DEFAULT_PORT);
        if !self.host.is_empty() && !self.host.eq_ignore_ascii_case("localhost") {
            return Endpoint::Tcp {
                host: self.host.clone(),
                port,
            };
        }
        if let Some(socket) = &self.socket {
            return Endpoint::Socket(socket.clone());
        }
        match DEFAULT_SOCKETS.into_iter().find(|path| exists(path)) {
            Some(path) => Endpoint::Socket(path.to_owned()),
            None => Endpoint::Tcp {
                host: "127.0.0.1".to_owned(),
                port,
            },
        }
    }
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

/// Host, port and socket of a `DB_HOST`, for the fuzz target.
#[cfg(fuzzing)]
pub fn parsed_db_host(text: &str) -> (String, Option<u16>, Option<String>) {
    let parsed = DbHost::parse(text);
    let _ = parsed.endpoint();
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
        let cases: [(&str, &str, Option<u16>, Option<&str>); 14] = [
            ("localhost", "localhost", None, None),
            ("127.0.0.1", "127.0.0.1", None, None),
            ("db.example:3307", "db.example", Some(3307), None),
            ("db.example:0", "db.example", None, None),
            ("db.example:", "db.example", None, None),
            ("db.example:70000", "db.example", None, None),
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
            (
                "[2001:DB8::5]:3310:/tmp/s",
                "2001:DB8::5",
                Some(3310),
                Some("/tmp/s"),
            ),
            ("", "", None, None),
        ];
        for (text, host, port, socket) in cases {
            assert_eq!(
                parsed(text),
                (host.to_owned(), port, socket.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn connects_as_php_does() {
        let endpoint =
            |text: &str, existing: &str| DbHost::parse(text).endpoint_with(|path| path == existing);
        let tcp = |host: &str, port| Endpoint::Tcp {
            host: host.to_owned(),
            port,
        };
        let socket = |path: &str| Endpoint::Socket(path.to_owned());
        assert_eq!(endpoint("localhost:/a/b.sock", ""), socket("/a/b.sock"));
        assert_eq!(endpoint(":/a/b.sock", ""), socket("/a/b.sock"));
        assert_eq!(
            endpoint("LOCALHOST", "/tmp/mysql.sock"),
            socket("/tmp/mysql.sock")
        );
        assert_eq!(endpoint("localhost", ""), tcp("127.0.0.1", 3306));
        assert_eq!(endpoint("localhost:3307", ""), tcp("127.0.0.1", 3307));
        assert_eq!(endpoint("127.0.0.1", "/tmp/mysql.sock"), tcp("127.0.0.1", 3306));
        assert_eq!(endpoint("127.0.0.1:/a/b.sock", ""), tcp("127.0.0.1", 3306));
        assert_eq!(endpoint("[::1]:3310", ""), tcp("::1", 3310));
    }
}
