//! Zoom: where its API is, how a connection authenticates, and the calls we make (Meetings API v2).

pub mod auth;
mod error;
pub mod meetings;
mod model;
pub mod plan;
mod provider;
pub mod scopes;
pub mod webhook;

use url::Url;

pub use auth::{Connection, ZoomAuth};
pub use meetings::{Meeting, MeetingChange, User};
pub use plan::Plan;

use crate::api::{Api, Channel, parse_url};
use crate::error::{ErrorKind, Result};
use crate::http::Response;
use crate::retry::Effect;

/// Where Zoom is. Only wp-config constants can change it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoints {
    /// `https://api.zoom.us/v2`
    pub api: Url,
    /// `https://zoom.us/oauth`
    pub oauth: Url,
}

impl Endpoints {
    /// The addresses of Zoom itself.
    pub fn zoom() -> Result<Self> {
        Self::parse("https://api.zoom.us/v2", "https://zoom.us/oauth")
    }

    /// Addresses given as text, without query.
    pub fn parse(api: &str, oauth: &str) -> Result<Self> {
        Ok(Self {
            api: parse_url("KIVICARE_TELEMED_ZOOM_API_URL", api)?,
            oauth: parse_url("KIVICARE_TELEMED_ZOOM_OAUTH_URL", oauth)?,
        })
    }
}

/// One connection's view of the API, for one logical operation with its own deadline.
pub struct ZoomClient {
    api: Api,
    /// The `{userId}` of API paths.
    user_id: String,
}

impl ZoomClient {
    /// A client for one operation.
    pub fn new(channel: Channel, endpoints: &Endpoints, plan: Plan, auth: ZoomAuth) -> Self {
        Self {
            user_id: auth.connection.user_id().to_owned(),
            api: Api::new(
                channel,
                endpoints.api.clone(),
                auth.bearer,
                plan.lanes(&auth.connection),
                error::is_token_refused,
                error::from_transport,
            ),
        }
    }

    /// The reply's body when the status is a success, else the error it stands for.
    fn success(&self, response: Response, effect: Effect) -> Result<Vec<u8>> {
        if response.status.is_success() {
            return Ok(response.body);
        }
        let error = error::from_response(&response, effect, self.api.now());
        if error.kind() == ErrorKind::DailyLimit {
            self.api.close_day();
        }
        Err(error)
    }
}
