//! The one file that builds the HTTP library's client: TLS, timeouts, no redirects, the proxy, a cap on bodies.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::outbound::Outbound;
use super::way::transport_error;
use super::{HttpClient, Request, Response, TransportError, TransportErrorKind};
use crate::error::{Result, configuration};
use crate::trust;

/// What a site may set about the way to providers.
#[derive(Debug, Clone)]
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
    /// Which way requests leave the site.
    pub outbound: Outbound,
}

impl HttpConfig {
    /// Equal exactly for equal settings. Reveals no login.
    pub fn fingerprint(&self) -> String {
        format!("{self:?}:{}", self.outbound.fingerprint())
    }
}

/// The adapter to reqwest. Its connections live as long as it does: across requests of the host process.
pub struct ReqwestClient {
    client: reqwest::Client,
    allow_http: bool,
    max_body: usize,
    outbound: Outbound,
}

impl ReqwestClient {
    /// Builds the client; starts no connection. Needs a running tokio runtime only when used.
    pub fn new(config: &HttpConfig) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(config)?)
            .redirect(reqwest::redirect::Policy::none())
            // The library would read the environment by rules of its own.
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
            .http2_keep_alive_while_idle(true);
        if let Some(proxy) = proxy(&config.outbound)? {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|_| {
            configuration(
                "the HTTP client could not be built; check the CA file and the system's certificates",
            )
        })?;
        Ok(Self {
            client,
            allow_http: config.allow_http,
            max_body: config.max_body,
            outbound: config.outbound.clone(),
        })
    }

    fn check(&self, url: &Url) -> std::result::Result<(), TransportError> {
        if url.scheme() == "https" || (url.scheme() == "http" && self.allow_http && is_loopback(url)) {
            return self.outbound.permit(url);
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
        let proxy = self.outbound.proxy_for(&request.url);
        let failed = |error: reqwest::Error| transport_error(&error, proxy);
        let mut outgoing = self
            .client
            .request(request.method, request.url)
            .headers(request.headers)
            .timeout(request.timeout);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let mut incoming = outgoing.send().await.map_err(failed)?;
        let (status, headers) = (incoming.status(), incoming.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = incoming.chunk().await.map_err(failed)? {
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

/// The proxy, asked for each address anew whether it lies on its way.
fn proxy(outbound: &Outbound) -> Result<Option<reqwest::Proxy>> {
    let Some(server) = &outbound.proxy else {
        return Ok(None);
    };
    let (rules, address) = (outbound.clone(), server.url().clone());
    let proxy = reqwest::Proxy::custom(move |url| rules.proxy_for(url).map(|_| address.clone()));
    Ok(Some(match server.authorization()? {
        Some(login) => proxy.custom_http_auth(login),
        None => proxy,
    }))
}

/// TLS 1.2 and 1.3 with ring, named explicitly: no process-wide default is needed or touched.
pub(super) fn tls(config: &HttpConfig) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trust::system());
    if let Some(path) = &config.ca_file {
        roots.add_parsable_certificates(trust::from_file(path, "KIVICARE_TELEMED_CA_FILE")?);
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

#[cfg(test)]
mod tests;
