//! Authorisation server: token exchange, rotation, revocation.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::consent::authorize;
use super::model::{AccessToken, Client, RefreshToken};
use crate::message::{Reply, Request, decode};
use crate::state::World;

/// Answers a request under `/oauth`.
pub fn handle(world: &mut World, request: &Request) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/oauth/authorize") => {
            world.count("GET /oauth/authorize");
            authorize(world, request).unwrap_or_else(|e| e)
        }
        ("POST", "/oauth/token") => {
            let kind = field(request, "grant_type");
            world.count(format!("POST /oauth/token {kind}"));
            token(world, request, &kind).unwrap_or_else(|e| e)
        }
        ("POST", "/oauth/revoke") => {
            world.count("POST /oauth/revoke");
            revoke(world, request).unwrap_or_else(|e| e)
        }
        _ => Reply::error(404, 404, "Not Found"),
    }
}

fn failure(status: u16, reason: &str, error: &str) -> Reply {
    Reply::json(status, &json!({ "reason": reason, "error": error }))
}

/// Form field; the provider also takes token parameters from the query.
fn field(request: &Request, name: &str) -> String {
    let form = request.form();
    let found = form.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    found
        .or_else(|| request.query(name))
        .unwrap_or_default()
        .to_owned()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// HTTP Basic; ids and secrets may be form-encoded before base64, as RFC 6749 asks and many clients forget.
fn client(world: &World, request: &Request) -> Result<Client, Reply> {
    let wrong = || failure(401, "Invalid client_id or client_secret", "invalid_client");
    let encoded = request
        .header("authorization")
        .and_then(|h| h.strip_prefix("Basic "))
        .ok_or_else(wrong)?;
    let text = STANDARD
        .decode(encoded.trim())
        .ok()
        .and_then(|b| String::from_utf8(b).ok())
        .ok_or_else(wrong)?;
    let (id, secret) = text.split_once(':').ok_or_else(wrong)?;
    let fits = |id: &str, secret: &str| world.zoom.clients.get(id).filter(|c| c.client_secret == secret);
    let form = |text: &str| decode(&text.replace('+', " "));
    fits(id, secret)
        .or_else(|| fits(&form(id), &form(secret)))
        .cloned()
        .ok_or_else(wrong)
}

fn token(world: &mut World, request: &Request, kind: &str) -> Result<Reply, Reply> {
    let client = client(world, request)?;
    match kind {
        "authorization_code" => exchange(world, request, &client),
        "refresh_token" => refresh(world, request, &client),
        "account_credentials" => account(world, request, &client),
        _ => Err(failure(400, "Unsupported grant type", "unsupported_grant_type")),
    }
}

fn exchange(world: &mut World, request: &Request, client: &Client) -> Result<Reply, Reply> {
    let key = field(request, "code");
    let verifier = field(request, "code_verifier");
    world.secrets.note("code_verifier", &verifier);
    let code = world
        .zoom
        .codes
        .get(&key)
        .filter(|c| c.client_id == client.client_id && c.expires_at > now());
    let code = code
        .cloned()
        .ok_or_else(|| failure(400, "Invalid authorization code", "invalid_grant"))?;
    if code.redirect_uri != field(request, "redirect_uri") {
        return Err(failure(400, "Redirect URI mismatch.", "invalid_request"));
    }
    if let Some((challenge, method)) = &code.challenge {
        let derived = match method.as_str() {
            "S256" => {
                URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()))
            }
            _ => verifier,
        };
        if derived != *challenge {
            return Err(failure(400, "Invalid code verifier", "invalid_request"));
        }
    }
    world.zoom.codes.remove(&key);
    // A new consent by the same user and app ends the earlier one.
    forget(world, &client.client_id, Some(&code.user_id));
    let chosen = world.zoom.users.get(&code.user_id).and_then(|u| u.scopes.clone());
    let scopes = chosen.unwrap_or_else(|| client.scopes.clone());
    let lifetime = world.zoom.settings.expires_in;
    grant(world, &client.client_id, &code.user_id, scopes, lifetime).map(|v| Reply::json(200, &v))
}

