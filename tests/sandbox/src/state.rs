//! Everything the sandbox remembers, behind one lock.
//!
//! One lock, because the provider's own guarantees (a refresh token works once) must hold under parallel requests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::google::discovery::Discovery;
use crate::google::model::Google;
use crate::openapi::Spec;
use crate::zoom::model::Zoom;

/// Older log lines are dropped, so that a long load test does not grow without bound.
const LOG_LIMIT: usize = 20_000;

/// One request as the log shows it; query and body are left out because they can carry secrets.
#[derive(Clone, Debug, Serialize)]
pub struct LogEntry {
    /// Position since the start, never reused.
    pub seq: u64,
    /// Milliseconds since the epoch, at arrival.
    pub ts_ms: i64,
    /// The same, readable.
    pub ts: String,
    /// Connection the request came in on.
    pub connection: u64,
    /// `http` or `tls`.
    pub listener: &'static str,
    /// HTTP version.
    pub version: String,
    /// Method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Status sent; `null` when no answer left (hang, reset) or the request is still running.
    pub status: Option<u16>,
    /// Fault that hit it.
    pub fault: Option<String>,
}

/// Issued secrets by class, for leak searches; never forgotten, not even by a reset.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub struct Secrets(pub BTreeMap<String, Vec<String>>);

impl Secrets {
    /// Remembers a secret.
    pub fn note(&mut self, class: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let list = self.0.entry(class.to_owned()).or_default();
        if !list.iter().rev().take(1000).any(|v| v == value) {
            list.push(value.to_owned());
        }
    }

    /// Invents a secret of `bytes` random bytes and remembers it.
    pub fn issue(&mut self, class: &str, prefix: &str, bytes: usize) -> String {
        let value = format!("{prefix}{}", random_text(bytes));
        self.note(class, &value);
        value
    }
}

/// URL-safe random text.
pub fn random_text(bytes: usize) -> String {
    let raw: Vec<u8> = (0..bytes).map(|_| rand::random::<u8>()).collect();
    URL_SAFE_NO_PAD.encode(raw)
}

/// What the sandbox knows and counts.
#[derive(Default)]
pub struct World {
    /// Issued secrets.
    pub secrets: Secrets,
    /// Scripted faults.
    pub faults: Faults,
    /// Requests that broke the published description.
    pub violations: Vec<Value>,
    /// Accepted provider connections.
    pub connections: u64,
    /// Requests by method and route.
    pub by_route: BTreeMap<String, u64>,
    /// Answers by status.
    pub by_status: BTreeMap<u16, u64>,
    /// All requests.
    pub total: u64,
    /// Zoom's side.
    pub zoom: Zoom,
    /// Google's side.
    pub google: Google,
    next_connection: u64,
    next_seq: u64,
    log: VecDeque<LogEntry>,
}

impl World {
    /// A new provider connection; its id.
    pub fn connected(&mut self) -> u64 {
        self.connections += 1;
        self.next_connection += 1;
        self.next_connection
    }

    /// Logs a request at arrival; its log position.
    pub fn arrived(&mut self, mut entry: LogEntry) -> u64 {
        self.total += 1;
        self.next_seq += 1;
        entry.seq = self.next_seq;
        if self.log.len() == LOG_LIMIT {
            self.log.pop_front();
        }
        self.log.push_back(entry);
        self.next_seq
    }

    /// Completes a log line.
    pub fn finished(&mut self, seq: u64, status: Option<u16>, fault: Option<String>) {
        if let Some(code) = status {
            *self.by_status.entry(code).or_default() += 1;
        }
        let first = self.log.front().map_or(0, |e| e.seq);
        let index = usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX);
        if seq >= first
            && let Some(entry) = self.log.get_mut(index)
        {
            entry.status = status;
            entry.fault = fault.or(entry.fault.take());
        }
    }

    /// Counts a request under its route template.
    pub fn count(&mut self, route: impl Into<String>) {
        *self.by_route.entry(route.into()).or_default() += 1;
    }

    /// Back to how it was after the start. Issued secrets stay listed, and ids are not reused.
    pub fn reset(&mut self) {
        let mut fresh = Self {
            secrets: std::mem::take(&mut self.secrets),
            next_connection: self.next_connection,
            next_seq: self.next_seq,
            ..Self::default()
        };
        fresh.zoom.restart(&self.zoom, &mut fresh.secrets);
        fresh.google.seed = self.google.seed.take();
        fresh.google.plant_seed();
        *self = fresh;
    }

    /// The admin view; `log` limits the request log to its newest lines.
    pub fn view(&self, log: usize) -> Value {
        let skip = self.log.len().saturating_sub(log);
        json!({
            "connections": self.connections,
            "counters": { "requests": self.total, "by_route": self.by_route, "by_status": self.by_status },
            "violations": self.violations,
            "faults": self.faults.0,
            "requests": self.log.iter().skip(skip).collect::<Vec<_>>(),
            "zoom": self.zoom.view(),
            "meetings": self.zoom.meetings_view(),
            "users": self.zoom.users_view(),
            "tokens": self.zoom.token_counts(),
            "google": self.google.view(),
        })
    }
}

/// The world, its lock and what never changes.
pub struct App {
    world: Mutex<World>,
    /// Published description, when one was given.
    pub spec: Option<Spec>,
    /// Google's discovery document, when one was given.
    pub discovery: Option<Discovery>,
}

impl App {
    /// Wraps a prepared world.
    pub fn new(world: World, spec: Option<Spec>, discovery: Option<Discovery>) -> Self {
        Self {
            world: Mutex::new(world),
            spec,
            discovery,
        }
    }

    /// Takes the lock; a panic in one request must not end the sandbox for the rest of a suite.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
