//! Trying out a server-to-server app before it is relied upon: which part of its settings is wrong, if any.

use std::sync::Arc;

use super::Telemed;
use super::connections::option_secret;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::{ClientSecret, RefreshToken};
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
    pub async fn probe(&self, keys: &AppKeys) -> Result<Probe> {
        let context = match keys.doctor_id {
            0 => option_secret(Provider::Zoom, "client_secret"),
            id => crate::vault::Context {
                owner: format!("user:{id}"),
                purpose: super::DOCTOR_APP_KEY.to_owned(),
            },
        };
        let secret = self.opened(&context, keys.client_secret.expose())?;
        let oauth = self.zoom_oauth(&keys.client_id, secret)?;
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
        if keys.zoom_user.is_empty() {
            return Ok(Probe { user: None });
        }
        let connection = Connection::ServerToServer {
            account_id: keys.account_id.clone(),
            host: keys.zoom_user.clone(),
        };
        let auth = ZoomAuth::with_token(connection, self.keeper(), Arc::new(oauth), set.access);
        let client = ZoomClient::new(self.channel(), &self.zoom.endpoints, self.zoom.plan, auth);
        Ok(Probe {
            user: Some(client.current_user().await?),
        })
    }
}
