//! One valid token chain per connection, however many processes want a token at once.
//!
//! Zoom's refresh tokens are single use: two processes refreshing at the same time kill a connection. So a refresh
//! happens under a cross-process lock, after reading the row again, and the new pair is committed before anybody
//! uses it. The row is written on our own connection: KiviCare calls us inside its transaction, and a rollback there
//! must not bring a spent refresh token back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::token::TokenSet;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::fault;
use crate::provider::renewal_due;
use crate::secret::AccessToken;
use crate::service::owner;
use crate::store::{ConnectionRow, ConnectionState, Lock, Store, TokenRow};
use crate::vault::{Context, Vault};

/// How long to wait for another process that refreshes. A refresh is one request of at most 10 s.
const LOCK_WAIT: Duration = Duration::from_secs(8);

/// How often the new pair is written before giving up. Losing it would end the connection.
const WRITE_ATTEMPTS: u32 = 4;

/// Where new tokens come from.
pub trait TokenSource: Send + Sync {
    /// Asks the provider for tokens that replace `current`.
    fn obtain<'a>(&'a self, current: Option<&'a TokenSet>) -> BoxFuture<'a, Result<TokenSet>>;
}

/// A token ready for use, and whether this call had to refresh it.
#[derive(Debug, Clone)]
pub struct Usable {
    /// Bearer token.
    pub access: AccessToken,
    /// True when the row changed: caches of it are stale.
    pub refreshed: bool,
}

/// Reads, refreshes and writes sealed token rows.
#[derive(Clone)]
pub struct TokenKeeper {
    /// Where the rows are.
    pub store: Arc<dyn Store>,
    /// Opens and seals them.
    pub vault: Arc<Vault>,
    /// Tells what is expired.
    pub clock: Arc<dyn Clock>,
    /// Tokens this process has read already.
    pub cache: Arc<TokenCache>,
}

/// Access tokens in this process' memory, so that a warm worker asks the database for none. Only tokens of options,
/// which are the clinic's: a doctor's own can be disconnected at any moment, and that must count at once.
#[derive(Debug, Default)]
pub struct TokenCache(Mutex<HashMap<TokenRow, TokenSet>>);

impl TokenCache {
    fn get(&self, row: &TokenRow) -> Option<TokenSet> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(row)
            .cloned()
    }

    fn put(&self, row: &TokenRow, set: &TokenSet) {
        if matches!(row, TokenRow::Option { .. }) {
            let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            sets.insert(row.clone(), set.clone());
        }
    }
}

/// The associated data that binds a token row to its owner.
pub fn context(row: &TokenRow) -> Context {
    match row {
        TokenRow::UserMeta { user_id, key } => Context {
            owner: format!("user:{user_id}"),
            purpose: key.clone(),
        },
        TokenRow::Option { name } => Context {
            owner: format!("option:{name}"),
            purpose: name.clone(),
        },
    }
}

impl TokenKeeper {
    /// A usable access token for `row`. `rejected` is a token the provider just refused: it is replaced even if it
    /// looks fresh, unless somebody replaced it already.
    pub async fn usable(
        &self,
        row: &TokenRow,
        source: &dyn TokenSource,
        rejected: Option<&AccessToken>,
    ) -> Result<Usable> {
        if let Some(set) = self.cache.get(row).filter(|set| self.accepts(set, rejected)) {
            return Ok(Usable {
                access: set.access,
                refreshed: false,
            });
        }
        if let Some(set) = self.read(row).await?.1.filter(|set| self.accepts(set, rejected)) {
            self.cache.put(row, &set);
            return Ok(Usable {
                access: set.access,
                refreshed: false,
            });
        }
        let lock = self.store.lock(&lock_name(row), LOCK_WAIT).await?;
        let outcome = self.refresh_locked(&*lock, row, source, rejected).await;
        let released = lock.release().await;
        let usable = outcome?;
        released?;
        Ok(usable)
    }

    /// Renews the row's tokens, fresh or not.
    pub async fn renew(&self, row: &TokenRow, source: &dyn TokenSource) -> Result<()> {
        let current = self.read(row).await?.1;
        let access = current.map(|set| set.access);
        self.usable(row, source, access.as_ref()).await.map(drop)
    }

