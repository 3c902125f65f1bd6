//! How the fields of a create or update become a meeting.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::invalid_field;
use super::model::{Meeting, User};
use crate::message::Reply;
use crate::state::{World, random_text};

/// A meeting of this host with the provider's defaults.
pub fn blank(user: &User, world: &World) -> Meeting {
    // Eleven digits: more than 32 bits, which is what breaks careless clients.
    let id = std::iter::repeat_with(|| rand::random_range(10_000_000_000_u64..100_000_000_000))
        .find(|id| !world.zoom.meetings.contains_key(id))
        .unwrap_or_default();
    Meeting {
        id,
        uuid: format!("{}==", random_text(16)),
        host_id: user.id.clone(),
        host_email: user.email.clone(),
        account_id: user.account_id.clone(),
        topic: "Zoom Meeting".into(),
        kind: 2,
        status: "waiting",
        start: None,
        duration: 60,
        timezone: user.timezone.clone(),
        agenda: String::new(),
        created_at: Timestamp::now(),
        password: String::new(),
        encrypted_password: format!("{}.1", random_text(22)),
        settings: json!({
            "host_video": false, "participant_video": false, "join_before_host": false, "jbh_time": 0,
            "mute_upon_entry": false, "watermark": false, "use_pmi": false, "approval_type": 2, "audio": "both",
            "auto_recording": "none", "waiting_room": false, "meeting_authentication": false,
            "alternative_hosts": "", "alternative_hosts_email_notification": true, "email_notification": true,
            "encryption_type": "enhanced_encryption", "private_meeting": false, "allow_multiple_devices": false,
        }),
        tracking_fields: json!([]),
        deleted: false,
    }
}

/// Applies the fields of a create or update; the first bad one refuses all.
pub fn fill(meeting: &mut Meeting, body: &Map<String, Value>, user: &User, new: bool) -> Result<(), Reply> {
    let text = |name: &str, limit: usize| match body.get(name).filter(|v| !v.is_null()) {
        None => Ok(None),
        Some(Value::String(s)) if s.chars().count() <= limit => Ok(Some(s.clone())),
        Some(_) => Err(invalid_field(name, "Invalid field.")),
    };
    let number = |name: &str| match body.get(name).filter(|v| !v.is_null()) {
        None => Ok(None),
        Some(v) => v
            .as_i64()
            .map(Some)
            .ok_or_else(|| invalid_field(name, "Invalid field.")),
    };
    if let Some(topic) = text("topic", 200)? {
        meeting.topic = topic;
    }
    if let Some(agenda) = text("agenda", 2000)? {
        meeting.agenda = agenda;
    }
    if let Some(name) = text("timezone", 64)? {
        zone(&name)?;
        meeting.timezone = name;
    }
    if let Some(kind) = number("type")? {
        if ![1, 2, 3, 8, 10].contains(&kind) {
            return Err(invalid_field("type", "Invalid field."));
        }
        meeting.kind = kind;
    }
    if let Some(minutes) = number("duration")? {
        meeting.duration = minutes;
    }
    if let Some(time) = text("start_time", 40)? {
        meeting.start = Some(start(&time, &meeting.timezone)?);
    }
    if let Some(passcode) = text("password", 200)?.filter(|p| !(new && p.is_empty())) {
        if let Some(why) = user.rules.refuse(&passcode) {
            return Err(invalid_field("password", why));
        }
        meeting.password = passcode;
    }
    if let Some(fields) = body.get("tracking_fields") {
        meeting.tracking_fields = fields.clone();
    }
    if let (Some(own), Some(sent)) = (
        meeting.settings.as_object_mut(),
        body.get("settings").and_then(Value::as_object),
    ) {
        own.extend(sent.iter().map(|(k, v)| (k.clone(), v.clone())));
        // Whoever waits in the waiting room has not joined before the host.
        if own.get("waiting_room") == Some(&json!(true)) {
            own.insert("join_before_host".into(), json!(false));
        }
    }
    Ok(())
}

/// Zone by name.
pub fn zone(name: &str) -> Result<TimeZone, Reply> {
    TimeZone::get(name).map_err(|_| invalid_field("timezone", "Invalid field."))
}

/// `…Z` is UTC, anything else is local to the zone; offsets and fractions are not in the documented format.
pub fn start(text: &str, name: &str) -> Result<Timestamp, Reply> {
    let wrong = || invalid_field("start_time", "Invalid field.");
    let (local, zone) = match text.strip_suffix('Z') {
        Some(utc) => (utc, TimeZone::UTC),
        None => (text, zone(name)?),
    };
    let civil = DateTime::strptime("%Y-%m-%dT%H:%M:%S", local).map_err(|_| wrong())?;
    zone.to_timestamp(civil).map_err(|_| wrong())
}

impl Meeting {
    /// Scheduled end.
    pub fn ends(&self) -> Option<Timestamp> {
        self.start
            .and_then(|s| s.checked_add(SignedDuration::from_mins(self.duration)).ok())
    }

    /// Meeting ids live for 30 days after their date, a year when they recur.
    pub fn expired(&self, now: Timestamp) -> bool {
        let days = if matches!(self.kind, 3 | 8) { 365 } else { 30 };
        let last = self.start.unwrap_or(self.created_at);
        last.checked_add(SignedDuration::from_hours(24 * days))
            .is_ok_and(|end| end < now)
    }
}
