//! Following doctors' Google calendars: who is due, what changed of ours, and the channels by which Google tells.
//!
//! A look only finds out which appointments to reconcile; what happens then is decided there. Our own writes are
//! known by their etag, so they never come back as news.

mod listing;

use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use futures_util::StreamExt;
use ring::digest::{SHA256, digest};

use self::listing::Followed;
use super::queue::GRACE;
use super::{SIDE_BY_SIDE, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::meet::{MeetClient, NewChannel};
use crate::meeting::new_marker;
use crate::store::Calendar;

/// Seconds between two looks where Google does not push.
const INTERVAL: i64 = 900;
/// Seconds between two looks where it does: a small share of messages is lost.
const INTERVAL_WITH_PUSH: i64 = 3600;
/// Longest pause after failures.
const LONGEST_INTERVAL: i64 = 6 * 3600;
/// Time in which looks begin; those that are still due are the next run's.
const LOOKS: Duration = Duration::from_secs(20);
/// How long to wait for another process that looks at the calendar.
const LOOK_WAIT: Duration = Duration::from_secs(5);
/// Seconds a channel is asked to live; Google may shorten it.
const CHANNEL_LIFE: i64 = 7 * 24 * 3600;
/// Seconds before its end from which a channel is replaced.
const RENEWAL: i64 = 24 * 3600;

/// One doctor's look.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The doctor.
    pub doctor_id: u64,
    /// Appointments whose event is not as we know it.
    pub appointments: Vec<u64>,
    /// Requests it took.
    pub requests: u32,
    /// Everything was listed.
    pub full: bool,
    /// Error kind's name and safe text, or empty.
    pub reason: &'static str,
    /// Safe text with the remedy, or empty.
    pub message: String,
    /// A token row was rewritten.
    pub token_refreshed: bool,
    /// The listing is not at its end: the next look goes on with it.
    pub unfinished: bool,
}

/// What a push message means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushNote {
    /// Not a channel of ours, or the wrong secret.
    Unknown,
    /// The channel works; nothing changed.
    Opened,
    /// This doctor's calendar changed.
    Changed(u64),
}

impl Telemed {
    /// Starts following a doctor's calendar; the first look is due at once. A channel of an earlier connection is
    /// stopped: nobody would know its secret any more, and Google would go on sending to its end.
    pub async fn follow_calendar(&self, doctor_id: u64) -> Result<()> {
        self.alone(doctor_id, self.follow_alone(doctor_id)).await
    }

    async fn follow_alone(&self, doctor_id: u64) -> Result<()> {
        self.stop_channel(doctor_id).await?;
        let fresh = Calendar {
            doctor_id,
            due_at: self.clock.now().as_second(),
            ..Calendar::default()
        };
        self.store.save_calendar(&fresh).await
    }

    /// Stops following: the channel is stopped while there is a token, and the row goes whatever comes out.
    pub async fn leave_calendar(&self, doctor_id: u64) -> Result<()> {
        self.alone(doctor_id, self.leave_alone(doctor_id)).await
    }

    async fn leave_alone(&self, doctor_id: u64) -> Result<()> {
        self.stop_channel(doctor_id).await?;
        self.store.drop_calendar(doctor_id).await
    }

    /// A look that is under way would write its row over the new one, so its end is waited for, but not for long: the
    /// person in front of the page comes first.
    async fn alone(&self, doctor_id: u64, work: impl Future<Output = Result<()>>) -> Result<()> {
        let lock = self.store.lock(&lock_name(doctor_id), LOOK_WAIT).await;
        let outcome = work.await;
        if let Ok(lock) = lock {
            let _ = lock.release().await;
        }
        outcome
    }

    /// Best effort: Google refuses the token of another account, and then the channel goes on to its end, unheard.
    async fn stop_channel(&self, doctor_id: u64) -> Result<()> {
        if let Some(calendar) = self.store.calendar(doctor_id).await?
            && let Ok(client) = self.meet_client(doctor_id)
        {
            let _ = stop(&client, &calendar).await;
        }
        Ok(())
    }

    /// Looks at every calendar that is due, some side by side, as long as there is time to begin another look. Doctors
    /// whose look fails are in the result too.
    pub async fn pull_due(&self, limit: u32) -> Result<Vec<Pulled>> {
        let due = self
            .store
            .due_calendars(self.clock.now().as_second(), limit)
            .await?;
        let started = Instant::now();
        let due = due.into_iter().take_while(|_| started.elapsed() < LOOKS);
        let looks = futures_util::stream::iter(due.map(|calendar| self.pull(calendar.doctor_id)));
        Ok(looks.buffer_unordered(SIDE_BY_SIDE).collect().await)
    }

