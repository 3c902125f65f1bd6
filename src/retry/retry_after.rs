//! The pause a provider asks for.

use std::time::Duration;

use jiff::Timestamp;

/// Longest pause taken from a header.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Reads `Retry-After`: seconds or HTTP date (RFC 9110 §10.2.3), or the ISO 8601 date-time Zoom sends. Times past
/// give zero, anything beyond a day a day, and what cannot be read none.
pub fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|c| c.is_ascii_digit()) {
        // More digits than fit are a very long time, too.
        return Some(value.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
    }
    let until = match value.parse::<Timestamp>() {
        Ok(until) => until,
        Err(_) => Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()?,
    };
    let seconds = u64::try_from(until.as_second().saturating_sub(now.as_second())).unwrap_or(0);
    Some(Duration::from_secs(seconds).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_understood_and_bounded() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        for (value, seconds) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("999999999", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("2030-01-01T01:00:30+01:00", Some(30)),
            ("2040-01-01T00:00:00Z", Some(86_400)),
            ("+3", None),
            ("2030-01-01T00:01:00Z", Some(60)),
            ("2029-12-31T00:00:00Z", Some(0)),
            ("Tue, 01 Jan 2030 00:00:30 GMT", Some(30)),
            ("soon", None),
            ("-3", None),
            ("", None),
        ] {
            assert_eq!(parse(value, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
