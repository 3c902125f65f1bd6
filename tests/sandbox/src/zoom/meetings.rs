//! Meetings: create, read, list, change, delete, end.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::access::{Caller, host};
use super::model::{Meeting, User};
use super::{invalid_field, limits};
use crate::message::{Reply, Request};
use crate::state::{World, random_text};

/// POST /users/{userId}/meetings
pub fn create(world: &mut World, caller: &Caller, name: &str, request: &Request) -> Result<Reply, Reply> {
    let user = host(world, caller, name)?;
    let body = object(request)?;
    limits::daily_host(world, &user.id)?;
    let mut meeting = blank(&user, world);
    fill(&mut meeting, &body, &user, true)?;
    if meeting.password.is_empty() {
        meeting.password = user.rules.generate();
    }
    world.secrets.note("passcode", &meeting.password);
    world.secrets.note("encrypted_passcode", &meeting.encrypted_password);
    let reply = Reply::json(201, &shown(world, &meeting));
    world.zoom.meetings.insert(meeting.id, meeting);
    Ok(reply)
}

/// GET /meetings/{meetingId}
pub fn get(world: &mut World, caller: &Caller, id: &str) -> Result<Reply, Reply> {
    let meeting = find(world, caller, id, false)?;
    Ok(Reply::json(200, &shown(world, &meeting)))
}

/// The meeting with a start link of its own: every answer carries a fresh ZAK.
fn shown(world: &mut World, meeting: &Meeting) -> Value {
    let zak = world.secrets.issue("zak", "eyJ0eXAiOiJKV1QiLCJzdiI6IjAwMDAwMSJ9.", 200);
    meeting.full(&zak)
}

/// PATCH /meetings/{meetingId}
pub fn update(world: &mut World, caller: &Caller, id: &str, request: &Request) -> Result<Reply, Reply> {
    let mut meeting = find(world, caller, id, false)?;
    let mut body = object(request)?;
    limits::daily_host(world, &meeting.host_id)?;
    limits::daily_meeting(world, meeting.id)?;
    let user = world.zoom.users.get(&meeting.host_id).cloned().ok_or_else(|| missing(id))?;
    // A start in the past is ignored without a word.
    if let Some(text) = body.get("start_time").and_then(Value::as_str) {
        let zone = body.get("timezone").and_then(Value::as_str).unwrap_or(&meeting.timezone);
        if start(text, zone)? < Timestamp::now() {
            body.remove("start_time");
        }
    }
    fill(&mut meeting, &body, &user, false)?;
    world.secrets.note("passcode", &meeting.password);
    world.zoom.meetings.insert(meeting.id, meeting);
    Ok(Reply::empty(204))
}

/// DELETE /meetings/{meetingId}
pub fn delete(world: &mut World, caller: &Caller, id: &str) -> Result<Reply, Reply> {
    let mut meeting = find(world, caller, id, false)?;
    meeting.deleted = true;
    world.zoom.meetings.insert(meeting.id, meeting);
    Ok(Reply::empty(204))
}

/// PUT /meetings/{meetingId}/status
pub fn status(world: &mut World, caller: &Caller, id: &str, request: &Request) -> Result<Reply, Reply> {
    let body = object(request)?;
    let recover = match body.get("action").and_then(Value::as_str) {
        Some("end") => false,
        Some("recover") => true,
        _ => return Err(invalid_field("action", "Invalid field.")),
    };
    let mut meeting = find(world, caller, id, recover)?;
    meeting.status = "waiting";
    meeting.deleted = false;
    world.zoom.meetings.insert(meeting.id, meeting);
    Ok(Reply::empty(204))
}

