//! What comes back from a provider's consent page: any state, any seal, any party.

#![no_main]

use kivicare_telemed::oauth::Party;
use kivicare_telemed::oauth::consent::{self, LIFETIME};
use kivicare_telemed::store::Provider;
use kivicare_telemed::vault::Context;
use libfuzzer_sys::fuzz_target;
use telemed_fuzz::support::NOW;
use telemed_fuzz::{check, vault};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = text.splitn(5, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (sealed, state, session, redirect_uri, pending) = (part(), part(), part(), part(), part());
    let party = Party {
        user_id: data.len() as u64 % 3,
        session: session.to_owned(),
        provider: Provider::Zoom,
        redirect_uri: redirect_uri.to_owned(),
    };
    let vault = vault();
    assert_eq!(consent::key(state).len(), 64);
    assert!(
        check(consent::recall(&vault, sealed, state, &party, NOW)).is_none(),
        "a forged consent"
    );

    // What is under the seal may be anything: an older version's, or another's of this site.
    let context = Context {
        owner: format!("user:{}", party.user_id),
        purpose: "oauth_state:zoom".to_owned(),
    };
    let under_seal = vault.seal(&context, pending.as_bytes()).expect("sealing");
    check(consent::recall(&vault, &under_seal, state, &party, NOW));

    let authorize = "https://zoom.example.test/oauth/authorize"
        .parse()
        .expect("an address");
    let begun = consent::begin(&vault, &authorize, state, &party, NOW).expect("a consent");
    let made = begun
        .url
        .query_pairs()
        .find(|(name, _)| name == "state")
        .expect("a state")
        .1
        .into_owned();
    assert!(consent::recall(&vault, &begun.sealed, state, &party, NOW).is_err() || state == made);
    assert!(consent::recall(&vault, &begun.sealed, &made, &party, NOW + LIFETIME).is_ok());
    assert!(consent::recall(&vault, &begun.sealed, &made, &party, NOW + LIFETIME + 1).is_err());
    let other = Party {
        session: format!("{session}x"),
        ..party.clone()
    };
    assert!(consent::recall(&vault, &begun.sealed, &made, &other, NOW).is_err());
    let other = Party {
        user_id: party.user_id + 1,
        ..party
    };
    assert!(consent::recall(&vault, &begun.sealed, &made, &other, NOW).is_err());
});
