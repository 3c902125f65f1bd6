//! PHP arrays to core types. Every complaint names the field, never its value.

use ext_php_rs::types::{ZendHashTable, Zval};

use super::connection;
use crate::error::{Result, invalid_input};
use crate::meet::{self, EventOptions, SendUpdates};
use crate::meeting::Visit;
use crate::oauth::Party;
use crate::secret::{ClientSecret, WebhookSecret};
use crate::service::{AppKeys, GoogleSettings, Host, Refusal, Visited, Wish, ZoomApp, ZoomSettings};
use crate::site::SiteSettings;
use crate::store::{AuditEntry, Provider};
use crate::vault::KeyMaterial;
use crate::zoom::{Endpoints, Plan};

/// Reads named fields of a PHP array; every complaint names the field, never its value.
pub struct Fields<'a>(pub &'a ZendHashTable);

impl<'a> Fields<'a> {
    fn raw(&self, key: &str) -> Option<&'a Zval> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// Text, or empty when absent; numbers are taken as their text.
    pub fn text(&self, key: &str) -> Result<String> {
        match self.raw(key) {
            None => Ok(String::new()),
            Some(value) => value
                .coerce_to_string()
                .ok_or_else(|| invalid_input(format!("the field {key} must be text"))),
        }
    }

    pub(super) fn optional(&self, key: &str) -> Result<Option<String>> {
        Ok(Some(self.text(key)?).filter(|text| !text.is_empty()))
    }

    /// Text that was given, even when empty; null and absent fields are none.
    pub(super) fn given(&self, key: &str) -> Result<Option<String>> {
        self.raw(key).map(|_| self.text(key)).transpose()
    }

    /// A non-negative whole number, or zero when absent.
    pub fn number(&self, key: &str) -> Result<u64> {
        let Some(value) = self.raw(key) else { return Ok(0) };
        let number = value
            .long()
            .or_else(|| value.str().and_then(|text| text.trim().parse().ok()));
        number
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| invalid_input(format!("the field {key} must be a whole number")))
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.raw(key).is_some_and(|value| value.bool().unwrap_or(false))
    }

    pub(super) fn section(&self, key: &str) -> Result<Fields<'a>> {
        let array = self.raw(key).and_then(Zval::array);
        array
            .map(Fields)
            .ok_or_else(|| invalid_input(format!("the section {key} is missing")))
    }

    fn list(&self, key: &str) -> Vec<String> {
        let array = self.raw(key).and_then(Zval::array);
        array
            .map(|list| list.values().filter_map(Zval::string).collect())
            .unwrap_or_default()
    }

    /// `provider`: zoom when absent.
    pub fn provider(&self) -> Result<Provider> {
        match self.optional("provider")? {
            None => Ok(Provider::Zoom),
            Some(id) => provider(&id),
        }
    }

    pub(super) fn small(&self, key: &str) -> Result<u32> {
        u32::try_from(self.number(key)?).map_err(|_| invalid_input(format!("the field {key} is too large")))
    }
}

/// KiviCare's id of a provider.
pub fn provider(id: &str) -> Result<Provider> {
    Provider::from_id(id).ok_or_else(|| invalid_input("the provider must be zoom or googlemeet"))
}

/// `Config`'s array.
pub fn settings(array: &ZendHashTable) -> Result<SiteSettings> {
    let all = Fields(array);
    let (db, keys, zoom, google, http) = (
        all.section("db")?,
        all.section("keys")?,
        all.section("zoom")?,
        all.section("google")?,
        all.section("http")?,
    );
    let site = all.text("site")?;
    if site.is_empty() {
        return Err(invalid_input(
            "the site id is missing; deactivate and activate the KiviCare Telemed plugin",
        ));
    }
    Ok(SiteSettings {
        site,
        database: connection::database(&db, &http)?,
        keys: KeyMaterial {
            primary: keys.optional("primary")?.map(Into::into),
            retired: keys.list("retired").into_iter().map(Into::into).collect(),
            salts: keys.optional("salts")?.map(Into::into),
        },
        zoom: ZoomSettings {
            endpoints: Endpoints::parse(&zoom.text("api_url")?, &zoom.text("oauth_url")?)?,
            account_id: zoom.text("account_id")?,
            plan: Plan::from_name(&zoom.text("plan")?),
            client_id: zoom.text("client_id")?,
            client_secret: zoom.optional("client_secret")?.map(ClientSecret::new),
            webhook_secret: zoom.optional("webhook_secret")?.map(WebhookSecret::new),
        },
        google: google_settings(&google)?,
        http: connection::http(&http)?,
        paused: all.flag("paused"),
    })
}

