//! The exported classes. A method converts, calls, maps the error; logic belongs to the core.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendCallable, ZendHashTable};

use super::convert::{self, Array};
use super::guard::guarded;
use crate::error::{Result, internal};
use crate::meeting::MeetingDraft;
use crate::runtime;
use crate::service::Host;
use crate::site::SiteSettings;
use crate::store::Store;
use crate::vault::Context;
use crate::zoom::{MeetingChange, ZoomClient as Zoom};

/// One site's settings. Holds secrets: nothing of it can be read back.
///
/// Array: site, db{host,user,password,name,charset,prefix,base_prefix,usermeta_table,client_flags},
/// keys{primary,retired[],salts}, zoom{api_url,oauth_url,account_id,client_id,client_secret,webhook_secret},
/// google{auth_url,token_url,revoke_url,api_url,client_id,client_secret,send_updates,reminder_minutes,push_url},
/// http{ca_file,allow_http,connect_timeout_ms,total_timeout_ms}, paused (bool; but for notes, PausedException).
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Config")]
pub struct Config(pub(super) SiteSettings);

#[php_impl]
impl Config {
    /// Checks and takes over the settings; no connection is made.
    pub fn __construct(settings: &ZendHashTable) -> PhpResult<Self> {
        guarded(|| convert::settings(settings).map(Self))
    }
}

/// Encryption of secrets at rest. There is no way to open a seal from PHP.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Vault")]
pub struct Vault(crate::vault::Vault);

#[php_impl]
impl Vault {
    /// For this site's keys.
    pub fn __construct(config: &Config) -> PhpResult<Self> {
        guarded(|| config.0.vault().map(Self))
    }

    /// Seals a secret for its owner ("user:5", "option:name") and purpose (meta key or option field).
    pub fn seal(&self, plaintext: &str, owner: String, purpose: String) -> PhpResult<String> {
        guarded(|| self.0.seal(&Context { owner, purpose }, plaintext.as_bytes()))
    }

    /// Seals a sealed secret anew with the current key.
    pub fn reseal(&self, sealed: &str, owner: String, purpose: String) -> PhpResult<String> {
        guarded(|| self.0.reseal(&Context { owner, purpose }, sealed))
    }

    /// Whether the text has the form of a seal.
    pub fn is_sealed(&self, text: &str) -> bool {
        self.0.is_sealed(text)
    }

    /// Array: source ("key", "salts" or "none"), key_id.
    pub fn status(&self) -> PhpResult<Array> {
        let status = self.0.status();
        guarded(|| convert::vault_status(status.source.name(), &status.key_id))
    }
}

/// The use cases: an appointment's meeting, made and ended.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\Telemed")]
pub struct Telemed(SiteSettings);

#[php_impl]
impl Telemed {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Makes the visit's meeting or returns the one it has.
    ///
    /// Visit: appointment_id, doctor_id, start (local Y-m-d H:i:s), timezone, fallback_timezone, duration_minutes,
    /// topic, start_url, patient_id, description, guests (e-mail addresses), content (changes with title and text);
    /// host fields: provider ("zoom" or "googlemeet"), host (Zoom user id or e-mail), doctor_tokens (bool). Returns: state ("ready", "pending",
    /// "parked", "failed"), operation_id, reason, message, mapping (array or null), token_refreshed, mended (what was undone at the provider:
    /// "moved_back", "restored", "closed", "relinked", "left", or empty), finished (list of journal rows).
    pub fn create_meeting(&self, visit: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let telemed = self.0.bookkeeping()?;
            let (visit, host) = (convert::visit(visit)?, convert::host(visit)?);
            let outcome = runtime::run(async move { telemed.create_meeting(&visit, &host).await })??;
            convert::outcome(&outcome)
        })
    }

    /// Ends the appointment's meeting. Array: appointment_id, doctor_id, host, doctor_tokens. Returns as
    /// createMeeting, with mapping null.
    pub fn cancel_meeting(&self, visit: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let (id, host) = (
                convert::Fields(visit).number("appointment_id")?,
                convert::host(visit)?,
            );
            let telemed = self.0.telemed()?;
            let outcome = runtime::run(async move { telemed.cancel_meeting(id, &host).await })??;
            convert::outcome(&outcome)
        })
    }

    /// Makes the appointment's meeting what committed rows say it should be.
    ///
    /// Array: appointment_id, gone (the row is deleted), verify (look at Zoom too), visit (as createMeeting with its
    /// host fields, or null for no meeting), holder (host fields of the doctor of the meeting there is). Returns as
    /// createMeeting.
    pub fn reconcile(&self, visited: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let (visited, telemed) = (convert::visited(visited)?, self.0.telemed()?);
            let outcome = runtime::run(async move { telemed.reconcile(&visited).await })??;
            convert::outcome(&outcome)
        })
    }

    /// Sends the response's Location header with a fresh host link, which PHP code never holds. The caller has checked
    /// that the visitor is the host. Array: appointment_id and host fields. Returns: state ("done" or "refused"),
    /// reason, message, token_refreshed.
    pub fn redirect_host(&self, visit: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let (id, host) = (
                convert::Fields(visit).number("appointment_id")?,
                convert::host(visit)?,
            );
            let telemed = self.0.telemed()?;
            let link = runtime::run(async move { telemed.host_link(id, &host).await })?;
            let sent = link.and_then(|(link, refreshed)| send_location(link.expose()).map(|()| refreshed));
            convert::verdict(sent, |array, refreshed| {
                convert::put(array, "token_refreshed", refreshed)
            })
        })
    }

    /// Tries a server-to-server app. Array: account_id, client_id, client_secret, doctor_id (whose sealed secret it
    /// is, 0 for the clinic's), host (Zoom user or empty). Returns: state ("done" or "refused"), reason
    /// ("client_refused", "account_refused", "scope", "host_not_found", "unavailable"...), message, user.
    pub fn probe(&self, keys: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let (keys, telemed) = (convert::app_keys(keys)?, self.0.telemed()?);
            let probe = runtime::run(async move { telemed.probe(&keys).await })?;
            convert::verdict(probe, |array, probe| {
                let user = probe.user.as_ref().map(convert::user).transpose()?;
                convert::put(array, "user", user)
            })
        })
    }
}

