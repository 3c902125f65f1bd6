//! What the admin port can do to Zoom's side.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::model::{Client, User};
use super::passcode::Rules;
use super::{SCOPES, oauth};
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
    scopes: Option<Vec<String>>,
}

/// POST /clients
pub fn client(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewClient = parse(body)?;
    let client_secret = new.client_secret.unwrap_or_else(|| random_text(24));
    world.secrets.note("client_secret", &client_secret);
    let scopes = new.scopes.unwrap_or_else(|| SCOPES.map(String::from).to_vec());
    let answer = json!({ "client_id": new.client_id, "client_secret": client_secret, "scopes": scopes });
    let client = Client {
        client_id: new.client_id,
        client_secret,
        redirect_uris: new.redirect_uris,
        scopes,
    };
    world.zoom.clients.insert(client.client_id.clone(), client);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    account_id: String,
    client_id: String,
}

/// POST /accounts
pub fn account(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewAccount = parse(body)?;
    if !world.zoom.clients.contains_key(&new.client_id) {
        return Err(format!("no client {}", new.client_id));
    }
    let clients = world.zoom.accounts.entry(new.account_id.clone()).or_default();
    clients.insert(new.client_id);
    Ok(json!({ "account_id": new.account_id, "clients": clients }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    id: Option<String>,
    email: String,
    account: Option<String>,
    scopes: Option<Vec<String>>,
    timezone: Option<String>,
    #[serde(rename = "type")]
    kind: Option<u8>,
    display_name: Option<String>,
    passcode_rules: Option<Rules>,
}

/// POST /users
pub fn user(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewUser = parse(body)?;
    let id = new.id.unwrap_or_else(|| random_text(16));
    let mut user = User::new(
        &id,
        &new.email,
        new.account.as_deref().unwrap_or("sandbox-account"),
    );
    user.scopes = new.scopes;
    user.timezone = new.timezone.unwrap_or(user.timezone);
    user.kind = new.kind.unwrap_or(user.kind);
    user.display_name = new.display_name.unwrap_or(user.display_name);
    user.rules = new.passcode_rules.unwrap_or_default();
    let answer = json!({ "id": user.id, "email": user.email, "account": user.account_id });
    world.zoom.users.insert(id, user);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    client_id: String,
    user: String,
    scopes: Option<Vec<String>>,
    expires_in: Option<i64>,
}

/// POST /grants
pub fn grant(world: &mut World, body: Value) -> Result<Value, String> {
    let new: NewGrant = parse(body)?;
    let client = world
        .zoom
        .clients
        .get(&new.client_id)
        .ok_or(format!("no client {}", new.client_id))?;
    let user = world
        .zoom
        .user(&new.user)
        .ok_or(format!("no user {}", new.user))?;
    let scopes = new
        .scopes
        .or_else(|| user.scopes.clone())
        .unwrap_or_else(|| client.scopes.clone());
    let user = user.id.clone();
    let lifetime = new.expires_in.unwrap_or(world.zoom.settings.expires_in);
    let mut answer =
        oauth::grant(world, &new.client_id, &user, scopes, lifetime).map_err(|_| "not granted")?;
    answer["expires_at"] = json!(jiff::Timestamp::now().as_second() + lifetime);
    answer["user_id"] = json!(user);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    user: String,
}

/// POST /revoke: the user removes the app in the account's settings.
pub fn revoke(world: &mut World, body: Value) -> Result<Value, String> {
    let ended: Ended = parse(body)?;
    let found = world.zoom.user(&ended.user).map(|user| user.id.clone());
    let id = found.ok_or(format!("no user {}", ended.user))?;
    let before = world.zoom.refresh.len();
    world.zoom.refresh.retain(|_, token| token.user_id != id);
    world
        .zoom
        .access
        .retain(|_, token| token.user_id.as_deref() != Some(id.as_str()));
    Ok(json!({ "revoked": before - world.zoom.refresh.len() }))
}

/// POST /tokens/expire
pub fn expire(world: &mut World) -> Value {
    let count = world.zoom.access.len();
    world.zoom.access.values_mut().for_each(|t| t.expires_at = 0);
    json!({ "expired": count })
}

/// POST /settings: lifetimes at the top level, `passcode_rules` for one `user` or for all.
pub fn settings(world: &mut World, body: Value) -> Result<Value, String> {
    let mut fields: Map<String, Value> = parse(body)?;
    let user = fields.remove("user");
    if let Some(rules) = fields.remove("passcode_rules") {
        let rules: Rules = parse(rules)?;
        let id = match user.as_ref().and_then(Value::as_str) {
            Some(key) => Some(world.zoom.user(key).ok_or(format!("no user {key}"))?.id.clone()),
            None => None,
        };
        for user in world
            .zoom
            .users
            .values_mut()
            .filter(|u| id.as_ref().is_none_or(|id| *id == u.id))
        {
            user.rules = rules.clone();
        }
    }
    // Only what is named changes.
    let mut merged = world.zoom.view()["settings"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    merged.extend(fields);
    world.zoom.settings = parse(Value::Object(merged))?;
    Ok(world.zoom.view()["settings"].clone())
}
