//! Classes around a doctor's connection: consent, and what Zoom tells by webhook.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::ZendHashTable;

use super::classes::Config;
use super::convert::{self, Array};
use super::guard::guarded;
use crate::runtime;
use crate::secret::AuthorizationCode;
use crate::site::SiteSettings;
use crate::zoom::webhook::Event;

/// A doctor's consent at a provider, and its end.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Consent")]
pub struct Consent(SiteSettings);

#[php_impl]
impl Consent {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Prepares the way to the consent page. Party: provider, user_id, session, redirect_uri. Returns: url, key (SHA-256 of the
    /// state in hex), sealed (to be kept under the key for ten minutes).
    pub fn begin(&self, party: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let consent = self.0.telemed()?.begin_consent(&convert::party(party)?)?;
            let mut array = ZendHashTable::new();
            convert::put(&mut array, "url", consent.url.as_str())?;
            convert::put(&mut array, "key", consent.key.as_str())?;
            convert::put(&mut array, "sealed", consent.sealed.as_str())?;
            Ok(array)
        })
    }

    /// Exchanges the code. `sealed` must be deleted where it was kept before this is called. Returns: state ("done"
    /// or "refused"), reason, message, sealed (tokens for the doctor's meta), scope, user (id, email or null).
    pub fn complete(
        &self,
        sealed: String,
        state: String,
        code: String,
        party: &ZendHashTable,
    ) -> PhpResult<Array> {
        guarded(|| {
            let (party, telemed) = (convert::party(party)?, self.0.telemed()?);
            let code = AuthorizationCode::new(code);
            let done =
                runtime::run(async move { telemed.complete_consent(&sealed, &state, &code, &party).await })?;
            convert::verdict(done, |array, connected| {
                convert::put(array, "sealed", connected.sealed)?;
                convert::put(array, "scope", connected.scope)?;
                let user = connected.account.as_ref().map(convert::account).transpose()?;
                convert::put(array, "user", user)
            })
        })
    }

    /// Ends the doctor's own connection at the provider; the caller deletes the tokens. Returns: state ("done" or "refused"),
    /// reason, message, confirmed (the provider knew the token).
    pub fn revoke(&self, provider: &str, doctor_id: u64) -> PhpResult<Array> {
        guarded(|| {
            let (provider, telemed) = (convert::provider(provider)?, self.0.telemed()?);
            let ended = runtime::run(async move { telemed.revoke(provider, doctor_id).await })?;
            convert::verdict(ended, |array, confirmed| {
                convert::put(array, "confirmed", confirmed)
            })
        })
    }
}

/// Zoom's webhooks.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Webhook")]
pub struct Webhook(SiteSettings);

#[php_impl]
impl Webhook {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Checks the signature over the raw body; InvalidInputException when it is refused. Returns: event, event_ts
    /// (ms), key (equal for deliveries of one event), meeting_id, time, person (id, host, at or null), deauthorized
    /// (user_id, account_id, client_id or null), plain_token and encrypted_token (endpoint validation, else null).
    pub fn open(&self, timestamp: &str, signature: &str, body: &str) -> PhpResult<Array> {
        guarded(|| {
            let telemed = self.0.bookkeeping()?;
            let event = telemed.open_webhook(timestamp, signature, body.as_bytes())?;
            let challenge = event.plain_token().map(|token| telemed.webhook_challenge(token));
            convert::event(&event, challenge.transpose()?)
        })
    }

    /// Writes the event into its meeting's mapping. Call it only with a body that open() accepted. Returns
    /// appointment_id, mapping, check (reconcile with verify), or null when the meeting is not ours.
    pub fn note(&self, body: &str) -> PhpResult<Option<Array>> {
        guarded(|| {
            let (event, telemed) = (Event::parse(body.as_bytes())?, self.0.bookkeeping()?);
            let noted = runtime::run(async move { telemed.note_event(&event).await })??;
            noted.as_ref().map(convert::noted).transpose()
        })
    }
}
