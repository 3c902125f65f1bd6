//! Lists of events: whole, and by sync token.

use serde_json::{Value, json};

use super::error;
use super::model::{Event, User};
use crate::message::{Reply, Request};

/// Parameters a sync token does not go with.
const EXCLUDED: [&str; 8] = [
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];

/// GET events
pub fn list(user: &User, request: &Request) -> Result<Reply, Reply> {
    let size = request.query("maxResults").unwrap_or("250").to_owned();
    let limit: usize = size
        .parse()
        .ok()
        .filter(|size| (1..=2500).contains(size))
        .ok_or_else(|| error(400, "invalid", "Invalid value for: maxResults"))?;
    let since = match request.query("syncToken") {
        None => None,
        Some(token) => Some(since(user, token, &size, request)?),
    };
    let skip: usize = request.query("pageToken").unwrap_or("0").parse().unwrap_or(0);
    let mut found: Vec<&Event> = user
        .events
        .values()
        .filter(|event| match since {
            Some(version) => event.version > version,
            None => !event.is_cancelled(),
        })
        .collect();
    found.sort_by_key(|event| event.version);
    let page: Vec<Value> = found
        .iter()
        .skip(skip)
        .take(limit)
        .map(|event| shown(event))
        .collect();
    let end = skip + page.len();
    let page: Vec<Value> = page
        .into_iter()
        .map(|event| only(event, request.query("fields")))
        .collect();
    let mut answer = json!({ "kind": "calendar#events", "summary": user.email, "items": page });
    if end < found.len() {
        answer["nextPageToken"] = json!(end.to_string());
    } else {
        answer["nextSyncToken"] = json!(format!("sync.{}.{size}", user.version));
    }
    Ok(Reply::json(200, &answer))
}

/// The members of an event that a partial response asks for: `fields=...,items(id,etag)`.
fn only(mut event: Value, fields: Option<&str>) -> Value {
    let wanted = fields
        .and_then(|fields| fields.split_once("items("))
        .and_then(|(_, rest)| rest.split_once(')'));
    if let (Some((wanted, _)), Some(members)) = (wanted, event.as_object_mut()) {
        members.retain(|name, _| wanted.split(',').any(|one| one == name));
    }
    event
}

/// Of deleted events only the id is certain.
fn shown(event: &Event) -> Value {
    if event.is_cancelled() {
        return json!({ "kind": "calendar#event", "id": event.fields["id"], "status": "cancelled", "etag": event.etag() });
    }
    event.view()
}

fn since(user: &User, token: &str, size: &str, request: &Request) -> Result<u64, Reply> {
    if EXCLUDED.iter().any(|name| request.query(name).is_some())
        || request.query("showDeleted") == Some("false")
    {
        return Err(error(
            400,
            "invalidParameter",
            "Sync token cannot be used with other request restrictions.",
        ));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [_, version, first_size] = parts.as_slice() else {
        return Err(error(400, "invalid", "Invalid sync token value."));
    };
    if *first_size != size {
        return Err(error(
            400,
            "invalidParameter",
            "Parameters differ from the first request.",
        ));
    }
    let version: u64 = version
        .parse()
        .map_err(|_| error(400, "invalid", "Invalid sync token value."))?;
    if version < user.floor {
        return Err(error(
            410,
            "fullSyncRequired",
            "Sync token is no longer valid, a full sync is required.",
        ));
    }
    Ok(version)
}
