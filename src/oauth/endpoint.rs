//! Requests to a provider's token endpoint (RFC 6749 §3.2) and the meaning of its answers.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use oauth2::basic::BasicTokenType;
use oauth2::{
    AuthType, ClientId, EmptyExtraTokenFields, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    RequestTokenError, StandardRevocableToken, StandardTokenIntrospectionResponse, StandardTokenResponse,
    TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::token::TokenSet;
use crate::error::{Error, ErrorKind, Result, configuration, internal};
use crate::http::{HttpClient, Request, Response, TransportError};
use crate::retry::{self, Effect, Failure, Policy};
use crate::secret::{AccessToken, AuthorizationCode, ClientSecret, CodeVerifier, RefreshToken};

/// Error body of a token endpoint (RFC 6749 §5.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Machine-readable code, such as `invalid_grant`.
    #[serde(default)]
    pub error: String,
    /// Google's refinement, such as `invalid_rapt`.
    #[serde(default)]
    pub error_subtype: String,
}

/// What differs between providers' token endpoints.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// Client id and secret go into the form (RFC 6749 §2.3.1, second way) instead of HTTP Basic.
    pub client_in_body: bool,
    /// What `invalid_grant` means, with the remedy.
    pub ended: &'static str,
}

impl std::fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl std::error::Error for ErrorBody {}

impl oauth2::ErrorResponse for ErrorBody {}

type Reply = StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>;
type Client = oauth2::Client<
    ErrorBody,
    Reply,
    StandardTokenIntrospectionResponse<EmptyExtraTokenFields, BasicTokenType>,
    StandardRevocableToken,
    ErrorBody,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A registered OAuth client at its token endpoint.
#[derive(Clone)]
pub struct OAuthClient {
    /// How requests travel.
    pub http: Arc<dyn HttpClient>,
    /// Token endpoint.
    pub token_url: Url,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: ClientSecret,
    /// Longest time one request may take.
    pub timeout: Duration,
    /// The provider's ways.
    pub dialect: Dialect,
}

impl OAuthClient {
    /// Exchanges a refresh token (RFC 6749 §6). Zoom answers with a new pair and forgets the old one, so an answer
    /// that was lost is never asked for a second time here.
    ///
    /// `now` in Unix seconds. Errors: [`ErrorKind::Reauthorize`] on exactly `invalid_grant`,
    /// [`ErrorKind::Configuration`] on a refused client, [`ErrorKind::Unavailable`] for everything passing.
    pub async fn refresh(&self, refresh: &RefreshToken, now: i64, deadline: Instant) -> Result<TokenSet> {
        let client = self.client()?;
        let relay = Relay {
            client: self,
            deadline,
        };
        let token = oauth2::RefreshToken::new(refresh.expose().to_owned());
        let reply = client
            .exchange_refresh_token(&token)
            .request_async(&relay)
            .await
            .map_err(|error| self.token_error(error))?;
        let renewed = reply
            .refresh_token()
            .map(|token| RefreshToken::new(token.secret().clone()));
        Ok(token_set(&reply, renewed.or_else(|| Some(refresh.clone())), now))
    }

    /// Exchanges an authorization code (RFC 6749 §4.1.3) with its PKCE verifier (RFC 7636 §4.5). Codes are single
    /// use: a lost answer is not asked for again. Errors as [`refresh`](Self::refresh).
    pub async fn exchange(
        &self,
        code: &AuthorizationCode,
        verifier: &CodeVerifier,
        redirect_uri: &str,
        now: i64,
        deadline: Instant,
    ) -> Result<TokenSet> {
        let redirect = oauth2::RedirectUrl::new(redirect_uri.to_owned())
            .map_err(|_| configuration("the redirect URL is not a URL"))?;
        let reply = self
            .client()?
            .exchange_code(oauth2::AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(oauth2::PkceCodeVerifier::new(verifier.expose().to_owned()))
            .set_redirect_uri(std::borrow::Cow::Owned(redirect))
            .request_async(&Relay {
                client: self,
                deadline,
            })
            .await
            .map_err(|error| self.token_error(error))?;
        let refresh = reply
            .refresh_token()
            .map(|token| RefreshToken::new(token.secret().clone()));
        Ok(token_set(&reply, refresh, now))
    }

    /// Ends a token at the provider (RFC 7009). A token the provider does not know counts as ended.
    pub async fn revoke(&self, url: &Url, token: &str, deadline: Instant) -> Result<bool> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .finish();
        // Where the client stands in the form, the token alone is enough to end it.
        let response = self
            .relay(self.form(url, form)?, deadline)
            .await
            .map_err(Error::from)?;
        if response.status().is_success() {
            return Ok(true);
        }
        match serde_json::from_slice::<ErrorBody>(response.body()) {
            Ok(body) if self.refused(&body).kind() == ErrorKind::ClientRefused => Err(self.refused(&body)),
            _ => Ok(false),
        }
    }

    fn client(&self) -> Result<Client> {
        let style = if self.dialect.client_in_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        Ok(oauth2::Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(style)
            .set_client_secret(oauth2::ClientSecret::new(self.client_secret.expose().to_owned()))
            .set_token_uri(
                TokenUrl::new(self.token_url.to_string())
                    .map_err(|_| configuration("the token URL is not a URL"))?,
            ))
    }

    /// A form request that authenticates the client.
    fn form(&self, url: &Url, form: String) -> Result<HttpRequest> {
        let mut request = http::Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        if !self.dialect.client_in_body {
            request = request.header(header::AUTHORIZATION, self.basic()?);
        }
        request
            .body(form.into_bytes())
            .map_err(|_| configuration("the token URL is not a URL"))
    }

