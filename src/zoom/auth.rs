//! How a Zoom connection gets its access token, and how it names the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use url::Url;

use super::Endpoints;
use crate::error::{Error, ErrorKind, Result};
use crate::oauth::{OAuthClient, TokenKeeper, TokenSet, TokenSource};
use crate::secret::AccessToken;
use crate::store::TokenRow;

/// The original add-on's user meta key for a doctor's tokens (KiviCare contract §1).
pub const DOCTOR_TOKEN_KEY: &str = "kiviCare_doctor_zoom_telemed_config";

/// Whose authority a request carries.
#[derive(Debug, Clone)]
pub enum Connection {
    /// The doctor's own consent. Must address `me` (Zoom answers 4700 otherwise).
    User {
        /// WordPress user id.
        doctor_id: u64,
    },
    /// The clinic's server-to-server app. Must never address `me`.
    ServerToServer {
        /// The clinic's Zoom account.
        account_id: String,
        /// Zoom user id or e-mail of the doctor.
        host: String,
    },
}

impl Connection {
    /// The `{userId}` of API paths.
    pub fn user_id(&self) -> &str {
        match self {
            Self::User { .. } => "me",
            Self::ServerToServer { host, .. } => host,
        }
    }

    /// Where the sealed tokens are. Server-to-server tokens are shared by the clinic's processes and hosts in an
    /// option, one for each account and client, so that an hour costs one token request and not one per worker.
    pub fn token_row(&self, client_id: &str) -> TokenRow {
        match self {
            Self::User { doctor_id } => TokenRow::UserMeta {
                user_id: *doctor_id,
                key: DOCTOR_TOKEN_KEY.to_owned(),
            },
            Self::ServerToServer { account_id, .. } => {
                let digest = ring::digest::digest(
                    &ring::digest::SHA256,
                    format!("{account_id}\0{client_id}").as_bytes(),
                );
                let short: String = data_encoding::HEXLOWER
                    .encode(digest.as_ref())
                    .chars()
                    .take(16)
                    .collect();
                TokenRow::Option {
                    name: format!("kivicare_telemed_zoom_token_{short}"),
                }
            }
        }
    }
}

/// Address of the token endpoint.
pub fn token_url(endpoints: &Endpoints) -> Result<Url> {
    Endpoints::join(&endpoints.oauth, &["token"])
}

/// Address of the consent page.
pub fn authorize_url(endpoints: &Endpoints) -> Result<Url> {
    Endpoints::join(&endpoints.oauth, &["authorize"])
}

/// Address where tokens are ended.
pub fn revoke_url(endpoints: &Endpoints) -> Result<Url> {
    Endpoints::join(&endpoints.oauth, &["revoke"])
}

/// A connection with what it needs to stay alive.
pub struct ZoomAuth {
    connection: Connection,
    /// A token in hand, before any row holds it; it is used as it is.
    held: Option<AccessToken>,
    row: TokenRow,
    keeper: TokenKeeper,
    oauth: Arc<OAuthClient>,
    refreshed: AtomicBool,
}

impl ZoomAuth {
    /// Puts a connection together; no request, no query.
    pub fn new(connection: Connection, keeper: TokenKeeper, oauth: Arc<OAuthClient>) -> Self {
        let row = connection.token_row(&oauth.client_id);
        Self {
            connection,
            held: None,
            row,
            keeper,
            oauth,
            refreshed: AtomicBool::new(false),
        }
    }

    /// A connection whose token is in hand and not stored yet.
    pub fn with_token(
        connection: Connection,
        keeper: TokenKeeper,
        oauth: Arc<OAuthClient>,
        access: AccessToken,
    ) -> Self {
        Self {
            held: Some(access),
            ..Self::new(connection, keeper, oauth)
        }
    }

    pub(super) fn user_id(&self) -> &str {
        self.connection.user_id()
    }

    pub(super) fn refreshed(&self) -> bool {
        self.refreshed.load(Ordering::Relaxed)
    }

    pub(super) async fn access(
        &self,
        rejected: Option<&AccessToken>,
        deadline: Instant,
    ) -> Result<AccessToken> {
        if let Some(access) = &self.held {
            return match rejected {
                None => Ok(access.clone()),
                Some(_) => Err(Error::new(
                    ErrorKind::Reauthorize,
                    "Zoom refuses the token it has just issued",
                )),
            };
        }
        let usable = self
            .keeper
            .usable(&self.row, &Source { auth: self, deadline }, rejected)
            .await?;
        if usable.refreshed {
            self.refreshed.store(true, Ordering::Relaxed);
        }
        Ok(usable.access)
    }
}

/// The request for new tokens, within one operation's deadline.
struct Source<'a> {
    auth: &'a ZoomAuth,
    deadline: Instant,
}

impl TokenSource for Source<'_> {
    fn obtain<'a>(&'a self, current: Option<&'a TokenSet>) -> BoxFuture<'a, Result<TokenSet>> {
        Box::pin(async move {
            let now = self.auth.keeper.clock.now().as_second();
            match &self.auth.connection {
                Connection::ServerToServer { account_id, .. } => {
                    self.auth
                        .oauth
                        .account_credentials(account_id, now, self.deadline)
                        .await
                }
                Connection::User { .. } => {
                    let refresh = current.and_then(|set| set.refresh.as_ref()).ok_or_else(|| {
                        Error::new(
                            ErrorKind::Reauthorize,
                            "the doctor is not connected to Zoom; connect in the dashboard",
                        )
                    })?;
                    self.auth.oauth.refresh(refresh, now, self.deadline).await
                }
            }
        })
    }
}
