//! Which way a request leaves the site: straight, through a proxy, or not at all. The rules are WordPress'
//! (`WP_HTTP_Proxy::send_through_proxy`, `WP_Http::block_request`), so that ours go where its own go.

use data_encoding::{BASE64, HEXLOWER};
use http::HeaderValue;
use url::{Host, Url};

use super::TransportError;
use crate::error::{Result, configuration};
use crate::secret::ProxyPassword;

/// Hosts as a comma-separated constant of WordPress lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct HostList(Vec<String>);

impl HostList {
    /// Reads the constant's text.
    pub fn parse(text: &str) -> Self {
        let names = text.split(',').map(|name| name.trim().to_lowercase());
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// Whether the host is on the list; `*` stands for at least one character.
    pub fn contains(&self, host: &str) -> bool {
        self.0
            .iter()
            .any(|pattern| like(pattern.as_bytes(), host.as_bytes()))
    }
}

fn like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => {
            // Neighbouring stars would only make it slow.
            let rest = rest
                .iter()
                .position(|c| *c != b'*')
                .map_or(&[][..], |at| rest.get(at..).unwrap_or_default());
            (1..=text.len()).any(|taken| text.get(taken..).is_some_and(|left| like(rest, left)))
        }
        Some((letter, rest)) => text
            .split_first()
            .is_some_and(|(first, left)| first.eq_ignore_ascii_case(letter) && like(rest, left)),
    }
}

/// Which hosts are reached past the proxy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bypass {
    /// `WP_PROXY_BYPASS_HOSTS`; this machine and the site itself are always reached directly.
    WordPress(HostList),
    /// The environment's `no_proxy`: names with everything below them, or `*`.
    Environment(String),
}

/// The proxy's login.
#[derive(Debug, Clone)]
pub struct ProxyLogin {
    /// `WP_PROXY_USERNAME`.
    pub user: String,
    /// `WP_PROXY_PASSWORD`.
    pub password: ProxyPassword,
}

/// A proxy for CONNECT.
#[derive(Debug, Clone)]
pub struct ProxyServer {
    /// Where it is; `https` when it is itself spoken to over TLS.
    url: Url,
    login: Option<ProxyLogin>,
    bypass: Bypass,
}

impl ProxyServer {
    /// Host and port as the constants, or the environment's one address, name them.
    pub fn new(host: &str, port: &str, login: Option<ProxyLogin>, bypass: Bypass) -> Result<Self> {
        let named = match host.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => Some((scheme, rest)),
            Some(_) => None,
            None => Some(("http", host)),
        };
        let wrong = || {
            configuration(
                "the proxy's address is not one of an HTTP proxy; correct WP_PROXY_HOST and WP_PROXY_PORT in \
                 wp-config.php, or https_proxy in the environment",
            )
        };
        let (scheme, rest) = named.ok_or_else(wrong)?;
        let rest = rest.trim_end_matches('/');
        let address = if port.is_empty() {
            format!("{scheme}://{rest}")
        } else {
            format!("{scheme}://{rest}:{port}")
        };
        let mut url = Url::parse(&address).map_err(|_| wrong())?;
        if url.host_str().is_none_or(str::is_empty) || url.path() != "/" {
            return Err(wrong());
        }
        let login = login.or_else(|| login_of(&url));
        let _ = (url.set_username(""), url.set_password(None));
        Ok(Self { url, login, bypass })
    }

    /// The address, without login.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Host and port, for messages.
    pub fn shown(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.url.host_str().unwrap_or("-"))
    }

    /// The value of `Proxy-Authorization`.
    pub fn authorization(&self) -> Result<Option<HeaderValue>> {
        let Some(login) = &self.login else { return Ok(None) };
        let pair = format!("{}:{}", login.user, login.password.expose());
        let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(pair.as_bytes())))
            .map_err(|_| configuration("the proxy's login cannot be sent"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    fn passes_by(&self, host: &str, own_host: &str) -> bool {
        match &self.bypass {
            Bypass::WordPress(hosts) => is_local(host, own_host) || hosts.contains(host),
            Bypass::Environment(names) => names
                .split([',', ' '])
                .map(|name| name.trim().trim_start_matches('.'))
                .filter(|name| !name.is_empty())
                .any(|name| name == "*" || below(host, name)),
        }
    }
}

/// A user and password inside the address, as the environment has them.
fn login_of(url: &Url) -> Option<ProxyLogin> {
    let plain = |text: &str| {
        url::form_urlencoded::parse(format!("v={}", text.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    (!url.username().is_empty()).then(|| ProxyLogin {
        user: plain(url.username()),
        password: ProxyPassword::new(plain(url.password().unwrap_or_default())),
    })
}

fn below(host: &str, name: &str) -> bool {
    let start = host.len().checked_sub(name.len());
    let (Some(start), false) = (start, name.is_empty()) else {
        return false;
    };
    let (before, end) = (host.get(..start), host.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(name))
        && before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn is_local(host: &str, own_host: &str) -> bool {
    host == "localhost" || (!own_host.is_empty() && host == own_host)
}

/// What a site says about the way out.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    /// Host of the site's own address: always reached directly.
    pub own_host: String,
    /// The proxy to go through.
    pub proxy: Option<ProxyServer>,
    /// `WP_HTTP_BLOCK_EXTERNAL`: what alone may be reached then (`WP_ACCESSIBLE_HOSTS`).
    pub only: Option<HostList>,
    /// Why the proxy that is named cannot be used. Nothing goes past it instead.
    pub unusable: Option<String>,
}

impl Outbound {
    /// Whether the site lets requests to this address out.
    pub fn permit(&self, url: &Url) -> std::result::Result<(), TransportError> {
        let host = url.host_str().unwrap_or_default();
        if is_local(host, &self.own_host) {
            return Ok(());
        }
        match &self.only {
            Some(hosts) if !hosts.contains(host) => Err(TransportError::closed(format!(
                "WP_HTTP_BLOCK_EXTERNAL in wp-config.php keeps this site from it; add {host} to WP_ACCESSIBLE_HOSTS \
                 there"
            ))),
            _ => self
                .unusable
                .as_ref()
                .map_or(Ok(()), |why| Err(TransportError::closed(why.clone()))),
        }
    }

    /// The proxy for this address. Plain http stays on this machine and passes none.
    pub fn proxy_for(&self, url: &Url) -> Option<&ProxyServer> {
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => format!("[{address}]"),
        };
        self.proxy
            .as_ref()
            .filter(|proxy| url.scheme() == "https" && !proxy.passes_by(&host, &self.own_host))
    }

    /// Equal exactly for equal settings, the proxy's login included. Reveals none of it.
    pub fn fingerprint(&self) -> String {
        let login = self.proxy.as_ref().and_then(|proxy| proxy.login.as_ref());
        let secret = login.map_or_else(String::new, |login| {
            format!("{}:{}:{}", login.user.len(), login.user, login.password.expose())
        });
        let digest = ring::digest::digest(&ring::digest::SHA256, format!("{self:?}{secret}").as_bytes());
        HEXLOWER.encode(digest.as_ref())
    }
}

#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;
