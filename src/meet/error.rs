//! Google's error reasons and what each means for us (Calendar API: Handle API errors; Usage limits).

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use crate::error::{Error, ErrorKind};
use crate::http::{HttpClient, Request, Response, TransportError};
use crate::retry::{Effect, parse_retry_after};

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: Details,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    errors: Vec<Reason>,
    #[serde(default, rename = "details")]
    more: Vec<Reason>,
}

#[derive(Default, Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

impl Details {
    fn of(response: &Response) -> Self {
        serde_json::from_slice::<Body>(&response.body)
            .unwrap_or_default()
            .error
    }

    fn has(&self, reasons: &[&str]) -> bool {
        let named = self.errors.iter().chain(&self.more);
        named
            .map(|entry| entry.reason.as_str())
            .any(|reason| reasons.contains(&reason))
    }
}

/// Reasons after which the same request may be sent again soon.
const RATE: [&str; 3] = [
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "RATE_LIMIT_EXCEEDED",
];
/// Reasons that last for hours. The documentation and answers seen in the field spell the second one differently.
const USAGE: [&str; 3] = [
    "quotaExceeded",
    "calendarUsageLimitsExceeded",
    "dailyLimitExceeded",
];

/// Google says "too many requests" with 403 as well; this makes it 429, which the retry policy knows.
pub struct RateLimits(Arc<dyn HttpClient>);

impl RateLimits {
    pub fn around(http: Arc<dyn HttpClient>) -> Arc<dyn HttpClient> {
        Arc::new(Self(http))
    }
}

impl HttpClient for RateLimits {
    fn execute(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let mut response = self.0.execute(request).await?;
            if response.status == StatusCode::FORBIDDEN && Details::of(&response).has(&RATE) {
                response.status = StatusCode::TOO_MANY_REQUESTS;
            }
            Ok(response)
        })
    }
}

/// Whether Google refused the access token itself, so that a refresh helps.
pub fn is_token_refused(response: &Response) -> bool {
    response.status == StatusCode::UNAUTHORIZED
}

/// The error a reply outside 2xx stands for. Google's own text is never shown: it may quote what was sent.
pub fn from_response(response: &Response, _effect: Effect, now: Timestamp) -> Error {
    let (body, status) = (Details::of(response), response.status.as_u16());
    let pause = response
        .headers
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| parse_retry_after(value, now));
    let (kind, message) = match status {
        401 => (
            ErrorKind::Reauthorize,
            "Google refuses the connection; connect again",
        ),
        429 => (
            ErrorKind::RateLimited,
            "Google asks for a pause (rate limit); it will be tried again",
        ),
        403 => refused(&body),
        404 => (
            ErrorKind::NotFound,
            "Google does not know this event (deleted, or another calendar)",
        ),
        410 => (
            ErrorKind::NotFound,
            "Google has deleted this event, or wants a full synchronisation",
        ),
        409 => (ErrorKind::Busy, "the event exists already, or is being changed"),
        412 => (ErrorKind::Busy, "the event was changed meanwhile"),
        400 if body.message.to_ascii_lowercase().contains("conference") => NO_MEET,
        500..=599 => {
            return Error::new(
                ErrorKind::Unavailable,
                format!("Google answered {status}; it will be tried again"),
            )
            .with_retry_after(pause);
        }
        300..=399 => (
            ErrorKind::Configuration,
            "Google's address answered with a redirect; check the API URL",
        ),
        _ => {
            return Error::new(
                ErrorKind::Rejected,
                format!("Google refused the request with status {status}"),
            );
        }
    };
    Error::new(kind, message).with_retry_after(pause)
}

/// The calendar cannot have Meet links.
pub const NO_MEET: (ErrorKind, &str) = (
    ErrorKind::Rejected,
    "this Google calendar does not allow Google Meet; the Workspace administrator must switch Meet on for the doctor",
);

