//! Authorisation server: consent page, codes, tokens, revocation.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::model::{AccessToken, Client, Code, RefreshToken, SCOPE};
use crate::message::{Reply, Request};
use crate::state::World;

/// Live refresh tokens per account and app; the oldest makes room.
const MOST_REFRESH_TOKENS: usize = 100;

/// Answers everything outside the API.
pub fn handle(world: &mut World, request: &Request) -> Reply {
    let outcome = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/o/oauth2/v2/auth") => {
            world.count("GET /o/oauth2/v2/auth");
            authorize(world, request)
        }
        ("POST", "/token") => {
            world.count(format!("POST /token {}", field(request, "grant_type")));
            token(world, request)
        }
        ("POST", "/revoke") => {
            world.count("POST /revoke");
            revoke(world, request)
        }
        _ => Err(failure(404, "not_found")),
    };
    outcome.unwrap_or_else(|refusal| refusal)
}

fn failure(status: u16, error: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": error, "error_description": "described elsewhere" }),
    )
}

fn field(request: &Request, name: &str) -> String {
    let form = request.form();
    let found = form.iter().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.as_str())
        .or_else(|| request.query(name))
        .unwrap_or_default()
        .to_owned()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Id and secret in the form, or by HTTP Basic.
fn client(world: &World, request: &Request) -> Result<Client, Reply> {
    let basic = request
        .header("authorization")
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            text.split_once(':')
                .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
        });
    let (id, secret) =
        basic.unwrap_or_else(|| (field(request, "client_id"), field(request, "client_secret")));
    let known = world.google.clients.get(&id);
    known
        .filter(|client| client.client_secret == secret)
        .cloned()
        .ok_or_else(|| failure(401, "invalid_client"))
}

fn authorize(world: &mut World, request: &Request) -> Result<Reply, Reply> {
    let problem = |text: &str| Reply::html(400, format!("<h1>Error 400: {text}</h1>"));
    let get = |name: &str| request.query(name).unwrap_or_default().to_owned();
    let client = world.google.clients.get(&get("client_id")).cloned();
    let client = client.ok_or_else(|| problem("invalid_client"))?;
    let redirect = get("redirect_uri");
    if !client.redirect_uris.is_empty() && !client.redirect_uris.contains(&redirect) {
        return Err(problem("redirect_uri_mismatch"));
    }
    let mut target = url::Url::parse(&redirect).map_err(|_| problem("redirect_uri_mismatch"))?;
    if get("response_type") != "code" || get("scope").is_empty() {
        return Err(problem("invalid_request"));
    }
    target.query_pairs_mut().append_pair("state", &get("state"));
    if request.query("deny").is_some() {
        target.query_pairs_mut().append_pair("error", "access_denied");
        return Ok(Reply::empty(302).with("location", target));
    }
    if request.query("approve").is_none() {
        return Ok(Reply::html(200, page(request)));
    }
    let email = request.query("user").unwrap_or("doctor@example.test").to_owned();
    let user = world
        .google
        .users
        .get_mut(&email)
        .ok_or_else(|| problem("no such user"))?;
    let offline = get("access_type") == "offline" && (get("prompt") == "consent" || !user.consented);
    user.consented = true;
    let scope = if request.query("untick").is_some() {
        "openid".to_owned()
    } else {
        get("scope")
    };
    let code = world.secrets.issue("authorization_code", "4/0", 40);
    let issued = Code {
        client_id: client.client_id,
        email,
        scope: scope.clone(),
        redirect_uri: redirect,
        challenge: request.query("code_challenge").map(Into::into),
        offline,
    };
    world.google.codes.insert(code.clone(), issued);
    target
        .query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("scope", &scope);
    Ok(Reply::empty(302).with("location", target))
}

fn page(request: &Request) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&request.query)
        .finish()
        .replace('&', "&amp;");
    let link =
        |key: &str| format!("<a id=\"{key}\" href=\"/o/oauth2/v2/auth?{query}&amp;{key}=1\">{key}</a>");
    format!(
        "<!doctype html><title>Consent</title>{} {}",
        link("approve"),
        link("deny")
    )
}

fn token(world: &mut World, request: &Request) -> Result<Reply, Reply> {
    let client = client(world, request)?;
    match field(request, "grant_type").as_str() {
        "authorization_code" => exchange(world, request, &client),
        "refresh_token" => {
            let key = field(request, "refresh_token");
            let live = world.google.refresh.iter().find(|(token, _)| *token == key);
            let live = live
                .filter(|(_, token)| token.client_id == client.client_id)
                .cloned();
            let (_, live) = live.ok_or_else(|| failure(400, "invalid_grant"))?;
            world.google.refreshes += 1;
            // No refresh token in this answer: the old one goes on.
            Ok(Reply::json(
                200,
                &issue(world, &client.client_id, &live.email, &live.scope),
            ))
        }
        _ => Err(failure(400, "unsupported_grant_type")),
    }
}