    /// Asks the provider, and notes what its answer says of the doctor's connection. The note is not worth failing for.
    async fn obtain(
        &self,
        row: &TokenRow,
        source: &dyn TokenSource,
        sealed: Option<&str>,
        current: Option<&TokenSet>,
    ) -> Result<TokenSet> {
        let obtained = source.obtain(current).await;
        let Some((provider, doctor_id)) = owner(row) else {
            return obtained;
        };
        let now = self.clock.now().as_second();
        let fresh = ConnectionRow::fresh(provider, doctor_id, now, renewal_due(now));
        let noted = match &obtained {
            Ok(_) => Some(fresh),
            Err(error) if current.is_some() && error.kind() == ErrorKind::Reauthorize => {
                Some(fresh.failed(ConnectionState::Reconnect, error.kind(), &error.to_string(), 0))
            }
            Err(_) => None,
        };
        // Who has connected anew or disconnected while the provider was asked is not concerned.
        if let Some(noted) = noted
            && (self.read(row).await).is_ok_and(|(now, _)| now.as_deref() == sealed)
        {
            let _ = self.store.save_connection(&noted, now).await;
        }
        obtained
    }

    async fn refresh_locked(
        &self,
        lock: &dyn Lock,
        row: &TokenRow,
        source: &dyn TokenSource,
        rejected: Option<&AccessToken>,
    ) -> Result<Usable> {
        let (sealed, current) = self.read(row).await?;
        if let Some(set) = current.as_ref().filter(|set| self.accepts(set, rejected)) {
            return Ok(Usable {
                access: set.access.clone(),
                refreshed: true,
            });
        }
        fault::point("refresh.before");
        if lock.is_lost() {
            return Err(Error::new(
                ErrorKind::Busy,
                "the lock for refreshing was lost with its database session; it will be tried again",
            ));
        }
        fault::sending("refresh.sent");
        let renewed = self
            .obtain(row, source, sealed.as_deref(), current.as_ref())
            .await?;
        fault::point("refresh.replied");
        let text = self.vault.seal(&context(row), &renewed.to_json()?)?;
        if self.write(row, sealed.as_deref(), &text).await? {
            fault::point("refresh.committed");
            self.cache.put(row, &renewed);
            return Ok(Usable {
                access: renewed.access,
                refreshed: true,
            });
        }
        // Somebody connected or disconnected meanwhile, outside the lock. Theirs counts.
        match self.read(row).await?.1 {
            Some(set) if self.accepts(&set, rejected) => Ok(Usable {
                access: set.access,
                refreshed: true,
            }),
            _ => Err(Error::new(
                ErrorKind::Reauthorize,
                "the connection was changed meanwhile; connect again",
            )),
        }
    }

    fn accepts(&self, set: &TokenSet, rejected: Option<&AccessToken>) -> bool {
        set.is_fresh(self.clock.now().as_second()) && rejected.is_none_or(|token| !set.access.is(token))
    }

    async fn read(&self, row: &TokenRow) -> Result<(Option<String>, Option<TokenSet>)> {
        let Some(sealed) = self.store.read_token(row).await? else {
            return Ok((None, None));
        };
        match self.vault.open(&context(row), &sealed) {
            Ok(json) => Ok((Some(sealed), Some(TokenSet::from_json(&json)?))),
            // The clinic's token is simply asked for again, whatever key sealed the old one.
            Err(_) if matches!(row, TokenRow::Option { .. }) => Ok((Some(sealed), None)),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, row: &TokenRow, expected: Option<&str>, sealed: &str) -> Result<bool> {
        let mut attempt = 1;
        loop {
            match self.store.swap_token(row, expected, sealed).await {
                Err(_) if attempt < WRITE_ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
                    attempt += 1;
                    // The failed attempt may have been committed with its answer lost.
                    if matches!(self.store.read_token(row).await, Ok(Some(found)) if found == sealed) {
                        return Ok(true);
                    }
                }
                outcome => return outcome,
            }
        }
    }
}

fn lock_name(row: &TokenRow) -> String {
    let Context { owner, purpose } = context(row);
    format!("token:{owner}:{purpose}")
}
