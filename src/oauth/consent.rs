//! The authorization request (RFC 6749 §4.1.1) with state and PKCE (RFC 7636), and the check of what comes back.
//!
//! What must be remembered until the browser returns is sealed for one user and one provider and handed to the caller,
//! who keeps it; the state itself is kept nowhere else. Single use is the caller's part: it deletes the seal first.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use oauth2::{CsrfToken, PkceCodeChallenge};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result, internal};
use crate::secret::CodeVerifier;
use crate::store::Provider;
use crate::vault::{Context, Vault};

/// How long a person may take on the provider's page, in seconds.
pub const LIFETIME: i64 = 600;

/// Random bytes of a state: 256 bits.
const STATE_BYTES: u32 = 32;

/// Who asks for consent, and where the answer goes.
#[derive(Debug, Clone)]
pub struct Party {
    /// WordPress user id of the doctor.
    pub user_id: u64,
    /// Names the login session; only a hash of it is kept.
    pub session: String,
    /// Whose consent.
    pub provider: Provider,
    /// Exactly as registered with the provider.
    pub redirect_uri: String,
}

/// A prepared authorization request.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Where the browser goes; carries the state and the PKCE challenge.
    pub url: Url,
    /// SHA-256 of the state in hex, under which `sealed` is kept.
    pub key: String,
    /// What [`recall`] needs.
    pub sealed: String,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    state: String,
    verifier: String,
    session: String,
    redirect_uri: String,
    expires_at: i64,
}

fn context(party: &Party) -> Context {
    Context {
        owner: format!("user:{}", party.user_id),
        purpose: format!("oauth_state:{}", party.provider.id()),
    }
}

/// The key of a state that came back.
pub fn key(state: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, state.as_bytes()).as_ref())
}

/// Prepares the way to the provider's consent page `authorize`. `now` in Unix seconds.
pub fn begin(vault: &Vault, authorize: &Url, client_id: &str, party: &Party, now: i64) -> Result<Consent> {
    let state = CsrfToken::new_random_len(STATE_BYTES);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let pending = Pending {
        state: state.secret().clone(),
        verifier: verifier.secret().clone(),
        session: session_hash(&party.session),
        redirect_uri: party.redirect_uri.clone(),
        expires_at: now.saturating_add(LIFETIME),
    };
    let json = Zeroizing::new(
        serde_json::to_vec(&pending).map_err(|_| internal("the state cannot be written as JSON"))?,
    );
    let mut url = authorize.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &party.redirect_uri)
        .append_pair("state", state.secret())
        .append_pair("code_challenge", challenge.as_str())
        .append_pair("code_challenge_method", challenge.method().as_str());
    Ok(Consent {
        url,
        key: key(state.secret()),
        sealed: vault.seal(&context(party), &json)?,
    })
}

/// The verifier that belongs to `state`, if the state was made for exactly this party less than [`LIFETIME`] ago.
pub fn recall(vault: &Vault, sealed: &str, state: &str, party: &Party, now: i64) -> Result<CodeVerifier> {
    // The seal does not open for another user or provider.
    let json = vault.open(&context(party), sealed).map_err(|_| foreign())?;
    let pending: Pending = serde_json::from_slice(&json).map_err(|_| foreign())?;
    let same =
        |a: &str, b: &str| digest(&SHA256, a.as_bytes()).as_ref() == digest(&SHA256, b.as_bytes()).as_ref();
    if !same(&pending.state, state)
        || !same(&pending.session, &session_hash(&party.session))
        || pending.redirect_uri != party.redirect_uri
    {
        return Err(foreign());
    }
    if pending.expires_at < now {
        return Err(Error::new(
            ErrorKind::State,
            "the consent took longer than ten minutes; start again from the dashboard",
        ));
    }
    Ok(CodeVerifier::new(pending.verifier))
}

fn session_hash(session: &str) -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, session.as_bytes()).as_ref())
}

fn foreign() -> Error {
    Error::new(
        ErrorKind::State,
        "this consent was not started by you in this browser; start again from the dashboard",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::KeyMaterial;
    use std::collections::{HashMap, HashSet};

    fn vault() -> Vault {
        let keys = KeyMaterial {
            primary: Some(data_encoding::BASE64.encode(&[7; 32]).into()),
            retired: Vec::new(),
            salts: None,
        };
        Vault::new(keys, "site").unwrap()
    }

    fn party() -> Party {
        Party {
            user_id: 7,
            session: "session-a".into(),
            provider: Provider::Zoom,
            redirect_uri: "https://clinic.example.test/callback".into(),
        }
    }

    fn begun() -> (Consent, String) {
        let authorize = Url::parse("https://zoom.example.test/oauth/authorize").unwrap();
        let consent = begin(&vault(), &authorize, "made-up-client", &party(), 1000).unwrap();
        let state = consent
            .url
            .query_pairs()
            .find(|(k, _)| k == "state")
            .unwrap()
            .1
            .into_owned();
        (consent, state)
    }

    #[test]
    fn the_request_carries_state_and_the_challenge_of_the_sealed_verifier() {
        let (consent, state) = begun();
        let query: HashMap<_, _> = consent.url.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["redirect_uri"], party().redirect_uri);
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(BASE64URL_NOPAD.decode(state.as_bytes()).unwrap().len(), 32);
        assert_eq!(consent.key, key(&state));
        let verifier = recall(&vault(), &consent.sealed, &state, &party(), 1600).unwrap();
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.expose().as_bytes()).as_ref());
        assert_eq!(query["code_challenge"], challenge);
        assert!(!consent.sealed.contains(&state) && !consent.url.as_str().contains(verifier.expose()));
    }

    #[test]
    fn states_do_not_repeat() {
        let states: HashSet<_> = (0..200).map(|_| begun().1).collect();
        assert_eq!(states.len(), 200);
    }

    #[test]
    fn a_state_counts_for_its_user_session_provider_and_time_only() {
        let (consent, state) = begun();
        let refuse = |state: &str, change: fn(&mut Party), now| {
            let mut party = party();
            change(&mut party);
            let error = recall(&vault(), &consent.sealed, state, &party, now).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::State);
        };
        refuse("forged", |_| (), 1000);
        refuse(&state, |_| (), 1601);
        refuse(&state, |party| party.user_id = 8, 1000);
        refuse(&state, |party| party.session = "session-b".into(), 1000);
        refuse(&state, |party| party.provider = Provider::GoogleMeet, 1000);
        refuse(
            &state,
            |party| party.redirect_uri = "https://elsewhere.example.test".into(),
            1000,
        );
        assert!(recall(&vault(), &consent.sealed, &state, &party(), 1600).is_ok());
    }
}
