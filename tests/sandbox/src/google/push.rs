//! Push channels: watch, stop, and messages that really are sent.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::error;
use super::model::Channel;
use crate::message::{Reply, Request};
use crate::state::{World, random_text};

/// Messages that have no answer yet, of all sandboxes in the process.
static UNDERWAY: AtomicUsize = AtomicUsize::new(0);

/// How many messages have no answer yet.
pub fn underway() -> usize {
    UNDERWAY.load(Ordering::SeqCst)
}

/// POST events/watch
pub fn watch(world: &mut World, email: &str, request: &Request) -> Result<Reply, Reply> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|_| error(400, "parseError", "Parse Error"))?;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (id, address, token) = (text("id"), text("address"), text("token"));
    let url = url::Url::parse(&address).map_err(|_| error(400, "invalid", "Invalid address"))?;
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    // The real thing wants https; a loopback address stands for the reverse proxy that would speak it.
    if url.scheme() != "https" && !loopback {
        return Err(error(
            400,
            "push.webhookUrlNotHttps",
            "WebHook callback must be HTTPS",
        ));
    }
    if id.is_empty() || id.len() > 64 || token.len() > 256 || text("type") != "web_hook" {
        return Err(error(400, "invalid", "Invalid channel"));
    }
    if world.google.channels.iter().any(|channel| channel.id == id) {
        return Err(error(400, "channelIdNotUnique", "Channel id not unique"));
    }
    world.secrets.note("channel_token", &token);
    let asked = body["params"]["ttl"]
        .as_str()
        .and_then(|ttl| ttl.parse::<i64>().ok());
    let ttl = asked.unwrap_or(604_800).min(world.google.settings.channel_ttl);
    let channel = Channel {
        id: id.clone(),
        resource_id: random_text(15),
        email: email.to_owned(),
        address,
        token,
        expiration: jiff::Timestamp::now().as_millisecond() + ttl * 1000,
        messages: 0,
    };
    let answer = json!({
        "kind": "api#channel", "id": id, "resourceId": channel.resource_id,
        "resourceUri": format!("https://www.googleapis.com/calendar/v3/calendars/{email}/events"),
        "expiration": channel.expiration.to_string(),
    });
    world.google.channels.push(channel);
    world.google.opened.push(id);
    Ok(Reply::json(200, &answer))
}

/// POST channels/stop
pub fn stop(world: &mut World, email: &str, request: &Request) -> Result<Reply, Reply> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|_| error(400, "parseError", "Parse Error"))?;
    let before = world.google.channels.len();
    world.google.channels.retain(|channel| {
        channel.email != email || channel.id != body["id"] || channel.resource_id != body["resourceId"]
    });
    if world.google.channels.len() == before {
        return Err(error(404, "notFound", "Channel not found"));
    }
    Ok(Reply::empty(204))
}

/// Sends what is due: `sync` to channels just opened, `exists` to those of changed calendars.
pub fn flush(world: &mut World) {
    let google = &mut world.google;
    let (opened, news) = (
        std::mem::take(&mut google.opened),
        std::mem::take(&mut google.news),
    );
    let (now, lost) = (jiff::Timestamp::now().as_millisecond(), google.settings.push_lost);
    for channel in google
        .channels
        .iter_mut()
        .filter(|channel| channel.expiration > now)
    {
        let state = if opened.contains(&channel.id) {
            "sync"
        } else if news.contains(&channel.email) {
            "exists"
        } else {
            continue;
        };
        channel.messages += 1;
        if !lost {
            send(channel, state);
        }
    }
}

fn send(channel: &Channel, state: &'static str) {
    let request = hyper::Request::post(&channel.address)
        .header("x-goog-channel-id", &channel.id)
        .header("x-goog-channel-token", &channel.token)
        .header("x-goog-message-number", channel.messages)
        .header("x-goog-resource-id", &channel.resource_id)
        .header("x-goog-resource-state", state)
        .header("user-agent", "APIs-Google")
        .header("content-length", 0)
        .body(Empty::<Bytes>::new());
    if let Ok(request) = request {
        UNDERWAY.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
            let _ = client.request(request).await;
            UNDERWAY.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
