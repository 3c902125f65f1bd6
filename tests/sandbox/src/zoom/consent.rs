//! The consent page: what the user's browser sees of the authorisation server.

use super::model::Code;
use crate::message::{Reply, Request};
use crate::state::World;

/// GET /oauth/authorize; without `approve` or `deny` it shows a page with both links.
pub fn authorize(world: &mut World, request: &Request) -> Result<Reply, Reply> {
    let problem =
        |code: u32, text: &str| Reply::html(400, format!("<h1>Invalid request</h1><p>{text} ({code})</p>"));
    let get = |name: &str| request.query(name).unwrap_or_default().to_owned();
    let client = world
        .zoom
        .clients
        .get(&get("client_id"))
        .cloned()
        .ok_or_else(|| problem(4702, "Invalid client_id"))?;
    let redirect = get("redirect_uri");
    if !client.redirect_uris.is_empty() && !client.redirect_uris.contains(&redirect) {
        return Err(problem(4709, "Redirect URI mismatch"));
    }
    let mut target = url::Url::parse(&redirect).map_err(|_| problem(4709, "Redirect URI mismatch"))?;
    if get("response_type") != "code" {
        return Err(problem(4700, "Invalid response_type"));
    }
    let state = get("state");
    if request.query("deny").is_some() {
        target
            .query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("state", &state);
        return Ok(Reply::empty(302).with("location", target));
    }
    if request.query("approve").is_none() {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&request.query)
            .finish();
        let link = |key: &str| {
            format!(
                "<a id=\"{key}\" href=\"/oauth/authorize?{}&amp;{key}=1\">{key}</a>",
                query.replace('&', "&amp;")
            )
        };
        return Ok(Reply::html(
            200,
            format!(
                "<!doctype html><title>Consent</title>{} {}",
                link("approve"),
                link("deny")
            ),
        ));
    }
    let user = match request.query("user") {
        Some(key) => world.zoom.user(key),
        None => world
            .zoom
            .seed
            .as_ref()
            .map(|(_, u)| u)
            .or_else(|| world.zoom.users.values().next()),
    };
    let user_id = user
        .map(|u| u.id.clone())
        .ok_or_else(|| problem(1001, "No such user"))?;
    let challenge = request.query("code_challenge").map(|c| {
        (
            c.to_owned(),
            request
                .query("code_challenge_method")
                .unwrap_or("plain")
                .to_owned(),
        )
    });
    let code = world.secrets.issue("authorization_code", "", 24);
    let expires_at = jiff::Timestamp::now().as_second() + world.zoom.settings.code_lifetime;
    let issued = Code {
        client_id: client.client_id,
        user_id,
        redirect_uri: redirect,
        challenge,
        expires_at,
    };
    world.zoom.codes.insert(code.clone(), issued);
    target
        .query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &state);
    Ok(Reply::empty(302).with("location", target))
}
