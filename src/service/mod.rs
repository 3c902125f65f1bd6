//! The use cases. The only place that composes providers, tokens, journal and mapping tables.

mod cancel;
mod connect;
mod create;
mod events;
mod extra;
mod host_link;
mod probe;
mod reconcile;
mod setback;

pub use connect::Connected;
pub use events::Noted;
pub use probe::{AppKeys, Probe};
pub use reconcile::{Visited, Wish};

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::error::{Result, configuration};
use crate::http::HttpClient;
use crate::oauth::{OAuthClient, TokenCache, TokenKeeper};
use crate::secret::{ClientSecret, WebhookSecret};
use crate::store::{Mapping, OperationState, Store};
use crate::vault::{Context, Vault};
use crate::zoom::{Connection, Endpoints, ZoomAuth, ZoomClient, auth};

/// How long one owner may work on an operation. Longer than any booking request, so that a lease that ended means a
/// process that died.
const LEASE: Duration = Duration::from_secs(60);

/// How long to wait for another request that works on the same appointment.
const APPOINTMENT_WAIT: Duration = Duration::from_secs(8);

/// The option in which the original add-on, and we, keep Zoom's settings (KiviCare contract §1).
pub const ZOOM_SETTINGS_OPTION: &str = "kiviCare_zoom_telemed_setting";

/// Zoom's part of the settings, as the site configured it.
#[derive(Debug, Clone)]
pub struct ZoomSettings {
    /// Where Zoom is.
    pub endpoints: Endpoints,
    /// Account of the clinic's server-to-server app, or empty.
    pub account_id: String,
    /// OAuth client id, or empty.
    pub client_id: String,
    /// OAuth client secret: a sealed envelope from the option, or plain from a wp-config constant.
    pub client_secret: Option<ClientSecret>,
    /// Secret token of the app's event subscription: sealed or plain, as the client secret.
    pub webhook_secret: Option<WebhookSecret>,
}

/// A doctor's own server-to-server app.
#[derive(Debug, Clone)]
pub struct ZoomApp {
    /// The doctor's Zoom account.
    pub account_id: String,
    /// Client id of the app.
    pub client_id: String,
    /// Sealed for the doctor and [`DOCTOR_APP_KEY`].
    pub client_secret: ClientSecret,
}

/// User meta in which the original add-on, and we, keep a doctor's own app (KiviCare contract §1).
pub const DOCTOR_APP_KEY: &str = "zoom_server_to_server_oauth_config_data";

/// Time allowed for provider calls.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// One request.
    pub request: Duration,
    /// All requests of one operation together.
    pub total: Duration,
}

/// Who is to host a meeting.
#[derive(Debug, Clone)]
pub struct Host {
    /// WordPress user id of the doctor.
    pub doctor_id: u64,
    /// The doctor has connected an own Zoom account.
    pub own_tokens: bool,
    /// Zoom user id or e-mail for a server-to-server app.
    pub zoom_user: String,
    /// The doctor's own server-to-server app; counts when there are no own tokens, and before the clinic's.
    pub app: Option<ZoomApp>,
}

/// How an operation ended for now.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// `Done`, or where the operation waits.
    pub state: OperationState,
    /// Journal row, 0 when there was nothing to do.
    pub operation_id: u64,
    /// Error kind's name when not done, else empty.
    pub reason: &'static str,
    /// Safe text with the remedy when not done, else empty.
    pub message: String,
    /// The appointment's mapping after a create.
    pub mapping: Option<Mapping>,
    /// A token row was rewritten: caches of it are stale.
    pub token_refreshed: bool,
}

impl Outcome {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.state == OperationState::Done
    }

    fn done(operation_id: u64, mapping: Option<Mapping>, token_refreshed: bool) -> Self {
        Self {
            state: OperationState::Done,
            operation_id,
            reason: "",
            message: String::new(),
            mapping,
            token_refreshed,
        }
    }
}

/// Everything needed to work for one site.
#[derive(Clone)]
pub struct Telemed {
    /// Mappings, journal, token rows, locks.
    pub store: Arc<dyn Store>,
    /// Seals and opens secrets.
    pub vault: Arc<Vault>,
    /// The way to providers.
    pub http: Arc<dyn HttpClient>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Zoom's settings.
    pub zoom: ZoomSettings,
    /// Time allowed for provider calls.
    pub budget: Budget,
    /// The clinic's tokens in this process' memory.
    pub tokens: Arc<TokenCache>,
}

impl Telemed {
    /// Zoom as this host's connection sees it, for one operation that ends within the budget.
    pub fn zoom_client(&self, host: &Host) -> Result<ZoomClient> {
        let oauth = match host.app.as_ref().filter(|_| !host.own_tokens) {
            Some(app) => {
                let context = Context {
                    owner: format!("user:{}", host.doctor_id),
                    purpose: DOCTOR_APP_KEY.to_owned(),
                };
                self.oauth(&app.client_id, self.opened(&context, app.client_secret.expose())?)?
            }
            None => self.clinic_oauth()?,
        };
        let auth = ZoomAuth::new(self.connection(host)?, self.keeper(), Arc::new(oauth));
        Ok(ZoomClient::new(
            self.http.clone(),
            self.clock.clone(),
            self.zoom.endpoints.clone(),
            auth,
            self.budget.request,
            self.deadline(),
        ))
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.budget.total
    }

    fn keeper(&self) -> TokenKeeper {
        TokenKeeper {
            store: self.store.clone(),
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            cache: self.tokens.clone(),
        }
    }

    /// The clinic's OAuth client at Zoom.
    fn clinic_oauth(&self) -> Result<OAuthClient> {
        let secret = self.zoom.client_secret.as_ref();
        let Some(secret) = secret.filter(|_| !self.zoom.client_id.is_empty()) else {
            return Err(configuration(
                "Zoom's client id and client secret are not set; enter them in the settings",
            ));
        };
        let secret = self.opened(&option_secret("client_secret"), secret.expose())?;
        self.oauth(&self.zoom.client_id, secret)
    }

    fn oauth(&self, client_id: &str, client_secret: ClientSecret) -> Result<OAuthClient> {
        Ok(OAuthClient {
            http: self.http.clone(),
            token_url: auth::token_url(&self.zoom.endpoints)?,
            client_id: client_id.to_owned(),
            client_secret,
            timeout: self.budget.request,
        })
    }

    fn connection(&self, host: &Host) -> Result<Connection> {
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
            return Err(configuration(
                "the doctor has no Zoom user; map the doctor to a Zoom user or e-mail",
            ));
        }
        Ok(Connection::ServerToServer {
            account_id: account_id.clone(),
            host: host.zoom_user.clone(),
        })
    }

    /// A configured secret, opened when it is sealed.
    fn opened(&self, context: &Context, secret: &str) -> Result<ClientSecret> {
        if !self.vault.is_sealed(secret) {
            return Ok(ClientSecret::new(secret));
        }
        let plain = self.vault.open(context, secret)?;
        let text = std::str::from_utf8(&plain).map_err(|_| configuration("a stored secret is not text"))?;
        Ok(ClientSecret::new(text))
    }
}

/// What a secret field of Zoom's settings option is sealed for.
fn option_secret(field: &str) -> Context {
    Context {
        owner: format!("option:{ZOOM_SETTINGS_OPTION}"),
        purpose: field.to_owned(),
    }
}
