//! A provider's JSON API as one connection sees it: bearer token, repetition, deadline. What answers mean is the
//! provider's part.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use crate::clock::{Clock, next_utc_day};
use crate::error::{Error, ErrorKind, Result, configuration, internal};
use crate::http::{HttpClient, Request, Response, TransportError};
use crate::oauth::Bearer;
use crate::pace::{Lane, Pace};
use crate::retry::{self, Effect, Policy};
use crate::secret::AccessToken;

/// Pause after "too many requests" for everybody who shares the budget.
const A_SECOND: Duration = Duration::from_secs(1);

/// How requests travel, and for how long one operation may take.
#[derive(Clone)]
pub struct Channel {
    /// The way to the provider.
    pub http: Arc<dyn HttpClient>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Longest time of one request.
    pub timeout: Duration,
    /// End of the whole operation.
    pub deadline: Instant,
    /// This process' share of what providers allow.
    pub pace: Arc<Pace>,
}

/// The budgets that one connection's requests count against.
#[derive(Debug, Clone, Default)]
pub struct Lanes {
    /// For every request but the dearer ones.
    pub light: Vec<Lane>,
    /// For requests that the provider counts dearer: creates and lists at Zoom.
    pub medium: Vec<Lane>,
    /// Name of the host's allowance of changes a day, where there is one.
    pub daily: Option<String>,
}

/// One connection's view of an API, for one operation.
pub struct Api {
    channel: Channel,
    base: Url,
    bearer: Bearer,
    lanes: Lanes,
    /// Whether an answer says that the access token itself is refused.
    is_token_refused: fn(&Response) -> bool,
    /// The error a lost or unsent request stands for.
    lost: fn(&TransportError, Effect) -> Error,
}

impl Api {
    /// The API at `base`.
    pub fn new(
        channel: Channel,
        base: Url,
        bearer: Bearer,
        lanes: Lanes,
        is_token_refused: fn(&Response) -> bool,
        lost: fn(&TransportError, Effect) -> Error,
    ) -> Self {
        Self {
            channel,
            base,
            bearer,
            lanes,
            is_token_refused,
            lost,
        }
    }

    /// Whether a token row was rewritten while this API was used.
    pub fn token_refreshed(&self) -> bool {
        self.bearer.refreshed()
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.channel.clock.now()
    }

    /// Time left for the operation.
    pub fn remaining(&self) -> Duration {
        self.channel.deadline.saturating_duration_since(Instant::now())
    }

    /// Sends a request with a usable token. A refused token is replaced and the request repeated once: the refusal
    /// says that nothing happened.
    pub async fn call(&self, call: Call<'_>) -> Result<Response> {
        self.within_the_day(&call)?;
        let mut access = self.bearer.access(None, self.channel.deadline).await?;
        let response = self.send(&call, &access).await?;
        if !(self.is_token_refused)(&response) {
            return Ok(response);
        }
        access = self.bearer.access(Some(&access), self.channel.deadline).await?;
        self.send(&call, &access).await
    }

    async fn send(&self, call: &Call<'_>, access: &AccessToken) -> Result<Response> {
        let mut url = join(&self.base, call.path)?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let request = Request {
            method: call.method.clone(),
            url,
            headers: headers(access, call.body.is_some())?,
            body: call.body.clone(),
            timeout: self.channel.timeout,
        };
        let policy = Policy::interactive(self.channel.deadline);
        let lanes = if call.medium {
            &self.lanes.medium
        } else {
            &self.lanes.light
        };
        for lane in lanes {
            self.channel.pace.admit(lane, self.channel.deadline).await?;
        }
        let response = retry::send(&*self.channel.http, &policy, request, call.effect)
            .await
            .map_err(|failure| (self.lost)(&failure.error, call.effect))?;
        if response.status == StatusCode::TOO_MANY_REQUESTS {
            for lane in lanes {
                self.channel.pace.hold(lane, A_SECOND);
            }
        }
        Ok(response)
    }

    /// Asking again today would only bring the same refusal.
    fn within_the_day(&self, call: &Call<'_>) -> Result<()> {
        let now = self.now().as_second();
        match &self.lanes.daily {
            Some(day) if call.counted && self.channel.pace.is_closed(day, now) => Err(Error::new(
                ErrorKind::DailyLimit,
                "the doctor's allowance of meeting changes is used up for today; it resets at 00:00 UTC",
            )),
            _ => Ok(()),
        }
    }

    /// The provider said that the host's day is over.
    pub fn close_day(&self) {
        if let Some(day) = &self.lanes.daily {
            self.channel.pace.close(day, next_utc_day(self.now()));
        }
    }
}

fn headers(access: &AccessToken, with_body: bool) -> Result<HeaderMap> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", access.expose())).map_err(|_| {
        Error::new(
            ErrorKind::Reauthorize,
            "the access token is malformed; connect again",
        )
    })?;
    bearer.set_sensitive(true);
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(header::ACCEPT, json.clone());
    if with_body {
        headers.insert(header::CONTENT_TYPE, json);
    }
    Ok(headers)
}

/// An address under `base`; segments are encoded.
pub fn join(base: &Url, segments: &[&str]) -> Result<Url> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| configuration("the provider's URL has no path"))?
        .extend(segments);
    Ok(url)
}

/// A provider's address from wp-config, named for the complaint.
pub fn parse_url(name: &str, text: &str) -> Result<Url> {
    match Url::parse(text.trim_end_matches('/')) {
        Ok(url) if !url.cannot_be_a_base() && url.query().is_none() => Ok(url),
        _ => Err(configuration(format!(
            "{name} is not a URL; correct it in wp-config.php"
        ))),
    }
}

/// One API request, before it has a token.
pub struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    body: Option<Vec<u8>>,
    effect: Effect,
    /// Counts against the dearer budget.
    medium: bool,
    /// Counts against the host's day.
    counted: bool,
}

impl<'a> Call<'a> {
    /// A request without a body whose repetition changes nothing.
    pub fn plain(method: Method, path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            method,
            path,
            query,
            body: None,
            effect: Effect::Safe,
            medium: false,
            counted: false,
        }
    }

    /// A read.
    pub fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        Self::plain(Method::GET, path, query)
    }

    /// A write.
    pub fn json(
        method: Method,
        path: &'a [&'a str],
        query: &'a [(&'a str, &'a str)],
        body: &impl serde::Serialize,
        effect: Effect,
    ) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(|_| internal("the request cannot be written as JSON"))?;
        Ok(Self {
            method,
            path,
            query,
            body: Some(body),
            effect,
            medium: false,
            counted: false,
        })
    }

    /// The same against the dearer budget.
    #[must_use]
    pub fn medium(self) -> Self {
        Self { medium: true, ..self }
    }

    /// The same against the host's allowance of changes a day.
    #[must_use]
    pub fn counted(self) -> Self {
        Self {
            counted: true,
            ..self
        }
    }
}
