//! Zoom: where its API is, how a connection authenticates, and the calls we make (Meetings API v2).

pub mod auth;
mod error;
pub mod meetings;
mod model;
pub mod scopes;
pub mod webhook;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, header};
use tokio::time::Instant;
use url::Url;

pub use auth::{Connection, ZoomAuth};
pub use meetings::{Meeting, MeetingChange, User};

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result, configuration, internal};
use crate::http::{HttpClient, Request, Response};
use crate::retry::{self, Effect, Policy};
use crate::secret::AccessToken;

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
        let parse = |name: &str, text: &str| match Url::parse(text.trim_end_matches('/')) {
            Ok(url) if !url.cannot_be_a_base() && url.query().is_none() => Ok(url),
            _ => Err(configuration(format!(
                "{name} is not a URL; correct it in wp-config.php"
            ))),
        };
        Ok(Self {
            api: parse("KIVICARE_TELEMED_ZOOM_API_URL", api)?,
            oauth: parse("KIVICARE_TELEMED_ZOOM_OAUTH_URL", oauth)?,
        })
    }

    fn join(base: &Url, segments: &[&str]) -> Result<Url> {
        let mut url = base.clone();
        url.path_segments_mut()
            .map_err(|()| configuration("the provider's URL has no path"))?
            .extend(segments);
        Ok(url)
    }
}

/// One connection's view of the API, for one logical operation with its own deadline.
pub struct ZoomClient {
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    endpoints: Endpoints,
    auth: ZoomAuth,
    timeout: Duration,
    deadline: Instant,
}

impl ZoomClient {
    /// A client whose requests together must end before `deadline`; one request may take `timeout`.
    pub fn new(
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        endpoints: Endpoints,
        auth: ZoomAuth,
        timeout: Duration,
        deadline: Instant,
    ) -> Self {
        Self {
            http,
            clock,
            endpoints,
            auth,
            timeout,
            deadline,
        }
    }

    /// Whether a token row was rewritten while this client worked.
    pub fn token_refreshed(&self) -> bool {
        self.auth.refreshed()
    }

    /// Sends a request with a usable token. A refused token is replaced and the request repeated once: the refusal
    /// says that nothing happened.
    async fn call(&self, call: Call<'_>) -> Result<Response> {
        let mut access = self.auth.access(None, self.deadline).await?;
        let response = self.send(&call, &access).await?;
        if !error::is_token_refused(&response) {
            return Ok(response);
        }
        access = self.auth.access(Some(&access), self.deadline).await?;
        self.send(&call, &access).await
    }

    async fn send(&self, call: &Call<'_>, access: &AccessToken) -> Result<Response> {
        let mut url = Endpoints::join(&self.endpoints.api, call.path)?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", access.expose())).map_err(|_| {
            Error::new(
                ErrorKind::Reauthorize,
                "the access token is malformed; connect again",
            )
        })?;
        bearer.set_sensitive(true);
        let mut headers = http::HeaderMap::new();
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if call.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let request = Request {
            method: call.method.clone(),
            url,
            headers,
            body: call.body.clone(),
            timeout: self.timeout,
        };
        retry::send(
            &*self.http,
            &Policy::interactive(self.deadline),
            request,
            call.effect,
        )
        .await
        .map_err(|failure| error::from_transport(&failure.error, call.effect))
    }

    /// The reply's body when the status is a success, else the error it stands for.
    fn success(&self, response: Response, effect: Effect) -> Result<Vec<u8>> {
        if response.status.is_success() {
            return Ok(response.body);
        }
        Err(error::from_response(&response, effect, self.clock.now()))
    }
}

/// One API request, before it has a token.
struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    body: Option<Vec<u8>>,
    effect: Effect,
}

impl<'a> Call<'a> {
    fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            method: Method::GET,
            path,
            query,
            body: None,
            effect: Effect::Safe,
        }
    }

    fn json(
        method: Method,
        path: &'a [&'a str],
        body: &impl serde::Serialize,
        effect: Effect,
    ) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|_| internal("the request cannot be written as JSON"))?;
        Ok(Self {
            method,
            path,
            query: &[],
            body: Some(body),
            effect,
        })
    }
}
