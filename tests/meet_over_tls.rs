//! Google Meet: the whole core against the sandbox over real TLS. With `GOOGLE_DISCOVERY` set, every request is held
//! against Google's published description.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use std::collections::HashSet;
use std::time::Instant;

use kivicare_telemed::meet::auth::token_row;
use kivicare_telemed::meeting::Visit;
use kivicare_telemed::oauth::Party;
use kivicare_telemed::secret::{AuthorizationCode, ClientSecret};
use kivicare_telemed::service::{Mended, Outcome, PushNote, Visited, Wish};
use kivicare_telemed::store::{Mapping, OperationState, Provider, Store};
use kivicare_telemed::{ErrorKind, Result};
use serde_json::{Value, json};
use support::sandbox::World;
use support::{google_doctor, visit};

const DOCTOR: &str = "doctor@example.test";

fn meet_visit() -> Visit {
    Visit {
        topic: "Video visit".into(),
        description: "At Example Clinic".into(),
        patient_id: 9,
        guests: vec!["patient@example.test".into()],
        organizer: DOCTOR.into(),
        content: "c1".into(),
        start_url: String::new(),
        ..visit()
    }
}

fn visited(visit: Visit, verify: bool) -> Visited {
    Visited {
        appointment_id: visit.appointment_id,
        wish: Some(Wish {
            visit,
            host: google_doctor(),
        }),
        holder: google_doctor(),
        gone: false,
        verify,
    }
}

trait Meet {
    async fn connected(doctors: u64) -> World;
    async fn connect(&self, doctor_id: u64, email: &str, expires_in: i64);
    async fn settings(&self, settings: Value);
    async fn act(&self, action: &str, event: &str, more: Value);
    async fn events(&self) -> Vec<Value>;
    async fn mapping(&self) -> Mapping;
    async fn book(&self) -> Outcome;
    async fn synchronise(&self) -> Vec<Outcome>;
    async fn routes(&self) -> Value;
}

impl Meet for World {
    async fn connected(doctors: u64) -> World {
        let world = World::start().await;
        world.connect(7, DOCTOR, 3600).await;
        for id in 100..100 + doctors {
            let email = format!("doctor{id}@example.test");
            world
                .admin("POST", "/google/users", json!({ "email": email }))
                .await;
            world.connect(id, &email, 3600).await;
        }
        world
    }

    async fn connect(&self, doctor_id: u64, email: &str, expires_in: i64) {
        let client = self.sandbox.seed["google"]["client_id"].clone();
        let grant = json!({ "client_id": client, "user": email, "expires_in": expires_in });
        let tokens = self.admin("POST", "/google/grants", grant).await;
        self.keep(&token_row(doctor_id), &tokens).await;
    }

    async fn settings(&self, settings: Value) {
        self.admin("POST", "/google/settings", settings).await;
    }

