//! Shapes of stored rows, and the [`Store`] trait.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::AuditEntry;
use super::queue::{ConnectionRow, Due};
use crate::{ErrorKind, Result};

/// A meeting provider, with the names KiviCare uses for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Zoom, id `zoom`.
    Zoom,
    /// Google Meet, id `googlemeet`.
    GoogleMeet,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 2] = [Self::Zoom, Self::GoogleMeet];

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Zoom => "Zoom",
            Self::GoogleMeet => "Google Meet",
        }
    }

    /// KiviCare's id of the provider.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Zoom => "zoom",
            Self::GoogleMeet => "googlemeet",
        }
    }

    /// The provider with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        match id {
            "zoom" => Some(Self::Zoom),
            "googlemeet" => Some(Self::GoogleMeet),
            _ => None,
        }
    }
}

/// A row that ties an appointment to its meeting. For Google Meet `meeting_id` is the event id, `join_url` the Meet
/// link (column `url`) and `start_url` the event page (column `event_url`); `uuid` is unused there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Which table the row is in.
    pub provider: Provider,
    /// KiviCare's appointment id; unique per table.
    pub appointment_id: u64,
    /// The provider's id of the meeting, as text: Zoom's exceed 32 bits.
    pub meeting_id: String,
    /// Zoom's instance UUID, or empty.
    pub uuid: String,
    /// Our own start link (never Zoom's `start_url`).
    pub start_url: String,
    /// The participants' link.
    pub join_url: String,
    /// The passcode participants type, or empty.
    pub password: String,
    /// JSON object with what the provider returned and we verified.
    pub extra: String,
    /// When the visit ends, Unix seconds; 0 where it is not known.
    pub ends_at: i64,
    /// Written with a link that nobody has been told of: it is to be mailed. Never read back.
    pub owes_link: bool,
}

/// What an operation is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Make the meeting.
    Create,
    /// Move or change it.
    Update,
    /// Delete it.
    Cancel,
}

impl OperationKind {
    /// Name in the `kind` column: `create`, `update`, `cancel`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Cancel => "cancel",
        }
    }
}

/// Where an operation stands. `Done` and `Failed` are final, the others are unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// A process works on it until its lease ends.
    InFlight,
    /// To be tried again at `resume_at`.
    Pending,
    /// Waits for something: the doctor to reconnect, the next UTC day.
    Parked,
    /// Completed.
    Done,
    /// Given up, with a remedy in the message.
    Failed,
}

impl OperationState {
    /// Name in the `state` column: `in_flight`, `pending`, `parked`, `done`, `failed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::Pending => "pending",
            Self::Parked => "parked",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A journal row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Row id.
    pub id: u64,
    /// KiviCare's appointment id.
    pub appointment_id: u64,
    /// The doctor's WordPress user id.
    pub doctor_id: u64,
    /// Who is asked.
    pub provider: Provider,
    /// What is to be done.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// Private marker, 32 lower-case hex digits, written into the meeting's agenda.
    pub marker: String,
    /// The provider's meeting id once known, else empty.
    pub meeting_id: String,
    /// JSON of the request without patient data.
    pub request: String,
    /// How many times a provider was asked.
    pub attempts: u32,
    /// [`ErrorKind::name`] of the last failure, or empty.
    pub reason: String,
    /// Safe text about the last failure with its remedy, or empty.
    pub message: String,
    /// When to try again, in Unix seconds; none while in flight, done or failed.
    pub resume_at: Option<i64>,
}

/// What [`Store::begin_operation`] writes; the row starts in flight with one attempt and a lease.
#[derive(Debug, Clone)]
pub struct NewOperation {
    /// KiviCare's appointment id.
    pub appointment_id: u64,
    /// The doctor's WordPress user id.
    pub doctor_id: u64,
    /// Who is asked.
    pub provider: Provider,
    /// What is to be done.
    pub kind: OperationKind,
    /// Private marker (see [`Operation::marker`]).
    pub marker: String,
    /// The provider's meeting id when it is already known (update, cancel), else empty.
    pub meeting_id: String,
    /// JSON of the request without patient data.
    pub request: String,
    /// How long the process may work on it before others may take it over.
    pub lease: Duration,
}

/// How an attempt ended without success.
#[derive(Debug, Clone)]
pub struct Setback {
    /// `Pending`, `Parked` or `Failed`.
    pub state: OperationState,
    /// Kind of the failure.
    pub reason: ErrorKind,
    /// Safe text with the remedy; cut to 500 characters when stored.
    pub message: String,
    /// When to try again, Unix seconds.
    pub resume_at: Option<i64>,
}

/// Where a sealed token lives: a row of `wp_usermeta` or of `wp_options`, under the original add-ons' own keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TokenRow {
    /// One user's meta value.
    UserMeta {
        /// WordPress user id.
        user_id: u64,
        /// Meta key.
        key: String,
    },
    /// One option, never autoloaded.
    Option {
        /// Option name.
        name: String,
    },
}

