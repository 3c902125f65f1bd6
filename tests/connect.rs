//! A doctor's consent becomes a sealed connection, and ends as one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::oauth::consent::Party;
use kivicare_telemed::oauth::{TokenSet, keeper};
use kivicare_telemed::secret::{AuthorizationCode, ClientSecret};
use kivicare_telemed::service::AppKeys;
use kivicare_telemed::store::{Provider, Store, TokenRow};
use kivicare_telemed::zoom::auth::DOCTOR_TOKEN_KEY;
use kivicare_telemed::{ErrorKind, Result};
use support::*;

const SCOPES: &str =
    "meeting:write:meeting meeting:read:meeting meeting:update:meeting meeting:delete:meeting user:read:user";

fn party() -> Party {
    Party {
        user_id: 7,
        session: "session".into(),
        provider: Provider::Zoom,
        redirect_uri: "https://clinic.example.test/callback".into(),
    }
}

fn pair(scope: &str) -> String {
    format!(
        r#"{{"access_token":"tok-new","refresh_token":"ref-new","token_type":"bearer","expires_in":3600,"scope":"{scope}"}}"#
    )
}

fn row() -> TokenRow {
    TokenRow::UserMeta {
        user_id: 7,
        key: DOCTOR_TOKEN_KEY.to_owned(),
    }
}

fn begun(site: &Site) -> (String, String) {
    let consent = site.telemed.begin_consent(&party()).unwrap();
    let state = consent
        .url
        .query_pairs()
        .find(|(k, _)| k == "state")
        .unwrap()
        .1
        .into_owned();
    (consent.sealed, state)
}

