//! PHP arrays to core types and back, one function per shape.

use std::time::Duration;

use ext_php_rs::boxed::ZBox;
use ext_php_rs::types::{ZendHashTable, Zval};

use crate::error::{Result, internal, invalid_input};
use crate::http::transport::HttpConfig;
use crate::meet::{self, EventOptions, SendUpdates};
use crate::meeting::Visit;
use crate::oauth::Party;
use crate::secret::{ClientSecret, DatabasePassword, WebhookSecret};
use crate::service::{
    Account, AppKeys, GoogleSettings, Host, Mended, Noted, Outcome, Pulled, Tended, Visited, Wish, ZoomApp,
    ZoomSettings,
};
use crate::site::SiteSettings;
use crate::store::{
    AuditEntry, ConnectionRow, DatabaseConfig, Due, Mapping, Operation, OperationState, Provider,
};
use crate::vault::KeyMaterial;
use crate::zoom::webhook::Event;
use crate::zoom::{Endpoints, Meeting, Plan};

/// A PHP array on its way to PHP.
pub type Array = ZBox<ZendHashTable>;

/// Builds an array; inserting can only fail on exhausted memory.
macro_rules! array {
    ($($key:literal => $value:expr),* $(,)?) => {{
        let mut array = ZendHashTable::new();
        $(array.insert($key, $value).map_err(|_| internal("a PHP array could not be built"))?;)*
        Result::<Array>::Ok(array)
    }};
}

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

    fn optional(&self, key: &str) -> Result<Option<String>> {
        Ok(Some(self.text(key)?).filter(|text| !text.is_empty()))
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

    fn flag(&self, key: &str) -> bool {
        self.raw(key).is_some_and(|value| value.bool().unwrap_or(false))
    }

    fn section(&self, key: &str) -> Result<Fields<'a>> {
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

    fn small(&self, key: &str) -> Result<u32> {
        u32::try_from(self.number(key)?).map_err(|_| invalid_input(format!("the field {key} is too large")))
    }
}

/// KiviCare's id of a provider.
pub fn provider(id: &str) -> Result<Provider> {
    Provider::from_id(id).ok_or_else(|| invalid_input("the provider must be zoom or googlemeet"))
}

