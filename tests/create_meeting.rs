//! Making an appointment's meeting: one meeting whatever happens, and a journal that knows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::secret::ClientSecret;
use kivicare_telemed::store::{OperationState, Provider, Store};
use kivicare_telemed::{ErrorKind, Result};
use support::*;

#[tokio::test]
async fn a_visit_gets_a_private_meeting_at_the_instant_the_booker_chose() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;

    assert_eq!(outcome.state, OperationState::Done);
    assert_eq!(
        site.http.lines(),
        ["POST /oauth/token", "POST /v2/users/doctor@example.test/meetings"]
    );
    let seen = &site.http.seen()[1];
    assert_eq!(seen.authorization, "Bearer tok-a");
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["start_time"], "2030-02-01T04:30:00Z");
    assert_eq!(body["timezone"], "UTC");
    assert_eq!((&body["type"], &body["duration"]), (&2.into(), &30.into()));
    assert_eq!(body["settings"]["waiting_room"], true);
    assert_eq!(body["settings"]["join_before_host"], false);
    assert_eq!(body["settings"]["use_pmi"], false);
    assert_eq!(body["settings"]["auto_recording"], "none");
    assert_eq!(body["password"].as_str().unwrap().len(), 10);

    let mapping = site.store.mapping(Provider::Zoom, 41).await?.unwrap();
    assert_eq!(mapping.meeting_id, "85012345678");
    assert_eq!(
        mapping.start_url, "https://clinic.example.test/start/41",
        "never Zoom's start link"
    );
    let journal = site.store.operations(41).await?;
    assert_eq!((journal.len(), journal[0].state), (1, OperationState::Done));
    assert!(body["agenda"].as_str().unwrap().contains(&journal[0].marker));
    Ok(())
}

#[tokio::test]
async fn a_second_call_returns_the_meeting_without_asking_zoom() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    let first = site.telemed.create_meeting(&visit(), &clinic()).await?;
    let second = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(first.mapping, second.mapping);
    assert_eq!(site.http.seen().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_is_never_repeated_blindly_and_the_next_run_finds_the_meeting() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).breaks(true);
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Pending, ErrorKind::Ambiguous.name())
    );
    assert_eq!(site.http.seen().len(), 2, "one POST only");

    let marker = site.store.operations(41).await?[0].marker.clone();
    let listed = meeting(true).replace(r#""agenda":"""#, &format!(r#""agenda":"Ref {marker}""#));
    site.http
        .answer(200, &format!(r#"{{"meetings":[{listed}],"next_page_token":""}}"#))
        .answer(200, &listed);
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(outcome.state, OperationState::Done);
    let posts = site
        .http
        .lines()
        .iter()
        .filter(|line| line.starts_with("POST /v2"))
        .count();
    assert_eq!(posts, 1, "the meeting was found, not made again");
    Ok(())
}

#[tokio::test]
async fn when_nothing_is_found_the_next_run_makes_the_meeting_with_the_same_marker() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(500, "");
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    site.http
        .answer(200, r#"{"meetings":[]}"#)
        .answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(outcome.state, OperationState::Done);
    let journal = site.store.operations(41).await?;
    assert_eq!((journal.len(), journal[0].attempts), (1, 2));
    assert!(site.http.seen()[3].body.contains(&journal[0].marker));
    Ok(())
}

#[tokio::test]
async fn half_a_json_counts_as_a_lost_answer() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, r#"{"id":850123"#);
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Pending, "ambiguous")
    );
    Ok(())
}

