//! What the mapping's `extra` column holds: how the meeting was made, what the provider set, and how it went.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Host, Telemed};
use crate::meeting::Visit;
use crate::provider::Meeting;
use crate::store::{Mapping, Provider};

/// Participants remembered per meeting; a visit has two or three.
const MOST_PARTICIPANTS: usize = 50;

/// Whose authority a meeting was made with. Only this authority can change or delete it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The doctor's own consent.
    Own,
    /// The doctor's own server-to-server app.
    App,
    /// The clinic's server-to-server app.
    Clinic,
}

impl Via {
    pub fn of(host: &Host) -> Self {
        match (host.own_tokens, &host.app) {
            (true, _) => Self::Own,
            (false, Some(_)) => Self::App,
            (false, None) => Self::Clinic,
        }
    }
}

/// One person in the meeting, by Zoom's ids alone: no name, no e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// Zoom's id of the participant in this meeting.
    pub id: String,
    /// `waiting`, `joined` or `left`.
    pub state: String,
    /// Whether it is the meeting's host.
    #[serde(default)]
    pub host: bool,
    /// First time seen joining, as Zoom wrote it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub joined_at: String,
    /// Last time seen leaving.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub left_at: String,
    /// Time of the newest event, in ms; older ones arrive late and are not counted.
    #[serde(default)]
    pub event_ms: i64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Verified {
    #[serde(default)]
    pub waiting_room: Option<bool>,
    #[serde(default)]
    pub join_before_host: Option<bool>,
}

/// The column's JSON. Rows of the original add-on have none of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    pub doctor_id: u64,
    /// Zoom user the meeting was asked for, with server-to-server.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    pub host_id: String,
    /// UTC, `YYYY-MM-DDTHH:MM:SSZ`.
    pub start_time: String,
    /// Minutes.
    pub duration: u32,
    pub settings: Verified,
    /// Version that we wrote or have seen; what differs was changed by somebody else.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub etag: String,
    /// The patient the meeting was made for, 0 in rows that do not say.
    #[serde(skip_serializing_if = "is_none")]
    pub patient_id: u64,
    /// Stands for title and text, see [`Visit::content`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// The patient's answer to the invitation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// How often changes at the provider were undone since `mended_at`.
    #[serde(skip_serializing_if = "is_none")]
    pub mends: u64,
    /// Unix seconds of the first of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub mended_at: i64,
    /// `started` or `ended`, once Zoom told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub started_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ended_at: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub event_ms: i64,
    /// When the host link was last handed out, UTC.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub opened_at: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Attendance>,
    /// What others keep there stays.
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

/// Undone changes within an hour after which a meeting is left alone: two programs that both know better would go on
/// for ever.
const MOST_MENDS: u64 = 5;
const MEND_WINDOW: i64 = 3600;

impl Extra {
    /// Of a meeting just made for `host`.
    pub fn of(meeting: &Meeting, visit: &Visit, host: &Host) -> Self {
        let via = Via::of(host);
        Self {
            via: Some(via),
            doctor_id: host.doctor_id,
            patient_id: visit.patient_id,
            content: visit.content.clone(),
            host: if via == Via::Own {
                String::new()
            } else {
                host.zoom_user.clone()
            },
            host_id: meeting.host_id.clone(),
            ..Self::default()
        }
        .with(meeting)
    }

    /// With time and settings as the provider has them.
    pub fn with(mut self, meeting: &Meeting) -> Self {
        self.start_time.clone_from(&meeting.start_time);
        self.duration = meeting.duration_minutes;
        self.settings = Verified {
            waiting_room: meeting.waiting_room,
            join_before_host: meeting.join_before_host,
        };
        self.etag.clone_from(&meeting.etag);
        self.answer.clone_from(&meeting.answer);
        self
    }

    /// Counts an undone change; false when it has been too many.
    pub fn may_mend(&mut self, now: i64) -> bool {
        if now.saturating_sub(self.mended_at) > MEND_WINDOW {
            self.mends = 0;
            self.mended_at = now;
        }
        self.mends += 1;
        self.mends <= MOST_MENDS
    }

    /// At another time.
    pub fn moved(mut self, start: Timestamp, minutes: u32) -> Self {
        self.start_time = start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.duration = minutes;
        self
    }

    /// From the column; unreadable text counts as empty.
    pub fn from(mapping: &Mapping) -> Self {
        serde_json::from_str(&mapping.extra).unwrap_or_default()
    }

    /// The mapping with this as its `extra`, and with its end.
    pub fn put(&self, mapping: Mapping) -> Mapping {
        Mapping {
            extra: self.to_json(),
            ends_at: self.ends_at().unwrap_or(mapping.ends_at),
            ..mapping
        }
    }

    /// When the visit ends, Unix seconds, where a time is known.
    fn ends_at(&self) -> Option<i64> {
        let start = self.start_time.parse::<Timestamp>().ok()?;
        Some(start.as_second() + i64::from(self.duration) * 60)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// The authority that made the meeting; `given` for rows that do not say, and for credentials not kept here.
    pub fn holder(&self, given: &Host, provider: Provider) -> Host {
        let Some(via) = self.via else {
            return Host {
                provider,
                own_tokens: given.own_tokens || provider != given.provider,
                ..given.clone()
            };
        };
        Host {
            provider,
            doctor_id: self.doctor_id,
            own_tokens: via == Via::Own,
            zoom_user: self.host.clone(),
            app: given.app.clone().filter(|_| via == Via::App),
        }
    }

    /// Whether the meeting takes place when the visit does, for as long.
    pub fn is_at(&self, visit: &Visit) -> bool {
        let (Ok(wanted), Ok(known)) = (visit.start_instant(), self.start_time.parse::<Timestamp>()) else {
            return false;
        };
        wanted.as_second() == known.as_second() && self.duration == visit.minutes()
    }

    /// Whether title and text are still the visit's.
    pub fn tells(&self, visit: &Visit) -> bool {
        visit.content.is_empty() || self.content == visit.content
    }

    /// Whether the meeting's time is over. Unknown times are not.
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.ends_at().is_some_and(|end| end < now.as_second())
    }

    /// The participant's entry, made when there is none.
    pub fn attendance(&mut self, id: &str) -> Option<&mut Attendance> {
        if let Some(at) = self.participants.iter().position(|entry| entry.id == id) {
            return self.participants.get_mut(at);
        }
        if self.participants.len() >= MOST_PARTICIPANTS {
            return None;
        }
        self.participants.push(Attendance {
            id: id.to_owned(),
            ..Attendance::default()
        });
        self.participants.last_mut()
    }
}

impl Telemed {
    /// Whether the visit's end lies behind us.
    pub(super) fn is_over(&self, visit: &Visit) -> bool {
        visit.start_instant().is_ok_and(|start| {
            start.as_second() + i64::from(visit.duration_minutes) * 60 < self.clock.now().as_second()
        })
    }
}
