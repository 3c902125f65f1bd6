//! Trying out a server-to-server app before it is relied upon: which part of its settings is wrong, if any.

use std::sync::Arc;

use super::Telemed;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::ClientSecret;
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

impl Telemed {
    /// Asks for a token and for the host's profile, past every cache. The error's kind names the fault:
    /// [`ErrorKind::ClientRefused`] (client id or secret), [`ErrorKind::AccountRefused`], [`ErrorKind::Scope`],
    /// [`ErrorKind::HostNotFound`], [`ErrorKind::Unavailable`] (network or Zoom down).
    pub async fn probe(&self, keys: &AppKeys) -> Result<Probe> {
        let context = match keys.doctor_id {
            0 => super::option_secret("client_secret"),
            id => crate::vault::Context {
                owner: format!("user:{id}"),
                purpose: super::DOCTOR_APP_KEY.to_owned(),
            },
        };
        let secret = self.opened(&context, keys.client_secret.expose())?;
        let oauth = self.oauth(&keys.client_id, secret)?;
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
        let client = ZoomClient::new(
            self.http.clone(),
            self.clock.clone(),
            self.zoom.endpoints.clone(),
            auth,
            self.budget.request,
            self.deadline(),
        );
        Ok(Probe {
            user: Some(client.current_user().await?),
        })
    }
}
