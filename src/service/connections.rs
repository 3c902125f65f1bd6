//! From a host to a client that speaks for it: settings, secrets and tokens put together.

use std::sync::Arc;

use tokio::time::Instant;
use url::Url;

use super::{DOCTOR_APP_KEY, GOOGLE_SETTINGS_OPTION, Host, Telemed, ZOOM_SETTINGS_OPTION};
use crate::api::Channel;
use crate::error::{Error, ErrorKind, Result, configuration};
use crate::meet::{self, MeetClient};
use crate::oauth::{Bearer, Dialect, Grant, OAuthClient, TokenKeeper};
use crate::provider::MeetingProvider;
use crate::secret::ClientSecret;
use crate::store::Provider;
use crate::vault::Context;
use crate::zoom::{self, Connection, ZoomAuth, ZoomClient};

impl Telemed {
    /// The host's meetings at its provider, for one operation that ends within the budget.
    pub fn client(&self, host: &Host) -> Result<Box<dyn MeetingProvider>> {
        Ok(match host.provider {
            Provider::Zoom => Box::new(self.zoom_client(host)?),
            Provider::GoogleMeet => Box::new(self.meet_client(host.doctor_id)?),
        })
    }

    /// Zoom as this host's connection sees it.
    pub fn zoom_client(&self, host: &Host) -> Result<ZoomClient> {
        let oauth = match host.app.as_ref().filter(|_| !host.own_tokens) {
            Some(app) => {
                let context = Context {
                    owner: format!("user:{}", host.doctor_id),
                    purpose: DOCTOR_APP_KEY.to_owned(),
                };
                self.zoom_oauth(&app.client_id, self.opened(&context, app.client_secret.expose())?)?
            }
            None => self.registered(Provider::Zoom)?,
        };
        let auth = ZoomAuth::new(self.zoom_connection(host)?, self.keeper(), Arc::new(oauth))?;
        Ok(ZoomClient::new(
            self.channel(),
            &self.zoom.endpoints,
            self.zoom.plan,
            auth,
        ))
    }

    /// Google Calendar as this doctor's connection sees it.
    pub fn meet_client(&self, doctor_id: u64) -> Result<MeetClient> {
        Ok(self.meet_client_with(doctor_id, self.meet_bearer(doctor_id)?))
    }

    pub(super) fn meet_client_with(&self, doctor_id: u64, bearer: Bearer) -> MeetClient {
        MeetClient::new(
            self.channel(),
            &self.google.endpoints.api,
            doctor_id,
            bearer,
            self.google.events,
        )
    }

    pub(super) fn meet_bearer(&self, doctor_id: u64) -> Result<Bearer> {
        let oauth = Arc::new(self.registered(Provider::GoogleMeet)?);
        let row = meet::auth::token_row(doctor_id);
        Ok(Bearer::new(Grant::Refresh, row, self.keeper(), oauth))
    }

    /// A doctor's own connection.
    pub(super) fn doctor_bearer(&self, provider: Provider, doctor_id: u64) -> Result<Bearer> {
        if provider == Provider::GoogleMeet {
            return self.meet_bearer(doctor_id);
        }
        let oauth = Arc::new(self.registered(Provider::Zoom)?);
        let auth = ZoomAuth::new(Connection::User { doctor_id }, self.keeper(), oauth)?;
        Ok(auth.bearer)
    }

    /// The way to a provider within this operation's time.
    pub(super) fn channel(&self) -> Channel {
        Channel {
            http: self.http.clone(),
            clock: self.clock.clone(),
            timeout: self.budget.request,
            deadline: self.deadline(),
            pace: self.pace.clone(),
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.budget.total
    }

    pub(super) fn keeper(&self) -> TokenKeeper {
        TokenKeeper {
            store: self.store.clone(),
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            cache: self.tokens.clone(),
        }
    }

    /// The clinic's OAuth client at the provider.
    pub(super) fn registered(&self, provider: Provider) -> Result<OAuthClient> {
        let (client_id, secret) = match provider {
            Provider::Zoom => (&self.zoom.client_id, &self.zoom.client_secret),
            Provider::GoogleMeet => (&self.google.client_id, &self.google.client_secret),
        };
        let Some(secret) = secret.as_ref().filter(|_| !client_id.is_empty()) else {
            return Err(configuration(format!(
                "{}'s client id and client secret are not set; enter them in the settings",
                provider.label()
            )));
        };
        let secret = self.opened(&option_secret(provider, "client_secret"), secret.expose())?;
        match provider {
            Provider::Zoom => self.zoom_oauth(client_id, secret),
            Provider::GoogleMeet => Ok(self.google_oauth(client_id, secret)),
        }
    }

    pub(super) fn zoom_oauth(&self, client_id: &str, secret: ClientSecret) -> Result<OAuthClient> {
        let url = zoom::auth::token_url(&self.zoom.endpoints)?;
        Ok(self.oauth(url, client_id, secret, zoom::auth::DIALECT))
    }

    pub(super) fn google_oauth(&self, client_id: &str, secret: ClientSecret) -> OAuthClient {
        let url = self.google.endpoints.token.clone();
        self.oauth(url, client_id, secret, meet::auth::DIALECT)
    }

    fn oauth(
        &self,
        token_url: Url,
        client_id: &str,
        client_secret: ClientSecret,
        dialect: Dialect,
    ) -> OAuthClient {
        OAuthClient {
            http: self.http.clone(),
            token_url,
            client_id: client_id.to_owned(),
            client_secret,
            timeout: self.budget.request,
            dialect,
        }
    }

    fn zoom_connection(&self, host: &Host) -> Result<Connection> {
        if host.own_tokens {
            return Ok(Connection::User {
                doctor_id: host.doctor_id,
            });
        }
        let own = host.app.as_ref().map(|app| &app.account_id);
        let account_id = own.unwrap_or(&self.zoom.account_id);
        if account_id.is_empty() {
            return Err(configuration(
                "the doctor is not connected to Zoom and the clinic has no Zoom account set",
            ));
        }
        if host.zoom_user.is_empty() || host.zoom_user.eq_ignore_ascii_case("me") {
            return Err(Error::new(
                ErrorKind::HostNotFound,
                "no Zoom user is approved for the doctor; an administrator approves one under Settings, KiviCare Telemed, \
                 Doctors",
            ));
        }
        Ok(Connection::ServerToServer {
            owner: own.map_or(0, |_| host.doctor_id),
            account_id: account_id.clone(),
            host: host.zoom_user.clone(),
        })
    }

    /// A configured secret, opened when it is sealed.
    pub(super) fn opened(&self, context: &Context, secret: &str) -> Result<ClientSecret> {
        if !self.vault.is_sealed(secret) {
            return Ok(ClientSecret::new(secret));
        }
        let plain = self.vault.open(context, secret)?;
        let text = std::str::from_utf8(&plain).map_err(|_| configuration("a stored secret is not text"))?;
        Ok(ClientSecret::new(text))
    }
}

/// What a secret field of a provider's settings option is sealed for.
pub(super) fn option_secret(provider: Provider, field: &str) -> Context {
    let option = match provider {
        Provider::Zoom => ZOOM_SETTINGS_OPTION,
        Provider::GoogleMeet => GOOGLE_SETTINGS_OPTION,
    };
    Context {
        owner: format!("option:{option}"),
        purpose: field.to_owned(),
    }
}
