//! The one file that knows the HTTP library: TLS, timeouts, no redirects, no proxies, a cap on bodies.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use url::{Host, Url};

use super::{HttpClient, Request, Response, TransportError, TransportErrorKind};
use crate::error::{Result, configuration};

/// What a site may set about the way to providers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpConfig {
    /// PEM file with a private CA that is trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Allows plain http to loopback addresses.
    pub allow_http: bool,
    /// Longest time for name, TCP and TLS.
    pub connect_timeout: Duration,
    /// Longest time for one exchange.
    pub total_timeout: Duration,
    /// Largest accepted body in bytes.
    pub max_body: usize,
}

/// The adapter to reqwest. Its connections live as long as it does: across requests of the host process.
pub struct ReqwestClient {
    client: reqwest::Client,
    allow_http: bool,
    max_body: usize,
}

impl ReqwestClient {
    /// Builds the client; starts no connection. Needs a running tokio runtime only when used.
    pub fn new(config: &HttpConfig) -> Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(config)?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .https_only(!config.allow_http)
            .user_agent(concat!("kivicare-telemed/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            .timeout(config.total_timeout)
            .tcp_nodelay(true)
            // Shorter than the idle limits of usual load balancers (60 s): a dead first connection is rare then.
            .pool_idle_timeout(Duration::from_secs(55))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(5))
            .http2_keep_alive_while_idle(true)
            .build()
            .map_err(|_| {
                configuration(
                    "the HTTP client could not be built; check the CA file and the system's certificates",
                )
            })?;
        Ok(Self {
            client,
            allow_http: config.allow_http,
            max_body: config.max_body,
        })
    }

    fn check(&self, url: &Url) -> std::result::Result<(), TransportError> {
        if url.scheme() == "https" || (url.scheme() == "http" && self.allow_http && is_loopback(url)) {
            return Ok(());
        }
        Err(TransportError {
            kind: TransportErrorKind::InvalidUrl,
            sent: false,
            message: "only https is allowed, and plain http to this machine where wp-config.php says so"
                .to_owned(),
        })
    }

    async fn exchange(&self, request: Request) -> std::result::Result<Response, TransportError> {
        self.check(&request.url)?;
        let mut outgoing = self
            .client
            .request(request.method, request.url)
            .headers(request.headers)
            .timeout(request.timeout);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let mut incoming = outgoing.send().await.map_err(|error| transport_error(&error))?;
        let (status, headers) = (incoming.status(), incoming.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = incoming.chunk().await.map_err(|error| transport_error(&error))? {
            if chunk.len() > self.max_body.saturating_sub(body.len()) {
                return Err(TransportError {
                    kind: TransportErrorKind::BodyTooLarge,
                    sent: true,
                    message: "the answer is larger than any answer should be".to_owned(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            headers,
            body,
        })
    }
}

impl HttpClient for ReqwestClient {
    fn execute(&self, request: Request) -> BoxFuture<'_, std::result::Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// TLS 1.2 and 1.3 with ring, named explicitly: no process-wide default is needed or touched.
pub(super) fn tls(config: &HttpConfig) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &config.ca_file {
        let shown = path.display();
        let unreadable = || {
            configuration(format!(
                "the CA file {shown} cannot be read as PEM; correct KIVICARE_TELEMED_CA_FILE"
            ))
        };
        let found: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
            .map_err(|_| unreadable())?
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| unreadable())?;
        if roots.add_parsable_certificates(found).0 == 0 {
            return Err(unreadable());
        }
    }
    if roots.is_empty() && !config.allow_http {
        return Err(configuration(
            "this system has no certificate authorities: install its ca-certificates package or set \
             KIVICARE_TELEMED_CA_FILE",
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| configuration("TLS 1.2 and 1.3 are not available"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

/// The library's error in our terms. Its own text may hold the URL with its query, so only kinds are looked at.
/// What fails before the connection stands was never sent; of everything later, nobody knows.
fn transport_error(error: &reqwest::Error) -> TransportError {
    let (kind, message) = if error.is_connect() {
        match tls_error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                (TransportErrorKind::Tls, "the server's certificate is not trusted")
            }
            Some(_) => (TransportErrorKind::Tls, "the TLS handshake failed"),
            None if error.is_timeout() => (TransportErrorKind::Connect, "no connection in time"),
            None => (TransportErrorKind::Connect, "no connection"),
        }
    } else if error.is_timeout() {
        (TransportErrorKind::Timeout, "no answer in time")
    } else if error.is_builder() {
        (TransportErrorKind::InvalidUrl, "the address is not usable")
    } else if error.is_request() || error.is_body() {
        (TransportErrorKind::Reset, "the connection broke")
    } else {
        (TransportErrorKind::Other, "the answer could not be read")
    };
    let unsent = [
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::InvalidUrl,
    ];
    TransportError {
        kind,
        sent: !unsent.contains(&kind),
        message: message.to_owned(),
    }
}

/// The TLS library's error among the causes. An `io::Error` hides what it wraps from `source`, hence `get_ref`.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let wrapped = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests;
