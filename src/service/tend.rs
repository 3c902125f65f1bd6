//! Doctors' connections kept alive: renewed before they end of disuse, and known in their state.

use futures_util::StreamExt;

use super::connect::doctor_row;
use super::{SIDE_BY_SIDE, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::meet;
use crate::provider::renewal_due;
use crate::store::{ConnectionRow, ConnectionState, Provider, TokenRow};
use crate::zoom;

/// Seconds before a failed renewal is tried again.
const RETRY: i64 = 6 * 3600;
/// Failed renewals in a row from which a connection counts as expiring: about a day.
const WORRYING: u32 = 4;

/// A connection after a look.
#[derive(Debug, Clone)]
pub struct Tended {
    /// The row as it is now.
    pub row: ConnectionRow,
    /// A token row was rewritten: caches of it are stale.
    pub token_refreshed: bool,
}

impl Telemed {
    /// Notes a connection that has just been made.
    pub async fn connection_made(&self, provider: Provider, doctor_id: u64) -> Result<()> {
        let now = self.clock.now().as_second();
        let row = ConnectionRow::fresh(provider, doctor_id, now, renewal_due(now));
        self.store.save_connection(&row, now).await
    }

    /// Notes the end of a connection. One that the doctor ended at the provider stays known as revoked.
    pub async fn connection_ended(&self, provider: Provider, doctor_id: u64, revoked: bool) -> Result<()> {
        if !revoked {
            return self.store.drop_connection(provider, doctor_id).await;
        }
        let now = self.clock.now().as_second();
        let row = ConnectionRow::fresh(provider, doctor_id, now, 0).failed(
            ConnectionState::Revoked,
            ErrorKind::Reauthorize,
            "the doctor removed the app at the provider; the doctor must connect again",
            0,
        );
        self.store.save_connection(&row, now).await
    }

    /// Renews the connections that nobody has used for a while, some side by side.
    pub async fn tend(&self, limit: u32) -> Result<Vec<Tended>> {
        let keys = [
            (Provider::Zoom, zoom::auth::DOCTOR_TOKEN_KEY),
            (Provider::GoogleMeet, meet::auth::DOCTOR_TOKEN_KEY),
        ];
        for (provider, key) in keys {
            self.store.adopt_connections(provider, key).await?;
        }
        let now = self.clock.now().as_second();
        let due = self.store.due_connections(now, limit).await?;
        let looks = futures_util::stream::iter(due).map(|row| self.renew(row));
        let tended: Vec<Result<Option<Tended>>> = looks.buffer_unordered(SIDE_BY_SIDE).collect().await;
        whole(tended)
    }

    /// Renews one connection. The keeper itself writes what an answer of the provider means for it.
    async fn renew(&self, row: ConnectionRow) -> Result<Option<Tended>> {
        let (provider, doctor_id) = (row.provider, row.doctor_id);
        if self
            .store
            .read_token(&doctor_row(provider, doctor_id))
            .await?
            .is_none()
        {
            self.store.drop_connection(provider, doctor_id).await?;
            return Ok(None);
        }
        let bearer = self.doctor_bearer(provider, doctor_id);
        let renewed = match &bearer {
            Ok(bearer) => bearer.renew(self.deadline()).await,
            Err(error) => Err(Error::new(error.kind(), error.to_string())),
        };
        match renewed.as_ref().err() {
            // It says nothing of the connection, which stays due.
            Some(error) if is_ours(error) => return Err(Error::new(error.kind(), error.to_string())),
            Some(error) if !ends(error) => self.worry(row, error).await?,
            _ => {}
        }
        let row = self.store.connection(provider, doctor_id).await?;
        Ok(row.map(|row| Tended {
            row,
            token_refreshed: renewed.is_ok(),
        }))
    }

    /// A renewal failed for a reason that may pass.
    async fn worry(&self, row: ConnectionRow, error: &Error) -> Result<()> {
        // Who has connected anew or disconnected meanwhile is not concerned.
        if self.store.connection(row.provider, row.doctor_id).await?.as_ref() != Some(&row) {
            return Ok(());
        }
        let now = self.clock.now().as_second();
        let state = if row.failures + 1 >= WORRYING {
            ConnectionState::Expiring
        } else {
            row.state
        };
        let row = row.failed(state, error.kind(), &error.to_string(), now + RETRY);
        self.store.save_connection(&row, now).await
    }
}

/// What was done. A connection that could not be looked at does not hide the others.
fn whole(tended: Vec<Result<Option<Tended>>>) -> Result<Vec<Tended>> {
    let (done, failed): (Vec<_>, Vec<_>) = tended.into_iter().partition(Result::is_ok);
    match failed.into_iter().find_map(Result::err) {
        Some(error) if done.is_empty() => Err(error),
        _ => Ok(done.into_iter().filter_map(|one| one.ok().flatten()).collect()),
    }
}

/// Whether our own database failed, or another process is at the same connection.
fn is_ours(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Store | ErrorKind::Busy | ErrorKind::Internal
    )
}

/// Whether the provider has said that the connection is over.
fn ends(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Reauthorize | ErrorKind::Scope)
}

/// Whose connection a token row holds; none for the clinic's.
pub(crate) fn owner(row: &TokenRow) -> Option<(Provider, u64)> {
    let TokenRow::UserMeta { user_id, key } = row else {
        return None;
    };
    match key.as_str() {
        zoom::auth::DOCTOR_TOKEN_KEY => Some((Provider::Zoom, *user_id)),
        meet::auth::DOCTOR_TOKEN_KEY => Some((Provider::GoogleMeet, *user_id)),
        _ => None,
    }
}
