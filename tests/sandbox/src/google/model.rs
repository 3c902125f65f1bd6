//! Google's things: clients, users with one calendar each, tokens, events, channels.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The one scope the sandbox knows.
pub const SCOPE: &str = "https://www.googleapis.com/auth/calendar";

/// A registered app.
#[derive(Clone, Debug)]
pub struct Client {
    /// Public id.
    pub client_id: String,
    /// Secret.
    pub client_secret: String,
    /// Exact allow list; empty allows any.
    pub redirect_uris: Vec<String>,
}

/// An account with its primary calendar.
#[derive(Clone, Debug)]
pub struct User {
    /// Address, and id of the primary calendar.
    pub email: String,
    /// Whether the calendar allows Meet.
    pub meet: bool,
    /// Has consented before: then no refresh token comes without `prompt=consent`.
    pub consented: bool,
    /// Events by id, deleted ones included.
    pub events: BTreeMap<String, Event>,
    /// Counts changes; the basis of etags and sync tokens.
    pub version: u64,
    /// Sync tokens below are refused with 410.
    pub floor: u64,
    /// Times of recent requests, for the quota.
    pub recent: VecDeque<i64>,
}

impl User {
    /// A user with an empty calendar.
    pub fn new(email: &str) -> Self {
        Self {
            email: email.into(),
            meet: true,
            consented: false,
            events: BTreeMap::new(),
            version: 1,
            floor: 0,
            recent: VecDeque::new(),
        }
    }
}

/// An event as stored.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// What a GET shows, but etag and sequence.
    pub fields: Map<String, Value>,
    /// Value of the calendar's counter at the last change.
    pub version: u64,
    /// iCalendar counter.
    pub sequence: u64,
    /// When the conference that was asked for is ready, Unix ms.
    pub ready_at: Option<i64>,
    /// Request ids that were seen.
    pub requested: Vec<String>,
}

/// An access token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// App it was issued to.
    pub client_id: String,
    /// Whose.
    pub email: String,
    /// Granted scopes.
    pub scope: String,
    /// Unix seconds.
    pub expires_at: i64,
}

/// A refresh token; it can be used again and again.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// App it was issued to.
    pub client_id: String,
    /// Whose.
    pub email: String,
    /// Granted scopes.
    pub scope: String,
}

/// An authorisation code.
#[derive(Clone, Debug)]
pub struct Code {
    /// App it was issued to.
    pub client_id: String,
    /// Whose.
    pub email: String,
    /// Granted scopes.
    pub scope: String,
    /// Must be repeated.
    pub redirect_uri: String,
    /// PKCE challenge (S256).
    pub challenge: Option<String>,
    /// A refresh token comes with it.
    pub offline: bool,
}

/// An open push channel.
#[derive(Clone, Debug, Serialize)]
pub struct Channel {
    /// The client's id.
    pub id: String,
    /// Google's id of what is watched.
    pub resource_id: String,
    /// Whose calendar.
    pub email: String,
    /// Where messages go.
    pub address: String,
    /// The client's secret.
    #[serde(skip)]
    pub token: String,
    /// Unix ms.
    pub expiration: i64,
    /// Messages sent.
    pub messages: u64,
}

/// What can be told to Google's side.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Lifetime of issued access tokens, seconds.
    pub expires_in: i64,
    /// How long a conference stays pending, ms.
    pub conference_ms: i64,
    /// Conferences end as failures.
    pub conference_fails: bool,
    /// The project has the Calendar API switched on.
    pub api_enabled: bool,
    /// Requests a user may make in a minute; 0 for no limit.
    pub user_per_minute: u64,
    /// Push messages are lost.
    pub push_lost: bool,
    /// Longest life of a channel, seconds.
    pub channel_ttl: i64,
    /// Refresh tokens are never sent.
    pub no_refresh_token: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expires_in: 3599,
            conference_ms: 0,
            conference_fails: false,
            api_enabled: true,
            user_per_minute: 0,
            push_lost: false,
            channel_ttl: 604_800,
            no_refresh_token: false,
        }
    }
}

/// Google's whole state.
#[derive(Default)]
pub struct Google {
    /// Apps by id.
    pub clients: BTreeMap<String, Client>,
    /// Users by address.
    pub users: BTreeMap<String, User>,
    /// Access tokens.
    pub access: HashMap<String, AccessToken>,
    /// Refresh tokens, oldest first.
    pub refresh: Vec<(String, RefreshToken)>,
    /// Unused codes.
    pub codes: HashMap<String, Code>,
    /// Open channels.
    pub channels: Vec<Channel>,
    /// Calendars with news for their channels.
    pub news: Vec<String>,
    /// Channels that have just been opened.
    pub opened: Vec<String>,
    /// Settings.
    pub settings: Settings,
    /// What `--seed` made.
    pub seed: Option<(Client, Vec<User>)>,
    /// Access tokens issued by refresh since the reset.
    pub refreshes: u64,
}

impl Google {
    /// Puts the seeded things in place.
    pub fn plant_seed(&mut self) {
        let Some((client, users)) = self.seed.clone() else {
            return;
        };
        self.clients.insert(client.client_id.clone(), client);
        for user in users {
            self.users.insert(user.email.clone(), user);
        }
    }
}