/// PHP's own `header()`: the link goes from here to the browser without becoming a PHP value anybody could log.
fn send_location(url: &str) -> Result<()> {
    let failed = |_| internal("PHP's header() cannot be called");
    let header = ZendCallable::try_from_name("header").map_err(failed)?;
    header
        .try_call(vec![&format!("Location: {url}"), &true, &302])
        .map(drop)
        .map_err(failed)
}

/// Zoom's API as one connection sees it. Unjournalled: bookings go through Telemed.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\ZoomClient")]
pub struct ZoomClient {
    settings: SiteSettings,
    host: Host,
}

impl ZoomClient {
    fn with<T, F>(&self, work: impl FnOnce(Zoom) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        runtime::run(work(self.settings.telemed()?.zoom_client(&self.host)?))?
    }
}

#[php_impl]
impl ZoomClient {
    /// Connection: doctor_id, doctor_tokens (bool), host (Zoom user id or e-mail for server-to-server).
    pub fn __construct(config: &Config, connection: &ZendHashTable) -> PhpResult<Self> {
        guarded(|| {
            Ok(Self {
                settings: config.0.clone(),
                host: convert::host(connection)?,
            })
        })
    }

    /// Creates a private scheduled meeting. Array as Telemed::createMeeting: start, timezone, duration_minutes, topic.
    pub fn create_meeting(&self, visit: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let draft: MeetingDraft = convert::visit(visit)?.draft(crate::meeting::new_marker()?)?;
            let made = self.with(|zoom| async move { zoom.create(&draft).await })?;
            convert::meeting(&made)
        })
    }

    /// The meeting as Zoom has it now, without its host link.
    pub fn get_meeting(&self, id: String) -> PhpResult<Array> {
        guarded(|| convert::meeting(&self.with(|zoom| async move { zoom.meeting(&id).await })?))
    }

    /// Moves a meeting. Array as Telemed::createMeeting: start, timezone, duration_minutes.
    pub fn update_meeting(&self, id: String, visit: &ZendHashTable) -> PhpResult<()> {
        guarded(|| {
            let visit = convert::visit(visit)?;
            let change = MeetingChange::at(visit.start_instant()?, visit.duration_minutes);
            self.with(|zoom| async move { zoom.update(&id, &change).await })
        })
    }

    /// Deletes a meeting; one that is gone already counts as deleted.
    pub fn delete_meeting(&self, id: String) -> PhpResult<()> {
        guarded(|| self.with(|zoom| async move { zoom.delete(&id).await }))
    }

    /// The host's upcoming meetings.
    pub fn list_upcoming(&self) -> PhpResult<Vec<Array>> {
        guarded(|| {
            let found = self.with(|zoom| async move { zoom.upcoming().await })?;
            found.iter().map(convert::meeting).collect()
        })
    }

    /// The connection's own user: id, email, type.
    pub fn current_user(&self) -> PhpResult<Array> {
        guarded(|| convert::user(&self.with(|zoom| async move { zoom.current_user().await })?))
    }

    /// Whether the account takes digits alone as passcodes.
    pub fn numeric_passcodes(&self) -> PhpResult<bool> {
        guarded(|| {
            Ok(self
                .with(|zoom| async move { zoom.passcode_rules().await })?
                .only_allow_numeric)
        })
    }
}

/// Reads the mapping tables on our own connection: rows show at once inside KiviCare's open transaction.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\MappingStore")]
pub struct MappingStore(SiteSettings);

#[php_impl]
impl MappingStore {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// The appointment's mapping: provider, appointment_id, meeting_id, uuid, start_url, join_url, password, extra.
    pub fn find_by_appointment(&self, provider: &str, appointment_id: u64) -> PhpResult<Option<Array>> {
        guarded(|| {
            let (provider, store) = (convert::provider(provider)?, self.0.store()?);
            let row = runtime::run(async move { store.mapping(provider, appointment_id).await })??;
            row.as_ref().map(convert::mapping).transpose()
        })
    }

    /// The mapping with this meeting id (Zoom) or event id (Google Meet).
    pub fn find_by_meeting(&self, provider: &str, meeting_id: String) -> PhpResult<Option<Array>> {
        guarded(|| {
            let (provider, store) = (convert::provider(provider)?, self.0.store()?);
            let row = runtime::run(async move { store.mapping_by_meeting(provider, &meeting_id).await })??;
            row.as_ref().map(convert::mapping).transpose()
        })
    }
}

/// The journal of operations.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\OperationJournal")]
pub struct OperationJournal(SiteSettings);

#[php_impl]
impl OperationJournal {
    /// For this site.
    pub fn __construct(config: &Config) -> Self {
        Self(config.0.clone())
    }

    /// Every operation of the appointment, oldest first.
    pub fn for_appointment(&self, appointment_id: u64) -> PhpResult<Vec<Array>> {
        guarded(|| {
            let store = self.0.store()?;
            let rows = runtime::run(async move { store.operations(appointment_id).await })??;
            rows.iter().map(convert::operation).collect()
        })
    }
}
