//! Following doctors' Google calendars.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::ZendHashTable;

use super::classes::Config;
use super::convert::{self, Array};
use super::guard::guarded;
use crate::runtime;
use crate::secret::ClientSecret;
use crate::service::PushNote;
use crate::site::SiteSettings;

/// Doctors' Google calendars, as far as our events are concerned.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Calendar")]
pub struct Calendar(SiteSettings);

#[php_impl]
impl Calendar {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Starts following a doctor's calendar.
    pub fn follow(&self, doctor_id: u64) -> PhpResult<()> {
        guarded(|| {
            let telemed = self.0.bookkeeping()?;
            runtime::run(async move { telemed.follow_calendar(doctor_id).await })?
        })
    }

    /// Stops following it, and the push channel with it. Call it while there are tokens.
    pub fn leave(&self, doctor_id: u64) -> PhpResult<()> {
        guarded(|| {
            let telemed = self.0.telemed()?;
            runtime::run(async move { telemed.leave_calendar(doctor_id).await })?
        })
    }

    /// Looks at one calendar now. Returns: doctor_id, appointments (ids to reconcile with verify), requests, full,
    /// reason, message, token_refreshed, unfinished.
    pub fn pull(&self, doctor_id: u64) -> PhpResult<Array> {
        guarded(|| {
            let telemed = self.0.telemed()?;
            let pulled = runtime::run(async move { telemed.pull(doctor_id).await })?;
            convert::pulled(&pulled)
        })
    }

    /// Looks at the calendars that are due, several at a time. A list of arrays as pull() returns.
    pub fn pull_due(&self, limit: u32) -> PhpResult<Vec<Array>> {
        guarded(|| {
            let telemed = self.0.telemed()?;
            let pulled = runtime::run(async move { telemed.pull_due(limit).await })??;
            pulled.iter().map(convert::pulled).collect()
        })
    }

    /// Checks a push message by its headers. Returns the doctor whose calendar changed, 0 for a message that only says
    /// that the channel works, null for one that is not Google's.
    pub fn push(&self, channel_id: String, token: String, state: String) -> PhpResult<Option<u64>> {
        guarded(|| {
            let telemed = self.0.bookkeeping()?;
            let note = runtime::run(async move { telemed.note_push(&channel_id, &token, &state).await })??;
            Ok(match note {
                PushNote::Unknown => None,
                PushNote::Opened => Some(0),
                PushNote::Changed(doctor_id) => Some(doctor_id),
            })
        })
    }

    /// Tries a Google app. Array: client_id, client_secret, doctor_id (whose calendar is looked at, 0 for none).
    /// Returns: state ("done" or "refused"), reason, message, calendar (its id, or null).
    pub fn probe(&self, keys: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let (keys, telemed) = (convert::app_keys(keys)?, self.0.telemed()?);
            let secret = ClientSecret::new(keys.client_secret.expose());
            let probe = runtime::run(async move {
                telemed
                    .probe_google(&keys.client_id, &secret, keys.doctor_id)
                    .await
            })?;
            convert::verdict(probe, |array, calendar| convert::put(array, "calendar", calendar))
        })
    }
}
