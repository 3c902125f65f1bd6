//! A doctor's own connection: consent, exchange, and its end.

use super::Telemed;
use crate::error::{Error, ErrorKind, Result};
use crate::oauth::consent::{self, Consent, Party};
use crate::oauth::{TokenSet, keeper};
use crate::secret::{AccessToken, AuthorizationCode};
use crate::store::TokenRow;
use crate::zoom::auth::{self, Connection};
use crate::zoom::{User, ZoomAuth, ZoomClient, scopes};
use std::sync::Arc;

/// A fresh connection. The caller writes `sealed` into the doctor's token row.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The token set, sealed for the doctor.
    pub sealed: String,
    /// Granted scopes, space separated.
    pub scope: String,
    /// The doctor's Zoom user, where Zoom told it.
    pub user: Option<User>,
}

impl Telemed {
    /// The way to Zoom's consent page for a doctor.
    pub fn begin_consent(&self, party: &Party) -> Result<Consent> {
        let oauth = self.clinic_oauth()?;
        let authorize = auth::authorize_url(&self.zoom.endpoints)?;
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
        let (oauth, deadline) = (self.clinic_oauth()?, self.deadline());
        let set = oauth
            .exchange(code, &verifier, &party.redirect_uri, now, deadline)
            .await?;
        let missing = scopes::missing(&set.scope);
        if !missing.is_empty() || set.refresh.is_none() {
            self.end(&oauth, &set).await?;
            return Err(Error::new(
                ErrorKind::Scope,
                format!(
                    "the consent lacks permissions; add these scopes to the Zoom app and connect again: {}",
                    missing.join(", ")
                ),
            ));
        }
        let row = doctor_row(party.user_id);
        let sealed = self.vault.seal(&keeper::context(&row), &set.to_json()?)?;
        let user = self.user_of(&oauth, party.user_id, set.access.clone()).await;
        Ok(Connected {
            sealed,
            scope: set.scope,
            user,
        })
    }

    /// Ends a doctor's own connection at Zoom. True when Zoom confirmed it, false when there was none or Zoom did not
    /// know it any more. The caller deletes the row whatever comes out.
    pub async fn revoke(&self, doctor_id: u64) -> Result<bool> {
        let row = doctor_row(doctor_id);
        let Some(sealed) = self.store.read_token(&row).await? else {
            return Ok(false);
        };
        let set = TokenSet::from_json(&self.vault.open(&keeper::context(&row), &sealed)?)?;
        let oauth = self.clinic_oauth()?;
        self.end(&oauth, &set).await
    }

    /// Revoking either token ends both; an access token that has expired is no longer known.
    async fn end(&self, oauth: &crate::oauth::OAuthClient, set: &TokenSet) -> Result<bool> {
        let (url, deadline) = (auth::revoke_url(&self.zoom.endpoints)?, self.deadline());
        let fresh = set.is_fresh(self.clock.now().as_second());
        if fresh && oauth.revoke(&url, set.access.expose(), deadline).await? {
            return Ok(true);
        }
        match &set.refresh {
            Some(refresh) => oauth.revoke(&url, refresh.expose(), deadline).await,
            None => Ok(false),
        }
    }

    /// Who consented; knowing it later tells whose connection a deauthorization ends. Not worth failing for.
    async fn user_of(
        &self,
        oauth: &crate::oauth::OAuthClient,
        doctor_id: u64,
        access: AccessToken,
    ) -> Option<User> {
        let auth = ZoomAuth::with_token(
            Connection::User { doctor_id },
            self.keeper(),
            Arc::new(oauth.clone()),
            access,
        );
        let client = ZoomClient::new(
            self.http.clone(),
            self.clock.clone(),
            self.zoom.endpoints.clone(),
            auth,
            self.budget.request,
            self.deadline(),
        );
        client.current_user().await.ok()
    }
}

fn doctor_row(doctor_id: u64) -> TokenRow {
    Connection::User { doctor_id }.token_row("")
}