#[tokio::test]
async fn the_code_is_exchanged_with_its_verifier_and_the_tokens_are_sealed_for_the_doctor() -> Result<()> {
    let site = site();
    let (sealed, state) = begun(&site);
    site.http
        .answer(200, &pair(SCOPES))
        .answer(200, r#"{"id":"zoom-user","email":"d@example.test","type":2}"#);
    let code = AuthorizationCode::new("made-up-code");
    let connected = site
        .telemed
        .complete_consent(&sealed, &state, &code, &party())
        .await?;

    assert_eq!(site.http.lines(), ["POST /oauth/token", "GET /v2/users/me"]);
    let body = &site.http.seen()[0].body;
    let form: std::collections::HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code"], "made-up-code");
    assert_eq!(form["redirect_uri"], party().redirect_uri);
    assert!(form["code_verifier"].len() >= 43);
    assert!(site.http.seen()[0].authorization.starts_with("Basic "));

    assert_eq!(connected.account.unwrap().id, "zoom-user");
    let set = TokenSet::from_json(&site.vault.open(&keeper::context(&row()), &connected.sealed)?)?;
    assert_eq!(set.access.expose(), "tok-new");
    assert_eq!(
        (set.refresh.unwrap().expose(), set.expires_at),
        ("ref-new", NOW + 3600)
    );
    Ok(())
}

#[tokio::test]
async fn a_consent_that_lacks_scopes_is_revoked_and_refused_by_name() -> Result<()> {
    let site = site();
    let (sealed, state) = begun(&site);
    site.http
        .answer(200, &pair("meeting:write:meeting"))
        .answer(200, r#"{"status":"success"}"#);
    let code = AuthorizationCode::new("made-up-code");
    let error = site
        .telemed
        .complete_consent(&sealed, &state, &code, &party())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scope);
    assert!(error.to_string().contains("meeting:delete:meeting"));
    assert_eq!(site.http.lines(), ["POST /oauth/token", "POST /oauth/revoke"]);
    Ok(())
}

#[tokio::test]
async fn a_foreign_state_is_refused_before_anybody_is_asked() {
    let site = site();
    let (sealed, _) = begun(&site);
    let code = AuthorizationCode::new("made-up-code");
    let error = site
        .telemed
        .complete_consent(&sealed, "forged", &code, &party())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
    assert!(site.http.seen().is_empty());
}

async fn connected(site: &Site, expires_at: i64) {
    let json =
        format!(r#"{{"access_token":"tok","refresh_token":"ref","expires_at":{expires_at},"scope":""}}"#);
    let sealed = site
        .vault
        .seal(&keeper::context(&row()), json.as_bytes())
        .unwrap();
    assert!(site.store.swap_token(&row(), None, &sealed).await.unwrap());
}

#[tokio::test]
async fn disconnecting_revokes_the_token_that_zoom_still_knows() -> Result<()> {
    let site = site();
    assert!(!site.telemed.revoke(Provider::Zoom, 7).await?, "nothing to end");
    connected(&site, NOW + 1000).await;
    site.http.answer(200, "{}");
    assert!(site.telemed.revoke(Provider::Zoom, 7).await?);
    assert_eq!(site.http.seen()[0].body, "token=tok");
    assert_eq!(site.http.lines(), ["POST /oauth/revoke"]);

    let site = support::site();
    connected(&site, NOW - 1000).await;
    site.http.answer(200, "{}");
    assert!(site.telemed.revoke(Provider::Zoom, 7).await?);
    assert_eq!(
        site.http.seen()[0].body,
        "token=ref",
        "the access token has expired"
    );
    Ok(())
}

#[tokio::test]
async fn a_token_that_zoom_does_not_know_counts_as_ended_and_a_fault_does_not() {
    let site = site();
    connected(&site, NOW + 1000).await;
    let unknown = r#"{"reason":"Invalid Token!","error":"invalid_request"}"#;
    site.http.answer(400, unknown).answer(400, unknown);
    assert!(!site.telemed.revoke(Provider::Zoom, 7).await.unwrap());
    site.http.answer(503, "").answer(503, "");
    assert_eq!(
        site.telemed.revoke(Provider::Zoom, 7).await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
}

#[tokio::test]
async fn trying_an_app_tells_its_faults_apart_and_keeps_nothing() {
    let keys = AppKeys {
        account_id: "acc".into(),
        client_id: "cli".into(),
        client_secret: ClientSecret::new("made-up"),
        doctor_id: 7,
        zoom_user: "doctor@example.test".into(),
    };
    let error = |name: &str| format!(r#"{{"reason":"x","error":"{name}"}}"#);
    let granted = TOKEN
        .replace("meeting:write:meeting", &SCOPES.replace(' ', ":admin "))
        .replace("user:read:user\"", "user:read:user:admin\"");
    let cases = [
        (401, error("invalid_client"), ErrorKind::ClientRefused),
        (400, error("invalid_request"), ErrorKind::AccountRefused),
        (503, String::new(), ErrorKind::Unavailable),
        (200, TOKEN.to_owned(), ErrorKind::Scope),
    ];
    for (status, body, kind) in cases {
        let site = site();
        site.http.answer(status, &body);
        assert_eq!(site.telemed.probe(&keys).await.unwrap_err().kind(), kind);
    }
    let site = site();
    site.http
        .answer(200, &granted)
        .answer(404, r#"{"code":1001,"message":"User does not exist"}"#);
    assert_eq!(
        site.telemed.probe(&keys).await.unwrap_err().kind(),
        ErrorKind::HostNotFound
    );
    assert_eq!(site.http.lines()[1], "GET /v2/users/doctor@example.test");

    let site = support::site();
    site.http
        .answer(200, &granted)
        .answer(200, r#"{"id":"u","email":"doctor@example.test","type":2}"#);
    assert_eq!(site.telemed.probe(&keys).await.unwrap().user.unwrap().id, "u");
    let cached = kivicare_telemed::zoom::Connection::ServerToServer {
        owner: 7,
        account_id: "acc".into(),
        host: String::new(),
    };
    assert!(
        site.store
            .read_token(
                &cached
                    .token_row(&site.vault, "cli", &ClientSecret::new("made-up"))
                    .unwrap()
            )
            .await
            .unwrap()
            .is_none()
    );
}
