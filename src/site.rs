//! One site's settings, and the long-lived parts made from them: HTTP client and database pool live across requests
//! of the host process, so that a warm worker needs one round trip for a meeting.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::clock::SystemClock;
use crate::error::{Result, site_paused};
use crate::http::refusing::RefusingClient;
use crate::http::transport::{HttpConfig, ReqwestClient};
use crate::http::{HttpClient, Request, Response, TransportError};
use crate::oauth::TokenCache;
use crate::pace::Pace;
use crate::runtime;
use crate::service::{Budget, GoogleSettings, Telemed, ZoomSettings};
use crate::store::{DatabaseConfig, MySqlStore, Provider};
use crate::vault::{KeyMaterial, Vault};

/// Everything a site configures. Secrets inside are redacting types.
#[derive(Clone)]
pub struct SiteSettings {
    /// Random id of the site; part of every seal and lock name.
    pub site: String,
    /// The site's own database.
    pub database: DatabaseConfig,
    /// Encryption keys.
    pub keys: KeyMaterial,
    /// Zoom.
    pub zoom: ZoomSettings,
    /// Google.
    pub google: GoogleSettings,
    /// TLS and time limits.
    pub http: HttpConfig,
    /// This may be a copy of the site, or the site somewhere else: nothing leaves it until an administrator has said
    /// which.
    pub paused: bool,
}

impl SiteSettings {
    /// Encryption for this site; no I/O.
    pub fn vault(&self) -> Result<Vault> {
        Vault::new(self.keys.clone(), &self.site)
    }

    /// The database store, shared by all requests of this process.
    pub fn store(&self) -> Result<Arc<MySqlStore>> {
        let key = format!("store:{}:{}", self.site, self.database.fingerprint());
        runtime::per_process(&key, || MySqlStore::new(self.database.clone(), &self.site))
    }

    /// Where the provider's API is.
    pub fn api_url(&self, provider: Provider) -> &url::Url {
        match provider {
            Provider::Zoom => &self.zoom.endpoints.api,
            Provider::GoogleMeet => &self.google.endpoints.api,
        }
    }

    /// The way to providers. Settings it cannot be built from are told by the first request, not before: what concerns
    /// the database alone goes on.
    fn client(&self) -> Arc<dyn HttpClient> {
        if self.paused {
            return Arc::new(RefusingClient);
        }
        let key = format!("http:{}", self.http.fingerprint());
        match runtime::per_process(&key, || ReqwestClient::new(&self.http)) {
            Ok(client) => client,
            Err(error) => Arc::new(closed(error.to_string())),
        }
    }

    /// Whether the site may speak to providers and work its queue.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SitePaused`](crate::ErrorKind::SitePaused) while it may not.
    pub fn working(&self) -> Result<()> {
        if self.paused { Err(site_paused()) } else { Ok(()) }
    }

    /// All parts together, for everything that may reach a provider, a token or the queue.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SitePaused`](crate::ErrorKind::SitePaused) while the site is paused, before any I/O.
    pub fn telemed(&self) -> Result<Telemed> {
        self.working()?;
        self.bookkeeping()
    }

    /// The same for what only takes notes, and goes on while the site is paused: then no request leaves it.
    ///
    /// # Errors
    ///
    /// Those of an unusable configuration.
    pub fn bookkeeping(&self) -> Result<Telemed> {
        let tokens = format!("tokens:{}:{}", self.site, self.database.fingerprint());
        Ok(Telemed {
            store: self.store()?,
            vault: Arc::new(self.vault()?),
            http: self.client(),
            clock: Arc::new(SystemClock),
            site: self.site.clone(),
            zoom: self.zoom.clone(),
            google: self.google.clone(),
            budget: Budget {
                request: self.http.total_timeout,
                total: self.http.total_timeout,
            },
            pace: runtime::per_process("pace", || Ok(Pace::default()))?,
            tokens: runtime::per_process(&tokens, || Ok(TokenCache::default()))?,
        })
    }
}

fn closed(why: String) -> impl HttpClient {
    move |_: Request| -> BoxFuture<'static, std::result::Result<Response, TransportError>> {
        let error = TransportError::closed(why.clone());
        Box::pin(async move { Err(error) })
    }
}

/// The host process has answered a request, with all that was to be done after it: what the sites hold of their databases
/// is given up where others may need it. A process that has used none does nothing.
pub fn request_over() {
    runtime::each_part(MySqlStore::request_over);
}
