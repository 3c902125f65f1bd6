//! Google Meet: where Google is, how a doctor's connection authenticates, and the Calendar calls that make meetings
//! (Calendar API v3; a Meet link is made by an event's conference).

pub mod auth;
mod calendar;
mod error;
pub mod event;
mod events;
mod provider;
pub mod scopes;

use url::Url;

pub use auth::Endpoints;
pub use calendar::{Channel as PushChannel, NewChannel, Next, Page, PrimaryCalendar};
pub use error::NO_MEET;
pub use event::{Event, SendUpdates};
pub use provider::marker;

use crate::api::{Api, Channel, Lanes};
use crate::error::Result;
use crate::http::Response;
use crate::oauth::Bearer;
use crate::pace::{Lane, Rate};
use crate::retry::Effect;

/// Longest event id and lists of ids we keep in mind; the doctor's own calendar is always meant.
const CALENDAR: &str = "primary";

/// What a clinic decides about its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventOptions {
    /// Whom Google mails about changes. Default nobody: KiviCare mails the patient.
    pub send_updates: SendUpdates,
    /// Minutes before the start at which Google reminds the doctor; none for the calendar's own reminders.
    pub reminder_minutes: Option<u32>,
}

/// Google's quotas (Calendar API, usage limits): 600 requests a minute for each user, 10,000 for the project, both
/// over a sliding minute.
fn lanes(doctor_id: u64) -> Lanes {
    let lane = |key: String, per_second, burst| Lane {
        key,
        rate: Rate { per_second, burst },
    };
    Lanes {
        light: vec![
            lane(format!("google:{doctor_id}"), 8.0, 100.0),
            lane("google:project".to_owned(), 130.0, 2000.0),
        ],
        ..Lanes::default()
    }
}

/// One doctor's calendar, for one logical operation with its own deadline.
pub struct MeetClient {
    api: Api,
    options: EventOptions,
}

impl MeetClient {
    /// A client for one operation.
    pub fn new(channel: Channel, api: &Url, doctor_id: u64, bearer: Bearer, options: EventOptions) -> Self {
        let channel = Channel {
            http: error::RateLimits::around(channel.http),
            ..channel
        };
        Self {
            api: Api::new(
                channel,
                api.clone(),
                bearer,
                lanes(doctor_id),
                error::is_token_refused,
                error::from_transport,
            ),
            options,
        }
    }

    /// The reply's body when the status is a success, else the error it stands for.
    fn success(&self, response: Response, effect: Effect) -> Result<Vec<u8>> {
        if response.status.is_success() {
            return Ok(response.body);
        }
        Err(error::from_response(&response, effect, self.api.now()))
    }
}
