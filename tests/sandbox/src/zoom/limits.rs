//! Rate limits: per second and account by label, per UTC day and host for writes.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::message::Reply;
use crate::state::World;

/// Rate limit label of an operation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Label {
    /// Cheap reads and changes.
    Light,
    /// Lists and creates.
    Medium,
    /// Reports; nothing here uses it yet.
    Heavy,
}

/// How a 429 tells when to come back. The provider's page promises nothing, so every form is scriptable.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RetryAfter {
    /// No header.
    #[default]
    None,
    /// ISO-8601 date-time, as seen in the field.
    Iso,
    /// Seconds, as RFC 9110 wants.
    Seconds,
}

/// Limits and what has been used of them; a limit of `None` is lifted.
pub struct Limits {
    per_second: [Option<u32>; 3],
    daily_per_host: Option<u32>,
    daily_per_meeting: Option<u32>,
    retry_after: RetryAfter,
    second: HashMap<(String, Label), (i64, u32)>,
    day: HashMap<String, (i64, u32)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_second: [Some(80), Some(60), Some(40)],
            daily_per_host: Some(100),
            daily_per_meeting: Some(100),
            retry_after: RetryAfter::None,
            second: HashMap::new(),
            day: HashMap::new(),
        }
    }
}

impl Limits {
    /// Applies an admin change and forgets what was used.
    pub fn change(&mut self, change: &Value) -> Result<(), String> {
        let fields = change.as_object().ok_or("an object is needed")?;
        for (name, value) in fields {
            let number = || match value {
                Value::Null => Ok(None),
                other => other
                    .as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .map(Some)
                    .ok_or(format!("{name}: a number or null")),
            };
            match name.as_str() {
                "plan" => {
                    self.per_second = match value.as_str() {
                        Some("free") => [Some(4), Some(2), Some(1)],
                        Some("pro") => [Some(30), Some(20), Some(10)],
                        Some("business") => [Some(80), Some(60), Some(40)],
                        _ => return Err("plan: free, pro or business".into()),
                    }
                }
                "unlimited" => {
                    if value == true {
                        self.per_second = [None; 3];
                        self.daily_per_host = None;
                        self.daily_per_meeting = None;
                    }
                }
                "light" => self.per_second[0] = number()?,
                "medium" => self.per_second[1] = number()?,
                "heavy" => self.per_second[2] = number()?,
                "daily_per_host" => self.daily_per_host = number()?,
                "daily_per_meeting" => self.daily_per_meeting = number()?,
                "retry_after" => {
                    self.retry_after = match value.as_str() {
                        None | Some("none") => RetryAfter::None,
                        Some("iso") => RetryAfter::Iso,
                        Some("seconds") => RetryAfter::Seconds,
                        _ => return Err("retry_after: none, iso or seconds".into()),
                    }
                }
                other => return Err(format!("unknown limit {other}")),
            }
        }
        self.second.clear();
        self.day.clear();
        Ok(())
    }

    /// The admin view.
    pub fn view(&self) -> Value {
        let [light, medium, heavy] = self.per_second;
        json!({
            "light": light, "medium": medium, "heavy": heavy, "daily_per_host": self.daily_per_host,
            "daily_per_meeting": self.daily_per_meeting, "retry_after": format!("{:?}", self.retry_after).to_lowercase(),
        })
    }

    fn refusal(&self, message: &str, kind: &str, until: Timestamp) -> Reply {
        let reply = Reply::error(429, 429, message);
        let after = match self.retry_after {
            RetryAfter::None => return reply,
            RetryAfter::Iso => until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            RetryAfter::Seconds => (until.as_second() - Timestamp::now().as_second())
                .max(1)
                .to_string(),
        };
        reply
            .with("Retry-After", after)
            .with("X-RateLimit-Type", kind)
            .with("X-RateLimit-Remaining", "0")
    }
}

/// Counts against the account's per-second limit.
pub fn per_second(world: &mut World, account: &str, label: Label) -> Result<(), Reply> {
    let limits = &mut world.zoom.limits;
    let Some(limit) = limits.per_second[label as usize] else {
        return Ok(());
    };
    let now = Timestamp::now().as_second();
    let used = limits
        .second
        .entry((account.to_owned(), label))
        .or_insert((now, 0));
    if used.0 != now {
        *used = (now, 0);
    }
    if used.1 >= limit {
        let next = Timestamp::from_second(now + 1).unwrap_or_default();
        let text = "You have reached the maximum per-second rate limit for this API. Try again later.";
        return Err(limits.refusal(text, "QPS", next));
    }
    used.1 += 1;
    Ok(())
}

/// Counts a create or update against the host's day.
pub fn daily_host(world: &mut World, host: &str) -> Result<(), Reply> {
    let limit = world.zoom.limits.daily_per_host;
    let text = "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for \
                this particular user. You can resume these requests at GMT 00:00:00.";
    daily(world, &format!("host {host}"), limit, text)
}

/// Counts an update against the meeting's day.
pub fn daily_meeting(world: &mut World, meeting: u64) -> Result<(), Reply> {
    let limit = world.zoom.limits.daily_per_meeting;
    let text = "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for \
                this particular meeting. You can resume these requests at GMT 00:00:00.";
    daily(world, &format!("meeting {meeting}"), limit, text)
}

fn daily(world: &mut World, key: &str, limit: Option<u32>, text: &str) -> Result<(), Reply> {
    let limits = &mut world.zoom.limits;
    let Some(limit) = limit else { return Ok(()) };
    let today = Timestamp::now().as_second().div_euclid(86_400);
    let used = limits.day.entry(key.to_owned()).or_insert((today, 0));
    if used.0 != today {
        *used = (today, 0);
    }
    if used.1 >= limit {
        let midnight = Timestamp::from_second((today + 1) * 86_400).unwrap_or_default();
        let text = text.replace("(100)", &format!("({limit})"));
        return Err(limits.refusal(&text, "Daily-limit", midnight));
    }
    used.1 += 1;
    Ok(())
}