#[tokio::test]
async fn what_a_person_must_mend_is_parked_with_its_remedy() -> Result<()> {
    for (status, body, reason) in [
        (
            400,
            r#"{"code":4711,"message":"does not contain scopes"}"#,
            "scope",
        ),
        (
            404,
            r#"{"code":1001,"message":"User does not exist"}"#,
            "host_not_found",
        ),
        (
            429,
            r#"{"code":429,"message":"You have exceeded the daily rate limit (100) of Meeting Create/Update"}"#,
            "daily_limit",
        ),
    ] {
        let site = site();
        site.http.answer(200, TOKEN);
        for _ in 0..3 {
            site.http.answer(status, body);
        }
        let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
        assert_eq!((outcome.state, outcome.reason), (OperationState::Parked, reason));
        assert!(!outcome.message.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_client_secret_is_a_configuration_matter_and_is_not_shown() -> Result<()> {
    let site = site();
    site.http.answer(
        401,
        r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
    );
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, "client_refused")
    );
    assert!(!outcome.message.contains("made-up-client-secret"));
    Ok(())
}

#[tokio::test]
async fn an_account_that_locks_the_waiting_room_off_gets_no_open_meeting() -> Result<()> {
    let site = site();
    site.http
        .answer(200, TOKEN)
        .answer(201, &meeting(false))
        .answer(204, "");
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(outcome.state, OperationState::Failed);
    assert!(outcome.message.contains("Waiting Room"));
    assert!(site.http.lines()[2].starts_with("DELETE /v2/meetings/85012345678"));
    assert!(site.store.mapping(Provider::Zoom, 41).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_passcode_the_account_refuses_is_made_again_by_its_rules() -> Result<()> {
    let site = site();
    site.http
        .answer(200, TOKEN)
        .answer(400, r#"{"code":300,"message":"Validation Failed."}"#)
        .answer(
            200,
            r#"{"schedule_meeting":{"meeting_password_requirement":{"only_allow_numeric":true}}}"#,
        )
        .answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(outcome.state, OperationState::Done);
    let body: serde_json::Value = serde_json::from_str(&site.http.seen()[3].body).unwrap();
    assert!(
        body["password"]
            .as_str()
            .unwrap()
            .bytes()
            .all(|c| c.is_ascii_digit())
    );
    Ok(())
}

#[tokio::test]
async fn an_unconnected_doctor_parks_the_operation() -> Result<()> {
    let site = site();
    let outcome = site.telemed.create_meeting(&visit(), &doctor()).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, "reauthorize")
    );
    assert!(site.http.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn cancelling_deletes_the_meeting_and_its_row_and_a_missing_meeting_is_fine() -> Result<()> {
    for status in [204, 404] {
        let site = site();
        site.http
            .answer(200, TOKEN)
            .answer(201, &meeting(true))
            .answer(status, r#"{"code":3001,"message":"gone"}"#);
        site.telemed.create_meeting(&visit(), &clinic()).await?;
        let outcome = site.telemed.cancel_meeting(41, &clinic()).await?;
        assert_eq!(outcome.state, OperationState::Done);
        assert!(site.store.mapping(Provider::Zoom, 41).await?.is_none());
        assert_eq!(
            site.telemed.cancel_meeting(41, &clinic()).await?.operation_id,
            0,
            "nothing left to do"
        );
    }
    Ok(())
}

#[tokio::test]
async fn cancelling_a_create_without_answer_removes_what_it_may_have_made() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).breaks(true);
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    let marker = site.store.operations(41).await?[0].marker.clone();
    let listed = meeting(true).replace(r#""agenda":"""#, &format!(r#""agenda":"Ref {marker}""#));
    site.http
        .answer(200, &format!(r#"{{"meetings":[{listed}]}}"#))
        .answer(200, &listed)
        .answer(204, "");
    site.telemed.cancel_meeting(41, &clinic()).await?;
    assert!(
        site.http
            .lines()
            .last()
            .unwrap()
            .starts_with("DELETE /v2/meetings/85012345678")
    );
    assert_eq!(site.store.operations(41).await?[0].state, OperationState::Done);
    Ok(())
}

#[tokio::test]
async fn a_warm_process_knows_the_clinics_token_and_replaces_it_when_zoom_refuses_it() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    // The row is unreadable now: a process that looked at it would fail.
    let row = kivicare_telemed::zoom::Connection::ServerToServer {
        owner: 0,
        account_id: "made-up-account".into(),
        host: String::new(),
    }
    .token_row(
        &site.vault,
        "made-up-client",
        &ClientSecret::new("made-up-client-secret"),
    )?;
    let sealed = site.store.read_token(&row).await?.unwrap();
    assert!(site.store.swap_token(&row, Some(&sealed), "unreadable").await?);

    let another = kivicare_telemed::meeting::Visit {
        appointment_id: 42,
        ..visit()
    };
    site.http.answer(201, &meeting(true));
    let outcome = site.telemed.create_meeting(&another, &clinic()).await?;
    assert_eq!(outcome.state, OperationState::Done);
    assert_eq!(site.http.seen().len(), 3, "no token request");

    assert!(site.store.swap_token(&row, Some("unreadable"), &sealed).await?);
    let third = kivicare_telemed::meeting::Visit {
        appointment_id: 43,
        ..visit()
    };
    site.http
        .answer(401, r#"{"code":124,"message":"Invalid access token."}"#)
        .answer(200, &TOKEN.replace("tok-a", "tok-b"))
        .answer(201, &meeting(true));
    site.telemed.create_meeting(&third, &clinic()).await?;
    assert_eq!(site.http.seen().last().unwrap().authorization, "Bearer tok-b");
    Ok(())
}