fn refused(body: &Details) -> (ErrorKind, &'static str) {
    if body.has(&USAGE) {
        return (
            ErrorKind::DailyLimit,
            "the doctor's calendar has reached Google's usage limits; it is tried again at 00:00 UTC",
        );
    }
    if body.has(&["accessNotConfigured", "SERVICE_DISABLED"]) {
        return (
            ErrorKind::Configuration,
            "the Google Calendar API is not enabled; enable it for the app's project in the Google Cloud console",
        );
    }
    if body.has(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) {
        return (
            ErrorKind::Scope,
            "the Google connection lacks the calendar permission; connect again and leave it ticked",
        );
    }
    if body.has(&["notACalendarUser"]) {
        return (
            ErrorKind::Rejected,
            "this Google account has no calendar; open Google Calendar once, or ask the Workspace administrator",
        );
    }
    if body.status == "RESOURCE_EXHAUSTED" {
        return (
            ErrorKind::RateLimited,
            "Google asks for a pause (rate limit); it will be tried again",
        );
    }
    (
        ErrorKind::Rejected,
        "Google does not allow this change of the event; the doctor must be its organiser",
    )
}

/// The error a lost or unsent request stands for. Events have ids of ours, so every request may be repeated.
pub fn from_transport(cause: &TransportError, _effect: Effect) -> Error {
    if let Some(paused) = cause.refusal() {
        return paused;
    }
    if let Some(blocked) = cause.blocked("Google") {
        return blocked;
    }
    Error::new(
        ErrorKind::Unavailable,
        format!("Google could not be reached ({cause}); it will be tried again"),
    )
}

/// A 2xx whose body cannot be read.
pub fn unreadable() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "Google sent an unreadable answer; it will be asked again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn kind(status: u16, reason: &str) -> ErrorKind {
        let response = Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: format!(
                r#"{{"error":{{"code":{status},"message":"about jane@example.test","errors":[{{"reason":"{reason}"}}]}}}}"#
            )
            .into_bytes(),
        };
        let error = from_response(&response, Effect::Safe, Timestamp::UNIX_EPOCH);
        assert!(!error.to_string().contains("jane"), "Google's text is not shown");
        error.kind()
    }

    #[test]
    fn every_documented_reason_has_its_meaning() {
        for (status, reason, expected) in [
            (401, "authError", ErrorKind::Reauthorize),
            (403, "quotaExceeded", ErrorKind::DailyLimit),
            (403, "calendarUsageLimitsExceeded", ErrorKind::DailyLimit),
            (403, "dailyLimitExceeded", ErrorKind::DailyLimit),
            (403, "accessNotConfigured", ErrorKind::Configuration),
            (403, "insufficientPermissions", ErrorKind::Scope),
            (403, "forbiddenForNonOrganizer", ErrorKind::Rejected),
            (404, "notFound", ErrorKind::NotFound),
            (409, "duplicate", ErrorKind::Busy),
            (410, "deleted", ErrorKind::NotFound),
            (412, "conditionNotMet", ErrorKind::Busy),
            (429, "rateLimitExceeded", ErrorKind::RateLimited),
            (400, "timeRangeEmpty", ErrorKind::Rejected),
            (503, "backendError", ErrorKind::Unavailable),
        ] {
            assert_eq!(kind(status, reason), expected, "{status} {reason}");
        }
    }

    #[tokio::test]
    async fn a_403_that_means_too_many_requests_is_one() {
        let http = |_: Request| -> BoxFuture<'static, Result<Response, TransportError>> {
            Box::pin(async {
                Ok(Response {
                    status: StatusCode::FORBIDDEN,
                    headers: HeaderMap::new(),
                    body: br#"{"error":{"errors":[{"reason":"userRateLimitExceeded"}]}}"#.to_vec(),
                })
            })
        };
        let request = Request {
            method: http::Method::GET,
            url: url::Url::parse("https://google.example.test/").unwrap(),
            headers: HeaderMap::new(),
            body: None,
            timeout: std::time::Duration::from_secs(1),
        };
        let answer = RateLimits::around(Arc::new(http)).execute(request).await.unwrap();
        assert_eq!(answer.status, 429);
    }
}
