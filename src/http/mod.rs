//! HTTP as plain data behind a trait of one method, so that everything above it is tested without a network.

pub mod transport;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

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

/// A URL as it may stand in a message: without user, query and fragment.
pub fn redacted(url: &Url) -> String {
    format!(
        "{}://{}{}",
        url.scheme(),
        url.host_str().unwrap_or("-"),
        url.path()
    )
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
    /// No connection: name, TCP or TLS.
    Connect,
    /// No complete answer in time.
    Timeout,
    /// The connection broke.
    Reset,
    /// The answer is larger than the cap.
    BodyTooLarge,
    /// Plain http, or http where it is not allowed.
    InvalidUrl,
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

/// Sends requests.
pub trait HttpClient: Send + Sync {
    /// Sends one request, once.
    fn execute(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

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
