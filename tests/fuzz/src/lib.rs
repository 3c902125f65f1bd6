//! What the fuzz targets share: a site in memory whose providers answer with the fuzzer's bytes.
//!
//! A target fails by a panic, ours or an assertion's. Time stands still and pauses end at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a fuzz target may fail loudly"
)]

#[path = "../../support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "made for the tests"
)]
pub mod support;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, StatusCode};
use kivicare_telemed::Error;
use kivicare_telemed::http::{HttpClient, Request, Response, TransportError, TransportErrorKind};
use kivicare_telemed::meeting::Visit;
use kivicare_telemed::oauth::keeper;
use kivicare_telemed::provider::is_web_address;
use kivicare_telemed::service::{Outcome, Telemed};
use kivicare_telemed::store::{Mapping, MemoryStore, OperationState, Store, TokenRow};
use kivicare_telemed::vault::{KeyMaterial, Vault};

/// Where a seed has this word, no message for people may show it: providers' texts stay with us.
pub const SECRET: &str = "SECRET";

/// Between two answers of a provider; no text in UTF-8 has it.
const BETWEEN: u8 = 0xff;

/// The statuses that a provider's answer is given, by its first byte.
const STATUSES: [u16; 16] = [
    200, 201, 204, 400, 401, 403, 404, 409, 410, 412, 429, 500, 502, 503, 302, 207,
];

/// `expires_at` lies years after the tests' clock.
const TOKENS: &[u8] = br#"{"access_token":"tok","refresh_token":"ref","expires_at":4000000000,"scope":""}"#;

thread_local! {
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    static SITE: support::Site = support::site();
    static SEALED: String = {
        let row = kivicare_telemed::meet::auth::token_row(7);
        SITE.with(|site| site.vault.seal(&keeper::context(&row), TOKENS).unwrap())
    };
}

/// Runs a future to its end.
pub fn run<F: Future>(future: F) -> F::Output {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// Answers with what the fuzzer says, in order, and with an empty object when it says no more.
struct Provider(Mutex<VecDeque<Result<Response, TransportError>>>);

impl HttpClient for Provider {
    fn execute(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let answer = self
            .0
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(|| Ok(answer(200, 0, b"{}")));
        Box::pin(async move { answer })
    }
}

fn answer(status: u16, headers: u8, body: &[u8]) -> Response {
    let mut response = Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.to_vec(),
    };
    let kind = if headers & 1 == 0 {
        "application/json"
    } else {
        "text/html"
    };
    response
        .headers
        .insert("content-type", HeaderValue::from_static(kind));
    if headers & 2 != 0 {
        // The body's beginning as the pause that is asked for.
        if let Ok(value) = HeaderValue::from_bytes(body.get(..body.len().min(40)).unwrap_or_default()) {
            response.headers.insert("retry-after", value);
        }
    }
    response
}

/// Answers of a provider: status, kind of headers, body; separated by a byte that no text has.
fn answers(data: &[u8]) -> VecDeque<Result<Response, TransportError>> {
    data.split(|byte| *byte == BETWEEN)
        .take(6)
        .map(|part| match part {
            [] => Err(TransportError {
                kind: TransportErrorKind::Reset,
                sent: true,
                message: "reset".into(),
            }),
            [status, rest @ ..] => {
                let (headers, body) = rest.split_first().unwrap_or((&0, &[]));
                Ok(answer(STATUSES[usize::from(status & 15)], *headers, body))
            }
        })
        .collect()
}

/// A site whose providers answer like this, with the doctor's Google connection in place.
pub fn site_answered_by(data: &[u8]) -> Telemed {
    let store = Arc::new(MemoryStore::new());
    for row in [kivicare_telemed::meet::auth::token_row(7), zoom_row()] {
        let sealed = SEALED.with(Clone::clone);
        run(store.swap_token(&row, None, &sealed)).unwrap();
    }
    let base = SITE.with(|site| site.telemed.clone());
    Telemed {
        http: Arc::new(Provider(Mutex::new(answers(data)))),
        store,
        pace: Arc::default(),
        ..base
    }
}

fn zoom_row() -> TokenRow {
    TokenRow::UserMeta {
        user_id: 7,
        key: kivicare_telemed::zoom::auth::DOCTOR_TOKEN_KEY.to_owned(),
    }
}

/// A message is one for people: of a bearable length, and without what the provider wrote.
pub fn check_message(error: &Error) {
    let message = error.to_string();
    assert!(
        !message.is_empty() && message.len() < 1000,
        "{} bytes of a message",
        message.len()
    );
    assert!(
        !message.contains(SECRET),
        "a provider's text in a message: {message}"
    );
}

/// The same for what may be an error.
pub fn check<T>(result: Result<T, Error>) -> Option<T> {
    result.inspect_err(check_message).ok()
}

/// A visit's outcome: nothing of the provider's text in it, and no meeting without an id and a link.
pub fn check_outcome(outcome: &Outcome) {
    assert!(!outcome.message.contains(SECRET), "{}", outcome.message);
    if let (OperationState::Done, Some(made)) = (outcome.state, &outcome.mapping) {
        assert!(
            is_web_address(&made.join_url) && !made.meeting_id.is_empty(),
            "{made:?}"
        );
    }
}

/// A visit for both providers.
pub fn visit() -> Visit {
    Visit {
        description: "At Example Clinic".into(),
        patient_id: 9,
        guests: vec!["patient@example.test".into()],
        organizer: "doctor@example.test".into(),
        ..support::visit()
    }
}

/// A site's vault with the key ring of the tests.
pub fn vault() -> Arc<Vault> {
    SITE.with(|site| site.vault.clone())
}

/// A vault of its own.
pub fn vault_of(primary: Option<&str>, retired: &[&str], salts: Option<&str>) -> Result<Vault, Error> {
    let material = KeyMaterial {
        primary: primary.map(Into::into),
        retired: retired.iter().map(|key| (*key).into()).collect(),
        salts: salts.map(Into::into),
    };
    Vault::new(material, "site")
}

/// A row of the mapping table with this meeting.
pub fn mapping(provider: kivicare_telemed::store::Provider, meeting_id: &str, extra: &str) -> Mapping {
    Mapping {
        provider,
        appointment_id: 41,
        meeting_id: meeting_id.to_owned(),
        uuid: String::new(),
        start_url: "https://clinic.example.test/start/41".to_owned(),
        join_url: String::new(),
        password: String::new(),
        extra: extra.to_owned(),
        ends_at: 0,
        owes_link: false,
    }
}
