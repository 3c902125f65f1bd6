//! A doctor's own connection: consent, exchange, and its end.

use std::sync::Arc;

use url::Url;

use super::Telemed;
use crate::error::{Error, ErrorKind, Result};
use crate::meet;
use crate::oauth::consent::{self, Consent, Party};
use crate::oauth::{OAuthClient, TokenSet, keeper};
use crate::secret::{AccessToken, AuthorizationCode};
use crate::store::{Provider, TokenRow};
use crate::zoom::{self, Connection, ZoomAuth, ZoomClient};

/// Who consented, as far as the provider tells.
#[derive(Debug, Clone)]
pub struct Account {
    /// The provider's id: Zoom's user id, Google's calendar id.
    pub id: String,
    /// E-mail address.
    pub email: String,
}

/// A fresh connection. The caller writes `sealed` into the doctor's token row.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The token set, sealed for the doctor.
    pub sealed: String,
    /// Granted scopes, space separated.
    pub scope: String,
    /// The account, where the provider told it.
    pub account: Option<Account>,
}

impl Telemed {
    /// The way to the provider's consent page for a doctor.
    pub fn begin_consent(&self, party: &Party) -> Result<Consent> {
        let oauth = self.registered(party.provider)?;
        let authorize = match party.provider {
            Provider::Zoom => zoom::auth::authorize_url(&self.zoom.endpoints)?,
            Provider::GoogleMeet => self.google.endpoints.consent(),
        };
        consent::begin(
            &self.vault,
            &authorize,
            &oauth.client_id,
            party,
            self.clock.now().as_second(),
        )
    }

    /// Exchanges the code that came back. `sealed` is the consent's, already spent by the caller.
    ///
    /// [`ErrorKind::State`] for a state of somebody else, [`ErrorKind::Scope`] when the consent lacks a permission:
    /// such tokens are revoked at once.
    pub async fn complete_consent(
        &self,
        sealed: &str,
        state: &str,
        code: &AuthorizationCode,
        party: &Party,
    ) -> Result<Connected> {
        let now = self.clock.now().as_second();
        let verifier = consent::recall(&self.vault, sealed, state, party, now)?;
        let (oauth, deadline) = (self.registered(party.provider)?, self.deadline());
        let mut set = oauth
            .exchange(code, &verifier, &party.redirect_uri, now, deadline)
            .await?;
        let missing = missing(party.provider, &set.scope);
        if missing.is_empty() && set.refresh.is_none() {
            set = self.with_earlier_refresh(&oauth, party, set).await;
        }
        if !missing.is_empty() || set.refresh.is_none() {
            self.end(party.provider, &oauth, &set).await?;
            return Err(Error::new(ErrorKind::Scope, lacking(party.provider, &missing)));
        }
        let row = doctor_row(party.provider, party.user_id);
        let sealed = self.vault.seal(&keeper::context(&row), &set.to_json()?)?;
        let account = self.account_of(party, oauth, set.access.clone()).await;
        Ok(Connected {
            sealed,
            scope: set.scope,
            account,
        })
    }

    /// Google sends a refresh token with the first consent only, unless it is asked for anew as we do. Should it still
    /// be missing, the one of an earlier connection is taken, if it is alive.
    async fn with_earlier_refresh(&self, oauth: &OAuthClient, party: &Party, set: TokenSet) -> TokenSet {
        let row = doctor_row(party.provider, party.user_id);
        let earlier = match self.store.read_token(&row).await {
            Ok(Some(sealed)) => self.vault.open(&keeper::context(&row), &sealed).ok(),
            _ => None,
        };
        let earlier = earlier.and_then(|json| TokenSet::from_json(&json).ok());
        let Some(refresh) = earlier.and_then(|set| set.refresh) else {
            return set;
        };
        let now = self.clock.now().as_second();
        match oauth.refresh(&refresh, now, self.deadline()).await {
            Ok(alive) if missing(party.provider, &alive.scope).is_empty() => alive,
            _ => set,
        }
    }