fn refresh(world: &mut World, request: &Request, client: &Client) -> Result<Reply, Reply> {
    let key = field(request, "refresh_token");
    let invalid = || failure(400, "Invalid Token!", "invalid_grant");
    let live = world
        .zoom
        .refresh
        .get(&key)
        .filter(|r| r.client_id == client.client_id)
        .cloned()
        .ok_or_else(invalid)?;
    world.zoom.refresh.remove(&key);
    let lifetime = world.zoom.settings.expires_in;
    grant(world, &client.client_id, &live.user_id, live.scopes, lifetime).map(|v| Reply::json(200, &v))
}

fn account(world: &mut World, request: &Request, client: &Client) -> Result<Reply, Reply> {
    let account = field(request, "account_id");
    if !world
        .zoom
        .accounts
        .get(&account)
        .is_some_and(|clients| clients.contains(&client.client_id))
    {
        return Err(failure(400, "Bad Request", "invalid_request"));
    }
    let scopes: Vec<String> = client
        .scopes
        .iter()
        .map(|s| {
            if s.ends_with(":admin") {
                s.clone()
            } else {
                format!("{s}:admin")
            }
        })
        .collect();
    let lifetime = world.zoom.settings.expires_in;
    let access = issue_access(world, &client.client_id, &account, None, &scopes, lifetime);
    Ok(Reply::json(200, &reply(world, &access, &scopes, lifetime)))
}

/// Issues a pair for a user; the admin port uses it too.
pub fn grant(
    world: &mut World,
    client: &str,
    user: &str,
    scopes: Vec<String>,
    lifetime: i64,
) -> Result<Value, Reply> {
    let found = world
        .zoom
        .users
        .get(user)
        .ok_or_else(|| failure(400, "Invalid Token!", "invalid_grant"))?;
    let account = found.account_id.clone();
    let access = issue_access(world, client, &account, Some(user), &scopes, lifetime);
    let refresh = world
        .secrets
        .issue("refresh_token", "eyJzdiI6IjAwMDAwMiIsImFsZyI6IkhTNTEyIn0.", 300);
    let mut body = reply(world, &access, &scopes, lifetime);
    body["refresh_token"] = json!(refresh);
    world.zoom.issued_refresh += 1;
    world.zoom.refresh.insert(
        refresh,
        RefreshToken {
            client_id: client.into(),
            user_id: user.into(),
            scopes,
        },
    );
    Ok(body)
}

/// Tokens are as long as the provider's, so that a column too short for them fails here and not in the field.
fn issue_access(
    world: &mut World,
    client: &str,
    account: &str,
    user: Option<&str>,
    scopes: &[String],
    lifetime: i64,
) -> String {
    let access = world
        .secrets
        .issue("access_token", "eyJzdiI6IjAwMDAwMSIsImFsZyI6IkhTNTEyIn0.", 420);
    let token = AccessToken {
        client_id: client.into(),
        account_id: account.into(),
        user_id: user.map(Into::into),
        scopes: scopes.to_vec(),
        expires_at: now() + lifetime,
    };
    world.zoom.issued_access += 1;
    world.zoom.access.insert(access.clone(), token);
    access
}

fn reply(world: &World, access: &str, scopes: &[String], lifetime: i64) -> Value {
    json!({
        "access_token": access, "token_type": "bearer", "expires_in": lifetime,
        "scope": scopes.join(" "), "api_url": world.zoom.settings.api_url,
    })
}

fn revoke(world: &mut World, request: &Request) -> Result<Reply, Reply> {
    let client = client(world, request)?;
    let key = field(request, "token");
    let by_access = world
        .zoom
        .access
        .get(&key)
        .map(|t| (t.client_id.clone(), t.user_id.clone()));
    let by_refresh = || {
        world
            .zoom
            .refresh
            .get(&key)
            .map(|t| (t.client_id.clone(), Some(t.user_id.clone())))
    };
    let owner = by_access
        .or_else(by_refresh)
        .filter(|(id, _)| *id == client.client_id);
    let (_, user) = owner.ok_or_else(|| failure(400, "Invalid Token!", "invalid_request"))?;
    match user {
        Some(user) => forget(world, &client.client_id, Some(&user)),
        None => drop(world.zoom.access.remove(&key)),
    }
    Ok(Reply::json(200, &json!({ "status": "success" })))
}

fn forget(world: &mut World, client: &str, user: Option<&str>) {
    world
        .zoom
        .access
        .retain(|_, t| t.client_id != client || t.user_id.as_deref() != user);
    world
        .zoom
        .refresh
        .retain(|_, t| t.client_id != client || Some(t.user_id.as_str()) != user);
}
