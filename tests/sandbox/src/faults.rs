//! Scripted failures.
//!
//! The difference that matters is `when`: a fault *before* means the provider did nothing, one *after* means it did
//! everything and the answer was lost. A client that cannot tell them apart creates two meetings.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::message::Reply;

/// Which requests a fault hits; an absent field matches all.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// HTTP method, any case.
    #[serde(default)]
    pub method: Option<String>,
    /// Part of the path.
    #[serde(default)]
    pub path_contains: Option<String>,
}

/// What happens instead of, or after, the normal answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Action {
    /// A fixed answer.
    Status {
        /// HTTP status.
        code: u16,
        /// JSON, or a string sent verbatim.
        #[serde(default)]
        body: Option<Value>,
        /// Extra headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// A late answer.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// No answer, connection open.
    Hang,
    /// TCP reset.
    Reset,
    /// Complete HTTP answer whose JSON is cut.
    Truncate,
}

/// Before or after the effect.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Nothing happened at the provider.
    #[default]
    Before,
    /// It happened; the answer is what breaks.
    After,
}

/// One scripted fault.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// What happens.
    pub action: Action,
    /// How often; `null` for ever.
    #[serde(default)]
    pub times: Option<u32>,
    /// Before or after the effect.
    #[serde(default)]
    pub when: When,
    /// Share of the matching requests that are hit; all by default.
    #[serde(default)]
    pub chance: Option<f64>,
    /// How often it has happened.
    #[serde(default, skip_deserializing)]
    pub hits: u32,
}

/// All scripted faults, in the order they were added.
#[derive(Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The first fault that matches and is not used up; counts the hit.
    pub fn take(&mut self, method: &str, path: &str) -> Option<(Action, When)> {
        let fault = self.0.iter_mut().find(|f| {
            f.times.is_none_or(|t| f.hits < t)
                && f.chance.is_none_or(|chance| rand::random::<f64>() < chance)
                && f.matches
                    .method
                    .as_ref()
                    .is_none_or(|m| m.eq_ignore_ascii_case(method))
                && f.matches
                    .path_contains
                    .as_ref()
                    .is_none_or(|p| path.contains(p.as_str()))
        })?;
        fault.hits += 1;
        Some((fault.action.clone(), fault.when))
    }
}

/// The answer of a `status` fault.
pub fn fixed(code: u16, body: Option<&Value>, headers: &BTreeMap<String, String>) -> Reply {
    let mut reply = match body {
        None => Reply::empty(code),
        Some(Value::String(text)) => Reply::html(code, text.clone()),
        Some(json) => Reply::json(code, json),
    };
    for (name, value) in headers {
        reply.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        reply = reply.with(name, value.clone());
    }
    reply
}