/// GET /users/{userId}/meetings
pub fn list(world: &World, caller: &Caller, name: &str, request: &Request) -> Result<Reply, Reply> {
    let user = host(world, caller, name)?;
    let kind = request.query("type").unwrap_or("scheduled");
    let size = request.query("page_size").map_or(Ok(30), str::parse::<usize>);
    let size = size.ok().filter(|s| (1..=300).contains(s)).ok_or_else(|| invalid_field("page_size", "Invalid field."))?;
    let offset = match request.query("next_page_token").filter(|t| !t.is_empty()) {
        None => 0,
        Some(token) => page(token).ok_or_else(|| invalid_field("next_page_token", "The next page token is invalid or expired."))?,
    };
    let zone = zone(request.query("timezone").unwrap_or("UTC"))?;
    let now = Timestamp::now();
    let day = |t: Timestamp| zone.to_datetime(t).date().to_string();
    let mut found: Vec<&Meeting> = world.zoom.meetings.values().filter(|m| m.host_id == user.id && !m.deleted).collect();
    found.retain(|m| match kind {
        "live" => m.status == "started",
        "upcoming" | "upcoming_meetings" => m.kind != 1 && m.ends().is_none_or(|end| end >= now),
        "previous_meetings" => m.ends().is_some_and(|end| end < now),
        _ => m.kind != 1 && !m.expired(now),
    });
    found.retain(|m| {
        let within = |limit: Option<&str>, test: fn(&str, &str) -> bool| {
            limit.is_none_or(|limit| m.start.is_none_or(|s| test(&day(s), limit)))
        };
        within(request.query("from"), |d, l| d >= l) && within(request.query("to"), |d, l| d <= l)
    });
    found.sort_by_key(|m| (m.start, m.id));
    let end = (offset + size).min(found.len());
    let shown: Vec<Value> = found.get(offset..end).unwrap_or_default().iter().map(|m| m.brief()).collect();
    let next = if end < found.len() { format!("sbx{}x{}", random_text(12), end) } else { String::new() };
    Ok(Reply::json(
        200,
        &json!({ "page_size": size, "total_records": found.len(), "next_page_token": next, "meetings": shown }),
    ))
}

fn page(token: &str) -> Option<usize> {
    token.strip_prefix("sbx")?.rsplit_once('x')?.1.parse().ok()
}

fn missing(id: &str) -> Reply {
    Reply::error(404, 3001, format!("Meeting does not exist: {id}."))
}

/// A meeting this caller may see; another host's meeting is as good as none.
fn find(world: &World, caller: &Caller, id: &str, deleted: bool) -> Result<Meeting, Reply> {
    let number: u64 = id.parse().map_err(|_| Reply::error(400, 300, format!("Invalid meeting id: {id}.")))?;
    let meeting = world.zoom.meetings.get(&number).ok_or_else(|| missing(id))?;
    let own = caller.user_id.as_ref().is_none_or(|u| *u == meeting.host_id) && meeting.account_id == caller.account_id;
    let there = meeting.deleted == deleted && !meeting.expired(Timestamp::now());
    if own && there { Ok(meeting.clone()) } else { Err(missing(id)) }
}

fn object(request: &Request) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Reply::error(400, 300, "Request Body should be a valid JSON object.")),
    }
}

fn blank(user: &User, world: &World) -> Meeting {
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

fn fill(meeting: &mut Meeting, body: &Map<String, Value>, user: &User, new: bool) -> Result<(), Reply> {
    let text = |name: &str, limit: usize| match body.get(name).filter(|v| !v.is_null()) {
        None => Ok(None),
        Some(Value::String(s)) if s.chars().count() <= limit => Ok(Some(s.clone())),
        Some(_) => Err(invalid_field(name, "Invalid field.")),
    };
    let number = |name: &str| match body.get(name).filter(|v| !v.is_null()) {
        None => Ok(None),
        Some(v) => v.as_i64().map(Some).ok_or_else(|| invalid_field(name, "Invalid field.")),
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
    if let (Some(own), Some(sent)) = (meeting.settings.as_object_mut(), body.get("settings").and_then(Value::as_object)) {
        own.extend(sent.iter().map(|(k, v)| (k.clone(), v.clone())));
        // Whoever waits in the waiting room has not joined before the host.
        if own.get("waiting_room") == Some(&json!(true)) {
            own.insert("join_before_host".into(), json!(false));
        }
    }
    Ok(())
}

fn zone(name: &str) -> Result<TimeZone, Reply> {
    TimeZone::get(name).map_err(|_| invalid_field("timezone", "Invalid field."))
}

/// `…Z` is UTC, anything else is local to the zone; offsets and fractions are not in the documented format.
fn start(text: &str, name: &str) -> Result<Timestamp, Reply> {
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
        self.start.and_then(|s| s.checked_add(SignedDuration::from_mins(self.duration)).ok())
    }

    /// Meeting ids live for 30 days after their date, a year when they recur.
    pub fn expired(&self, now: Timestamp) -> bool {
        let days = if matches!(self.kind, 3 | 8) { 365 } else { 30 };
        let last = self.start.unwrap_or(self.created_at);
        last.checked_add(SignedDuration::from_hours(24 * days)).is_ok_and(|end| end < now)
    }
}
