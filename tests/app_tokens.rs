//! Tokens of server-to-server apps serve whoever can prove the app, and nobody else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::meeting::Visit;
use kivicare_telemed::secret::ClientSecret;
use kivicare_telemed::service::{AppKeys, Host, ZoomApp};
use kivicare_telemed::store::OperationState;
use kivicare_telemed::{ErrorKind, Result};
use support::*;

const SCOPES: &str = "meeting:write:meeting meeting:read:meeting meeting:update:meeting meeting:delete:meeting \
                      user:read:user";

fn visit_of(appointment_id: u64) -> Visit {
    Visit {
        appointment_id,
        ..visit()
    }
}

/// A doctor who entered account and client of somebody else's app.
fn claiming(account_id: &str, client_id: &str, secret: &str) -> Host {
    Host {
        doctor_id: 8,
        app: Some(ZoomApp {
            account_id: account_id.into(),
            client_id: client_id.into(),
            client_secret: ClientSecret::new(secret),
        }),
        ..clinic()
    }
}

const REFUSED: &str = r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#;

#[tokio::test]
async fn account_and_client_without_the_secret_get_no_token_of_those_who_have_it() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit_of(41), &clinic()).await?;

    site.http.answer(401, REFUSED);
    let wrong = claiming("made-up-account", "made-up-client", "guessed");
    let outcome = site.telemed.create_meeting(&visit_of(42), &wrong).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, ErrorKind::ClientRefused.name())
    );
    assert_eq!(site.http.seen().len(), 3, "asked for a token of its own");
    Ok(())
}

#[tokio::test]
async fn even_the_right_secret_shares_no_token_between_owners() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit_of(41), &clinic()).await?;
    site.http
        .answer(200, &TOKEN.replace("tok-a", "tok-b"))
        .answer(201, &meeting(true));
    let own = claiming("made-up-account", "made-up-client", "made-up-client-secret");
    site.telemed.create_meeting(&visit_of(42), &own).await?;
    assert_eq!(site.http.seen()[3].authorization, "Bearer tok-b");
    Ok(())
}

#[tokio::test]
async fn a_changed_secret_ends_the_tokens_of_the_old_one() -> Result<()> {
    let mut site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit_of(41), &clinic()).await?;
    site.telemed.zoom.client_secret = Some(ClientSecret::new("another"));
    site.http.answer(401, REFUSED);
    let outcome = site.telemed.create_meeting(&visit_of(42), &clinic()).await?;
    assert_eq!(outcome.reason, ErrorKind::ClientRefused.name());
    Ok(())
}

#[tokio::test]
async fn without_an_approved_user_nobody_is_asked() -> Result<()> {
    let site = site();
    let nobody = Host {
        zoom_user: String::new(),
        ..clinic()
    };
    let outcome = site.telemed.create_meeting(&visit(), &nobody).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, ErrorKind::HostNotFound.name())
    );
    assert!(site.http.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn many_users_are_looked_up_with_one_token() -> Result<()> {
    let site = site();
    let scopes: Vec<String> = SCOPES.split(' ').map(|scope| format!("{scope}:admin")).collect();
    let granted = format!(
        r#"{{"access_token":"tok-a","token_type":"bearer","expires_in":3600,"scope":"{}"}}"#,
        scopes.join(" ")
    );
    site.http
        .answer(200, &granted)
        .answer(200, r#"{"id":"zoomA","email":"a@example.test","type":2}"#);
    let keys = AppKeys {
        account_id: "acc".into(),
        client_id: "cli".into(),
        client_secret: ClientSecret::new("made-up"),
        doctor_id: 0,
        zoom_user: String::new(),
    };
    let asked = vec!["a@example.test".to_owned(), "me".to_owned()];
    let found = site.telemed.zoom_users(&keys, asked).await?;
    assert_eq!(found[0].as_ref().unwrap().id, "zoomA");
    assert_eq!(
        found[1].as_ref().unwrap_err().kind(),
        ErrorKind::HostNotFound,
        "\"me\" is the owner of the app"
    );
    assert_eq!(site.http.lines().len(), 2);
    Ok(())
}
