//! The whole core against the sandbox over real TLS: faults at the provider, limits, and a refused certificate.
//! With `ZOOM_OPENAPI` set, every request is held against Zoom's published description.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use std::sync::Arc;

use kivicare_telemed::Result;
use kivicare_telemed::service::{Host, Telemed};
use kivicare_telemed::store::{OperationState, Provider, Store, TokenRow};
use kivicare_telemed::zoom::auth::DOCTOR_TOKEN_KEY;
use serde_json::{Value, json};
use support::sandbox::{World, client};
use support::{clinic, doctor, visit};

/// What these tests ask of the sandbox.
trait Zoom {
    async fn fault(&self, action: Value, when: &str);
    async fn meetings(&self) -> (usize, usize);
    async fn connect_doctor(&self, expires_in: i64);
}

impl Zoom for World {
    async fn fault(&self, action: Value, when: &str) {
        let rule = json!({
            "match": { "method": "POST", "path_contains": "/meetings" }, "action": action, "when": when, "times": null
        });
        self.admin("POST", "/faults", rule).await;
    }

    /// Live meetings, and creates asked for; no request may have broken Zoom's description.
    async fn meetings(&self) -> (usize, usize) {
        let state = self.state().await;
        let live = state["meetings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["deleted"] != true)
            .count();
        let is_create =
            |r: &&Value| r["method"] == "POST" && r["path"].as_str().unwrap().ends_with("/meetings");
        (
            live,
            state["requests"]
                .as_array()
                .unwrap()
                .iter()
                .filter(is_create)
                .count(),
        )
    }

    async fn connect_doctor(&self, expires_in: i64) {
        let grant =
            json!({ "client_id": "sandbox-client", "user": "doctor@example.test", "expires_in": expires_in });
        let tokens = self.admin("POST", "/grants", grant).await;
        let row = TokenRow::UserMeta {
            user_id: 7,
            key: DOCTOR_TOKEN_KEY.into(),
        };
        self.keep(&row, &tokens).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_to_server_and_user_connections_both_make_meetings() -> Result<()> {
    let world = World::start().await;
    assert_eq!(
        world.telemed.create_meeting(&visit(), &clinic()).await?.state,
        OperationState::Done
    );
    world.connect_doctor(3600).await;
    let second = kivicare_telemed::meeting::Visit {
        appointment_id: 42,
        ..visit()
    };
    assert_eq!(
        world.telemed.create_meeting(&second, &doctor()).await?.state,
        OperationState::Done
    );
    assert_eq!(world.meetings().await, (2, 2));
    let state = world.admin("GET", "/state", Value::Null).await;
    let made = &state["meetings"][0];
    assert_eq!(
        (&made["start_time"], &made["settings"]["waiting_room"]),
        (&json!("2030-02-01T04:30:00Z"), &json!(true))
    );
    let versions: Vec<_> = state["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["version"].to_string())
        .collect();
    assert!(
        versions.iter().all(|version| version.contains('2')),
        "HTTP/2 throughout: {versions:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_loses_or_doubles_a_meeting() -> Result<()> {
    for (action, when) in [
        (json!({"type": "status", "code": 500}), "before"),
        (json!({"type": "status", "code": 503}), "after"),
        (
            json!({"type": "status", "code": 429, "body": {"code": 429, "message": "too many"}}),
            "before",
        ),
        (json!({"type": "hang"}), "before"),
        (json!({"type": "hang"}), "after"),
        (json!({"type": "reset"}), "before"),
        (json!({"type": "reset"}), "after"),
        (json!({"type": "truncate"}), "after"),
    ] {
        let mut world = World::start().await;
        let patient = world.telemed.budget;
        if action["type"] == "hang" {
            world.telemed.budget.request = std::time::Duration::from_secs(4);
        }
        world.fault(action.clone(), when).await;
        let outcome = world.telemed.create_meeting(&visit(), &clinic()).await?;
        assert_eq!(outcome.state, OperationState::Pending, "{action} {when}");
        let (live, asked) = world.meetings().await;
        assert!(live <= 1, "{action} {when}");
        assert!(
            asked == 1 || action["code"] == 429,
            "a create is asked for once: {action} {when}"
        );

        world.admin("DELETE", "/faults", Value::Null).await;
        world.telemed.budget = patient;
        let outcome = world.telemed.create_meeting(&visit(), &clinic()).await?;
        assert_eq!(
            outcome.state,
            OperationState::Done,
            "{action} {when}: {}",
            outcome.message
        );
        assert_eq!(world.meetings().await.0, 1, "{action} {when}");
        assert!(world.site.store.mapping(Provider::Zoom, 41).await?.is_some());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_and_eight_visits_at_once_cost_one_refresh() -> Result<()> {
    let world = World::start().await;
    world.connect_doctor(-10).await;
    let mut tasks = tokio::task::JoinSet::new();
    for id in 1..=8 {
        let telemed = world.telemed.clone();
        let visit = kivicare_telemed::meeting::Visit {
            appointment_id: id,
            ..visit()
        };
        tasks.spawn(async move { telemed.create_meeting(&visit, &doctor()).await });
    }
    while let Some(outcome) = tasks.join_next().await {
        assert_eq!(outcome.unwrap()?.state, OperationState::Done);
    }
    let state = world.admin("GET", "/state", Value::Null).await;
    assert_eq!(
        state["counters"]["by_route"]["POST /oauth/token refresh_token"],
        1
    );
    assert_eq!(world.meetings().await, (8, 8));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_died_early_is_replaced_and_the_visit_succeeds() -> Result<()> {
    let world = World::start().await;
    world.connect_doctor(3600).await;
    world.admin("POST", "/tokens/expire", json!({})).await;
    let outcome = world.telemed.create_meeting(&visit(), &doctor()).await?;
    assert_eq!(
        (outcome.state, outcome.token_refreshed),
        (OperationState::Done, true)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_certificate_is_refused_and_nothing_is_sent() -> Result<()> {
    let world = World::start().await;
    let telemed = Telemed {
        http: Arc::new(client(None)),
        ..world.telemed.clone()
    };
    let outcome = telemed.create_meeting(&visit(), &clinic()).await?;
    assert_eq!(outcome.state, OperationState::Pending);
    assert!(outcome.message.contains("certificate"), "{}", outcome.message);
    assert_eq!(world.meetings().await, (0, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn meetings_are_read_moved_listed_and_deleted() -> Result<()> {
    let world = World::start().await;
    let made = world
        .telemed
        .create_meeting(&visit(), &clinic())
        .await?
        .mapping
        .unwrap();
    let zoom = world.telemed.zoom_client(&clinic())?;
    let first = zoom.meeting(&made.meeting_id).await?;
    assert_ne!(
        first.start_url.expose(),
        zoom.meeting(&made.meeting_id).await?.start_url.expose()
    );
    let moved = jiff::Timestamp::from_second(support::NOW + 90 * 86_400).unwrap();
    let change = kivicare_telemed::zoom::MeetingChange::at(moved, 45);
    zoom.update(&made.meeting_id, &change).await?;
    let now = zoom.meeting(&made.meeting_id).await?;
    assert_eq!(
        (now.start_time.as_str(), now.duration_minutes),
        ("2030-04-01T00:00:00Z", 45)
    );
    assert_eq!(zoom.upcoming().await?.len(), 1);
    assert_eq!(zoom.current_user().await?.email, "doctor@example.test");
    zoom.delete(&made.meeting_id).await?;
    zoom.delete(&made.meeting_id).await?;
    assert_eq!(zoom.upcoming().await?.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_is_parked() -> Result<()> {
    let world = World::start().await;
    let host = Host {
        zoom_user: "nobody@example.test".into(),
        ..clinic()
    };
    let outcome = world.telemed.create_meeting(&visit(), &host).await?;
    assert_eq!(
        (outcome.state, outcome.reason),
        (OperationState::Parked, "host_not_found")
    );
    Ok(())
}