fn exchange(world: &mut World, request: &Request, client: &Client) -> Result<Reply, Reply> {
    let verifier = field(request, "code_verifier");
    world.secrets.note("code_verifier", &verifier);
    let code = world.google.codes.remove(&field(request, "code"));
    let code = code.filter(|code| code.client_id == client.client_id);
    let code = code.ok_or_else(|| failure(400, "invalid_grant"))?;
    if code.redirect_uri != field(request, "redirect_uri") {
        return Err(failure(400, "redirect_uri_mismatch"));
    }
    if let Some(challenge) = &code.challenge {
        let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
        if URL_SAFE_NO_PAD.encode(digest) != *challenge {
            return Err(failure(400, "invalid_grant"));
        }
    }
    let refresh = code.offline && !world.google.settings.no_refresh_token;
    Ok(Reply::json(
        200,
        &grant(world, &client.client_id, &code.email, &code.scope, refresh),
    ))
}

/// A token answer, with a refresh token where one is due; the admin port uses it too.
pub fn grant(world: &mut World, client: &str, email: &str, scope: &str, refresh: bool) -> Value {
    let mut answer = issue(world, client, email, scope);
    if refresh {
        let token = world.secrets.issue("refresh_token", "1//0", 60);
        answer["refresh_token"] = json!(token);
        let kept = RefreshToken {
            client_id: client.into(),
            email: email.into(),
            scope: scope.into(),
        };
        world.google.refresh.push((token, kept));
        let same = |token: &RefreshToken| token.client_id == client && token.email == email;
        let live = world
            .google
            .refresh
            .iter()
            .filter(|(_, token)| same(token))
            .count();
        if live > MOST_REFRESH_TOKENS
            && let Some(oldest) = world.google.refresh.iter().position(|(_, token)| same(token))
        {
            world.google.refresh.remove(oldest);
        }
    }
    answer
}

fn issue(world: &mut World, client: &str, email: &str, scope: &str) -> Value {
    let access = world.secrets.issue("access_token", "ya29.", 150);
    let lifetime = world.google.settings.expires_in;
    let token = AccessToken {
        client_id: client.into(),
        email: email.into(),
        scope: scope.into(),
        expires_at: now() + lifetime,
    };
    world.google.access.insert(access.clone(), token);
    json!({ "access_token": access, "expires_in": lifetime, "scope": scope, "token_type": "Bearer" })
}

/// Either token ends the whole grant of this user and app.
fn revoke(world: &mut World, request: &Request) -> Result<Reply, Reply> {
    let key = field(request, "token");
    let google = &world.google;
    let by_access = google
        .access
        .get(&key)
        .map(|token| (token.client_id.clone(), token.email.clone()));
    let by_refresh = || {
        let found = google.refresh.iter().find(|(token, _)| *token == key);
        found.map(|(_, token)| (token.client_id.clone(), token.email.clone()))
    };
    let (client, email) = by_access
        .or_else(by_refresh)
        .ok_or_else(|| failure(400, "invalid_token"))?;
    end(world, &client, &email);
    Ok(Reply::json(200, &json!({})))
}

/// Forgets a user's grant, as when the user removes the app.
pub fn end(world: &mut World, client: &str, email: &str) {
    let google = &mut world.google;
    google
        .access
        .retain(|_, token| token.client_id != client || token.email != email);
    google
        .refresh
        .retain(|(_, token)| token.client_id != client || token.email != email);
    if let Some(user) = google.users.get_mut(email) {
        user.consented = false;
    }
}

/// The user whose token the request carries.
pub fn caller(world: &World, request: &Request) -> Result<String, Reply> {
    let refused = || super::error(401, "authError", "Invalid Credentials");
    let bearer = request
        .header("authorization")
        .and_then(|header| header.strip_prefix("Bearer "))
        .ok_or_else(refused)?;
    let token = world.google.access.get(bearer).ok_or_else(refused)?;
    if token.expires_at <= now() {
        return Err(refused());
    }
    if !token.scope.split(' ').any(|scope| scope == SCOPE) {
        return Err(super::error(
            403,
            "insufficientPermissions",
            "Request had insufficient authentication scopes.",
        ));
    }
    Ok(token.email.clone())
}
