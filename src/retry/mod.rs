//! Sending with repetition: the loop sends, asks the policy, sleeps.

mod policy;
mod retry_after;

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

pub use policy::{Decision, Effect, Ending, Limits, decide};
pub use retry_after::parse as parse_retry_after;

use crate::http::{HttpClient, Request, Response, TransportError, TransportErrorKind};

/// Shortest time in which an exchange has a chance.
const SHORTEST_EXCHANGE: Duration = Duration::from_millis(50);

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Limits of repetition.
    pub limits: Limits,
    /// No attempt lasts or begins beyond this.
    pub deadline: Instant,
}

impl Policy {
    /// For a person who waits: one repetition, soon.
    pub fn interactive(deadline: Instant) -> Self {
        let limits = Limits {
            attempts: 2,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(4),
            jitter: Some(rand::random()),
        };
        Self { limits, deadline }
    }
}

/// No answer, after all repetitions that were allowed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error}")]
pub struct Failure {
    /// The last attempt's fault. `sent` is true when any attempt may have had an effect.
    pub error: TransportError,
}

/// Sends until an answer stands, the policy stops, or the deadline comes. An answer of any status is an answer; a
/// [`Failure`] means that the last attempt got none.
pub async fn send(
    http: &dyn HttpClient,
    policy: &Policy,
    request: Request,
    effect: Effect,
) -> Result<Response, Failure> {
    let (mut attempt, mut ever_sent) = (1, false);
    loop {
        let remaining = policy.deadline.saturating_duration_since(Instant::now());
        let mut request = request.clone();
        request.timeout = request.timeout.min(remaining).max(SHORTEST_EXCHANGE);
        let outcome = http.execute(request).await;
        if let Err(error) = &outcome
            && error.kind == TransportErrorKind::Paused
        {
            return Err(Failure { error: error.clone() });
        }
        let ending = match &outcome {
            Ok(response) => Ending::Status(response.status.as_u16(), asked_pause(response)),
            Err(error) if error.sent => Ending::Lost,
            Err(error) if error.kind == TransportErrorKind::Blocked => Ending::Blocked,
            Err(_) => Ending::NotSent,
        };
        ever_sent |= !matches!(ending, Ending::NotSent | Ending::Blocked | Ending::Status(429, _));
        let remaining = policy.deadline.saturating_duration_since(Instant::now());
        match decide(&policy.limits, effect, ending, attempt, remaining) {
            Decision::Wait(pause) => tokio::time::sleep(pause).await,
            Decision::Stop => {
                return outcome.map_err(|error| Failure {
                    error: TransportError {
                        sent: ever_sent,
                        ..error
                    },
                });
            }
        }
        attempt = attempt.saturating_add(1);
    }
}

fn asked_pause(response: &Response) -> Option<Duration> {
    let value = response.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    parse_retry_after(value, Timestamp::now())
}

#[cfg(test)]
mod tests;
