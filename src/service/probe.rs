//! Trying out a server-to-server app before it is relied upon: which part of its settings is wrong, if any.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::connections::option_secret;
use super::{SIDE_BY_SIDE, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::oauth::OAuthClient;
use crate::secret::{AccessToken, ClientSecret, RefreshToken};
use crate::store::Provider;
use crate::zoom::auth::Connection;
use crate::zoom::{User, ZoomAuth, ZoomClient, scopes};

/// Credentials as somebody typed them; nothing of them is kept.
#[derive(Debug, Clone)]
pub struct AppKeys {
    /// Zoom account.
    pub account_id: String,
    /// Client id.
    pub client_id: String,
    /// Client secret: plain, or sealed for the doctor when the form showed its mask.
    pub client_secret: ClientSecret,
    /// The doctor a sealed secret belongs to; 0 for the clinic's.
    pub doctor_id: u64,
    /// Zoom user id or e-mail that shall host, or empty to leave that out.
    pub zoom_user: String,
}

/// A working app.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The host, when one was named.
    pub user: Option<User>,
}

/// A refresh token that nobody has: what Google says to it tells whether it knows the client.
const NOBODY: &str = "1//kivicare-telemed-connection-test";

impl Telemed {
    /// Tries a Google app, and with a connected doctor (0 for none) the doctor's calendar. The error's kind names the
    /// fault: [`ErrorKind::ClientRefused`], [`ErrorKind::Scope`] (permission not granted),
    /// [`ErrorKind::Configuration`] (Calendar API not enabled), [`ErrorKind::Rejected`] (Meet not allowed on the
    /// calendar), [`ErrorKind::Reauthorize`], [`ErrorKind::Unavailable`].
    pub async fn probe_google(
        &self,
        client_id: &str,
        secret: &ClientSecret,
        doctor_id: u64,
    ) -> Result<Option<String>> {
        let context = option_secret(Provider::GoogleMeet, "client_secret");
        let oauth = self.google_oauth(client_id, self.opened(&context, secret.expose())?);
        let now = self.clock.now().as_second();
        match oauth
            .refresh(&RefreshToken::new(NOBODY), now, self.deadline())
            .await
        {
            Err(error) if error.kind() != ErrorKind::Reauthorize => return Err(error),
            _ if doctor_id == 0 => return Ok(None),
            _ => {}
        }
        let calendar = self.meet_client(doctor_id)?.primary().await?;
        if !calendar.allows_meet {
            let (kind, message) = crate::meet::NO_MEET;
            return Err(Error::new(kind, message));
        }
        Ok(Some(calendar.id))
    }

    /// Asks for a token and for the host's profile, past every cache. The error's kind names the fault:
    /// [`ErrorKind::ClientRefused`] (client id or secret), [`ErrorKind::AccountRefused`], [`ErrorKind::Scope`],
    /// [`ErrorKind::HostNotFound`], [`ErrorKind::Unavailable`] (network or Zoom down).
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn probe(&self, keys: &AppKeys) -> Result<Probe> {
        let app = self.proven(keys).await?;
        if keys.zoom_user.is_empty() {
            return Ok(Probe { user: None });
        }
        Ok(Probe {
            user: Some(self.profile(keys, &app, &keys.zoom_user).await?),
        })
    }

    /// Who these users of the app's Zoom account are, each with its own answer; one token request for all of them.
    ///
    /// # Errors
    ///
    /// As [`probe`](Self::probe), where the app itself does not work.
    pub async fn zoom_users(&self, keys: &AppKeys, asked: Vec<String>) -> Result<Vec<Result<User>>> {
        let app = &self.proven(keys).await?;
        let looks = stream::iter(asked).map(|user| async move { self.profile(keys, app, &user).await });
        Ok(looks.buffered(SIDE_BY_SIDE).collect().await)
    }

    /// A token that the app has just got; it can do what is needed.
    async fn proven(&self, keys: &AppKeys) -> Result<ProvenApp> {
        let context = match keys.doctor_id {
            0 => option_secret(Provider::Zoom, "client_secret"),
            id => crate::vault::Context {
                owner: format!("user:{id}"),
                purpose: super::DOCTOR_APP_KEY.to_owned(),
            },
        };
        let secret = self.opened(&context, keys.client_secret.expose())?;
        let oauth = Arc::new(self.zoom_oauth(&keys.client_id, secret)?);
        let now = self.clock.now().as_second();
        let set = oauth
            .account_credentials(&keys.account_id, now, self.deadline())
            .await?;
        let missing = scopes::missing(&set.scope);
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|scope| format!("{scope}:admin")).collect();
            return Err(Error::new(
                ErrorKind::Scope,
                format!("the Zoom app lacks these scopes: {}", names.join(", ")),
            ));
        }
        let access = set.access;
        Ok(ProvenApp { oauth, access })
    }

    async fn profile(&self, keys: &AppKeys, app: &ProvenApp, user: &str) -> Result<User> {
        // Zoom takes "me" for the owner of the app.
        if user.is_empty() || user.eq_ignore_ascii_case("me") {
            return Err(Error::new(
                ErrorKind::HostNotFound,
                "a Zoom user is an e-mail address or a user id",
            ));
        }
        let connection = Connection::ServerToServer {
            owner: keys.doctor_id,
            account_id: keys.account_id.clone(),
            host: user.to_owned(),
        };
        let auth = ZoomAuth::with_token(connection, self.keeper(), app.oauth.clone(), app.access.clone())?;
        let client = ZoomClient::new(self.channel(), &self.zoom.endpoints, self.zoom.plan, auth);
        client.current_user().await
    }
}

/// A server-to-server app that has just got a token.
struct ProvenApp {
    oauth: Arc<OAuthClient>,
    access: AccessToken,
}