/// A held cross-process lock (`GET_LOCK`). Call [`release`](Lock::release); dropped without it, it is given back soon
/// after.
pub trait Lock: Send + Sync {
    /// Gives the lock back.
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<()>>;

    /// Whether it may be another's by now: the session that held it broke, and it could not be had again. To be asked
    /// before what cannot be undone.
    fn is_lost(&self) -> bool {
        false
    }
}

/// How we follow one doctor's Google calendar (table `kc_telemed_calendars`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// The doctor's WordPress user id.
    pub doctor_id: u64,
    /// Where the last listing ended, or empty before the first.
    pub sync_token: String,
    /// When to look next, Unix seconds.
    pub due_at: i64,
    /// Id of the push channel, or empty.
    pub channel_id: String,
    /// SHA-256 of the channel's secret token in hex: the token itself is kept nowhere.
    pub channel_hash: String,
    /// Google's id of what is watched, or empty while the channel has no answer yet.
    pub resource_id: String,
    /// When the channel ends, Unix seconds; 0 for none.
    pub channel_expires_at: i64,
    /// Looks that failed in a row.
    pub failures: u32,
    /// Where a listing that takes several looks goes on, or empty.
    pub page_token: String,
    /// Appointments whose events such a listing of everything has shown so far.
    pub listed: BTreeSet<u64>,
}

impl Calendar {
    /// Whether nobody has begun anew or gone on with the listing in between.
    pub(crate) fn is_same_listing(&self, other: &Self) -> bool {
        self.sync_token == other.sync_token
            && self.page_token == other.page_token
            && self.channel_id == other.channel_id
            && self.channel_expires_at == other.channel_expires_at
            && self.failures == other.failures
    }
}

