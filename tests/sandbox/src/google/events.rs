//! Events: insert with the client's id, tombstones, conferences that take their time, versions.

use serde_json::{Map, Value, json};

use super::error;
use super::model::{Event, Settings, User};
use crate::message::{Reply, Request};
use crate::state::{World, random_text};

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn object(request: &Request) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(error(400, "parseError", "Parse Error")),
    }
}

fn known<'a>(world: &'a mut World, email: &str) -> Result<&'a mut User, Reply> {
    let user = world.google.users.get_mut(email);
    user.ok_or_else(|| error(404, "notFound", "Not Found"))
}

/// POST events
pub fn insert(world: &mut World, email: &str, request: &Request) -> Result<Reply, Reply> {
    let mut body = object(request)?;
    let id = match body.remove("id") {
        Some(Value::String(id)) => id,
        _ => random_text(20).to_lowercase().replace(['-', '_'], "0"),
    };
    let valid = (5..=1024).contains(&id.len()) && id.chars().all(|c| matches!(c, 'a'..='v' | '0'..='9'));
    if !valid {
        return Err(error(400, "invalid", "Invalid resource id value."));
    }
    let settings = world.google.settings.clone();
    let user = known(world, email)?;
    // A deleted event's id stays taken.
    if user.events.contains_key(&id) {
        return Err(error(
            409,
            "duplicate",
            "The requested identifier already exists.",
        ));
    }
    let mut event = Event::default();
    let page = format!("https://www.google.com/calendar/event?eid={id}");
    for (key, value) in [
        ("kind", json!("calendar#event")),
        ("id", json!(id)),
        ("status", json!("confirmed")),
        ("htmlLink", json!(page)),
        ("created", json!(jiff::Timestamp::now().to_string())),
        ("organizer", json!({ "email": email, "self": true })),
        ("creator", json!({ "email": email, "self": true })),
    ] {
        event.fields.insert(key.into(), value);
    }
    apply(user, &mut event, body, request, &settings)?;
    Ok(Reply::json(200, &store(world, email, event)))
}

/// GET events/{eventId}; deleted ones are shown as cancelled.
pub fn get(world: &mut World, email: &str, id: &str) -> Result<Reply, Reply> {
    let settings = world.google.settings.clone();
    let user = known(world, email)?;
    settle(user, id, &settings);
    let event = user
        .events
        .get(id)
        .ok_or_else(|| error(404, "notFound", "Not Found"))?;
    Ok(Reply::json(200, &event.view()))
}

/// PATCH events/{eventId}; a status of `confirmed` revives a deleted event.
pub fn patch(world: &mut World, email: &str, id: &str, request: &Request) -> Result<Reply, Reply> {
    let body = object(request)?;
    let settings = world.google.settings.clone();
    let user = known(world, email)?;
    settle(user, id, &settings);
    let mut event = user
        .events
        .get(id)
        .cloned()
        .ok_or_else(|| error(404, "notFound", "Not Found"))?;
    if let Some(wanted) = request.header("if-match")
        && wanted != event.etag()
    {
        return Err(error(412, "conditionNotMet", "Precondition Failed"));
    }
    if event.is_cancelled() && body.get("status").is_none_or(|status| status != "confirmed") {
        return Err(error(410, "deleted", "Resource has been deleted"));
    }
    apply(user, &mut event, body, request, &settings)?;
    Ok(Reply::json(200, &store(world, email, event)))
}

/// DELETE events/{eventId}
pub fn delete(world: &mut World, email: &str, id: &str) -> Result<Reply, Reply> {
    let user = known(world, email)?;
    let mut event = user
        .events
        .get(id)
        .cloned()
        .ok_or_else(|| error(404, "notFound", "Not Found"))?;
    if event.is_cancelled() {
        return Err(error(410, "deleted", "Resource has been deleted"));
    }
    event.fields.insert("status".into(), json!("cancelled"));
    store(world, email, event);
    Ok(Reply::empty(204))
}

/// Puts a changed event into the calendar and tells the channels; the event as shown.
pub fn store(world: &mut World, email: &str, mut event: Event) -> Value {
    world.google.news.push(email.to_owned());
    let Some(user) = world.google.users.get_mut(email) else {
        return Value::Null;
    };
    user.version += 1;
    event.version = user.version;
    let view = event.view();
    let id = event
        .fields
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    user.events.insert(id, event);
    view
}

