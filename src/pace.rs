//! How fast one process may ask a provider: the generic cell rate algorithm, one lane for each budget the provider
//! keeps (an account's cheap requests, a calendar's, a project's), and lanes that are closed for the day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// A budget of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once after a rest.
    pub burst: f64,
}

/// A budget and who it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Whose budget.
    pub key: String,
    /// How much.
    pub rate: Rate,
}

/// The lanes of this process.
#[derive(Debug, Default)]
pub struct Pace {
    /// Theoretical arrival time of the next request.
    next: Mutex<HashMap<String, Instant>>,
    /// Closed until, Unix seconds.
    closed: Mutex<HashMap<String, i64>>,
}

impl Pace {
    /// Waits until a request fits into the lane. [`ErrorKind::RateLimited`] when that would be after `deadline`.
    pub async fn admit(&self, lane: &Lane, deadline: Instant) -> Result<()> {
        let start = self.reserve(lane, Instant::now());
        if start > deadline {
            return Err(Error::new(
                ErrorKind::RateLimited,
                "the provider's limit for this second is used up; it will be tried again",
            )
            .with_retry_after(Some(start.saturating_duration_since(Instant::now()))));
        }
        tokio::time::sleep_until(start).await;
        Ok(())
    }

    /// Takes the next place in the lane; when it may be used.
    fn reserve(&self, lane: &Lane, now: Instant) -> Instant {
        let step = Duration::from_secs_f64(1.0 / lane.rate.per_second.max(0.01));
        let tolerance = step.mul_f64(lane.rate.burst.max(0.0));
        let mut lanes = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = lanes.get(&lane.key).copied().unwrap_or(now).max(now);
        lanes.insert(lane.key.clone(), arrival + step);
        arrival.checked_sub(tolerance).unwrap_or(now).max(now)
    }

    /// The provider asked for a pause: nobody goes on before it is over.
    pub fn hold(&self, lane: &Lane, pause: Duration) {
        let step = Duration::from_secs_f64(1.0 / lane.rate.per_second.max(0.01));
        let until = Instant::now() + pause + step.mul_f64(lane.rate.burst.max(0.0));
        let mut lanes = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next = lanes.entry(lane.key.clone()).or_insert(until);
        *next = (*next).max(until);
    }

    /// Closes a budget until `until` (Unix seconds).
    pub fn close(&self, key: &str, until: i64) {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.insert(key.to_owned(), until);
    }

    /// Whether a budget is closed at `now` (Unix seconds).
    pub fn is_closed(&self, key: &str, now: i64) -> bool {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.get(key).is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(per_second: f64, burst: f64) -> Lane {
        Lane {
            key: "account".into(),
            rate: Rate { per_second, burst },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_rate_and_burst() {
        let (pace, lane) = (Pace::default(), lane(10.0, 2.0));
        let (begin, mut times) = (Instant::now(), Vec::new());
        for _ in 0..40 {
            pace.admit(&lane, begin + Duration::from_secs(60)).await.unwrap();
            times.push((Instant::now() - begin).as_millis());
        }
        for start in &times {
            let within = times
                .iter()
                .filter(|time| (*start..*start + 1000).contains(time))
                .count();
            assert!(within <= 13, "{within} requests within a second");
        }
        assert!((3600..4000).contains(times.last().unwrap()), "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_fit_before_the_deadline_is_refused_with_a_pause() {
        let (pace, lane) = (Pace::default(), lane(1.0, 0.0));
        let deadline = Instant::now() + Duration::from_millis(500);
        pace.admit(&lane, deadline).await.unwrap();
        let error = pace.admit(&lane, deadline).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(
            error
                .retry_after()
                .is_some_and(|pause| pause > Duration::from_millis(500))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_the_provider_asks_for_holds_everybody() {
        let (pace, lane) = (Pace::default(), lane(100.0, 10.0));
        let begin = Instant::now();
        pace.hold(&lane, Duration::from_secs(5));
        pace.admit(&lane, begin + Duration::from_secs(60)).await.unwrap();
        assert!(begin.elapsed() >= Duration::from_secs(5));
    }

    #[test]
    fn a_closed_budget_opens_again() {
        let pace = Pace::default();
        pace.close("host", 100);
        assert!(pace.is_closed("host", 99) && !pace.is_closed("host", 100) && !pace.is_closed("other", 1));
    }
}
