//! What the use cases ask of a meeting provider, whichever it is.

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::meeting::MeetingDraft;

/// A meeting as its provider has it.
#[derive(Debug, Clone, Default)]
pub struct Meeting {
    /// The provider's id: Zoom's meeting id, Google's event id.
    pub id: String,
    /// Zoom's instance UUID, or empty.
    pub uuid: String,
    /// The provider's id of the host, or empty.
    pub host_id: String,
    /// Participants' link; empty while there is none.
    pub join_url: String,
    /// Passcode to type, or empty.
    pub password: String,
    /// Page about the meeting for its organiser (Google's event page), or empty.
    pub page_url: String,
    /// Start, UTC, `YYYY-MM-DDTHH:MM:SSZ`; empty where the provider has no time of day.
    pub start_time: String,
    /// Minutes.
    pub duration_minutes: u32,
    /// What Zoom set, where it says so.
    pub waiting_room: Option<bool>,
    /// What Zoom set, where it says so.
    pub join_before_host: Option<bool>,
    /// The host's way in, where it differs at every look; never stored.
    pub start_url: HostLink,
    /// Version of the meeting at the provider, or empty.
    pub etag: String,
    /// The provider keeps a meeting that somebody has deleted.
    pub cancelled: bool,
    /// Somebody has opened the meeting up: it is not private any more as it must be.
    pub exposed: bool,
    /// The patient's answer to the invitation (`accepted`, `declined`, `tentative`), or empty.
    pub answer: String,
}

/// Zoom's host link. Whoever has it is the host.
#[derive(Clone, Default)]
pub struct HostLink(String);

impl HostLink {
    /// Takes the link over.
    pub fn new(url: String) -> Self {
        Self(url)
    }

    /// The link itself: only for redirecting the checked host.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is a web address that fits into a header.
    pub fn is_usable(&self) -> bool {
        is_web_address(&self.0)
    }
}

impl std::fmt::Debug for HostLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostLink([redacted])")
    }
}

/// Seconds after which a token that nobody needs is renewed all the same. Zoom's connections end after 60 to 90 days of
/// disuse, Google's after six months.
const RENEWAL: i64 = 7 * 24 * 3600;

/// When a connection renewed at `now` is to be renewed next, spread so that a clinic's do not come all at once.
pub fn renewal_due(now: i64) -> i64 {
    now + RENEWAL + rand::random_range(-RENEWAL / 4..=RENEWAL / 4)
}

/// Whether a provider's link is a web address that fits into a header.
pub fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// One connection's meetings, for one operation.
pub trait MeetingProvider: Send + Sync {
    /// Makes the draft's meeting. `again`: an earlier attempt may have made it, which then is taken.
    fn create<'a>(&'a self, draft: &'a MeetingDraft, again: bool) -> BoxFuture<'a, Result<Meeting>>;

    /// The meeting as it is now. [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the provider has lost it.
    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Meeting>>;

    /// Makes an existing meeting what the draft says; the result where the provider tells it.
    fn update<'a>(&'a self, id: &'a str, draft: &'a MeetingDraft) -> BoxFuture<'a, Result<Option<Meeting>>>;

    /// Deletes a meeting; one that is gone already counts as deleted.
    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Deletes the meeting of a create that never got an answer, if it was made.
    fn abandon<'a>(&'a self, marker: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Whether a token row was rewritten meanwhile.
    fn token_refreshed(&self) -> bool;
}
