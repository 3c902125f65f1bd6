//! Zoom's error codes and what each means for us (API reference, errors; account limits).

use jiff::Timestamp;

use super::model::ErrorReply;
use crate::error::{Error, ErrorKind};
use crate::http::{Response, TransportError};
use crate::retry::{Effect, parse_retry_after};

/// Whether Zoom refused the access token itself (124), so that a refresh helps. Older bodies came with 400.
pub fn is_token_refused(response: &Response) -> bool {
    let status = response.status.as_u16();
    status == 401 && code(response) != Some(4700) || status == 400 && code(response) == Some(124)
}

fn code(response: &Response) -> Option<i64> {
    serde_json::from_slice::<ErrorReply>(&response.body)
        .ok()
        .map(|body| body.code)
}

/// The error a reply outside 2xx stands for. Zoom's own text is used to tell rate limits apart, never shown: it may
/// quote what was sent.
pub fn from_response(response: &Response, effect: Effect, now: Timestamp) -> Error {
    let body = serde_json::from_slice::<ErrorReply>(&response.body).ok();
    let (code, text) = body.map_or((0, String::new()), |body| (body.code, body.message));
    let status = response.status.as_u16();
    let pause = response
        .headers
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| parse_retry_after(value, now));
    let (kind, message) = match (status, code) {
        (429, _) if is_daily(&text) => (
            ErrorKind::DailyLimit,
            "the doctor's Zoom allowance of 100 meeting changes a day is used up; it resets at 00:00 UTC"
                .to_owned(),
        ),
        (429, _) => (
            ErrorKind::RateLimited,
            "Zoom asks for a pause (rate limit); it will be tried again".to_owned(),
        ),
        (_, 4700 | 4711) => (
            ErrorKind::Scope,
            "the Zoom connection lacks a permission; add the app's scopes and connect again".to_owned(),
        ),
        (401, _) | (_, 124) => (
            ErrorKind::Reauthorize,
            "Zoom refuses the connection; connect again".to_owned(),
        ),
        (_, 3001) => (
            ErrorKind::NotFound,
            "Zoom does not know this meeting (deleted or expired)".to_owned(),
        ),
        (_, 1001 | 1010 | 1120) => (
            ErrorKind::HostNotFound,
            "Zoom does not know the doctor's user in this account; map the doctor to a Zoom user".to_owned(),
        ),
        (500..=599, _) if effect == Effect::Create => (
            ErrorKind::Ambiguous,
            format!(
                "Zoom answered {status}; the meeting may exist and will be looked for before another is made"
            ),
        ),
        (500..=599, _) => (
            ErrorKind::Unavailable,
            format!("Zoom answered {status}; it will be tried again"),
        ),
        (300..=399, _) => (
            ErrorKind::Configuration,
            "Zoom's address answered with a redirect; check the API URL".to_owned(),
        ),
        (_, 0) => (
            ErrorKind::Rejected,
            format!("Zoom refused the request with status {status}"),
        ),
        (_, code) => (
            ErrorKind::Rejected,
            format!(
                "Zoom refused the request (status {status}, code {code}); check the doctor's Zoom plan and settings"
            ),
        ),
    };
    Error::new(kind, message).with_retry_after(pause)
}

fn is_daily(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["gmt", "daily", "per day", "in a day"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The error a lost or unsent request stands for.
pub fn from_transport(cause: &TransportError, effect: Effect) -> Error {
    if let Some(paused) = cause.refusal() {
        return paused;
    }
    if let Some(blocked) = cause.blocked("Zoom").filter(|_| !cause.sent) {
        return blocked;
    }
    if cause.sent && effect == Effect::Create {
        return Error::new(
            ErrorKind::Ambiguous,
            format!(
                "Zoom's answer was lost ({cause}); the meeting will be looked for before another is made"
            ),
        );
    }
    Error::new(
        ErrorKind::Unavailable,
        format!("Zoom could not be reached ({cause}); it will be tried again"),
    )
}

/// A 2xx whose body cannot be read: the request had its effect, but we do not know its result.
pub fn unreadable(effect: Effect) -> Error {
    let kind = if effect == Effect::Create {
        ErrorKind::Ambiguous
    } else {
        ErrorKind::Unavailable
    };
    Error::new(
        kind,
        "Zoom sent an unreadable answer; it will be looked for and tried again",
    )
}

/// Whether a create may have been refused for its passcode alone (code 300, validation).
pub fn may_be_passcode(response: &Response) -> bool {
    response.status.as_u16() == 400 && code(response) == Some(300)
}