    /// Looks at one doctor's calendar now.
    pub async fn pull(&self, doctor_id: u64) -> Pulled {
        let mut pulled = Pulled {
            doctor_id,
            appointments: Vec::new(),
            requests: 0,
            full: false,
            reason: "",
            message: String::new(),
            token_refreshed: false,
            unfinished: false,
        };
        if let Err(error) = self.pull_alone(&mut pulled).await {
            pulled.reason = error.kind().name();
            pulled.message = error.to_string();
        }
        pulled
    }

    /// One process at a time looks at a calendar: two would both move the sync token on.
    async fn pull_alone(&self, pulled: &mut Pulled) -> Result<()> {
        let lock = self.store.lock(&lock_name(pulled.doctor_id), LOOK_WAIT).await?;
        let outcome = match self.store.calendar(pulled.doctor_id).await {
            Ok(Some(calendar)) => self.pull_locked(calendar, pulled).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        let _ = lock.release().await;
        outcome
    }

    /// Opens a channel where there is none, and a new one before the old one ends. Not worth failing for: without it
    /// the looks go on.
    async fn keep_channel(&self, client: &MeetClient, calendar: &mut Followed, pulled: &mut Pulled) {
        let now = self.clock.now().as_second();
        let Some(address) = &self.google.push_url else {
            return;
        };
        if !calendar.channel_id.is_empty() && calendar.channel_expires_at > now + RENEWAL {
            return;
        }
        let old: Calendar = (**calendar).clone();
        pulled.requests += 1;
        match self.open_channel(client, calendar, address, now).await {
            Ok(()) if !old.resource_id.is_empty() => {
                pulled.requests += 1;
                let _ = stop(client, &old).await;
            }
            Ok(()) => {}
            Err(_) => {
                // The old one, if any, goes on to its end.
                calendar.channel_id = old.channel_id;
                calendar.channel_hash = old.channel_hash;
                calendar.resource_id = old.resource_id;
                calendar.channel_expires_at = old.channel_expires_at;
            }
        }
    }

    async fn open_channel(
        &self,
        client: &MeetClient,
        calendar: &mut Followed,
        address: &str,
        now: i64,
    ) -> Result<()> {
        let (id, token) = (new_marker()?, format!("{}{}", new_marker()?, new_marker()?));
        calendar.channel_id.clone_from(&id);
        calendar.channel_hash = hash(&token);
        calendar.resource_id.clear();
        calendar.channel_expires_at = now + CHANNEL_LIFE;
        // Google's first message may come before its answer.
        self.keep(calendar).await?;
        let channel = client
            .watch(&NewChannel::web_hook(&id, address, &token, CHANNEL_LIFE))
            .await?;
        if channel.expires_at() > 0 {
            calendar.channel_expires_at = channel.expires_at();
        }
        calendar.resource_id = channel.resource_id;
        Ok(())
    }

    /// Checks a push message (headers `X-Goog-Channel-ID`, `-Token`, `-Resource-State`) against the stored channel.
    pub async fn note_push(&self, channel_id: &str, token: &str, state: &str) -> Result<PushNote> {
        if channel_id.is_empty() {
            return Ok(PushNote::Unknown);
        }
        let Some(calendar) = self.store.calendar_by_channel(channel_id).await? else {
            return Ok(PushNote::Unknown);
        };
        if !same(&hash(token), &calendar.channel_hash) {
            return Ok(PushNote::Unknown);
        }
        if state == "sync" {
            return Ok(PushNote::Opened);
        }
        // Google tells once: should this process die before it has looked, the next run does.
        let soon = self.clock.now().as_second() + GRACE;
        if calendar.due_at > soon {
            self.store.hasten_calendar(calendar.doctor_id, soon).await?;
        }
        Ok(PushNote::Changed(calendar.doctor_id))
    }

    /// The next look, spread by a quarter either way so that a clinic's doctors do not come all at once.
    fn due_after(&self, calendar: &Calendar, error: Option<&Error>) -> i64 {
        let usual = if calendar.channel_id.is_empty() {
            INTERVAL
        } else {
            INTERVAL_WITH_PUSH
        };
        let pause = match error {
            None => usual,
            // A person has to act; reconnecting makes it due at once.
            Some(error) if matches!(error.kind(), ErrorKind::Reauthorize | ErrorKind::Scope) => {
                LONGEST_INTERVAL
            }
            Some(_) => INTERVAL
                .saturating_mul(1 << calendar.failures.min(8))
                .min(LONGEST_INTERVAL),
        };
        let spread = rand::random_range(-pause / 4..=pause / 4);
        self.clock.now().as_second() + pause + spread
    }
}

async fn stop(client: &MeetClient, calendar: &Calendar) -> Result<()> {
    if calendar.resource_id.is_empty() {
        return Ok(());
    }
    client.stop(&calendar.channel_id, &calendar.resource_id).await
}

fn lock_name(doctor_id: u64) -> String {
    format!("calendar:{doctor_id}")
}

fn hash(token: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Constant time over texts of one length.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .fold(0, |difference, (x, y)| difference | (x ^ y))
            == 0
}
