//! Token endpoints' answers, and sealed token sets from elsewhere.

#![no_main]

use kivicare_telemed::oauth::{Party, TokenSet};
use kivicare_telemed::secret::{AuthorizationCode, ClientSecret};
use kivicare_telemed::service::AppKeys;
use kivicare_telemed::store::Provider;
use libfuzzer_sys::fuzz_target;
use telemed_fuzz::{check, run, site_answered_by, support};

fn party(provider: Provider) -> Party {
    Party {
        user_id: 7,
        session: "session".into(),
        provider,
        redirect_uri: "https://clinic.example.test/callback".into(),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&what, answers)) = data.split_first() else {
        return;
    };
    let telemed = site_answered_by(answers);
    let provider = if what & 8 == 0 {
        Provider::Zoom
    } else {
        Provider::GoogleMeet
    };
    run(async {
        match what % 5 {
            0 => {
                let party = party(provider);
                let begun = telemed.begin_consent(&party).expect("a consent");
                let state = begun
                    .url
                    .query_pairs()
                    .find(|(name, _)| name == "state")
                    .expect("a state")
                    .1
                    .into_owned();
                if let Some(connected) = check(
                    telemed
                        .complete_consent(&begun.sealed, &state, &AuthorizationCode::new("code"), &party)
                        .await,
                ) {
                    assert!(telemed.vault.is_sealed(&connected.sealed));
                }
            }
            1 => drop(check(telemed.revoke(provider, 7).await)),
            2 => drop(check(telemed.tend(10).await)),
            3 => {
                let keys = AppKeys {
                    account_id: "account".into(),
                    client_id: "client".into(),
                    client_secret: ClientSecret::new("secret"),
                    doctor_id: 0,
                    zoom_user: "doctor@example.test".into(),
                };
                drop(check(telemed.probe(&keys).await));
                let _ = telemed.zoom_client(&support::clinic());
            }
            _ => {
                if let Some(set) = check(TokenSet::from_json(answers)) {
                    let _ = (
                        set.is_fresh(support::NOW),
                        set.is_fresh(i64::MAX),
                        set.is_fresh(i64::MIN),
                    );
                    TokenSet::from_json(&set.to_json().expect("JSON")).expect("what we wrote");
                }
            }
        }
    });
});
