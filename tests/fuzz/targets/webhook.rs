//! Zoom's webhooks from raw bytes: timestamp and signature, then the body, signed or not.

#![no_main]

use data_encoding::HEXLOWER;
use kivicare_telemed::store::Provider;
use kivicare_telemed::zoom::webhook::Event;
use libfuzzer_sys::fuzz_target;
use telemed_fuzz::support::NOW;
use telemed_fuzz::{check, mapping, run, site_answered_by};

fn signature(timestamp: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"made-up-webhook-secret");
    let message = [b"v0:", timestamp.as_bytes(), b":", body].concat();
    format!(
        "v0={}",
        HEXLOWER.encode(ring::hmac::sign(&key, &message).as_ref())
    )
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (timestamp, sent, body) = (
        String::from_utf8_lossy(part()),
        String::from_utf8_lossy(part()),
        part(),
    );
    let telemed = site_answered_by(&[]);

    // The fuzzer does not know the secret.
    assert!(
        check(telemed.open_webhook(&timestamp, &sent, body)).is_none(),
        "a forged webhook"
    );
    let now = NOW.to_string();
    let opened = check(telemed.open_webhook(&now, &signature(&now, body), body));
    let parsed = Event::parse(body).ok();
    assert_eq!(opened.is_some(), parsed.is_some());
    let Some(event) = opened else { return };
    assert_eq!(event.key().len(), 64);
    let _ = (
        event.time(),
        event.deauthorized(),
        event.person(),
        event.meeting_id(),
    );
    if let Some(token) = event.plain_token() {
        assert_eq!(
            check(telemed.webhook_challenge(token)).map(|answer| answer.len()),
            Some(64)
        );
    }
    let mapping = mapping(Provider::Zoom, &event.meeting_id(), &sent);
    check(run(telemed.store.save_mapping(&mapping)));
    if let Some(Some(noted)) = check(run(telemed.note_event(&event))) {
        serde_json::from_str::<serde_json::Value>(&noted.mapping.extra).expect("extra is JSON");
    }
});