    /// Zoom's server-to-server grant (`account_credentials`), which the oauth2 crate does not model.
    pub async fn account_credentials(
        &self,
        account_id: &str,
        now: i64,
        deadline: Instant,
    ) -> Result<TokenSet> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "account_credentials")
            .append_pair("account_id", account_id)
            .finish();
        let request = self.form(&self.token_url, form)?;
        let response = self.relay(request, deadline).await.map_err(Error::from)?;
        if response.status() != StatusCode::OK {
            let body = serde_json::from_slice::<ErrorBody>(response.body());
            return Err(body.map_or_else(|_| unreadable(), |body| self.refused(&body)));
        }
        let reply: Reply = serde_json::from_slice(response.body()).map_err(|_| unreadable())?;
        Ok(token_set(&reply, None, now))
    }

    /// RFC 6749 §5.2. Only the exact `invalid_grant` ends a connection; see the providers' OAuth error messages.
    fn refused(&self, body: &ErrorBody) -> Error {
        match body.error.as_str() {
            "invalid_grant" if body.error_subtype == "invalid_rapt" => Error::new(
                ErrorKind::Reauthorize,
                "the organisation demands a new sign-in (invalid_rapt); the doctor must connect again, and the \
                 Workspace administrator can trust the app under Google Cloud session control",
            ),
            "invalid_grant" => Error::new(ErrorKind::Reauthorize, self.dialect.ended),
            "invalid_client" | "unauthorized_client" | "deleted_client" => Error::new(
                ErrorKind::ClientRefused,
                "the provider refuses the client id or client secret; check both in the settings",
            ),
            "invalid_request" | "unsupported_grant_type" | "bad_request" | "redirect_uri_mismatch" => {
                Error::new(
                    ErrorKind::AccountRefused,
                    "the provider refuses the token request; check the account id, the redirect URL and that the app is \
                 activated",
                )
            }
            _ => Error::new(
                ErrorKind::Unavailable,
                "the provider refused the token request without a known reason",
            ),
        }
    }

    /// The oauth2 crate keeps raw reply bytes in its parse error: none of it may pass.
    fn token_error(&self, error: RequestTokenError<RelayError, ErrorBody>) -> Error {
        match error {
            RequestTokenError::ServerResponse(body) => self.refused(&body),
            RequestTokenError::Request(relay) => relay.into(),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => unreadable(),
        }
    }

    fn basic(&self) -> Result<HeaderValue> {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!(
            "{}:{}",
            encode(&self.client_id),
            encode(self.client_secret.expose())
        );
        let mut value = HeaderValue::from_str(&format!(
            "Basic {}",
            data_encoding::BASE64.encode(pair.as_bytes())
        ))
        .map_err(|_| internal("the client credentials cannot be sent"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Sends one token request; passing faults become errors here, so that only real answers are parsed.
    async fn relay(
        &self,
        request: HttpRequest,
        deadline: Instant,
    ) -> std::result::Result<HttpResponse, RelayError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|_| RelayError(configuration("the token URL is not a URL")))?;
        let request = Request {
            method: parts.method,
            url,
            headers: parts.headers,
            body: Some(body),
            timeout: self.timeout,
        };
        // A refresh is no more repeatable than a create: the old token dies with the first answer.
        let response = retry::send(
            &*self.http,
            &Policy::interactive(deadline),
            request,
            Effect::Create,
        )
        .await
        .map_err(|failure| RelayError(failed(&failure)))?;
        if response.status.is_server_error() || response.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(RelayError(busy(&response)));
        }
        Ok(to_http(response))
    }
}

/// The oauth2 crate's way to our transport. A named type, because a closure's future would not be `Send` for every
/// lifetime.
struct Relay<'a> {
    client: &'a OAuthClient,
    deadline: Instant,
}

impl<'c> oauth2::AsyncHttpClient<'c> for Relay<'_> {
    type Error = RelayError;
    type Future = BoxFuture<'c, std::result::Result<HttpResponse, RelayError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.client.relay(request, self.deadline))
    }
}

/// Carries our own error through the oauth2 crate.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct RelayError(Error);

impl From<RelayError> for Error {
    fn from(error: RelayError) -> Self {
        error.0
    }
}

fn to_http(response: Response) -> HttpResponse {
    let mut headers = HeaderMap::new();
    if let Some(kind) = response.headers.get(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, kind.clone());
    }
    let mut answer = http::Response::new(response.body);
    *answer.status_mut() = response.status;
    *answer.headers_mut() = headers;
    answer
}

fn busy(response: &Response) -> Error {
    let code = response.status.as_u16();
    Error::new(
        ErrorKind::Unavailable,
        format!("the token endpoint answered {code}; it will be asked again later"),
    )
}

fn failed(failure: &Failure) -> Error {
    let cause: &TransportError = &failure.error;
    if let Some(paused) = cause.refusal() {
        return paused;
    }
    if let Some(blocked) = cause.blocked("the token endpoint") {
        return blocked;
    }
    Error::new(
        ErrorKind::Unavailable,
        format!("the token endpoint could not be reached ({cause})"),
    )
}

fn unreadable() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the token endpoint sent an unreadable answer; it will be asked again later",
    )
}

fn token_set(reply: &Reply, refresh: Option<RefreshToken>, now: i64) -> TokenSet {
    let lifetime = reply.expires_in().unwrap_or(Duration::from_secs(3600)).as_secs();
    let scope = reply
        .scopes()
        .map(|scopes| scopes.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" "));
    TokenSet {
        access: AccessToken::new(reply.access_token().secret().clone()),
        refresh,
        expires_at: now.saturating_add(i64::try_from(lifetime).unwrap_or(3600)),
        scope: scope.unwrap_or_default(),
    }
}
