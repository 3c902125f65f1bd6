//! The sections `db` and `http` of `Config`'s array: how the database and the providers are reached.

use std::time::Duration;

use super::input::Fields;
use crate::error::Result;
use crate::http::outbound::{Bypass, HostList, Outbound, ProxyLogin, ProxyServer};
use crate::http::transport::HttpConfig;
use crate::secret::{DatabasePassword, ProxyPassword};
use crate::store::{ClientDefaults, DatabaseConfig};

/// The section `db`; a private CA for everything stands in `http`.
pub fn database(db: &Fields<'_>, http: &Fields<'_>) -> Result<DatabaseConfig> {
    Ok(DatabaseConfig {
        host: db.text("host")?,
        user: db.text("user")?,
        password: DatabasePassword::new(db.text("password")?),
        name: db.text("name")?,
        charset: db.text("charset")?,
        prefix: db.text("prefix")?,
        base_prefix: db.text("base_prefix")?,
        usermeta_table: db.optional("usermeta_table")?,
        client_flags: db.small("client_flags")?,
        ca_file: db.optional("ca_file")?.map(Into::into),
        also_trusted: http.optional("ca_file")?.map(Into::into),
        defaults: match db.section("defaults") {
            Err(_) => ClientDefaults::default(),
            Ok(defaults) => client_defaults(&defaults)?,
        },
    })
}

fn client_defaults(fields: &Fields<'_>) -> Result<ClientDefaults> {
    Ok(ClientDefaults {
        host: fields.text("host")?,
        port: u16::try_from(fields.number("port")? & 0xffff).unwrap_or_default(),
        socket: fields.given("socket")?,
        ca_file: fields.optional("ca_file")?.map(Into::into),
        ca_dir: fields.optional("ca_dir")?.map(Into::into),
    })
}

/// The section `http`.
pub fn http(http: &Fields<'_>) -> Result<HttpConfig> {
    Ok(HttpConfig {
        ca_file: http.optional("ca_file")?.map(Into::into),
        allow_http: http.flag("allow_http"),
        connect_timeout: millis(http, "connect_timeout_ms", 3_000)?,
        total_timeout: millis(http, "total_timeout_ms", 10_000)?,
        max_body: 1 << 20,
        outbound: match http.section("outbound") {
            Err(_) => Outbound::default(),
            Ok(fields) => outbound(&fields)?,
        },
    })
}

fn outbound(fields: &Fields<'_>) -> Result<Outbound> {
    let (proxy, unusable) = match fields.section("proxy") {
        Err(_) => (None, None),
        // Told when a request is due: database and keys work without a proxy.
        Ok(proxy) => match proxy_server(&proxy) {
            Ok(proxy) => (Some(proxy), None),
            Err(error) => (None, Some(error.to_string())),
        },
    };
    Ok(Outbound {
        own_host: fields.text("own_host")?,
        proxy,
        unusable,
        only: fields.given("only")?.map(|hosts| HostList::parse(&hosts)),
    })
}

fn proxy_server(fields: &Fields<'_>) -> Result<ProxyServer> {
    let login = match fields.given("user")? {
        None => None,
        Some(user) => Some(ProxyLogin {
            user,
            password: ProxyPassword::new(fields.text("password")?),
        }),
    };
    let bypass = match fields.given("no_proxy")? {
        Some(names) => Bypass::Environment(names),
        None => Bypass::WordPress(HostList::parse(&fields.text("bypass")?)),
    };
    ProxyServer::new(&fields.text("host")?, &fields.text("port")?, login, bypass)
}

fn millis(fields: &Fields<'_>, key: &str, default: u64) -> Result<Duration> {
    let given = fields.number(key)?;
    Ok(Duration::from_millis(if given == 0 {
        default
    } else {
        given.clamp(100, 60_000)
    }))
}