fn millis(fields: &Fields<'_>, key: &str, default: u64) -> Result<Duration> {
    let given = fields.number(key)?;
    Ok(Duration::from_millis(if given == 0 {
        default
    } else {
        given.clamp(100, 60_000)
    }))
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
    let ca_file = http.optional("ca_file")?.map(Into::into);
    Ok(SiteSettings {
        site,
        database: DatabaseConfig {
            host: db.text("host")?,
            user: db.text("user")?,
            password: DatabasePassword::new(db.text("password")?),
            name: db.text("name")?,
            charset: db.text("charset")?,
            prefix: db.text("prefix")?,
            base_prefix: db.text("base_prefix")?,
            usermeta_table: db.optional("usermeta_table")?,
            client_flags: db.small("client_flags")?,
            ca_file: None,
        },
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
        http: HttpConfig {
            ca_file,
            allow_http: http.flag("allow_http"),
            connect_timeout: millis(&http, "connect_timeout_ms", 3_000)?,
            total_timeout: millis(&http, "total_timeout_ms", 10_000)?,
            max_body: 1 << 20,
        },
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

/// A result that is an answer either way: `state` is `done` or `refused`, with the error's kind and text.
pub fn verdict<T>(result: Result<T>, add: impl FnOnce(&mut ZendHashTable, T) -> Result<()>) -> Result<Array> {
    let mut array: Array = match &result {
        Ok(_) => array! { "state" => "done", "reason" => "", "message" => "" },
        Err(error) => {
            array! { "state" => "refused", "reason" => error.kind().name(), "message" => error.to_string() }
        }
    }?;
    if let Ok(value) = result {
        add(&mut array, value)?;
    }
    Ok(array)
}

/// Puts a value into an array.
pub fn put(array: &mut ZendHashTable, key: &str, value: impl ext_php_rs::convert::IntoZval) -> Result<()> {
    array
        .insert(key, value)
        .map_err(|_| internal("a PHP array could not be built"))
}

/// A webhook's event for PHP.
pub fn event(event: &Event, challenge: Option<String>) -> Result<Array> {
    let person = event
        .person()
        .map(|person| array! { "id" => person.id, "host" => person.host, "at" => person.at })
        .transpose()?;
    let ended = event
        .deauthorized()
        .map(|(user, account, client)| {
            array! { "user_id" => user, "account_id" => account, "client_id" => client }
        })
        .transpose()?;
    array! {
        "event" => event.event.as_str(),
        "event_ts" => event.event_ts,
        "key" => event.key(),
        "meeting_id" => event.meeting_id(),
        "time" => event.time(),
        "person" => person,
        "deauthorized" => ended,
        "plain_token" => event.plain_token(),
        "encrypted_token" => challenge,
    }
}

/// A mapping row for PHP.
pub fn mapping(row: &Mapping) -> Result<Array> {
    array! {
        "provider" => row.provider.id(),
        "appointment_id" => row.appointment_id,
        "meeting_id" => row.meeting_id.as_str(),
        "uuid" => row.uuid.as_str(),
        "start_url" => row.start_url.as_str(),
        "join_url" => row.join_url.as_str(),
        "password" => row.password.as_str(),
        "extra" => row.extra.as_str(),
        "owes_link" => row.owes_link,
    }
}

/// An outcome for PHP; `state` is `ready` where the core says done.
pub fn outcome(outcome: &Outcome) -> Result<Array> {
    let row = outcome.mapping.as_ref().map(mapping).transpose()?;
    let state = if outcome.state == OperationState::Done {
        "ready"
    } else {
        outcome.state.name()
    };
    array! {
        "state" => state,
        "operation_id" => outcome.operation_id,
        "reason" => outcome.reason,
        "message" => outcome.message.as_str(),
        "mapping" => row,
        "token_refreshed" => outcome.token_refreshed,
        "mended" => outcome.mended.map_or("", Mended::name),
        "finished" => outcome.finished.clone(),
    }
}

/// An outcome among many; a failure before the journal was written has no operation.
pub fn one_of_many(appointment_id: u64, done: &Result<Outcome>) -> Result<Array> {
    let mut array = match done {
        Ok(done) => outcome(done)?,
        Err(error) => array! {
            "state" => "failed",
            "operation_id" => 0,
            "reason" => error.kind().name(),
            "message" => error.to_string(),
        }?,
    };
    put(&mut array, "appointment_id", appointment_id)?;
    Ok(array)
}

/// Something due for PHP.
pub fn due(due: &Due) -> Result<Array> {
    array! {
        "appointment_id" => due.appointment_id,
        "doctor_id" => due.doctor_id,
        "verify" => due.verify,
        "noted" => due.noted,
    }
}

/// A doctor's connection for PHP.
pub fn connection(row: &ConnectionRow) -> Result<Array> {
    array! {
        "doctor_id" => row.doctor_id,
        "provider" => row.provider.id(),
        "state" => row.state.name(),
        "reason" => row.reason.as_str(),
        "message" => row.message.as_str(),
    }
}

/// A tended connection for PHP.
pub fn tended(tended: &Tended) -> Result<Array> {
    let mut array = connection(&tended.row)?;
    put(&mut array, "token_refreshed", tended.token_refreshed)?;
    Ok(array)
}

/// A look at a calendar for PHP.
pub fn pulled(pulled: &Pulled) -> Result<Array> {
    array! {
        "doctor_id" => pulled.doctor_id,
        "appointments" => pulled.appointments.clone(),
        "requests" => i64::from(pulled.requests),
        "full" => pulled.full,
        "reason" => pulled.reason,
        "message" => pulled.message.as_str(),
        "token_refreshed" => pulled.token_refreshed,
    }
}

/// Who consented, for PHP.
pub fn account(account: &Account) -> Result<Array> {
    array! { "id" => account.id.as_str(), "email" => account.email.as_str() }
}

/// A noted event for PHP.
pub fn noted(noted: &Noted) -> Result<Array> {
    let row = mapping(&noted.mapping)?;
    array! { "appointment_id" => noted.appointment_id, "mapping" => row, "check" => noted.check }
}

/// A journal row for PHP.
pub fn operation(row: &Operation) -> Result<Array> {
    array! {
        "id" => row.id,
        "appointment_id" => row.appointment_id,
        "doctor_id" => row.doctor_id,
        "provider" => row.provider.id(),
        "kind" => row.kind.name(),
        "state" => row.state.name(),
        "meeting_id" => row.meeting_id.as_str(),
        "attempts" => i64::from(row.attempts),
        "reason" => row.reason.as_str(),
        "message" => row.message.as_str(),
        "resume_at" => row.resume_at,
    }
}

/// A meeting for PHP. The host's start link stays in Rust.
pub fn meeting(meeting: &Meeting) -> Result<Array> {
    array! {
        "id" => meeting.id.as_str(),
        "uuid" => meeting.uuid.as_str(),
        "host_id" => meeting.host_id.as_str(),
        "join_url" => meeting.join_url.as_str(),
        "password" => meeting.password.as_str(),
        "status" => meeting.status.as_str(),
        "start_time" => meeting.start_time.as_str(),
        "duration" => i64::from(meeting.duration_minutes),
        "waiting_room" => meeting.waiting_room,
    }
}

/// A provider's meeting for PHP.
pub fn neutral_meeting(meeting: &crate::provider::Meeting) -> Result<Array> {
    array! {
        "id" => meeting.id.as_str(),
        "join_url" => meeting.join_url.as_str(),
        "event_url" => meeting.page_url.as_str(),
        "start_time" => meeting.start_time.as_str(),
        "duration" => i64::from(meeting.duration_minutes),
        "etag" => meeting.etag.as_str(),
        "cancelled" => meeting.cancelled,
    }
}

/// A doctor's calendar for PHP.
pub fn primary_calendar(calendar: &meet::PrimaryCalendar) -> Result<Array> {
    array! { "id" => calendar.id.as_str(), "allows_meet" => calendar.allows_meet }
}

/// A Zoom user for PHP.
pub fn user(user: &crate::zoom::User) -> Result<Array> {
    array! { "id" => user.id.as_str(), "email" => user.email.as_str(), "type" => i64::from(user.kind) }
}

/// Vault status for PHP.
pub fn vault_status(source: &str, key_id: &str) -> Result<Array> {
    array! { "source" => source, "key_id" => key_id }
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
    })
}