    /// Ends a doctor's own connection at the provider. True when it confirmed, false when there was none or it was
    /// not known any more. The caller deletes the row whatever comes out.
    pub async fn revoke(&self, provider: Provider, doctor_id: u64) -> Result<bool> {
        let row = doctor_row(provider, doctor_id);
        let Some(sealed) = self.store.read_token(&row).await? else {
            return Ok(false);
        };
        let set = TokenSet::from_json(&self.vault.open(&keeper::context(&row), &sealed)?)?;
        let oauth = self.registered(provider)?;
        self.end(provider, &oauth, &set).await
    }

    /// Revoking either token ends both; an access token that has expired is no longer known.
    async fn end(&self, provider: Provider, oauth: &OAuthClient, set: &TokenSet) -> Result<bool> {
        let (url, deadline) = (self.revoke_url(provider)?, self.deadline());
        let fresh = set.is_fresh(self.clock.now().as_second());
        // Google ends the whole grant by its refresh token, also where the access token is older than it looks.
        if let Some(refresh) = set.refresh.as_ref().filter(|_| provider == Provider::GoogleMeet)
            && oauth.revoke(&url, refresh.expose(), deadline).await?
        {
            return Ok(true);
        }
        if fresh && oauth.revoke(&url, set.access.expose(), deadline).await? {
            return Ok(true);
        }
        match set.refresh.as_ref().filter(|_| provider == Provider::Zoom) {
            Some(refresh) => oauth.revoke(&url, refresh.expose(), deadline).await,
            None => Ok(false),
        }
    }

    fn revoke_url(&self, provider: Provider) -> Result<Url> {
        match provider {
            Provider::Zoom => zoom::auth::revoke_url(&self.zoom.endpoints),
            Provider::GoogleMeet => Ok(self.google.endpoints.revoke.clone()),
        }
    }

    /// Who consented; knowing it later tells whose connection the provider ends. Not worth failing for.
    async fn account_of(&self, party: &Party, oauth: OAuthClient, access: AccessToken) -> Option<Account> {
        let doctor_id = party.user_id;
        match party.provider {
            Provider::Zoom => {
                let auth = ZoomAuth::with_token(
                    Connection::User { doctor_id },
                    self.keeper(),
                    Arc::new(oauth),
                    access,
                )
                .ok()?;
                let client = ZoomClient::new(self.channel(), &self.zoom.endpoints, self.zoom.plan, auth);
                client.current_user().await.ok().map(|user| Account {
                    id: user.id,
                    email: user.email,
                })
            }
            Provider::GoogleMeet => {
                let bearer = self.meet_bearer(doctor_id).ok()?.holding(access);
                let calendar = self.meet_client_with(doctor_id, bearer).primary().await.ok()?;
                Some(Account {
                    email: calendar.id.clone(),
                    id: calendar.id,
                })
            }
        }
    }
}

fn missing(provider: Provider, granted: &str) -> Vec<&'static str> {
    match provider {
        Provider::Zoom => zoom::scopes::missing(granted),
        Provider::GoogleMeet => meet::scopes::missing(granted),
    }
}

fn lacking(provider: Provider, missing: &[&str]) -> String {
    match provider {
        Provider::Zoom => format!(
            "the consent lacks permissions; add these scopes to the Zoom app and connect again: {}",
            missing.join(", ")
        ),
        Provider::GoogleMeet if missing.is_empty() => {
            "Google sent no refresh token, because it remembers an earlier consent; that one is ended now, so connect \
             again"
                .to_owned()
        }
        Provider::GoogleMeet => {
            "the consent lacks the calendar permission; connect again and leave the box for Google Calendar ticked"
                .to_owned()
        }
    }
}

/// Where a doctor's own tokens are.
pub(super) fn doctor_row(provider: Provider, doctor_id: u64) -> TokenRow {
    match provider {
        Provider::Zoom => zoom::auth::doctor_row(doctor_id),
        Provider::GoogleMeet => meet::auth::token_row(doctor_id),
    }
}
