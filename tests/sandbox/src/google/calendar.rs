//! Routes of the Calendar API, with who may use them and how often.

use serde_json::{Value, json};

use super::model::User;
use super::{error, events, listing, oauth, push};
use crate::message::{Reply, Request, decode};
use crate::state::World;

/// Answers one API request; `path` is without `/calendar/v3`.
pub fn handle(world: &mut World, path: &str, request: &Request) -> Result<Reply, Reply> {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let label = match parts.as_slice() {
        ["calendars", _] => "calendars",
        ["calendars", _, "events"] if request.query("syncToken").is_some() => "events (incremental)",
        ["calendars", _, "events"] if request.method == "GET" => "events (full)",
        ["calendars", _, "events"] => "events",
        ["calendars", _, "events", "watch"] => "events/watch",
        ["calendars", _, "events", _] => "events/{eventId}",
        ["channels", "stop"] => "channels/stop",
        _ => "(no such route)",
    };
    world.count(format!("{} google {label}", request.method));
    let email = oauth::caller(world, request)?;
    allowed(world, &email)?;
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["calendars", id]) => Ok(Reply::json(200, &primary(user(world, &email, id)?))),
        ("GET", ["calendars", id, "events"]) => listing::list(user(world, &email, id)?, request),
        ("POST", ["calendars", id, "events"]) => events::insert(world, &named(world, &email, id)?, request),
        ("POST", ["calendars", id, "events", "watch"]) => {
            push::watch(world, &named(world, &email, id)?, request)
        }
        ("GET", ["calendars", id, "events", event]) => events::get(world, &named(world, &email, id)?, event),
        ("PATCH", ["calendars", id, "events", event]) => {
            events::patch(world, &named(world, &email, id)?, event, request)
        }
        ("DELETE", ["calendars", id, "events", event]) => {
            events::delete(world, &named(world, &email, id)?, event)
        }
        ("POST", ["channels", "stop"]) => push::stop(world, &email, request),
        _ => Err(error(404, "notFound", "Not Found")),
    }
}

fn allowed(world: &mut World, email: &str) -> Result<(), Reply> {
    if !world.google.settings.api_enabled {
        return Err(error(
            403,
            "accessNotConfigured",
            "Google Calendar API has not been used in project 1 before or it is disabled.",
        ));
    }
    let limit = world.google.settings.user_per_minute;
    let Some(user) = world.google.users.get_mut(email) else {
        return Err(error(404, "notFound", "Not Found"));
    };
    let now = jiff::Timestamp::now().as_second();
    user.recent.retain(|at| *at > now - 60);
    if limit > 0 && user.recent.len() as u64 >= limit {
        return Err(error(403, "userRateLimitExceeded", "User Rate Limit Exceeded"));
    }
    user.recent.push_back(now);
    Ok(())
}

/// A calendar by its id: `primary` or the caller's address; others are as good as none.
fn named(world: &World, email: &str, id: &str) -> Result<String, Reply> {
    user(world, email, id).map(|user| user.email.clone())
}

fn user<'a>(world: &'a World, email: &str, id: &str) -> Result<&'a User, Reply> {
    let own = id == "primary" || id == email;
    let user = world.google.users.get(email).filter(|_| own);
    user.ok_or_else(|| error(404, "notFound", "Not Found"))
}

fn primary(user: &User) -> Value {
    let kinds = if user.meet {
        vec!["hangoutsMeet"]
    } else {
        vec!["addOn"]
    };
    json!({
        "kind": "calendar#calendar", "id": user.email, "summary": user.email, "timeZone": "UTC",
        "conferenceProperties": { "allowedConferenceSolutionTypes": kinds },
    })
}