fn apply(
    user: &User,
    event: &mut Event,
    mut body: Map<String, Value>,
    request: &Request,
    settings: &Settings,
) -> Result<(), Reply> {
    let conference = body.remove("conferenceData");
    for side in ["start", "end"] {
        if let Some(moment) = body.get(side) {
            check_moment(moment)?;
        }
    }
    let moved = ["start", "end"].iter().any(|side| {
        body.get(*side)
            .is_some_and(|moment| event.fields.get(*side) != Some(moment))
    });
    event.sequence += u64::from(moved && event.version > 0);
    if let Some(Value::Array(people)) = body.get_mut("attendees") {
        for person in people.iter_mut().filter_map(Value::as_object_mut) {
            let own = person.get("email").and_then(Value::as_str) == Some(user.email.as_str());
            if own {
                person.insert("self".into(), json!(true));
                person.insert("organizer".into(), json!(true));
            }
            person.entry("responseStatus").or_insert(json!("needsAction"));
        }
    }
    event.fields.extend(body);
    if !event.fields.contains_key("start") || !event.fields.contains_key("end") {
        return Err(error(400, "required", "Missing end time."));
    }
    match conference {
        // Version 0 takes no notice of conferences.
        Some(wanted) if request.query("conferenceDataVersion") == Some("1") => {
            confer(user, event, &wanted, settings)
        }
        _ => Ok(()),
    }
}

fn confer(user: &User, event: &mut Event, wanted: &Value, settings: &Settings) -> Result<(), Reply> {
    let create = &wanted["createRequest"];
    if create.is_null() {
        return Err(error(
            400,
            "invalid",
            "Conference data can only be made by createRequest here.",
        ));
    }
    if !user.meet || create["conferenceSolutionKey"]["type"] != "hangoutsMeet" {
        return Err(error(400, "invalid", "Invalid conference type value."));
    }
    let id = create["requestId"].as_str().unwrap_or_default().to_owned();
    if id.is_empty() {
        return Err(error(400, "required", "Missing conference request id."));
    }
    // A repeated request id is ignored.
    if event.requested.contains(&id) {
        return Ok(());
    }
    event.requested.push(id);
    event.fields.remove("hangoutLink");
    let mut request = create.clone();
    request["status"] = json!({ "statusCode": "pending" });
    event
        .fields
        .insert("conferenceData".into(), json!({ "createRequest": request }));
    event.ready_at = Some(now_ms() + settings.conference_ms);
    if settings.conference_ms == 0 {
        finish(event, settings);
    }
    Ok(())
}

/// A pending conference whose time has come is made.
pub fn settle(user: &mut User, id: &str, settings: &Settings) {
    let Some(event) = user.events.get_mut(id) else {
        return;
    };
    if event.ready_at.is_some_and(|at| at <= now_ms()) {
        finish(event, settings);
        user.version += 1;
        event.version = user.version;
    }
}

fn finish(event: &mut Event, settings: &Settings) {
    event.ready_at = None;
    let status = if settings.conference_fails {
        "failure"
    } else {
        "success"
    };
    let mut request = event.fields["conferenceData"]["createRequest"].clone();
    request["status"] = json!({ "statusCode": status });
    if settings.conference_fails {
        event
            .fields
            .insert("conferenceData".into(), json!({ "createRequest": request }));
        return;
    }
    link(event, request);
}

/// Gives the event a fresh link.
pub fn link(event: &mut Event, request: Value) {
    let letters: String = (0..10)
        .map(|_| char::from(b'a' + rand::random::<u8>() % 26))
        .collect();
    let code = format!("{}-{}-{}", &letters[..3], &letters[3..7], &letters[7..]);
    let url = format!("https://meet.google.com/{code}");
    event.fields.insert("hangoutLink".into(), json!(url));
    event.fields.insert(
        "conferenceData".into(),
        json!({
            "createRequest": request, "conferenceId": code,
            "conferenceSolution": { "key": { "type": "hangoutsMeet" }, "name": "Google Meet" },
            "entryPoints": [{ "entryPointType": "video", "uri": url, "label": format!("meet.google.com/{code}") }],
        }),
    );
}

fn check_moment(moment: &Value) -> Result<(), Reply> {
    let invalid = |what: &str| error(400, "invalid", what);
    if moment["date"].is_string() {
        return Ok(());
    }
    let time = moment["dateTime"]
        .as_str()
        .ok_or_else(|| invalid("Missing time."))?;
    time.parse::<jiff::Timestamp>()
        .map_err(|_| invalid("Invalid value for: time without offset"))?;
    if let Some(zone) = moment["timeZone"].as_str()
        && jiff::tz::TimeZone::get(zone).is_err()
    {
        return Err(invalid("Invalid time zone definition."));
    }
    Ok(())
}

impl Event {
    /// Version as an HTTP entity tag.
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// Whether somebody deleted it.
    pub fn is_cancelled(&self) -> bool {
        self.fields
            .get("status")
            .is_some_and(|status| status == "cancelled")
    }

    /// The event as GET shows it.
    pub fn view(&self) -> Value {
        let mut view = self.fields.clone();
        view.insert("etag".into(), json!(self.etag()));
        view.insert("sequence".into(), json!(self.sequence));
        Value::Object(view)
    }
}
