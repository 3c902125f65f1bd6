//! What becomes of an operation whose attempt failed: when it is tried again, or what it waits for.

use jiff::Timestamp;

use crate::clock::next_utc_day;
use crate::error::{Error, ErrorKind};
use crate::store::{OperationState, Setback};

/// Seconds before the first repetition; doubled with every attempt.
const FIRST_PAUSE: i64 = 60;
/// Longest pause in seconds.
const LONGEST_PAUSE: i64 = 3600;

/// The setback for `error` after `attempts` attempts, at `now`.
pub fn setback(error: &Error, attempts: u32, now: Timestamp) -> Setback {
    let (state, resume_at) = match error.kind() {
        ErrorKind::Reauthorize
        | ErrorKind::Scope
        | ErrorKind::Configuration
        | ErrorKind::ClientRefused
        | ErrorKind::AccountRefused
        | ErrorKind::HostNotFound
        | ErrorKind::Vault => (OperationState::Parked, None),
        ErrorKind::DailyLimit => (OperationState::Parked, Some(next_utc_day(now))),
        ErrorKind::Rejected | ErrorKind::InvalidInput | ErrorKind::State => (OperationState::Failed, None),
        ErrorKind::NotFound
        | ErrorKind::RateLimited
        | ErrorKind::Unavailable
        | ErrorKind::Blocked
        | ErrorKind::Ambiguous
        | ErrorKind::Store
        | ErrorKind::Busy
        | ErrorKind::Pending
        | ErrorKind::SitePaused
        | ErrorKind::Internal => (
            OperationState::Pending,
            Some(now.as_second() + pause(error, attempts)),
        ),
    };
    Setback {
        state,
        reason: error.kind(),
        message: error.to_string(),
        resume_at,
    }
}

fn pause(error: &Error, attempts: u32) -> i64 {
    // The rest of the same request looks once more, after the person has an answer.
    if error.kind() == ErrorKind::Pending && attempts <= 1 {
        return 0;
    }
    let backoff = FIRST_PAUSE
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .min(LONGEST_PAUSE);
    let asked = error
        .retry_after()
        .map_or(0, |pause| i64::try_from(pause.as_secs()).unwrap_or(LONGEST_PAUSE));
    backoff.max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_daily_limit_waits_for_midnight_utc() {
        let error = Error::new(ErrorKind::DailyLimit, "x");
        let setback = setback(&error, 1, at("2030-05-06T23:59:00Z"));
        assert_eq!(setback.state, OperationState::Parked);
        assert_eq!(setback.resume_at, Some(at("2030-05-07T00:00:00Z").as_second()));
    }

    #[test]
    fn passing_faults_back_off_and_honour_the_providers_pause() {
        let now = at("2030-05-06T00:00:00Z");
        let wait =
            |error: &Error, attempts| setback(error, attempts, now).resume_at.unwrap() - now.as_second();
        let error = Error::new(ErrorKind::Unavailable, "x");
        assert_eq!(
            (wait(&error, 1), wait(&error, 2), wait(&error, 50)),
            (60, 120, 3600)
        );
        let asked = Error::new(ErrorKind::RateLimited, "x").with_retry_after(Some(Duration::from_secs(900)));
        assert_eq!(wait(&asked, 1), 900);
    }

    #[test]
    fn what_a_person_must_mend_is_parked_without_a_date() {
        for kind in [ErrorKind::Reauthorize, ErrorKind::Scope, ErrorKind::Configuration] {
            let setback = setback(&Error::new(kind, "x"), 1, at("2030-05-06T00:00:00Z"));
            assert_eq!((setback.state, setback.resume_at), (OperationState::Parked, None));
        }
    }
}
