//! What the admin port can do to Google's side, and what it shows.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::model::{Client, Google, SCOPE, User};
use super::{events, oauth, push};
use crate::state::{World, random_text};

fn parse<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, String> {
    serde_json::from_value(body).map_err(|e| e.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClient {
    client_id: String,
    client_secret: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

/// POST /google/clients
pub fn client(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewClient = parse(body)?;
    let client_secret = new.client_secret.unwrap_or_else(|| random_text(24));
    world.secrets.note("client_secret", &client_secret);
    let answer = json!({ "client_id": new.client_id, "client_secret": client_secret });
    let client = Client {
        client_id: new.client_id.clone(),
        client_secret,
        redirect_uris: new.redirect_uris,
    };
    world.google.clients.insert(new.client_id, client);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    email: String,
    meet: Option<bool>,
}

/// POST /google/users: a new user, or whether an existing one may use Meet.
pub fn user(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewUser = parse(body)?;
    let user = world
        .google
        .users
        .entry(new.email.clone())
        .or_insert_with(|| User::new(&new.email));
    user.meet = new.meet.unwrap_or(user.meet);
    Ok(json!({ "email": user.email }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    client_id: String,
    user: String,
    scope: Option<String>,
    expires_in: Option<i64>,
}

/// POST /google/grants
pub fn grant(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewGrant = parse(body)?;
    if !world.google.clients.contains_key(&new.client_id) {
        return Err(format!("no client {}", new.client_id));
    }
    let user = world
        .google
        .users
        .get_mut(&new.user)
        .ok_or(format!("no user {}", new.user))?;
    user.consented = true;
    let before = world.google.settings.expires_in;
    world.google.settings.expires_in = new.expires_in.unwrap_or(before);
    let scope = new.scope.as_deref().unwrap_or(SCOPE);
    let mut answer = oauth::grant(world, &new.client_id, &new.user, scope, true);
    answer["expires_at"] = json!(jiff::Timestamp::now().as_second() + world.google.settings.expires_in);
    world.google.settings.expires_in = before;
    Ok(answer)
}

/// POST /google/settings: only what is named changes.
pub fn settings(world: &mut World, body: Value) -> Result<Value, String> {
    let fields: Map<String, Value> = parse(body)?;
    let mut merged = json!(world.google.settings)
        .as_object()
        .cloned()
        .unwrap_or_default();
    merged.extend(fields);
    world.google.settings = parse(Value::Object(merged))?;
    Ok(json!(world.google.settings))
}

/// POST /google/tokens/expire
pub fn expire(world: &mut World) -> Value {
    world
        .google
        .access
        .values_mut()
        .for_each(|token| token.expires_at = 0);
    json!({ "expired": world.google.access.len() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    user: String,
}

/// POST /google/revoke: the user removes the app.
pub fn revoke(world: &mut World, body: Value) -> Result<Value, String> {
    let Person { user } = parse(body)?;
    let clients: Vec<String> = world.google.clients.keys().cloned().collect();
    for client in clients {
        oauth::end(world, &client, &user);
    }
    Ok(json!({ "ok": true }))
}

/// POST /google/sync/expire: every sync token given out so far is refused with 410.
pub fn expire_sync(world: &mut World) -> Value {
    for user in world.google.users.values_mut() {
        user.version += 1;
        user.floor = user.version;
    }
    json!({ "ok": true })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    user: String,
    id: Option<String>,
    action: String,
    #[serde(default)]
    minutes: i64,
    #[serde(default)]
    response: String,
}

/// POST /google/events: what a person does in Google Calendar (`move` by minutes, `delete`, `unlink`, `relink`,
/// `respond` as the first guest, `add` an event of the person's own).
pub fn act(world: &mut World, body: Value) -> Result<Value, String> {
    let act: Act = parse(body)?;
    let user = world
        .google
        .users
        .get(&act.user)
        .ok_or(format!("no user {}", act.user))?;
    let id = act.id.clone().unwrap_or_else(|| format!("own{}", user.version));
    let mut event = user.events.get(&id).cloned().unwrap_or_default();
    if act.action != "add" && event.fields.is_empty() {
        return Err(format!("no event {id}"));
    }
    match act.action.as_str() {
        "add" => {
            let time = json!({ "dateTime": "2030-01-01T00:00:00Z" });
            for (key, value) in [
                ("id", json!(id)),
                ("status", json!("confirmed")),
                ("summary", json!("Lunch")),
                ("start", time.clone()),
                ("end", time),
            ] {
                event.fields.insert(key.into(), value);
            }
        }
        "move" => {
            for side in ["start", "end"] {
                let text = event.fields[side]["dateTime"].as_str().unwrap_or_default();
                let at: jiff::Timestamp = text.parse().map_err(|_| "no time".to_owned())?;
                let moved = at + jiff::SignedDuration::from_mins(act.minutes);
                event.fields.insert(
                    side.into(),
                    json!({ "dateTime": moved.to_string(), "timeZone": "UTC" }),
                );
            }
            event.sequence += 1;
        }
        "delete" => {
            event.fields.insert("status".into(), json!("cancelled"));
        }
        "unlink" => {
            event.fields.remove("hangoutLink");
            event.fields.remove("conferenceData");
        }
        "relink" => events::link(&mut event, Value::Null),
        "respond" => {
            if let Some(guests) = event.fields.get_mut("attendees").and_then(Value::as_array_mut)
                && let Some(guest) = guests.iter_mut().find(|guest| guest["self"] != true)
            {
                guest["responseStatus"] = json!(act.response);
            }
        }
        other => return Err(format!("no action {other}")),
    }
    let view = events::store(world, &act.user, event);
    push::flush(world);
    Ok(view)
}

impl Google {
    /// The admin view.
    pub fn view(&self) -> Value {
        let users: Vec<Value> = self
            .users
            .values()
            .map(|user| {
                let events: Vec<Value> = user.events.values().map(super::model::Event::view).collect();
                json!({ "email": user.email, "meet": user.meet, "version": user.version, "events": events })
            })
            .collect();
        let now = jiff::Timestamp::now().as_second();
        json!({
            "users": users, "channels": self.channels, "settings": self.settings, "refreshes": self.refreshes,
            "access_live": self.access.values().filter(|token| token.expires_at > now).count(),
            "refresh_live": self.refresh.len(), "underway": super::push::underway(),
        })
    }
}