fn google_settings(google: &Fields<'_>) -> Result<GoogleSettings> {
    Ok(GoogleSettings {
        endpoints: meet::Endpoints::parse(
            &google.text("auth_url")?,
            &google.text("token_url")?,
            &google.text("revoke_url")?,
            &google.text("api_url")?,
        )?,
        client_id: google.text("client_id")?,
        client_secret: google.optional("client_secret")?.map(ClientSecret::new),
        events: EventOptions {
            send_updates: SendUpdates::from_name(&google.text("send_updates")?),
            reminder_minutes: Some(google.small("reminder_minutes")?).filter(|minutes| *minutes > 0),
        },
        push_url: google.optional("push_url")?,
    })
}

/// `Telemed::createMeeting`'s array.
pub fn visit(array: &ZendHashTable) -> Result<Visit> {
    let fields = Fields(array);
    let appointment_id = fields.number("appointment_id")?;
    if appointment_id == 0 {
        return Err(invalid_input("the appointment id is missing"));
    }
    Ok(Visit {
        appointment_id,
        doctor_id: fields.number("doctor_id")?,
        start: fields.text("start")?,
        timezone: fields.text("timezone")?,
        fallback_timezone: fields.text("fallback_timezone")?,
        duration_minutes: fields.small("duration_minutes")?,
        topic: fields.text("topic")?,
        start_url: fields.text("start_url")?,
        patient_id: fields.number("patient_id")?,
        description: fields.text("description")?,
        guests: fields.list("guests"),
        organizer: fields.text("organizer")?,
        content: fields.text("content")?,
    })
}

/// The host fields of a visit or of a client's connection: `doctor_id`, `doctor_tokens`, `host`, and for a doctor's
/// own app `app` with `account_id`, `client_id`, `client_secret` (sealed).
pub fn host(array: &ZendHashTable) -> Result<Host> {
    let fields = Fields(array);
    let app = match fields.section("app") {
        Err(_) => None,
        Ok(app) => Some(ZoomApp {
            account_id: app.text("account_id")?,
            client_id: app.text("client_id")?,
            client_secret: ClientSecret::new(app.text("client_secret")?),
        }),
    };
    Ok(Host {
        provider: fields.provider()?,
        doctor_id: fields.number("doctor_id")?,
        own_tokens: fields.flag("doctor_tokens"),
        zoom_user: fields.text("host")?,
        app,
    })
}

/// `Telemed::reconcile`'s array.
pub fn visited(array: &ZendHashTable) -> Result<Visited> {
    let fields = Fields(array);
    let wish = match fields.section("visit") {
        Err(_) => None,
        Ok(wanted) => Some(Wish {
            visit: visit(wanted.0)?,
            host: host(wanted.0)?,
        }),
    };
    Ok(Visited {
        appointment_id: fields.number("appointment_id")?,
        wish,
        holder: host(fields.section("holder")?.0)?,
        gone: fields.flag("gone"),
        verify: fields.flag("verify"),
    })
}

/// `Queue::run`'s list: `visited` arrays, each with `noted`.
pub fn visited_list(list: &ZendHashTable) -> Result<Vec<(Visited, u64)>> {
    list.values()
        .map(|entry| {
            let array = entry
                .array()
                .ok_or_else(|| invalid_input("every entry of the list must be an array"))?;
            Ok((visited(array)?, Fields(array).number("noted")?))
        })
        .collect()
}

/// Who consents: `provider`, `user_id`, `session`, `redirect_uri`.
pub fn party(array: &ZendHashTable) -> Result<Party> {
    let fields = Fields(array);
    Ok(Party {
        user_id: fields.number("user_id")?,
        session: fields.text("session")?,
        provider: fields.provider()?,
        redirect_uri: fields.text("redirect_uri")?,
    })
}

/// `Telemed::probe`'s array.
pub fn app_keys(array: &ZendHashTable) -> Result<AppKeys> {
    let fields = Fields(array);
    Ok(AppKeys {
        account_id: fields.text("account_id")?,
        client_id: fields.text("client_id")?,
        client_secret: ClientSecret::new(fields.text("client_secret")?),
        doctor_id: fields.number("doctor_id")?,
        zoom_user: fields.text("host")?,
    })
}

/// An entry of the audit log.
pub fn audit_entry(array: &ZendHashTable) -> Result<AuditEntry> {
    let fields = Fields(array);
    Ok(AuditEntry {
        actor_id: fields.number("actor_id")?,
        source: fields.text("source")?,
        action: fields.text("action")?,
        appointment_id: fields.number("appointment_id")?,
        doctor_id: fields.number("doctor_id")?,
        provider: fields.text("provider")?,
        detail: fields.text("detail")?,
        bucket: String::new(),
    })
}

/// A request that was turned away.
pub fn refusal(array: &ZendHashTable) -> Result<Refusal> {
    let fields = Fields(array);
    Ok(Refusal {
        actor_id: fields.number("actor_id")?,
        source: fields.text("source")?,
        route: fields.text("route")?,
        address: fields.text("address")?,
    })
}
