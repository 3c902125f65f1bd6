//! What went wrong on the way to a server, in our terms, with the proxy named where one is in between.

use std::error::Error as StdError;

use super::outbound::ProxyServer;
use super::{TransportError, TransportErrorKind};

/// The library's error in our terms. Its own text may hold the URL with its query, so only kinds are looked at.
/// What fails before the connection stands was never sent; of everything later, nobody knows.
pub(super) fn transport_error(error: &reqwest::Error, proxy: Option<&ProxyServer>) -> TransportError {
    let (kind, message) = if error.is_connect() {
        connect(error, proxy)
    } else if error.is_timeout() {
        (TransportErrorKind::Timeout, "no answer in time".to_owned())
    } else if error.is_builder() {
        (
            TransportErrorKind::InvalidUrl,
            "the address is not usable".to_owned(),
        )
    } else if error.is_request() || error.is_body() {
        (TransportErrorKind::Reset, "the connection broke".to_owned())
    } else {
        (
            TransportErrorKind::Other,
            "the answer could not be read".to_owned(),
        )
    };
    let unsent = [
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::Blocked,
        TransportErrorKind::InvalidUrl,
    ];
    TransportError {
        kind,
        sent: !unsent.contains(&kind),
        message,
    }
}

fn connect(error: &reqwest::Error, proxy: Option<&ProxyServer>) -> (TransportErrorKind, String) {
    if let Some(cause) = tls_error(error) {
        let message = match (cause, proxy) {
            (rustls::Error::InvalidCertificate(_), Some(proxy)) => inspected(proxy),
            (rustls::Error::InvalidCertificate(_), None) => {
                "the server's certificate is not trusted".to_owned()
            }
            _ => "the TLS handshake failed".to_owned(),
        };
        return (TransportErrorKind::Tls, message);
    }
    if let Some(proxy) = proxy {
        return match tunnel_error(error).as_deref() {
            Some(text) if text.contains("authorization required") => {
                (TransportErrorKind::Blocked, refused_login(proxy))
            }
            Some(text) if text.contains("unsuccessful") => (TransportErrorKind::Connect, closed(proxy)),
            _ => (TransportErrorKind::Connect, unreachable(proxy)),
        };
    }
    let message = if error.is_timeout() {
        "no connection in time"
    } else {
        "no connection"
    };
    (TransportErrorKind::Connect, message.to_owned())
}

/// 407.
pub(super) fn refused_login(proxy: &ProxyServer) -> String {
    format!(
        "the proxy {} refuses the site's login (407); correct WP_PROXY_USERNAME and WP_PROXY_PASSWORD in \
         wp-config.php; only the proxy's Basic login is known",
        proxy.shown()
    )
}

/// Any other answer than 200.
pub(super) fn closed(proxy: &ProxyServer) -> String {
    format!(
        "the proxy {} does not let the site through; allow this host and port 443 there",
        proxy.shown()
    )
}

/// No connection to the proxy, or no answer of it.
pub(super) fn unreachable(proxy: &ProxyServer) -> String {
    format!(
        "the proxy {} does not answer; check that it runs, and WP_PROXY_HOST and WP_PROXY_PORT in wp-config.php",
        proxy.shown()
    )
}

/// A certificate nobody trusts behind a proxy is most often the proxy's own.
pub(super) fn inspected(proxy: &ProxyServer) -> String {
    format!(
        "the server's certificate is not trusted; where the proxy {} inspects TLS, name its CA in \
         KIVICARE_TELEMED_CA_FILE",
        proxy.shown()
    )
}

/// The causes, outermost first. An `io::Error` hides what it wraps from `source`, hence `get_ref`.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |current| {
        let current: &'a (dyn StdError + 'static) = *current;
        let wrapped = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => current.source(),
        }
    })
}

fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())
}

/// The library keeps the type of this error to itself; its texts are fixed words.
fn tunnel_error(error: &(dyn StdError + 'static)) -> Option<String> {
    causes(error)
        .map(ToString::to_string)
        .find(|text| text.starts_with("tunnel error: "))
}
