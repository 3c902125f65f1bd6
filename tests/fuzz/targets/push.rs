//! Google's push messages by their headers, with any channel on our side.

#![no_main]

use kivicare_telemed::service::PushNote;
use kivicare_telemed::store::Calendar;
use libfuzzer_sys::fuzz_target;
use ring::digest::{SHA256, digest};
use telemed_fuzz::{check, run, site_answered_by};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = text.splitn(5, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (channel, token, state, known, secret) = (part(), part(), part(), part(), part());
    let telemed = site_answered_by(&[]);
    let calendar = Calendar {
        doctor_id: 7,
        sync_token: String::new(),
        due_at: i64::from(data.len() as u8).wrapping_mul(i64::MAX / 200),
        channel_id: known.to_owned(),
        channel_hash: data_encoding::HEXLOWER.encode(digest(&SHA256, secret.as_bytes()).as_ref()),
        resource_id: String::new(),
        channel_expires_at: 0,
        failures: 0,
        page_token: String::new(),
        listed: std::collections::BTreeSet::new(),
    };
    check(run(telemed.store.save_calendar(&calendar)));
    match check(run(telemed.note_push(channel, token, state))) {
        Some(PushNote::Opened | PushNote::Changed(_)) => {
            assert!(channel == known && token == secret && !known.is_empty())
        }
        Some(PushNote::Unknown) => assert!(channel != known || token != secret || known.is_empty()),
        None => panic!("the memory does not fail"),
    }
});
