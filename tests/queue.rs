//! Work that waits: many appointments at once within the providers' limits, one run at a time, notes that outlive a
//! process, connections that are renewed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use std::time::Duration;

use kivicare_telemed::meeting::Visit;
use kivicare_telemed::service::{Visited, Wish};
use kivicare_telemed::store::{ConnectionState, OperationState, Provider, Store, TokenRow};
use kivicare_telemed::zoom::Plan;
use kivicare_telemed::zoom::auth::DOCTOR_TOKEN_KEY;
use kivicare_telemed::{ErrorKind, Result};
use serde_json::{Value, json};
use support::sandbox::World;
use support::*;

fn wished(appointment_id: u64) -> Visited {
    let visit = Visit {
        appointment_id,
        start: format!(
            "2030-02-{:02} {:02}:00:00",
            1 + appointment_id / 20,
            appointment_id % 20
        ),
        ..visit()
    };
    Visited {
        appointment_id,
        wish: Some(Wish {
            visit,
            host: clinic(),
        }),
        holder: clinic(),
        gone: false,
        verify: false,
    }
}

fn ended(appointment_id: u64) -> Visited {
    Visited {
        wish: None,
        ..wished(appointment_id)
    }
}

async fn refused(world: &World) -> u64 {
    world.state().await["counters"]["by_status"]["429"]
        .as_u64()
        .unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_served_within_the_accounts_limits() -> Result<()> {
    let mut world = World::start().await;
    world
        .admin(
            "POST",
            "/limits",
            json!({ "plan": "pro", "daily_per_host": null }),
        )
        .await;
    world.telemed.zoom.plan = Plan::Pro;
    let made = world
        .telemed
        .reconcile_many((1..=30).map(|id| (wished(id), 0)).collect())
        .await?;
    assert!(made.iter().all(|(_, outcome)| {
        outcome
            .as_ref()
            .is_ok_and(|done| done.is_done() && done.mapping.as_ref().unwrap().owes_link)
    }));
    let gone = world
        .telemed
        .reconcile_many((1..=30).map(|id| (ended(id), 0)).collect())
        .await?;
    assert!(
        gone.iter()
            .all(|(_, outcome)| outcome.as_ref().unwrap().is_done())
    );
    for id in 1..=30 {
        assert_eq!(world.site.store.mapping(Provider::Zoom, id).await?, None);
    }
    // That no second holds too many is shown by the rate limiter's own tests, whose clock stands still. Here a busy
    // machine may hold requests back and send them together; unlimited, twenty of the sixty would be refused.
    let refused = refused(&world).await;
    assert!(refused <= 6, "{refused} of 60 requests were over the limit");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_day_is_over_is_not_asked_again_today() -> Result<()> {
    let world = World::start().await;
    world
        .admin("POST", "/limits", json!({ "daily_per_host": 2 }))
        .await;
    let mut states = Vec::new();
    for id in 1..=3 {
        states.push(world.telemed.reconcile(&wished(id)).await?);
    }
    let told = refused(&world).await;
    assert!(told > 0, "the provider has said it");
    for id in 4..=6 {
        states.push(world.telemed.reconcile(&wished(id)).await?);
    }
    let reasons: Vec<&str> = states.iter().map(|outcome| outcome.reason).collect();
    assert_eq!(
        reasons,
        ["", "", "daily_limit", "daily_limit", "daily_limit", "daily_limit"]
    );
    assert!(
        states[2..]
            .iter()
            .all(|outcome| outcome.state == OperationState::Parked)
    );
    assert_eq!(refused(&world).await, told, "it is not asked again");
    // Ending meetings is not counted by the provider.
    assert!(world.telemed.reconcile(&ended(1)).await?.is_done());
    Ok(())
}

#[tokio::test]
async fn one_run_at_a_time() -> Result<()> {
    let site = site();
    let other = site.store.lock("runner", Duration::ZERO).await?;
    let busy = site
        .telemed
        .reconcile_many(vec![(ended(1), 0)])
        .await
        .unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    other.release().await?;
    assert_eq!(site.telemed.reconcile_many(vec![(ended(1), 0)]).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_note_stays_until_somebody_has_looked_and_longer_when_told_again() -> Result<()> {
    let site = site();
    let first = site.telemed.note(41, false).await?;
    assert_eq!(
        site.telemed.due(9).await?,
        [],
        "the request that noted it is at it"
    );
    site.clock.set(jiff::Timestamp::from_second(NOW + 61).unwrap());
    assert_eq!(site.telemed.due(9).await?[0].noted, first);
    let second = site.telemed.note(41, true).await?;
    site.telemed.reconcile_many(vec![(ended(41), first)]).await?;
    let due = site.telemed.due(9).await?;
    assert_eq!(
        (due[0].noted, due[0].verify),
        (second, true),
        "what came meanwhile is not forgotten"
    );
    site.telemed.reconcile_many(vec![(ended(41), second)]).await?;
    assert_eq!(site.telemed.due(9).await?, []);
    Ok(())
}

#[tokio::test]
async fn what_is_noted_while_it_is_being_put_off_is_looked_at_within_a_minute() -> Result<()> {
    let site = site();
    let first = site.telemed.note(41, false).await?;
    // Somebody looks, finds nothing to do, and meanwhile it is told of again.
    site.telemed.note(41, false).await?;
    site.telemed.settle_note(41, first).await?;
    site.telemed.postpone(41, 3600).await?;
    site.clock.set(jiff::Timestamp::from_second(NOW + 60).unwrap());
    assert_eq!(site.telemed.due(9).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_decided_is_put_off_and_comes_back() -> Result<()> {
    let site = site();
    site.telemed.note(41, false).await?;
    site.clock.set(jiff::Timestamp::from_second(NOW + 100).unwrap());
    site.telemed.postpone(41, 600).await?;
    assert_eq!(site.telemed.due(9).await?, []);
    site.clock.set(jiff::Timestamp::from_second(NOW + 701).unwrap());
    assert_eq!(site.telemed.due(9).await?.len(), 1);
    Ok(())
}

async fn connect(world: &World) -> TokenRow {
    let grant = json!({ "client_id": "sandbox-client", "user": "doctor@example.test" });
    let row = TokenRow::UserMeta {
        user_id: 7,
        key: DOCTOR_TOKEN_KEY.into(),
    };
    world
        .keep(&row, &world.admin("POST", "/grants", grant).await)
        .await;
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_connection_is_renewed_and_its_end_is_known() -> Result<()> {
    let world = World::start().await;
    let row = connect(&world).await;
    let before = world.site.store.read_token(&row).await?;
    let tended = world.telemed.tend(9).await?;
    assert_eq!(tended[0].row.state, ConnectionState::Healthy);
    assert!(tended[0].token_refreshed);
    assert_ne!(world.site.store.read_token(&row).await?, before, "another pair");
    assert!(
        world.telemed.tend(9).await?.is_empty(),
        "not due before a week is over"
    );

    world
        .admin("POST", "/revoke", json!({ "user": "doctor@example.test" }))
        .await;
    let mut known = world.site.store.connection(Provider::Zoom, 7).await?.unwrap();
    assert!(known.due_at > known.refreshed_at + 4 * 86400);
    known.due_at = 0;
    world.site.store.save_connection(&known, 0).await?;
    let ended = world.telemed.tend(9).await?;
    assert_eq!(
        (ended[0].row.state, ended[0].row.reason.as_str()),
        (ConnectionState::Reconnect, "reauthorize")
    );
    assert!(world.telemed.tend(9).await?.is_empty(), "a person must act");
    world.telemed.connection_made(Provider::Zoom, 7).await?;
    assert_eq!(
        world
            .site
            .store
            .connection(Provider::Zoom, 7)
            .await?
            .unwrap()
            .state,
        ConnectionState::Healthy
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_cannot_be_renewed_for_long_is_expiring_not_ended() -> Result<()> {
    let world = World::start().await;
    connect(&world).await;
    let fault = json!({ "match": { "path_contains": "/oauth/token" }, "action": { "type": "status", "code": 503 }, "when": "before", "times": null });
    world.admin("POST", "/faults", fault).await;
    let mut states = Vec::new();
    for _ in 0..4 {
        let mut row = world.telemed.tend(9).await?.remove(0).row;
        states.push(row.state);
        row.due_at = 0;
        world.site.store.save_connection(&row, 0).await?;
    }
    assert_eq!(states[..3], [ConnectionState::Healthy; 3]);
    assert_eq!(states[3], ConnectionState::Expiring);
    world.admin("DELETE", "/faults", Value::Null).await;
    assert_eq!(
        world.telemed.tend(9).await?[0].row.state,
        ConnectionState::Healthy
    );
    Ok(())
}