/// Everything the core keeps. All methods commit before they return.
pub trait Store: Send + Sync {
    /// The appointment's mapping.
    fn mapping<'a>(
        &'a self,
        provider: Provider,
        appointment_id: u64,
    ) -> BoxFuture<'a, Result<Option<Mapping>>>;

    /// The mapping with this provider meeting id.
    fn mapping_by_meeting<'a>(
        &'a self,
        provider: Provider,
        meeting_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Mapping>>>;

    /// The mappings with these provider meeting ids; unknown ids are left out.
    fn mappings_by_meetings<'a>(
        &'a self,
        provider: Provider,
        meeting_ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Mapping>>>;

    /// The mappings whose `extra` names this doctor.
    fn mappings_of_doctor(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<Vec<Mapping>>>;

    /// How the doctor's calendar is followed, if it is.
    fn calendar(&self, doctor_id: u64) -> BoxFuture<'_, Result<Option<Calendar>>>;

    /// The calendar with this push channel.
    fn calendar_by_channel<'a>(&'a self, channel_id: &'a str) -> BoxFuture<'a, Result<Option<Calendar>>>;

    /// Calendars to look at by `now` (Unix seconds), the longest overdue first.
    fn due_calendars(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<Calendar>>>;

    /// Inserts or replaces the doctor's row.
    fn save_calendar<'a>(&'a self, calendar: &'a Calendar) -> BoxFuture<'a, Result<()>>;

    /// Writes what a look found, unless the row has been replaced or dropped since it was `read`. A look that was asked
    /// for meanwhile stays due. Returns whether it was written.
    fn update_calendar<'a>(
        &'a self,
        calendar: &'a Calendar,
        read: &'a Calendar,
    ) -> BoxFuture<'a, Result<bool>>;

    /// The next look is due at `due_at` (Unix seconds), unless it is sooner.
    fn hasten_calendar(&self, doctor_id: u64, due_at: i64) -> BoxFuture<'_, Result<()>>;

    /// Ends following the doctor's calendar.
    fn drop_calendar(&self, doctor_id: u64) -> BoxFuture<'_, Result<()>>;

    /// Writes the intent, in flight, and returns the row's id.
    fn begin_operation(&self, new: NewOperation) -> BoxFuture<'_, Result<u64>>;

    /// Takes an unfinished operation up again: in flight, one attempt more, a new lease.
    /// False when it is finished or another process' lease still runs.
    fn resume_operation(&self, id: u64, lease: Duration) -> BoxFuture<'_, Result<bool>>;

    /// In one transaction: inserts or replaces the mapping and marks the operation done with its meeting id. `took` is
    /// the time the provider needed.
    fn complete_create<'a>(
        &'a self,
        id: u64,
        mapping: &'a Mapping,
        took: Duration,
    ) -> BoxFuture<'a, Result<()>>;

    /// In one transaction: deletes the appointment's mapping and marks the operation done.
    fn complete_cancel(
        &self,
        id: u64,
        provider: Provider,
        appointment_id: u64,
        took: Duration,
    ) -> BoxFuture<'_, Result<()>>;

    /// Inserts or replaces the mapping, outside of any operation.
    fn save_mapping<'a>(&'a self, mapping: &'a Mapping) -> BoxFuture<'a, Result<()>>;

    /// Replaces `extra` of the mapping as `seen` holds it, by compare and swap. False when the row is gone, has another
    /// meeting, or another `extra` by now: then nothing is written.
    fn swap_extra<'a>(&'a self, seen: &'a Mapping, extra: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// Deletes the appointment's mapping, outside of any operation.
    fn drop_mapping(&self, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>>;

    /// Marks the operation done, with nothing else to write.
    fn complete(&self, id: u64) -> BoxFuture<'_, Result<()>>;

    /// Records a failed attempt. An unfinished row is never lost: it is pending or parked until someone resumes it.
    fn set_back(&self, id: u64, setback: Setback) -> BoxFuture<'_, Result<()>>;

    /// The newest unfinished operation of this kind for the appointment.
    fn unfinished<'a>(
        &'a self,
        provider: Provider,
        kind: OperationKind,
        appointment_id: u64,
    ) -> BoxFuture<'a, Result<Option<Operation>>>;

    /// Every operation of the appointment, oldest first.
    fn operations(&self, appointment_id: u64) -> BoxFuture<'_, Result<Vec<Operation>>>;

    /// The sealed text in the token row, or none when the row is absent or empty.
    fn read_token<'a>(&'a self, row: &'a TokenRow) -> BoxFuture<'a, Result<Option<String>>>;

    /// Compare and swap. `expected` none inserts only when absent. False when the row holds something else: then
    /// somebody reconnected meanwhile, and theirs counts.
    fn swap_token<'a>(
        &'a self,
        row: &'a TokenRow,
        expected: Option<&'a str>,
        sealed: &'a str,
    ) -> BoxFuture<'a, Result<bool>>;

    /// The same store for a run with many appointments at once; to be [closed](Self::close) at its end.
    fn widened(&self) -> Result<Arc<dyn Store>>;

    /// Ends what [`widened`](Self::widened) opened.
    fn close(&self) -> BoxFuture<'_, ()>;

    /// Writes that the appointment may not be as it should be, to be looked at from `due_at` (Unix seconds). Returns how
    /// often it has been told of since it was last settled.
    fn note(&self, appointment_id: u64, verify: bool, due_at: i64) -> BoxFuture<'_, Result<u64>>;

    /// Forgets the note, unless the appointment was told of again since `noted` was read.
    fn settle_note(&self, appointment_id: u64, noted: u64) -> BoxFuture<'_, Result<()>>;

    /// Puts what is due of the appointment off: operations until `until`, a note until `noted_until` (Unix seconds).
    fn postpone(&self, appointment_id: u64, until: i64, noted_until: i64) -> BoxFuture<'_, Result<()>>;

    /// Appointments to look at by `now` (Unix seconds), the longest overdue first: noted ones, operations whose pause is
    /// over, and those whose owner died.
    fn due(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<Due>>>;

    /// When the next waiting operation becomes due after `now`, Unix seconds.
    fn next_due(&self, now: i64) -> BoxFuture<'_, Result<Option<i64>>>;

    /// Takes it on to mail the mapping's link: true for one caller, until `until` (Unix seconds).
    fn claim_link(
        &self,
        provider: Provider,
        appointment_id: u64,
        now: i64,
        until: i64,
    ) -> BoxFuture<'_, Result<bool>>;

    /// The link has been mailed.
    fn settle_link(&self, provider: Provider, appointment_id: u64) -> BoxFuture<'_, Result<()>>;

    /// How the doctor's connection is, where that is known.
    fn connection(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<Option<ConnectionRow>>>;

    /// Connections to renew by `now`, the longest overdue first.
    fn due_connections(&self, now: i64, limit: u32) -> BoxFuture<'_, Result<Vec<ConnectionRow>>>;

    /// Inserts or replaces the connection's row.
    fn save_connection<'a>(&'a self, row: &'a ConnectionRow, now: i64) -> BoxFuture<'a, Result<()>>;

    /// Forgets the connection's row.
    fn drop_connection(&self, provider: Provider, doctor_id: u64) -> BoxFuture<'_, Result<()>>;

    /// Gives every stored token of this meta key a row, due at once, where it has none; only of members of the site.
    /// Rows of others are dropped.
    fn adopt_connections<'a>(&'a self, provider: Provider, key: &'a str) -> BoxFuture<'a, Result<u64>>;

    /// Takes the lock `name` (case-insensitive; hashed with the site into at most 64 characters), waiting at most
    /// `wait`; [`ErrorKind::Busy`] after that.
    fn lock<'a>(&'a self, name: &'a str, wait: Duration) -> BoxFuture<'a, Result<Box<dyn Lock>>>;

    /// Appends to the audit log; texts are cut to the table's columns.
    fn audit<'a>(&'a self, entry: &'a AuditEntry) -> BoxFuture<'a, Result<()>>;
}
