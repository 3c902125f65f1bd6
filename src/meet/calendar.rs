//! Following a calendar: incremental listings with a sync token, and push channels (Calendar API: Synchronize
//! resources; Push notifications).

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::events::parse;
use super::{CALENDAR, MeetClient};
use crate::api::Call;
use crate::error::Result;
use crate::retry::Effect;

/// Fields of a listing: ids and versions are enough to see what changed.
const FIELDS: &str = "nextPageToken,nextSyncToken,items(id,etag,status)";
/// Events in one page, Google's maximum.
const PAGE_SIZE: &str = "2500";

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// Events changed since the sync token, or some of all. Of deleted ones only the id is certain.
    pub events: Vec<Event>,
    /// What follows.
    pub next: Next,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page, with this token.
    Page(String),
    /// Nothing; the next listing starts with this sync token.
    End(String),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PageReply {
    items: Vec<Event>,
    next_page_token: String,
    next_sync_token: String,
}

/// The doctor's own calendar.
#[derive(Debug, Clone)]
pub struct PrimaryCalendar {
    /// Its id, which is the account's e-mail address.
    pub id: String,
    /// Whether events can have Meet links.
    pub allows_meet: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CalendarReply {
    id: String,
    conference_properties: Option<ConferenceProperties>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ConferenceProperties {
    allowed_conference_solution_types: Vec<String>,
}

/// A push channel to open.
#[derive(Debug, Serialize)]
pub struct NewChannel<'a> {
    /// Unique id of ours, at most 64 characters.
    pub id: &'a str,
    /// Always `web_hook`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where Google posts; https with a certificate Google trusts.
    pub address: &'a str,
    /// Secret that comes back with every message, at most 256 characters.
    pub token: &'a str,
    /// How long it shall live.
    pub params: Lifetime,
}

impl<'a> NewChannel<'a> {
    /// A channel that posts to `address` for `ttl` seconds.
    pub fn web_hook(id: &'a str, address: &'a str, token: &'a str, ttl: i64) -> Self {
        Self {
            id,
            kind: "web_hook",
            address,
            token,
            params: Lifetime { ttl: ttl.to_string() },
        }
    }
}

/// Parameters of a channel.
#[derive(Debug, Serialize)]
pub struct Lifetime {
    /// Seconds, as text.
    pub ttl: String,
}

/// An open channel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Channel {
    /// Google's id of what is watched; needed to stop it.
    pub resource_id: String,
    /// Unix milliseconds, as text.
    expiration: String,
}

impl Channel {
    /// When it ends, Unix seconds; 0 when Google does not say.
    pub fn expires_at(&self) -> i64 {
        self.expiration.parse::<i64>().unwrap_or(0) / 1000
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stop<'a> {
    id: &'a str,
    resource_id: &'a str,
}

impl MeetClient {
    /// One page of what changed since `sync_token`, of everything when that is empty; the first page when `page_token` is.
    /// None when Google does not take one of the tokens any more. The other parameters are the same in every request, as
    /// Google wants them.
    ///
    /// # Errors
    ///
    /// As every call of the provider.
    pub async fn page(&self, sync_token: &str, page_token: &str) -> Result<Option<Page>> {
        let mut query = vec![("maxResults", PAGE_SIZE), ("fields", FIELDS)];
        let given = [("syncToken", sync_token), ("pageToken", page_token)];
        query.extend(given.into_iter().filter(|(_, token)| !token.is_empty()));
        let path = ["calendars", CALENDAR, "events"];
        let response = self.api.call(Call::get(&path, &query)).await?;
        // 400 says that a token was never a good one: of another account, or spoilt.
        let refused = matches!(response.status, StatusCode::GONE | StatusCode::BAD_REQUEST);
        if refused && !(sync_token.is_empty() && page_token.is_empty()) {
            return Ok(None);
        }
        let reply: PageReply = parse(&self.success(response, Effect::Safe)?)?;
        Ok(Some(Page {
            events: reply.items,
            next: if reply.next_page_token.is_empty() {
                Next::End(reply.next_sync_token)
            } else {
                Next::Page(reply.next_page_token)
            },
        }))
    }

    /// `GET calendars/primary`.
    pub async fn primary(&self) -> Result<PrimaryCalendar> {
        let response = self.api.call(Call::get(&["calendars", CALENDAR], &[])).await?;
        let reply: CalendarReply = parse(&self.success(response, Effect::Safe)?)?;
        let allowed = reply
            .conference_properties
            .map(|properties| properties.allowed_conference_solution_types);
        Ok(PrimaryCalendar {
            id: reply.id,
            // A calendar that does not say is asked by the first event.
            allows_meet: allowed.is_none_or(|kinds| kinds.iter().any(|kind| kind == "hangoutsMeet")),
        })
    }

    /// `POST events/watch`. The caller has stored the channel: Google's first message may come before this answer.
    pub async fn watch(&self, channel: &NewChannel<'_>) -> Result<Channel> {
        let path = ["calendars", CALENDAR, "events", "watch"];
        let call = Call::json(Method::POST, &path, &[], channel, Effect::Create)?;
        let response = self.api.call(call).await?;
        parse(&self.success(response, Effect::Create)?)
    }

    /// `POST channels/stop`; a channel that is gone already counts as stopped.
    pub async fn stop(&self, channel_id: &str, resource_id: &str) -> Result<()> {
        let body = Stop {
            id: channel_id,
            resource_id,
        };
        let call = Call::json(Method::POST, &["channels", "stop"], &[], &body, Effect::Safe)?;
        match self.success(self.api.call(call).await?, Effect::Safe) {
            Err(error) if error.kind() == crate::ErrorKind::NotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}
