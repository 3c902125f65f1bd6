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
pub use calendar::{Channel as PushChannel, Listing, NewChannel, PrimaryCalendar};
pub use error::NO_MEET;
pub use event::{Event, SendUpdates};
pub use provider::marker;

use crate::api::{Api, Channel};
use crate::error::Result;
use crate::http::Response;
use crate::oauth::Bearer;
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

/// One doctor's calendar, for one logical operation with its own deadline.
pub struct MeetClient {
    api: Api,
    options: EventOptions,
}

impl MeetClient {
    /// A client for one operation.
    pub fn new(channel: Channel, api: &Url, bearer: Bearer, options: EventOptions) -> Self {
        let channel = Channel {
            http: error::RateLimits::around(channel.http),
            ..channel
        };
        Self {
            api: Api::new(
                channel,
                api.clone(),
                bearer,
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
