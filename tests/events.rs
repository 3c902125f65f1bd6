//! What Zoom tells about a meeting is kept with its mapping, and the host's way in is made when it is asked for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::store::{Provider, Store};
use kivicare_telemed::zoom::webhook::Event;
use kivicare_telemed::{ErrorKind, Result};
use serde_json::{Value, json};
use support::*;

async fn booked() -> Result<Site> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    Ok(site)
}

fn event(name: &str, at: i64, participant: &Value) -> Event {
    let mut object =
        json!({ "id": "85012345678", "uuid": "u==", "host_id": "h", "start_time": "S", "end_time": "E" });
    if !participant.is_null() {
        object["participant"] = participant.clone();
    }
    let body = json!({ "event": name, "event_ts": at, "payload": { "account_id": "a", "object": object } });
    Event::parse(body.to_string().as_bytes()).unwrap()
}

async fn extra(site: &Site) -> Value {
    let mapping = site.store.mapping(Provider::Zoom, 41).await.unwrap().unwrap();
    serde_json::from_str(&mapping.extra).unwrap()
}

#[tokio::test]
async fn a_meeting_is_followed_and_late_events_change_nothing() -> Result<()> {
    let site = booked().await?;
    let none = Value::Null;
    site.telemed
        .note_event(&event("meeting.started", 10, &none))
        .await?;
    assert_eq!(extra(&site).await["status"], "started");
    let noted = site
        .telemed
        .note_event(&event("meeting.ended", 20, &none))
        .await?
        .unwrap();
    assert_eq!((noted.appointment_id, noted.check), (41, false));
    site.telemed
        .note_event(&event("meeting.started", 10, &none))
        .await?;
    let after = extra(&site).await;
    assert_eq!(
        (&after["status"], &after["started_at"], &after["ended_at"]),
        (&json!("ended"), &json!("S"), &json!("E"))
    );
    assert_eq!(after["via"], "clinic", "what was known stays");
    Ok(())
}

#[tokio::test]
async fn people_come_and_go_without_names() -> Result<()> {
    let site = booked().await?;
    let guest = json!({ "participant_uuid": "P1", "user_name": "Jane Doe", "email": "jane@example.test", "id": "", "join_time": "J", "leave_time": "L" });
    let host = json!({ "participant_uuid": "P2", "id": "h", "join_time": "H" });
    for (name, at, who) in [
        ("meeting.participant_joined_waiting_room", 1, &guest),
        ("meeting.participant_joined", 3, &guest),
        ("meeting.participant_left_waiting_room", 2, &guest),
        ("meeting.participant_left_waiting_room", 4, &guest),
        ("meeting.participant_joined", 5, &host),
    ] {
        site.telemed.note_event(&event(name, at, who)).await?;
    }
    let people = extra(&site).await["participants"].clone();
    assert_eq!(
        people[0]["state"], "joined",
        "admitted, although the waiting room was left later"
    );
    assert_eq!(
        (&people[1]["state"], &people[1]["host"]),
        (&json!("joined"), &json!(true))
    );
    assert!(!people.to_string().contains("Jane") && !people.to_string().contains("jane"));
    Ok(())
}

#[tokio::test]
async fn changes_at_zoom_ask_for_a_look_and_foreign_meetings_for_nothing() -> Result<()> {
    let site = booked().await?;
    let none = Value::Null;
    for name in ["meeting.updated", "meeting.deleted"] {
        assert!(
            site.telemed
                .note_event(&event(name, 1, &none))
                .await?
                .unwrap()
                .check
        );
    }
    site.store.drop_mapping(Provider::Zoom, 41).await?;
    assert!(
        site.telemed
            .note_event(&event("meeting.deleted", 1, &none))
            .await?
            .is_none()
    );
    Ok(())
}

#[tokio::test]
async fn the_host_link_is_fetched_each_time_and_never_kept() -> Result<()> {
    let site = booked().await?;
    for zak in ["zak=one", "zak=two"] {
        site.http.answer(200, &meeting(true).replace("zak=z", zak));
        let (link, refreshed) = site.telemed.host_link(41, &clinic()).await?;
        assert!(link.expose().ends_with(zak) && !refreshed);
        assert!(!format!("{link:?}").contains("zak"));
    }
    let mapping = site.store.mapping(Provider::Zoom, 41).await?.unwrap();
    assert!(!format!("{mapping:?}").contains("zak"));
    assert_eq!(extra(&site).await["opened_at"], "2030-01-01T00:00:00Z");
    Ok(())
}

#[tokio::test]
async fn a_host_link_that_cannot_be_had_says_why() -> Result<()> {
    let site = site();
    let kind = |result: Result<_>| result.map(|_: (_, bool)| ()).unwrap_err().kind();
    assert_eq!(
        kind(site.telemed.host_link(41, &clinic()).await),
        ErrorKind::NotFound
    );
    let site = booked().await?;
    site.http.answer(404, r#"{"code":3001,"message":"x"}"#);
    assert_eq!(
        kind(site.telemed.host_link(41, &clinic()).await),
        ErrorKind::NotFound
    );
    site.http.answer(503, "").answer(503, "");
    assert_eq!(
        kind(site.telemed.host_link(41, &clinic()).await),
        ErrorKind::Unavailable
    );
    site.http.answer(
        200,
        &meeting(true).replace("https://zoom.example.test/s/", "javascript:alert(1)//"),
    );
    assert_eq!(
        kind(site.telemed.host_link(41, &clinic()).await),
        ErrorKind::Unavailable
    );
    Ok(())
}
