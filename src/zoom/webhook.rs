//! Zoom's webhooks: signature, endpoint validation, and the events we act on (Zoom: Webhooks).

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use ring::hmac;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result, invalid_input};
use crate::secret::WebhookSecret;

/// How far a request's timestamp may be from our clock, in seconds, either way.
pub const WINDOW: i64 = 300;

/// Version of the signature.
const VERSION: &str = "v0";

fn key(secret: &WebhookSecret) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())
}

/// Checks `x-zm-signature` over the raw body. `timestamp` is `x-zm-request-timestamp` (seconds), `now` Unix seconds.
pub fn verify(secret: &WebhookSecret, timestamp: &str, signature: &str, body: &[u8], now: i64) -> Result<()> {
    let refused = |why: &str| Error::new(ErrorKind::InvalidInput, format!("the webhook is refused: {why}"));
    let sent: i64 = timestamp
        .trim()
        .parse()
        .map_err(|_| refused("it has no timestamp"))?;
    if sent.abs_diff(now) > WINDOW.unsigned_abs() {
        return Err(refused("its timestamp is too old or lies ahead"));
    }
    let tag = signature
        .trim()
        .strip_prefix("v0=")
        .and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok())
        .ok_or_else(|| refused("it has no signature"))?;
    let mut message = format!("{VERSION}:{}:", timestamp.trim()).into_bytes();
    message.extend_from_slice(body);
    // Constant time.
    hmac::verify(&key(secret), &message, &tag).map_err(|_| refused("its signature is wrong"))
}

/// `encryptedToken` for `endpoint.url_validation`: hex HMAC-SHA256 of the plain token.
pub fn challenge_answer(secret: &WebhookSecret, plain_token: &str) -> String {
    HEXLOWER.encode(hmac::sign(&key(secret), plain_token.as_bytes()).as_ref())
}

/// A webhook's body, as far as we read it. Names and e-mail addresses are not read at all.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Event {
    /// Such as `meeting.started`.
    #[serde(default)]
    pub event: String,
    /// Milliseconds.
    #[serde(default)]
    pub event_ts: i64,
    #[serde(default)]
    payload: Payload,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
struct Payload {
    #[serde(default, rename = "plainToken")]
    plain_token: String,
    #[serde(default)]
    account_id: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    object: Object,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Object {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    uuid: String,
    #[serde(default)]
    host_id: String,
    #[serde(default)]
    start_time: String,
    #[serde(default)]
    end_time: String,
    participant: Option<Participant>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Participant {
    #[serde(default)]
    id: String,
    #[serde(default)]
    user_id: serde_json::Value,
    #[serde(default, rename = "participant_uuid")]
    uuid: String,
    #[serde(default)]
    join_time: String,
    #[serde(default)]
    leave_time: String,
    #[serde(default)]
    date_time: String,
}

/// A person an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Zoom's id of the participant in this meeting.
    pub id: String,
    /// Whether it is the meeting's host.
    pub host: bool,
    /// When, as Zoom wrote it, or empty.
    pub at: String,
}

/// Ids are strings in webhooks and numbers in the API.
fn id_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

impl Event {
    /// Reads a body whose signature was checked.
    pub fn parse(body: &[u8]) -> Result<Self> {
        let event: Self = serde_json::from_slice(body)
            .map_err(|_| invalid_input("the webhook's body is not the JSON that Zoom sends"))?;
        if event.event.is_empty() {
            return Err(invalid_input("the webhook names no event"));
        }
        Ok(event)
    }

    /// The token to prove with [`challenge_answer`] that the endpoint is ours.
    pub fn plain_token(&self) -> Option<&str> {
        (self.event == "endpoint.url_validation").then_some(self.payload.plain_token.as_str())
    }

    /// Meeting id as text, or empty.
    pub fn meeting_id(&self) -> String {
        id_text(&self.payload.object.id)
    }

    /// Start or end as Zoom wrote it.
    pub fn time(&self) -> &str {
        let object = &self.payload.object;
        if self.event == "meeting.ended" {
            &object.end_time
        } else {
            &object.start_time
        }
    }

    /// Zoom user, account and client of `app_deauthorized`.
    pub fn deauthorized(&self) -> Option<(&str, &str, &str)> {
        let payload = &self.payload;
        (self.event == "app_deauthorized").then_some((
            payload.user_id.as_str(),
            payload.account_id.as_str(),
            payload.client_id.as_str(),
        ))
    }

