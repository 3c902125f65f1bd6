//! Meetings: create, read, list, change, delete, end.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::access::{Caller, host};
use super::draft::{blank, fill, start, zone};
use super::model::Meeting;
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
    world
        .secrets
        .note("encrypted_passcode", &meeting.encrypted_password);
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
    let zak = world
        .secrets
        .issue("zak", "eyJ0eXAiOiJKV1QiLCJzdiI6IjAwMDAwMSJ9.", 200);
    meeting.full(&zak)
}

/// PATCH /meetings/{meetingId}
pub fn update(world: &mut World, caller: &Caller, id: &str, request: &Request) -> Result<Reply, Reply> {
    let mut meeting = find(world, caller, id, false)?;
    let mut body = object(request)?;
    limits::daily_host(world, &meeting.host_id)?;
    limits::daily_meeting(world, meeting.id)?;
    let user = world
        .zoom
        .users
        .get(&meeting.host_id)
        .cloned()
        .ok_or_else(|| missing(id))?;
    // A start in the past is ignored without a word.
    if let Some(text) = body.get("start_time").and_then(Value::as_str) {
        let zone = body
            .get("timezone")
            .and_then(Value::as_str)
            .unwrap_or(&meeting.timezone);
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
    let size = size
        .ok()
        .filter(|s| (1..=300).contains(s))
        .ok_or_else(|| invalid_field("page_size", "Invalid field."))?;
    let offset = match request.query("next_page_token").filter(|t| !t.is_empty()) {
        None => 0,
        Some(token) => page(token)
            .ok_or_else(|| invalid_field("next_page_token", "The next page token is invalid or expired."))?,
    };
    let zone = zone(request.query("timezone").unwrap_or("UTC"))?;
    let now = Timestamp::now();
    let day = |t: Timestamp| zone.to_datetime(t).date().to_string();
    let mut found: Vec<&Meeting> = world
        .zoom
        .meetings
        .values()
        .filter(|m| m.host_id == user.id && !m.deleted)
        .collect();
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
    let shown: Vec<Value> = found
        .get(offset..end)
        .unwrap_or_default()
        .iter()
        .map(|m| m.brief())
        .collect();
    let next = if end < found.len() {
        format!("sbx{}x{}", random_text(12), end)
    } else {
        String::new()
    };
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
    let number: u64 = id
        .parse()
        .map_err(|_| Reply::error(400, 300, format!("Invalid meeting id: {id}.")))?;
    let meeting = world.zoom.meetings.get(&number).ok_or_else(|| missing(id))?;
    let own = caller.user_id.as_ref().is_none_or(|u| *u == meeting.host_id)
        && meeting.account_id == caller.account_id;
    let there = meeting.deleted == deleted && !meeting.expired(Timestamp::now());
    if own && there {
        Ok(meeting.clone())
    } else {
        Err(missing(id))
    }
}

fn object(request: &Request) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Reply::error(
            400,
            300,
            "Request Body should be a valid JSON object.",
        )),
    }
}
