//! Time as a value that tests can set.

use std::sync::Mutex;

use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The next 00:00 UTC, when Zoom's daily allowances begin anew; Unix seconds.
pub fn next_utc_day(now: Timestamp) -> i64 {
    let zoned = now.to_zoned_datetime(TimeZone::UTC);
    let midnight = zoned
        .checked_add(1.day())
        .and_then(|tomorrow| tomorrow.start_of_day());
    midnight.map_or(now.as_second() + 86_400, |midnight| {
        midnight.timestamp().as_second()
    })
}
