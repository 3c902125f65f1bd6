//! Shared by the core's tests: a provider made of closures, and a site with an in-memory store.

#![allow(dead_code, reason = "every test file uses its own part")]

#[cfg(not(fuzzing))]
pub mod sandbox;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use kivicare_telemed::clock::ManualClock;
use kivicare_telemed::http::{HttpClient, Request, Response, TransportError, TransportErrorKind};
use kivicare_telemed::meeting::Visit;
use kivicare_telemed::secret::ClientSecret;
use kivicare_telemed::service::{Budget, GoogleSettings, Host, Telemed, ZoomSettings};
use kivicare_telemed::store::{MemoryStore, Provider};
use kivicare_telemed::vault::{KeyMaterial, Vault};
use kivicare_telemed::zoom::Endpoints;

/// A request as the provider saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub url: String,
    pub authorization: String,
    pub body: String,
}

type Answer = Result<Response, TransportError>;

/// Plays answers in order and keeps what it was asked. An unexpected request fails the test by name.
#[derive(Clone, Default)]
pub struct FakeHttp {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl FakeHttp {
    pub fn answer(&self, status: u16, body: &str) -> &Self {
        self.answer_with(status, body, &[])
    }

    pub fn answer_with(&self, status: u16, body: &str, extra: &[(&'static str, &str)]) -> &Self {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        for (name, value) in extra {
            headers.insert(*name, value.parse().unwrap());
        }
        let status = http::StatusCode::from_u16(status).unwrap();
        self.answers.lock().unwrap().push_back(Ok(Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        }));
        self
    }

    /// The connection breaks; `sent` says whether the request may have arrived.
    pub fn breaks(&self, sent: bool) -> &Self {
        let kind = if sent {
            TransportErrorKind::Reset
        } else {
            TransportErrorKind::Connect
        };
        self.answers.lock().unwrap().push_back(Err(TransportError {
            kind,
            sent,
            message: "test".into(),
        }));
        self
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// `POST /path` of every request so far.
    pub fn lines(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.url))
            .collect()
    }
}

impl HttpClient for FakeHttp {
    fn execute(&self, request: Request) -> BoxFuture<'_, Answer> {
        let url = request
            .url
            .as_str()
            .replace("https://zoom.example.test", "")
            .replace("https://google.example.test", "");
        let header = |name| {
            request
                .headers
                .get(name)
                .map(|v: &http::HeaderValue| v.to_str().unwrap().to_owned())
        };
        let line = format!("{} {url}", request.method);
        self.seen.lock().unwrap().push(Seen {
            method: request.method.to_string(),
            url,
            authorization: header("authorization").unwrap_or_default(),
            body: String::from_utf8(request.body.clone().unwrap_or_default()).unwrap(),
        });
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.unwrap_or_else(|| panic!("no answer prepared for {line}")) })
    }
}

/// 2030-01-01T00:00:00Z
pub const NOW: i64 = 1_893_456_000;

pub struct Site {
    pub telemed: Telemed,
    pub http: FakeHttp,
    pub store: Arc<MemoryStore>,
    pub vault: Arc<Vault>,
    pub clock: Arc<ManualClock>,
}

pub fn site() -> Site {
    let (http, store) = (FakeHttp::default(), Arc::new(MemoryStore::new()));
    let keys = KeyMaterial {
        primary: Some(data_encoding::BASE64.encode(&[7; 32]).into()),
        retired: Vec::new(),
        salts: None,
    };
    let vault = Arc::new(Vault::new(keys, "site").unwrap());
    let clock = Arc::new(ManualClock::new(jiff::Timestamp::from_second(NOW).unwrap()));
    let telemed = Telemed {
        store: store.clone(),
        vault: vault.clone(),
        http: Arc::new(http.clone()),
        clock: clock.clone(),
        zoom: ZoomSettings {
            endpoints: Endpoints::parse("https://zoom.example.test/v2", "https://zoom.example.test/oauth")
                .unwrap(),
            account_id: "made-up-account".into(),
            plan: kivicare_telemed::zoom::Plan::Business,
            client_id: "made-up-client".into(),
            client_secret: Some(ClientSecret::new("made-up-client-secret")),
            webhook_secret: Some(kivicare_telemed::secret::WebhookSecret::new(
                "made-up-webhook-secret",
            )),
        },
        site: "site".into(),
        google: google_settings("https://google.example.test"),
        budget: Budget {
            request: Duration::from_secs(5),
            total: Duration::from_secs(10),
        },
        tokens: Arc::default(),
        pace: Arc::default(),
    };
    Site {
        telemed,
        http,
        store,
        vault,
        clock,
    }
}

/// A Google app at this address.
pub fn google_settings(base: &str) -> GoogleSettings {
    let at = |path: &str| format!("{base}{path}");
    GoogleSettings {
        endpoints: kivicare_telemed::meet::Endpoints::parse(
            &at("/o/oauth2/v2/auth"),
            &at("/token"),
            &at("/revoke"),
            &at("/calendar/v3"),
        )
        .unwrap(),
        client_id: "made-up-google-client".into(),
        client_secret: Some(ClientSecret::new("made-up-google-secret")),
        events: kivicare_telemed::meet::EventOptions::default(),
        push_url: None,
    }
}

pub fn visit() -> Visit {
    Visit {
        appointment_id: 41,
        doctor_id: 7,
        start: "2030-02-01 10:00:00".into(),
        timezone: "Asia/Kolkata".into(),
        fallback_timezone: "+05:30".into(),
        duration_minutes: 30,
        topic: "Video consultation".into(),
        start_url: "https://clinic.example.test/start/41".into(),
        ..Visit::default()
    }
}

/// The clinic's server-to-server app hosts for this doctor.
pub fn clinic() -> Host {
    Host {
        provider: Provider::Zoom,
        doctor_id: 7,
        own_tokens: false,
        zoom_user: "doctor@example.test".into(),
        app: None,
    }
}

/// The doctor's own connection.
pub fn doctor() -> Host {
    Host {
        provider: Provider::Zoom,
        doctor_id: 7,
        own_tokens: true,
        zoom_user: String::new(),
        app: None,
    }
}

/// The doctor's own Google connection.
pub fn google_doctor() -> Host {
    Host {
        provider: Provider::GoogleMeet,
        ..doctor()
    }
}

pub const TOKEN: &str =
    r#"{"access_token":"tok-a","token_type":"bearer","expires_in":3600,"scope":"meeting:write:meeting"}"#;

pub fn meeting(waiting_room: bool) -> String {
    format!(
        r#"{{"id":85012345678,"uuid":"u==","host_id":"h","join_url":"https://zoom.example.test/j/85012345678?pwd=x",
        "start_url":"https://zoom.example.test/s/85012345678?zak=z","password":"made-up-1","agenda":"",
        "start_time":"2030-02-01T04:30:00Z","duration":30,
        "settings":{{"waiting_room":{waiting_room},"join_before_host":false}}}}"#
    )
}