    /// The participant, in participant and waiting room events.
    pub fn person(&self) -> Option<Person> {
        let object = &self.payload.object;
        let participant = object.participant.as_ref()?;
        let first = |texts: [&str; 3]| {
            texts
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default()
                .to_owned()
        };
        let session = id_text(&participant.user_id);
        let id = first([&participant.uuid, &session, &participant.id]);
        (!id.is_empty()).then(|| Person {
            id,
            host: !participant.id.is_empty() && participant.id == object.host_id,
            at: first([
                &participant.join_time,
                &participant.leave_time,
                &participant.date_time,
            ]),
        })
    }

    /// Equal for deliveries of the same event: SHA-256 in hex over event, time, meeting instance and participant.
    pub fn key(&self) -> String {
        let object = &self.payload.object;
        let person = self.person().map(|person| person.id).unwrap_or_default();
        let parts = [
            self.event.as_str(),
            &self.event_ts.to_string(),
            &object.uuid,
            &self.meeting_id(),
            &person,
            &self.payload.user_id,
            &self.payload.account_id,
        ];
        HEXLOWER.encode(digest(&SHA256, parts.join("\0").as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> WebhookSecret {
        WebhookSecret::new("made-up-webhook-secret")
    }

    // Computed with: printf 'v0:1700000000:{"a":1}' | openssl dgst -sha256 -hmac made-up-webhook-secret
    const SIGNED: &str = "v0=966c4002141925a943ef8a2310d31ce3c52a3b7eaae7a0a12f851ecde8237a3f";
    const BODY: &[u8] = br#"{"a":1}"#;

    #[test]
    fn a_signature_by_openssl_is_accepted_within_five_minutes() {
        for now in [1_700_000_000, 1_700_000_300, 1_699_999_700] {
            verify(&secret(), "1700000000", SIGNED, BODY, now).unwrap();
        }
    }

    #[test]
    fn altered_stale_foreign_and_missing_signatures_are_refused() {
        let now = 1_700_000_000;
        let refuse = |secret: &WebhookSecret, time: &str, signature: &str, body: &[u8], now| {
            let error = verify(secret, time, signature, body, now).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!error.to_string().contains("made-up"));
        };
        refuse(&secret(), "1700000000", SIGNED, br#"{"a":2}"#, now);
        refuse(&secret(), "1700000001", SIGNED, BODY, now);
        refuse(&secret(), "1700000000", SIGNED, BODY, now + 301);
        refuse(&secret(), "1700000000", SIGNED, BODY, now - 301);
        refuse(&WebhookSecret::new("other"), "1700000000", SIGNED, BODY, now);
        refuse(&secret(), "", SIGNED, BODY, now);
        refuse(&secret(), "1700000000", "", BODY, now);
        refuse(&secret(), "1700000000", "v0=zz", BODY, now);
    }

    #[test]
    fn the_endpoint_proves_itself() {
        // printf 'qgg8vlvZRS6UYooatFL8Aw' | openssl dgst -sha256 -hmac made-up-webhook-secret
        assert_eq!(
            challenge_answer(&secret(), "qgg8vlvZRS6UYooatFL8Aw"),
            "115671baccfe44cbd55e570fdd335c69093c5db1c2263c7cbc758b2609677c05"
        );
        let event =
            Event::parse(br#"{"event":"endpoint.url_validation","payload":{"plainToken":"t"}}"#).unwrap();
        assert_eq!(event.plain_token(), Some("t"));
    }

    #[test]
    fn ids_come_as_strings_or_numbers_and_names_are_not_read() {
        let body = br#"{"event":"meeting.participant_joined","event_ts":5,"payload":{"account_id":"a","object":{
            "id":"85012345678","uuid":"u==","host_id":"h1","participant":{"user_id":"16778240","user_name":"Jane Doe",
            "id":"h1","participant_uuid":"P1","email":"jane@example.test","join_time":"2030-01-01T00:00:00Z"}}}}"#;
        let event = Event::parse(body).unwrap();
        assert_eq!(event.meeting_id(), "85012345678");
        let person = event.person().unwrap();
        assert_eq!((person.id.as_str(), person.host), ("P1", true));
        assert!(!format!("{event:?}").contains("Jane") && !format!("{event:?}").contains("jane@"));
        let number =
            Event::parse(br#"{"event":"meeting.started","payload":{"object":{"id":85012345678}}}"#).unwrap();
        assert_eq!(number.meeting_id(), "85012345678");
        assert_ne!(event.key(), number.key());
        assert_eq!(event.key(), Event::parse(body).unwrap().key());
        assert!(Event::parse(b"{}").is_err() && Event::parse(b"[").is_err());
    }
}
