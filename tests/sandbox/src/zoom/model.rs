//! Zoom's things: clients, accounts, users, tokens, meetings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::limits::Limits;
use super::passcode::Rules;
use crate::state::Secrets;

/// A registered app.
#[derive(Clone, Debug)]
pub struct Client {
    /// Public id.
    pub client_id: String,
    /// Secret.
    pub client_secret: String,
    /// Exact allow list; empty allows any, for suites whose port is not known beforehand.
    pub redirect_uris: Vec<String>,
    /// Scopes the app asks for.
    pub scopes: Vec<String>,
}

/// A host.
#[derive(Clone, Debug)]
pub struct User {
    /// Zoom's user id.
    pub id: String,
    /// Sign-in address, unique.
    pub email: String,
    /// Account the user belongs to.
    pub account_id: String,
    /// What this user consents to; `None` is all the client asks for.
    pub scopes: Option<Vec<String>>,
    /// Zone of local start times without their own.
    pub timezone: String,
    /// 1 basic, 2 licensed.
    pub kind: u8,
    /// Shown name.
    pub display_name: String,
    /// Passcode policy.
    pub rules: Rules,
}

impl User {
    /// A licensed user in UTC.
    pub fn new(id: &str, email: &str, account: &str) -> Self {
        Self {
            id: id.into(),
            email: email.into(),
            account_id: account.into(),
            scopes: None,
            timezone: "UTC".into(),
            kind: 2,
            display_name: email.split('@').next().unwrap_or_default().into(),
            rules: Rules::default(),
        }
    }
}

/// A live or expired access token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// App it was issued to.
    pub client_id: String,
    /// Account it acts in.
    pub account_id: String,
    /// The user; `None` for server-to-server tokens.
    pub user_id: Option<String>,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Unix seconds.
    pub expires_at: i64,
}

/// A refresh token; removed when it is used.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// App it was issued to.
    pub client_id: String,
    /// Consenting user.
    pub user_id: String,
    /// Granted scopes.
    pub scopes: Vec<String>,
}

/// An authorisation code; removed when it is used.
#[derive(Clone, Debug)]
pub struct Code {
    /// App it was issued to.
    pub client_id: String,
    /// Consenting user.
    pub user_id: String,
    /// Must be repeated in the exchange.
    pub redirect_uri: String,
    /// PKCE challenge and method.
    pub challenge: Option<(String, String)>,
    /// Unix seconds.
    pub expires_at: i64,
}

/// A meeting, deleted ones included.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// Eleven digits.
    pub id: u64,
    /// Instance id.
    pub uuid: String,
    /// Host's user id.
    pub host_id: String,
    /// Host's address.
    pub host_email: String,
    /// Account of the host.
    pub account_id: String,
    /// Topic.
    pub topic: String,
    /// 1, 2, 3, 8 or 10.
    pub kind: i64,
    /// `waiting` or `started`.
    pub status: &'static str,
    /// Start; meetings without one are unscheduled.
    pub start: Option<Timestamp>,
    /// Minutes.
    pub duration: i64,
    /// Zone name.
    pub timezone: String,
    /// Agenda, uncut.
    pub agenda: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Passcode.
    pub password: String,
    /// What the join link carries instead of the passcode.
    pub encrypted_password: String,
    /// Effective settings.
    pub settings: Value,
    /// Tracking fields as sent.
    pub tracking_fields: Value,
    /// Deleted meetings stay for the admin view and for `recover`.
    pub deleted: bool,
}

/// What the authorisation server can be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Lifetime of issued access tokens, seconds; may be negative.
    pub expires_in: i64,
    /// `api_url` of token replies.
    pub api_url: String,
    /// Lifetime of authorisation codes, seconds.
    pub code_lifetime: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expires_in: 3600,
            api_url: "https://api.zoom.us".into(),
            code_lifetime: 300,
        }
    }
}

/// Zoom's whole state.
#[derive(Default)]
pub struct Zoom {
    /// Apps by id.
    pub clients: BTreeMap<String, Client>,
    /// Accounts and the server-to-server apps they allow.
    pub accounts: BTreeMap<String, BTreeSet<String>>,
    /// Users by id.
    pub users: BTreeMap<String, User>,
    /// Access tokens.
    pub access: HashMap<String, AccessToken>,
    /// Unused refresh tokens.
    pub refresh: HashMap<String, RefreshToken>,
    /// Unused authorisation codes.
    pub codes: HashMap<String, Code>,
    /// Meetings by id.
    pub meetings: BTreeMap<u64, Meeting>,
    /// Rate limits and their counters.
    pub limits: Limits,
    /// Lifetimes and the like.
    pub settings: Settings,
    /// What `--seed` made, to make it again after a reset.
    pub seed: Option<(Client, User)>,
    /// Access tokens ever issued since the reset.
    pub issued_access: u64,
    /// Refresh tokens ever issued since the reset.
    pub issued_refresh: u64,
}

impl Zoom {
    /// User by id or e-mail.
    pub fn user(&self, key: &str) -> Option<&User> {
        self.users
            .get(key)
            .or_else(|| self.users.values().find(|u| u.email.eq_ignore_ascii_case(key)))
    }

    /// Puts the seeded things in place.
    pub fn plant_seed(&mut self) {
        if let Some((client, user)) = self.seed.clone() {
            self.accounts
                .entry(user.account_id.clone())
                .or_default()
                .insert(client.client_id.clone());
            self.clients.insert(client.client_id.clone(), client);
            self.users.insert(user.id.clone(), user);
        }
    }

    /// Takes over the seed of the state before a reset; the ready file stays true.
    pub fn restart(&mut self, before: &Self, secrets: &mut Secrets) {
        self.seed.clone_from(&before.seed);
        if let Some((client, _)) = &self.seed {
            secrets.note("client_secret", &client.client_secret);
        }
        self.plant_seed();
    }
}
