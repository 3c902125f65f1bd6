//! HTTP as plain data behind a trait of one method, so that everything above it is tested without a network.

pub mod handshake;
pub mod outbound;
mod redact;
pub mod refusing;
pub mod transport;
mod way;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

pub use redact::redacted;

use crate::error::{Error, ErrorKind, site_paused};

/// A request ready to be sent.
#[derive(Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Full URL.
    pub url: Url,
    /// Headers; secrets among them marked sensitive.
    pub headers: HeaderMap,
    /// Body, if any.
    pub body: Option<Vec<u8>>,
    /// Longest time this one exchange may take.
    pub timeout: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, redacted(&self.url))
    }
}

/// A complete answer.
#[derive(Clone)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body; at most the transport's cap.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// How an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection: name or TCP, or no TLS in time.
    Connect,
    /// The TLS handshake failed, usually on a certificate that is not trusted.
    Tls,
    /// The site's own settings close the way: outside hosts are blocked, or the proxy refuses the login. Asking again at
    /// once is pointless.
    Blocked,
    /// No complete answer in time.
    Timeout,
    /// The connection broke.
    Reset,
    /// The answer is larger than the cap.
    BodyTooLarge,
    /// Not a URL to send to, or plain http where it is not allowed.
    InvalidUrl,
    /// Nothing was tried: the site is paused.
    Paused,
    /// Anything else, such as an answer that is not HTTP.
    Other,
}

/// An exchange without a complete answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// How it failed.
    pub kind: TransportErrorKind,
    /// The request may have reached the server: its effect is unknown.
    pub sent: bool,
    /// Safe text.
    pub message: String,
}

impl TransportError {
    /// A request that the site's settings do not let out.
    pub fn closed(message: String) -> Self {
        Self {
            kind: TransportErrorKind::Blocked,
            sent: false,
            message,
        }
    }

    /// The error for a way that the site's settings close; none for other causes.
    pub fn blocked(&self, what: &str) -> Option<Error> {
        (self.kind == TransportErrorKind::Blocked).then(|| {
            Error::new(
                ErrorKind::Blocked,
                format!("{what} cannot be asked: {}", self.message),
            )
        })
    }

    /// The error of a paused site, where this is why nothing was sent.
    pub fn refusal(&self) -> Option<Error> {
        (self.kind == TransportErrorKind::Paused).then(site_paused)
    }
}

/// Sends requests.
pub trait HttpClient: Send + Sync {
    /// Sends one request, once.
    fn execute(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;

    /// Whether nothing is sent at all, because the site is paused.
    fn is_closed(&self) -> bool {
        false
    }
}

impl<F> HttpClient for F
where
    F: Fn(Request) -> BoxFuture<'static, Result<Response, TransportError>> + Send + Sync,
{
    fn execute(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closure_is_a_client() {
        let client = |_: Request| -> BoxFuture<'static, Result<Response, TransportError>> {
            Box::pin(async {
                Ok(Response {
                    status: StatusCode::OK,
                    headers: HeaderMap::new(),
                    body: b"secret".to_vec(),
                })
            })
        };
        let client: &dyn HttpClient = &client;
        let url = Url::parse("https://zoom.example.test/").unwrap();
        let timeout = Duration::from_secs(1);
        let request = Request {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            timeout,
        };
        let response = client.execute(request).await.unwrap();
        assert_eq!(format!("{response:?}"), "200 OK (6 bytes)");
    }

    #[test]
    fn debug_output_shows_neither_query_nor_headers_nor_body() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer tok-secret".parse().unwrap());
        let request = Request {
            method: Method::GET,
            url: Url::parse("https://user:pw-secret@zoom.example.test/a?zak=zak-secret").unwrap(),
            headers,
            body: Some(b"body-secret".to_vec()),
            timeout: Duration::from_secs(1),
        };
        assert_eq!(format!("{request:?}"), "GET https://zoom.example.test/a");
    }
}