    async fn act(&self, action: &str, event: &str, more: Value) {
        let mut body = json!({ "user": DOCTOR, "id": event, "action": action });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap_or_default());
        self.admin("POST", "/google/events", body).await;
    }

    /// Live events of the doctor.
    async fn events(&self) -> Vec<Value> {
        let state = self.state().await;
        let users = state["google"]["users"].as_array().unwrap().clone();
        let user = users.into_iter().find(|user| user["email"] == DOCTOR).unwrap();
        let mut events = user["events"].as_array().unwrap().clone();
        events.retain(|event| event["status"] != "cancelled");
        events
    }

    async fn mapping(&self) -> Mapping {
        let found = self.site.store.mapping(Provider::GoogleMeet, 41).await.unwrap();
        found.expect("a mapping")
    }

    async fn book(&self) -> Outcome {
        self.telemed
            .create_meeting(&meet_visit(), &google_doctor())
            .await
            .unwrap()
    }

    /// One look at the calendar, and what it asks for.
    async fn synchronise(&self) -> Vec<Outcome> {
        let pulled = self.telemed.pull(7).await;
        assert_eq!(pulled.reason, "", "{}", pulled.message);
        let mut outcomes = Vec::new();
        for id in pulled.appointments {
            assert_eq!(id, 41);
            outcomes.push(
                self.telemed
                    .reconcile(&visited(meet_visit(), true))
                    .await
                    .unwrap(),
            );
        }
        outcomes
    }

    async fn routes(&self) -> Value {
        self.state().await["counters"]["by_route"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_becomes_a_private_event_with_a_link() {
    let world = World::connected(0).await;
    let outcome = world.book().await;
    assert_eq!(outcome.state, OperationState::Done, "{}", outcome.message);
    let (mapping, events) = (world.mapping().await, world.events().await);
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(mapping.meeting_id, event["id"].as_str().unwrap());
    assert_eq!(mapping.join_url, event["hangoutLink"].as_str().unwrap());
    assert_eq!(mapping.start_url, event["htmlLink"].as_str().unwrap());
    assert_eq!(event["start"]["dateTime"], "2030-02-01T10:00:00+05:30");
    assert_eq!(event["start"]["timeZone"], "Asia/Kolkata");
    assert_eq!(event["end"]["dateTime"], "2030-02-01T10:30:00+05:30");
    assert_eq!(event["visibility"], "private");
    assert_eq!(
        (&event["guestsCanInviteOthers"], &event["guestsCanModify"]),
        (&json!(false), &json!(false))
    );
    let guests: Vec<&str> = event["attendees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|guest| guest["email"].as_str().unwrap())
        .collect();
    assert_eq!(guests, ["patient@example.test", DOCTOR]);
    assert_eq!(
        world.routes().await["POST google events"],
        1,
        "one request for one booking"
    );
    assert_eq!(
        world.book().await.mapping.unwrap(),
        mapping,
        "asked again: the same"
    );
    assert_eq!(world.events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_repeated_after_a_lost_reply_leaves_one_event() {
    for action in [
        json!({ "type": "reset" }),
        json!({ "type": "truncate" }),
        json!({ "type": "status", "code": 503 }),
    ] {
        let world = World::connected(0).await;
        let fault = json!({ "match": { "method": "POST", "path_contains": "/events" }, "action": action,
            "when": "after", "times": 1 });
        world.admin("POST", "/faults", fault).await;
        let mut outcome = world.book().await;
        if !outcome.is_done() {
            outcome = world.book().await;
        }
        assert_eq!(
            outcome.state,
            OperationState::Done,
            "{action}: {}",
            outcome.message
        );
        assert_eq!(world.events().await.len(), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_another_event_is_not_taken_for_ours() {
    let link = "https://meet.google.com/abc-defg-hij";
    for id in [json!(""), json!("another")] {
        let world = World::connected(0).await;
        let body = json!({ "id": id, "status": "confirmed", "hangoutLink": link });
        let action = json!({ "type": "status", "code": 200, "body": body.to_string() });
        let fault = json!({ "match": { "method": "POST", "path_contains": "/events" }, "action": action, "times": 1 });
        world.admin("POST", "/faults", fault).await;
        let first = world.book().await;
        assert_ne!(first.state, OperationState::Done, "{id}");
        let outcome = world.book().await;
        assert_eq!(outcome.state, OperationState::Done, "{id}: {}", outcome.message);
        let made = outcome.mapping.unwrap();
        assert_eq!(made.meeting_id, world.events().await[0]["id"].as_str().unwrap());
        assert_ne!(made.join_url, link);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_bookings_at_once_have_fifty_links() {
    let world = World::connected(0).await;
    let work = (0..50).map(|number| {
        let (telemed, visit) = (
            world.telemed.clone(),
            Visit {
                appointment_id: 1000 + number,
                ..meet_visit()
            },
        );
        tokio::spawn(async move { telemed.create_meeting(&visit, &google_doctor()).await.unwrap() })
    });
    let mut links = HashSet::new();
    for task in work.collect::<Vec<_>>() {
        let outcome = task.await.unwrap();
        links.insert(outcome.mapping.expect("a mapping").join_url);
    }
    assert_eq!(links.len(), 50);
    assert_eq!(world.events().await.len(), 50);
    println!("RESULT meet_parallel_links {} links", links.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_conference_is_waited_for_and_finished_later() {
    let world = World::connected(0).await;
    world.settings(json!({ "conference_ms": 400 })).await;
    assert_eq!(world.book().await.state, OperationState::Done);

    let mut world = World::connected(0).await;
    world.telemed.budget.total = std::time::Duration::from_secs(3);
    world.settings(json!({ "conference_ms": 6000 })).await;
    let outcome = world.book().await;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Pending, "pending")
    );
    world.telemed.budget.total = std::time::Duration::from_secs(120);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(120);
    loop {
        let outcome = world
            .telemed
            .reconcile(&visited(meet_visit(), false))
            .await
            .unwrap();
        if outcome.state == OperationState::Done {
            break;
        }
        assert!(std::time::Instant::now() < until, "{}", outcome.message);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(world.events().await.len(), 1);
    assert!(!world.mapping().await.join_url.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_conference_is_asked_for_anew_and_a_calendar_without_meet_says_so() {
    let world = World::connected(0).await;
    world.settings(json!({ "conference_fails": true })).await;
    let outcome = world.book().await;
    assert_eq!(outcome.state, OperationState::Pending);
    world.settings(json!({ "conference_fails": false })).await;
    assert_eq!(world.book().await.state, OperationState::Done);
    assert_eq!(world.events().await.len(), 1);

    let world = World::connected(0).await;
    world
        .admin("POST", "/google/users", json!({ "email": DOCTOR, "meet": false }))
        .await;
    let outcome = world.book().await;
    assert_eq!(outcome.reason, "rejected");
    assert!(
        outcome.message.contains("does not allow Google Meet"),
        "{}",
        outcome.message
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rescheduled_visit_keeps_its_link_and_its_answers() {
    let world = World::connected(0).await;
    world.book().await;
    let before = world.mapping().await;
    world
        .act("respond", &before.meeting_id, json!({ "response": "accepted" }))
        .await;
    let moved = Visit {
        start: "2030-02-02 11:00:00".into(),
        ..meet_visit()
    };
    let outcome = world.telemed.reconcile(&visited(moved, false)).await.unwrap();
    assert_eq!((outcome.state, outcome.mended), (OperationState::Done, None));
    let after = world.mapping().await;
    assert_eq!(
        (&after.join_url, &after.meeting_id),
        (&before.join_url, &before.meeting_id)
    );
    let event = &world.events().await[0];
    assert_eq!(event["start"]["dateTime"], "2030-02-02T11:00:00+05:30");
    assert_eq!(event["attendees"][0]["responseStatus"], "accepted");
    let renamed = Visit {
        start: "2030-02-02 11:00:00".into(),
        topic: "Follow-up".into(),
        content: "c2".into(),
        ..meet_visit()
    };
    world.telemed.reconcile(&visited(renamed, false)).await.unwrap();
    assert_eq!(world.events().await[0]["summary"], "Follow-up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_visit_has_no_event_and_a_rebooked_one_a_new_link() {
    let world = World::connected(0).await;
    world.book().await;
    let first = world.mapping().await;
    let cancelled = Visited {
        wish: None,
        ..visited(meet_visit(), false)
    };
    let ended = world.telemed.reconcile(&cancelled).await.unwrap();
    assert!(ended.is_done());
    assert_eq!(ended.finished, [ended.operation_id], "the end is told");
    assert!(world.events().await.is_empty());
    assert!(
        world.telemed.reconcile(&cancelled).await.unwrap().is_done(),
        "a second time"
    );
    world.book().await;
    let second = world.mapping().await;
    assert_ne!(first.meeting_id, second.meeting_id, "the next generation");
    assert_ne!(first.join_url, second.join_url);
    // Deleted at Google before we cancel: 410 is a success.
    world.act("delete", &second.meeting_id, json!({})).await;
    assert!(world.telemed.reconcile(&cancelled).await.unwrap().is_done());
    assert!(world.events().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_finds_the_event_it_has_forgotten() {
    let world = World::connected(0).await;
    world.book().await;
    let mut restored = world.telemed.clone();
    let empty = support::site();
    let sealed = world.site.store.read_token(&token_row(7)).await.unwrap().unwrap();
    empty
        .store
        .swap_token(&token_row(7), None, &sealed)
        .await
        .unwrap();
    restored.store = empty.store.clone();
    let outcome = restored
        .create_meeting(&meet_visit(), &google_doctor())
        .await
        .unwrap();
    assert_eq!(outcome.mapping.unwrap().join_url, world.mapping().await.join_url);
    assert_eq!(world.events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_patient_gets_another_link() {
    let world = World::connected(0).await;
    world.book().await;
    let first = world.mapping().await;
    let other = Visit {
        patient_id: 10,
        guests: vec!["other@example.test".into()],
        ..meet_visit()
    };
    world.telemed.reconcile(&visited(other, false)).await.unwrap();
    assert_ne!(world.mapping().await.join_url, first.join_url);
    let events = world.events().await;
    assert_eq!(
        (events.len(), &events[0]["attendees"][0]["email"]),
        (1, &json!("other@example.test"))
    );
}

/// What a person does in the calendar, and where both sides are after one synchronisation.
async fn agreed(action: &str, more: Value, expected: Option<Mended>) {
    let world = World::connected(0).await;
    world.book().await;
    world.telemed.follow_calendar(7).await.unwrap();
    assert!(
        world.synchronise().await.is_empty(),
        "{action}: our own event is no news"
    );
    let before = world.mapping().await;
    world.act(action, &before.meeting_id, more).await;
    let outcomes = world.synchronise().await;
    let [outcome] = outcomes.as_slice() else {
        panic!("{action}: {outcomes:?}")
    };
    assert_eq!(outcome.mended, expected, "{action}");
    let (event, mapping) = (&world.events().await[0], world.mapping().await);
    assert_eq!(
        event["start"]["dateTime"], "2030-02-01T10:00:00+05:30",
        "{action}"
    );
    assert_eq!(
        mapping.join_url,
        event["hangoutLink"].as_str().unwrap(),
        "{action}"
    );
    assert_eq!(mapping.meeting_id, before.meeting_id, "{action}");
    assert!(
        world.synchronise().await.is_empty(),
        "{action}: what we mended is no news"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_doctor_does_in_the_calendar_both_sides_agree_again() {
    agreed("move", json!({ "minutes": 90 }), Some(Mended::MovedBack)).await;
    agreed("delete", json!({}), Some(Mended::Restored)).await;
    agreed("unlink", json!({}), Some(Mended::Relinked)).await;
    agreed("relink", json!({}), Some(Mended::Relinked)).await;
    agreed("respond", json!({ "response": "declined" }), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_patient_are_noted() {
    let world = World::connected(0).await;
    world.book().await;
    world.telemed.follow_calendar(7).await.unwrap();
    world.synchronise().await;
    for answer in ["accepted", "declined"] {
        let id = world.mapping().await.meeting_id;
        world.act("respond", &id, json!({ "response": answer })).await;
        world.synchronise().await;
        let extra: Value = serde_json::from_str(&world.mapping().await.extra).unwrap();
        assert_eq!(extra["answer"], answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_both_know_better_do_not_go_on_for_ever() {
    let world = World::connected(0).await;
    world.book().await;
    world.telemed.follow_calendar(7).await.unwrap();
    world.synchronise().await;
    let id = world.mapping().await.meeting_id;
    let mut last = None;
    for _ in 0..7 {
        world.act("move", &id, json!({ "minutes": 15 })).await;
        last = world.synchronise().await[0].mended;
    }
    assert_eq!(last, Some(Mended::Left));
    assert!(
        world.synchronise().await.is_empty(),
        "and nothing is asked until the next change"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sync_token_is_a_full_listing_that_misses_nothing() {
    let world = World::connected(0).await;
    world.book().await;
    world.telemed.follow_calendar(7).await.unwrap();
    world.synchronise().await;
    let id = world.mapping().await.meeting_id;
    world.act("delete", &id, json!({})).await;
    world.admin("POST", "/google/sync/expire", json!({})).await;
    let outcomes = world.synchronise().await;
    assert_eq!(outcomes[0].mended, Some(Mended::Restored));
    assert_eq!(world.events().await.len(), 1);
    let routes = world.routes().await;
    assert_eq!(routes["GET google events (full)"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_doctors_without_news_cost_one_small_request_each() {
    let world = World::connected(199).await;
    let ids: Vec<u64> = std::iter::once(7).chain(100..299).collect();
    for id in &ids {
        world.telemed.follow_calendar(*id).await.unwrap();
    }
    let first = world.telemed.pull_due(500).await.unwrap();
    assert_eq!(first.len(), 200);
    assert!(first.iter().all(|pulled| pulled.reason.is_empty() && pulled.full));
    assert!(
        world.telemed.pull_due(500).await.unwrap().is_empty(),
        "nobody is due"
    );
    for id in &ids {
        let mut calendar = world.site.store.calendar(*id).await.unwrap().unwrap();
        assert!(
            (600..=1200).contains(&(calendar.due_at - jiff::Timestamp::now().as_second())),
            "spread"
        );
        calendar.due_at = 0;
        world.site.store.save_calendar(&calendar).await.unwrap();
    }
    let before = world.state().await["counters"]["requests"].as_u64().unwrap();
    let start = Instant::now();
    let cycle = world.telemed.pull_due(500).await.unwrap();
    let wall = start.elapsed();
    assert!(
        cycle
            .iter()
            .all(|pulled| !pulled.full && pulled.requests == 1 && pulled.appointments.is_empty())
    );
    let requests = world.state().await["counters"]["requests"].as_u64().unwrap() - before;
    assert_eq!(requests, 200);
    let routes = world.routes().await;
    assert_eq!(
        routes["GET google events (full)"], 200,
        "one full listing each, at the beginning"
    );
    println!("RESULT meet_sync_requests_per_cycle {requests} requests");
    println!("RESULT meet_sync_cycle_200_doctors {} ms", wall.as_millis());
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_opened_renewed_and_stopped_and_messages_must_carry_the_secret() -> Result<()> {
    let mut world = World::connected(0).await;
    world.telemed.google.push_url = Some("https://clinic.example.test/push".into());
    world.settings(json!({ "push_lost": true })).await;
    world.telemed.follow_calendar(7).await?;
    world.synchronise().await;
    let calendar = world.site.store.calendar(7).await?.unwrap();
    assert!(!calendar.channel_id.is_empty() && !calendar.resource_id.is_empty());
    world.synchronise().await;
    let channels = || async {
        world.state().await["google"]["channels"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(channels().await, 1, "one look, one channel");

    let mut ending = calendar.clone();
    ending.channel_expires_at = jiff::Timestamp::now().as_second() + 60;
    world.site.store.save_calendar(&ending).await?;
    world.synchronise().await;
    let renewed = world.site.store.calendar(7).await?.unwrap();
    assert_ne!(renewed.channel_id, calendar.channel_id);
    assert_eq!(channels().await, 1, "the old one is stopped");

    let secrets = world.admin("GET", "/secrets", Value::Null).await;
    let token = secrets["channel_token"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned();
    let id = renewed.channel_id.clone();
    assert_eq!(
        world.telemed.note_push(&id, &token, "sync").await?,
        PushNote::Opened
    );
    assert_eq!(
        world.telemed.note_push(&id, &token, "exists").await?,
        PushNote::Changed(7)
    );
    for (id, token) in [
        (id.as_str(), "wrong"),
        (id.as_str(), ""),
        ("unknown", token.as_str()),
        ("", ""),
    ] {
        assert_eq!(
            world.telemed.note_push(id, token, "exists").await?,
            PushNote::Unknown
        );
    }
    world.telemed.leave_calendar(7).await?;
    assert_eq!(channels().await, 0);
    assert!(world.site.store.calendar(7).await?.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_and_eight_bookings_at_once_cost_one_refresh() {
    let world = World::start().await;
    world.connect(7, DOCTOR, -10).await;
    let work: Vec<_> = (0..8)
        .map(|number| {
            let (telemed, visit) = (
                world.telemed.clone(),
                Visit {
                    appointment_id: 500 + number,
                    ..meet_visit()
                },
            );
            tokio::spawn(async move { telemed.create_meeting(&visit, &google_doctor()).await.unwrap() })
        })
        .collect();
    for task in work {
        assert_eq!(task.await.unwrap().state, OperationState::Done);
    }
    assert_eq!(world.routes().await["POST /token refresh_token"], 1);
    // Google's answer has no refresh token: the old one is kept.
    world.admin("POST", "/google/tokens/expire", json!({})).await;
    assert_eq!(world.book().await.state, OperationState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_connection_parks_the_visit_and_names_the_likely_causes() {
    let world = World::connected(0).await;
    world
        .admin("POST", "/google/revoke", json!({ "user": DOCTOR }))
        .await;
    let outcome = world.book().await;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, "reauthorize")
    );
    for cause in ["Testing", "7 days", "password", "100"] {
        assert!(outcome.message.contains(cause), "{}", outcome.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quota_and_project_errors_wait_or_name_their_remedy() {
    let world = World::connected(0).await;
    world.settings(json!({ "user_per_minute": 1 })).await;
    assert_eq!(world.book().await.state, OperationState::Done);
    let second = Visit {
        appointment_id: 42,
        ..meet_visit()
    };
    let outcome = world
        .telemed
        .create_meeting(&second, &google_doctor())
        .await
        .unwrap();
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Pending, "rate_limited")
    );
    world
        .settings(json!({ "user_per_minute": 0, "api_enabled": false }))
        .await;
    let third = Visit {
        appointment_id: 43,
        ..meet_visit()
    };
    let outcome = world
        .telemed
        .create_meeting(&third, &google_doctor())
        .await
        .unwrap();
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, "configuration")
    );
    assert!(outcome.message.contains("Calendar API is not enabled"));
}

/// Walks through the consent page; what came back.
async fn consent(world: &World, more: &str) -> Result<kivicare_telemed::service::Connected> {
    let party = Party {
        user_id: 7,
        session: "session".into(),
        provider: Provider::GoogleMeet,
        redirect_uri: "https://clinic.example.test/callback".into(),
    };
    let begun = world.telemed.begin_consent(&party)?;
    for (name, value) in [
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("code_challenge_method", "S256"),
    ] {
        assert!(
            begun
                .url
                .query_pairs()
                .any(|pair| pair == (name.into(), value.into())),
            "{name}"
        );
    }
    let scope = begun
        .url
        .query_pairs()
        .find(|(name, _)| name == "scope")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(
        scope, "https://www.googleapis.com/auth/calendar",
        "nothing more is asked for"
    );
    let mut url = begun.url.clone();
    url.query_pairs_mut()
        .append_pair("approve", "1")
        .append_pair("user", DOCTOR);
    let url = format!("{url}{more}").parse().unwrap();
    let request = kivicare_telemed::http::Request {
        method: http::Method::GET,
        url,
        headers: http::HeaderMap::new(),
        body: None,
        timeout: std::time::Duration::from_secs(5),
    };
    let answer = world.telemed.http.execute(request).await.unwrap();
    let back: url::Url = answer.headers["location"].to_str().unwrap().parse().unwrap();
    let get = |name: &str| {
        back.query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    let code = AuthorizationCode::new(get("code"));
    world
        .telemed
        .complete_consent(&begun.sealed, &get("state"), &code, &party)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_connects_by_consent_and_disconnects_for_good() -> Result<()> {
    let world = World::start().await;
    let connected = consent(&world, "").await?;
    assert_eq!(connected.account.unwrap().email, DOCTOR);
    world
        .site
        .store
        .swap_token(&token_row(7), None, &connected.sealed)
        .await?;
    assert_eq!(world.book().await.state, OperationState::Done);
    assert!(world.telemed.revoke(Provider::GoogleMeet, 7).await?);
    let state = world.state().await;
    assert_eq!(
        (&state["google"]["access_live"], &state["google"]["refresh_live"]),
        (&json!(0), &json!(0))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unticked_box_and_a_missing_refresh_token_are_explained_and_revoked() {
    let world = World::start().await;
    let error = consent(&world, "&untick=1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scope);
    assert!(error.to_string().contains("ticked"), "{error}");
    world.settings(json!({ "no_refresh_token": true })).await;
    let error = consent(&world, "").await.unwrap_err();
    assert!(error.to_string().contains("refresh token"), "{error}");
    assert_eq!(
        world.state().await["google"]["access_live"],
        0,
        "both grants are revoked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_refresh_token_is_taken_from_the_earlier_connection_while_it_lives() -> Result<()> {
    let world = World::connected(0).await;
    world.settings(json!({ "no_refresh_token": true })).await;
    let connected = consent(&world, "").await?;
    let row = token_row(7);
    let old = world.site.store.read_token(&row).await?.unwrap();
    assert!(
        world
            .site
            .store
            .swap_token(&row, Some(&old), &connected.sealed)
            .await?
    );
    world.admin("POST", "/google/tokens/expire", json!({})).await;
    assert_eq!(world.book().await.state, OperationState::Done);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_test_tells_faults_apart() {
    let world = World::connected(0).await;
    let (id, secret) = (
        world.telemed.google.client_id.clone(),
        world.telemed.google.client_secret.clone().unwrap(),
    );
    let probe = |secret: ClientSecret, doctor: u64| {
        let (telemed, id) = (world.telemed.clone(), id.clone());
        async move { telemed.probe_google(&id, &secret, doctor).await }
    };
    assert_eq!(probe(secret.clone(), 0).await.unwrap(), None);
    assert_eq!(probe(secret.clone(), 7).await.unwrap().unwrap(), DOCTOR);
    let kind = |result: Result<Option<String>>| result.unwrap_err().kind();
    assert_eq!(
        kind(probe(ClientSecret::new("wrong"), 7).await),
        ErrorKind::ClientRefused
    );
    world
        .admin("POST", "/google/users", json!({ "email": DOCTOR, "meet": false }))
        .await;
    assert_eq!(kind(probe(secret.clone(), 7).await), ErrorKind::Rejected);
    world.settings(json!({ "api_enabled": false })).await;
    assert_eq!(kind(probe(secret.clone(), 7).await), ErrorKind::Configuration);
    assert_eq!(
        kind(probe(secret, 8).await),
        ErrorKind::Reauthorize,
        "nobody is connected"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_who_changes_the_provider_takes_the_visits_along() -> Result<()> {
    let world = World::connected(0).await;
    let zoom = support::clinic();
    world.telemed.create_meeting(&visit(), &zoom).await?;
    let moved = world.telemed.reconcile(&visited(meet_visit(), false)).await?;
    assert!(moved.is_done());
    assert_eq!(moved.finished.len(), 2, "one meeting is made, one ended");
    assert!(world.site.store.mapping(Provider::Zoom, 41).await?.is_none());
    assert!(
        world.state().await["meetings"]
            .as_array()
            .unwrap()
            .iter()
            .all(|m| m["deleted"] == true)
    );
    assert_eq!(world.events().await.len(), 1);
    let back = Visited {
        wish: Some(Wish {
            visit: visit(),
            host: zoom.clone(),
        }),
        holder: zoom,
        ..visited(meet_visit(), false)
    };
    assert!(world.telemed.reconcile(&back).await?.is_done());
    assert!(world.events().await.is_empty());
    assert!(
        world
            .site
            .store
            .mapping(Provider::GoogleMeet, 41)
            .await?
            .is_none()
    );
    Ok(())
}
