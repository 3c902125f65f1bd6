//! Zoom's wire types (Meetings API). They never leave this folder.

use serde::{Deserialize, Deserializer, Serialize};

use crate::meeting::MeetingDraft;
use crate::secret::Passcode;

/// Type 2: scheduled.
const SCHEDULED: u8 = 2;

#[derive(Serialize)]
pub struct CreateMeeting<'a> {
    topic: &'a str,
    #[serde(rename = "type")]
    kind: u8,
    /// `YYYY-MM-DDTHH:MM:SSZ`: with the Z Zoom reads UTC whatever zone the account has.
    start_time: String,
    timezone: &'static str,
    duration: u32,
    password: &'a str,
    agenda: String,
    settings: Settings,
}

/// Sent on every meeting; the caller's wishes do not count here (design D10).
#[derive(Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "Zoom's own fields")]
struct Settings {
    waiting_room: bool,
    join_before_host: bool,
    use_pmi: bool,
    host_video: bool,
    participant_video: bool,
    mute_upon_entry: bool,
    auto_recording: &'static str,
    approval_type: u8,
}

pub fn start_time(start: jiff::Timestamp) -> String {
    start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The marker within an agenda. Lists cut agendas at 250 characters, so it stands at the beginning.
pub fn agenda(marker: &str) -> String {
    format!("Ref {marker}")
}

impl<'a> CreateMeeting<'a> {
    pub fn new(draft: &'a MeetingDraft, passcode: &'a Passcode) -> Self {
        Self {
            topic: &draft.topic,
            kind: SCHEDULED,
            start_time: start_time(draft.start),
            timezone: "UTC",
            duration: draft.duration_minutes,
            password: passcode.expose(),
            agenda: agenda(&draft.marker),
            settings: Settings {
                waiting_room: true,
                join_before_host: false,
                use_pmi: false,
                host_video: true,
                participant_video: true,
                mute_upon_entry: true,
                auto_recording: "none",
                approval_type: 2,
            },
        }
    }
}

/// Fields of a meeting we use; `start_url` is fetched at click and never kept.
#[derive(Deserialize)]
pub struct MeetingReply {
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    #[serde(default)]
    pub uuid: String,
    #[serde(default)]
    pub host_id: String,
    #[serde(default)]
    pub join_url: String,
    #[serde(default)]
    pub start_url: String,
    #[serde(default)]
    pub password: String,
    #[serde(default)]
    pub agenda: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub start_time: String,
    #[serde(default)]
    pub duration: u32,
    #[serde(default)]
    pub settings: ReturnedSettings,
}

/// What Zoom really set; an account may override what was asked for.
#[derive(Default, Deserialize)]
pub struct ReturnedSettings {
    pub waiting_room: Option<bool>,
    pub join_before_host: Option<bool>,
}

#[derive(Deserialize)]
pub struct MeetingList {
    #[serde(default)]
    pub meetings: Vec<MeetingReply>,
    #[serde(default)]
    pub next_page_token: String,
}

#[derive(Deserialize)]
pub struct UserReply {
    pub id: String,
    #[serde(default)]
    pub email: String,
    #[serde(default, rename = "type")]
    pub kind: u8,
}

#[derive(Deserialize)]
pub struct UserSettingsReply {
    #[serde(default)]
    pub schedule_meeting: ScheduleSettings,
}

#[derive(Default, Deserialize)]
pub struct ScheduleSettings {
    #[serde(default)]
    pub meeting_password_requirement: crate::passcode::Rules,
}

#[derive(Deserialize)]
pub struct ErrorReply {
    #[serde(default)]
    pub code: i64,
    #[serde(default)]
    pub message: String,
}

/// Ids are numbers in the API and strings in webhooks, and can exceed 32 bits.
fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Number(number) => number.to_string(),
        Id::Text(text) => text,
    })
}
