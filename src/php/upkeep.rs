//! What administrators look at: the audit log, the database, the keys of secrets and the way to the providers.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::ZendHashTable;

use super::classes::Config;
use super::convert;
use super::guard::guarded;
use crate::http::handshake;
use crate::runtime;
use crate::site::SiteSettings;
use crate::store::Store;

/// The site's state, and the record of who did what.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Upkeep")]
pub struct Upkeep(SiteSettings);

#[php_impl]
impl Upkeep {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Appends to the audit log. Array: actor_id, source ("web", "cli", "cron", "webhook"), action, appointment_id,
    /// doctor_id, provider, detail.
    pub fn audit(&self, entry: &ZendHashTable) -> PhpResult<()> {
        guarded(|| {
            let (entry, store) = (convert::audit_entry(entry)?, self.0.store()?);
            runtime::run(async move { store.audit(&entry).await })?
        })
    }

    /// Records that somebody was turned away; what is alike is one row, which counts. Array: actor_id, source, route,
    /// address (of the connection; it is not kept).
    pub fn refused(&self, refusal: &ZendHashTable) -> PhpResult<()> {
        guarded(|| {
            let (refusal, telemed) = (convert::refusal(refusal)?, self.0.bookkeeping()?);
            runtime::run(async move { telemed.record_refusal(refusal).await })?
        })
    }

    /// Asks the database for a sign of life over the extension's own connection.
    pub fn ping(&self) -> PhpResult<()> {
        guarded(|| {
            let store = self.0.store()?;
            runtime::run(async move { store.ping().await })?
        })
    }

    /// Makes room for a database session that PHP is about to open; to be followed by sessionClosed().
    pub fn session_wanted(&self) -> PhpResult<()> {
        guarded(|| {
            let store = self.0.store()?;
            runtime::run(async move { store.session_wanted().await })?
        })
    }

    /// PHP has closed that session.
    pub fn session_closed(&self) -> PhpResult<()> {
        guarded(|| {
            self.0.store()?.session_closed();
            Ok(())
        })
    }

    /// Whether this machine's processes can count their database sessions together, in the folder for temporary files.
    pub fn counts_sessions(&self) -> PhpResult<bool> {
        guarded(|| Ok(self.0.store()?.counts_sessions()))
    }

    /// Whether the secret was sealed with another key than the current one.
    pub fn needs_reseal(&self, sealed: &str) -> PhpResult<bool> {
        guarded(|| Ok(self.0.vault()?.needs_reseal(sealed)))
    }

    /// The TLS version reached with the provider's API host ("1.3", "1.2"), null where the address is plain http.
    pub fn tls_version(&self, provider: &str) -> PhpResult<Option<String>> {
        guarded(|| {
            self.0.working()?;
            let url = self.0.api_url(convert::provider(provider)?);
            Ok(handshake::tls_version(&self.0.http, url)?.map(ToOwned::to_owned))
        })
    }
}
