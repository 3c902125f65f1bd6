//! The client of a site that must not speak to any provider: it opens no connection.

use futures_util::future::BoxFuture;

use super::{HttpClient, Request, Response, TransportError, TransportErrorKind};
use crate::error::PAUSED;

/// Refuses every request before any I/O.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefusingClient;

impl HttpClient for RefusingClient {
    fn execute(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async {
            Err(TransportError {
                kind: TransportErrorKind::Paused,
                sent: false,
                message: PAUSED.to_owned(),
            })
        })
    }

    fn is_closed(&self) -> bool {
        true
    }
}
