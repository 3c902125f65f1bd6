//! One valid token chain: refresh under a lock, committed before use, never twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::Result;
use kivicare_telemed::oauth::TokenSet;
use kivicare_telemed::oauth::keeper::context;
use kivicare_telemed::secret::{AccessToken, ClientSecret, RefreshToken};
use kivicare_telemed::store::{OperationState, Store, TokenRow};
use kivicare_telemed::zoom::Connection;
use kivicare_telemed::zoom::auth::DOCTOR_TOKEN_KEY;
use support::*;

fn row() -> TokenRow {
    TokenRow::UserMeta {
        user_id: 7,
        key: DOCTOR_TOKEN_KEY.into(),
    }
}

async fn connect(site: &Site, expires_at: i64) -> Result<()> {
    let set = TokenSet {
        access: AccessToken::new("tok-old"),
        refresh: Some(RefreshToken::new("ref-old")),
        expires_at,
        scope: String::new(),
    };
    let sealed = site.vault.seal(&context(&row()), &set.to_json()?)?;
    assert!(site.store.swap_token(&row(), None, &sealed).await?);
    Ok(())
}

async fn stored(site: &Site) -> Result<TokenSet> {
    let sealed = site.store.read_token(&row()).await?.unwrap();
    TokenSet::from_json(&site.vault.open(&context(&row()), &sealed)?)
}

const RENEWED: &str =
    r#"{"access_token":"tok-new","refresh_token":"ref-new","token_type":"bearer","expires_in":3600}"#;

#[tokio::test]
async fn a_fresh_token_is_used_as_it_is_and_addresses_me() -> Result<()> {
    let site = site();
    connect(&site, NOW + 3600).await?;
    site.http.answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &doctor()).await?;
    assert_eq!(
        (outcome.state, outcome.token_refreshed),
        (OperationState::Done, false)
    );
    assert_eq!(site.http.lines(), ["POST /v2/users/me/meetings"]);
    assert_eq!(site.http.seen()[0].authorization, "Bearer tok-old");
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_refreshed_and_both_new_tokens_are_kept() -> Result<()> {
    let site = site();
    connect(&site, NOW - 10).await?;
    site.http.answer(200, RENEWED).answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &doctor()).await?;
    assert!(outcome.token_refreshed);
    let request = &site.http.seen()[0];
    assert!(
        request.body.contains("grant_type=refresh_token") && request.body.contains("refresh_token=ref-old")
    );
    assert!(request.authorization.starts_with("Basic "));
    let set = stored(&site).await?;
    assert_eq!(
        (set.access.expose(), set.refresh.unwrap().expose()),
        ("tok-new", "ref-new")
    );
    assert_eq!(set.expires_at, NOW + 3600);
    Ok(())
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() -> Result<()> {
    let site = site();
    connect(&site, NOW + 3600).await?;
    site.http
        .answer(401, r#"{"code":124,"message":"Invalid access token."}"#)
        .answer(200, RENEWED)
        .answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &doctor()).await?;
    assert_eq!(outcome.state, OperationState::Done);
    assert_eq!(site.http.seen()[2].authorization, "Bearer tok-new");
    Ok(())
}

#[tokio::test]
async fn eight_at_once_refresh_once() -> Result<()> {
    let site = site();
    connect(&site, NOW - 10).await?;
    site.http.answer(200, RENEWED);
    for _ in 0..8 {
        site.http.answer(201, &meeting(true));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for id in 1..=8 {
        let telemed = site.telemed.clone();
        tasks.spawn(async move {
            let visit = kivicare_telemed::meeting::Visit {
                appointment_id: id,
                ..visit()
            };
            telemed.create_meeting(&visit, &doctor()).await
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        assert_eq!(outcome.unwrap()?.state, OperationState::Done);
    }
    let refreshes = site
        .http
        .lines()
        .iter()
        .filter(|line| line.contains("/oauth/token"))
        .count();
    assert_eq!(refreshes, 1);
    Ok(())
}

#[tokio::test]
async fn only_invalid_grant_ends_a_connection() -> Result<()> {
    for (status, body, state, reason) in [
        (
            400,
            r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#,
            OperationState::Parked,
            "reauthorize",
        ),
        (500, "oops", OperationState::Pending, "unavailable"),
        (400, "<html>", OperationState::Pending, "unavailable"),
    ] {
        let site = site();
        connect(&site, NOW - 10).await?;
        site.http.answer(status, body);
        let outcome = site.telemed.create_meeting(&visit(), &doctor()).await?;
        assert_eq!((outcome.state, outcome.reason), (state, reason), "{body}");
        assert_eq!(
            stored(&site).await?.access.expose(),
            "tok-old",
            "the row stays as it was"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_row_copied_to_another_doctor_does_not_open() -> Result<()> {
    let site = site();
    connect(&site, NOW + 3600).await?;
    let sealed = site.store.read_token(&row()).await?.unwrap();
    let other = TokenRow::UserMeta {
        user_id: 8,
        key: DOCTOR_TOKEN_KEY.into(),
    };
    site.store.swap_token(&other, None, &sealed).await?;
    let host = kivicare_telemed::service::Host {
        provider: kivicare_telemed::store::Provider::Zoom,
        doctor_id: 8,
        ..doctor()
    };
    let outcome = site.telemed.create_meeting(&visit(), &host).await?;
    assert_eq!((outcome.state, outcome.reason), (OperationState::Parked, "vault"));
    assert!(site.http.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_clinic_token_no_key_opens_is_asked_for_again() -> Result<()> {
    let site = site();
    let row = Connection::ServerToServer {
        owner: 0,
        account_id: "made-up-account".into(),
        host: "doctor@example.test".into(),
    }
    .token_row(
        &site.vault,
        "made-up-client",
        &ClientSecret::new("made-up-client-secret"),
    )?;
    site.store.swap_token(&row, None, "kct1.sealed.elsewhere").await?;
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert!(outcome.is_done(), "{}", outcome.message);
    Ok(())
}
