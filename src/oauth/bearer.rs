//! A connection's access token: read, refreshed when need be, and replaced once when the provider refuses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{OAuthClient, TokenKeeper, TokenSet, TokenSource};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::AccessToken;
use crate::store::TokenRow;

/// How new tokens are got.
#[derive(Debug, Clone)]
pub enum Grant {
    /// By the connection's refresh token.
    Refresh,
    /// By Zoom's `account_credentials`, for this account.
    Account(String),
}

/// The authority of one connection, with what it needs to stay alive.
pub struct Bearer {
    grant: Grant,
    row: TokenRow,
    /// A token in hand, before any row holds it; it is used as it is.
    held: Option<AccessToken>,
    keeper: TokenKeeper,
    oauth: Arc<OAuthClient>,
    refreshed: AtomicBool,
}

impl Bearer {
    /// Puts a connection together; no request, no query.
    pub fn new(grant: Grant, row: TokenRow, keeper: TokenKeeper, oauth: Arc<OAuthClient>) -> Self {
        Self {
            grant,
            row,
            held: None,
            keeper,
            oauth,
            refreshed: AtomicBool::new(false),
        }
    }

    /// With a token that is in hand and not stored yet.
    #[must_use]
    pub fn holding(self, access: AccessToken) -> Self {
        Self {
            held: Some(access),
            ..self
        }
    }

    /// Whether a token row was rewritten by this connection.
    pub fn refreshed(&self) -> bool {
        self.refreshed.load(Ordering::Relaxed)
    }

    /// A usable token. `rejected` is one the provider has just refused.
    pub async fn access(&self, rejected: Option<&AccessToken>, deadline: Instant) -> Result<AccessToken> {
        if let Some(access) = &self.held {
            return match rejected {
                None => Ok(access.clone()),
                Some(_) => Err(Error::new(
                    ErrorKind::Reauthorize,
                    "the provider refuses the token it has just issued",
                )),
            };
        }
        let source = Source {
            bearer: self,
            deadline,
        };
        let usable = self.keeper.usable(&self.row, &source, rejected).await?;
        if usable.refreshed {
            self.refreshed.store(true, Ordering::Relaxed);
        }
        Ok(usable.access)
    }

    /// Renews the token though it may still be good.
    pub async fn renew(&self, deadline: Instant) -> Result<()> {
        let source = Source {
            bearer: self,
            deadline,
        };
        self.keeper.renew(&self.row, &source).await
    }
}

/// The request for new tokens, within one operation's deadline.
struct Source<'a> {
    bearer: &'a Bearer,
    deadline: Instant,
}

impl TokenSource for Source<'_> {
    fn obtain<'a>(&'a self, current: Option<&'a TokenSet>) -> BoxFuture<'a, Result<TokenSet>> {
        Box::pin(async move {
            let Bearer {
                grant, keeper, oauth, ..
            } = self.bearer;
            let now = keeper.clock.now().as_second();
            match grant {
                Grant::Account(account_id) => oauth.account_credentials(account_id, now, self.deadline).await,
                Grant::Refresh => {
                    let refresh = current.and_then(|set| set.refresh.as_ref()).ok_or_else(|| {
                        Error::new(
                            ErrorKind::Reauthorize,
                            "the doctor is not connected; connect in the dashboard",
                        )
                    })?;
                    oauth.refresh(refresh, now, self.deadline).await
                }
            }
        })
    }
}
