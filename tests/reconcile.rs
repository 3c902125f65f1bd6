//! One operation makes the meeting what committed rows say it should be, with as few requests as possible.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::Result;
use kivicare_telemed::meeting::Visit;
use kivicare_telemed::service::{Host, Outcome, Visited, Wish};
use kivicare_telemed::store::{OperationKind, OperationState, Provider, Store};
use support::*;

/// A site whose visit has its meeting; the requests for that are forgotten.
async fn booked() -> Result<Site> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    Ok(site)
}

fn visited(visit: Option<Visit>, host: Host) -> Visited {
    Visited {
        appointment_id: 41,
        wish: visit.map(|visit| Wish { visit, host }),
        holder: clinic(),
        gone: false,
        verify: false,
    }
}

async fn run(site: &Site, visited: &Visited) -> Result<(Outcome, Vec<String>)> {
    let before = site.http.seen().len();
    let outcome = site.telemed.reconcile(visited).await?;
    Ok((outcome, site.http.lines().split_off(before)))
}

/// What the outcome says was finished, by kind.
async fn finished(site: &Site, outcome: &Outcome) -> Result<Vec<OperationKind>> {
    let rows = site.store.operations(41).await?;
    let kind = |id: &u64| rows.iter().find(|row| row.id == *id).unwrap().kind;
    Ok(outcome.finished.iter().map(kind).collect())
}

fn later() -> Visit {
    Visit {
        start: "2030-02-01 11:00:00".into(),
        ..visit()
    }
}

const GET: &str = "GET /v2/meetings/85012345678";
const PATCH: &str = "PATCH /v2/meetings/85012345678";
const DELETE: &str =
    "DELETE /v2/meetings/85012345678?schedule_for_reminder=false&cancel_meeting_reminder=false";
const POST: &str = "POST /v2/users/doctor@example.test/meetings";

#[tokio::test]
async fn a_meeting_in_its_place_costs_no_request() -> Result<()> {
    let site = booked().await?;
    let (outcome, lines) = run(&site, &visited(Some(visit()), clinic())).await?;
    assert!(outcome.is_done() && lines.is_empty());
    assert_eq!(outcome.mapping.unwrap().meeting_id, "85012345678");
    Ok(())
}

#[tokio::test]
async fn a_missing_meeting_is_made() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    let (outcome, lines) = run(&site, &visited(Some(visit()), clinic())).await?;
    assert!(outcome.is_done());
    assert_eq!(lines[1], POST);
    Ok(())
}

#[tokio::test]
async fn a_moved_visit_moves_its_meeting_once_and_stays_private() -> Result<()> {
    let site = booked().await?;
    site.http.answer(204, "");
    let (outcome, lines) = run(&site, &visited(Some(later()), clinic())).await?;
    assert!(outcome.is_done());
    assert_eq!(lines, [PATCH]);
    let body: serde_json::Value = serde_json::from_str(&site.http.seen().last().unwrap().body).unwrap();
    assert_eq!(body["start_time"], "2030-02-01T05:30:00Z");
    assert_eq!(
        (&body["timezone"], &body["duration"]),
        (&"UTC".into(), &30.into())
    );
    assert_eq!(body["settings"]["waiting_room"], true);
    assert_eq!(body["settings"]["join_before_host"], false);

    let (_, lines) = run(&site, &visited(Some(later()), clinic())).await?;
    assert!(lines.is_empty(), "known now");
    Ok(())
}

#[tokio::test]
async fn a_move_that_fails_waits_and_is_taken_up_by_the_next_run() -> Result<()> {
    let site = booked().await?;
    site.http.answer(503, "").answer(503, "");
    let (outcome, _) = run(&site, &visited(Some(later()), clinic())).await?;
    assert_eq!(outcome.state, OperationState::Pending);
    let (outcome, lines) = run(&site, &visited(Some(later()), clinic())).await?;
    assert_eq!(outcome.state, OperationState::Pending);
    assert!(lines.is_empty(), "the pause is kept");
    site.clock.set("2030-01-01T00:02:00Z".parse().unwrap());
    site.http.answer(204, "");
    let (outcome, lines) = run(&site, &visited(Some(later()), clinic())).await?;
    assert!(outcome.is_done());
    assert_eq!(lines, [PATCH]);
    let updates: Vec<_> = site.store.operations(41).await?;
    let updates: Vec<_> = updates
        .iter()
        .filter(|o| o.kind == OperationKind::Update)
        .collect();
    assert_eq!(
        (updates.len(), updates[0].state, updates[0].attempts),
        (1, OperationState::Done, 2)
    );
    Ok(())
}

#[tokio::test]
async fn a_meeting_zoom_has_lost_is_made_anew() -> Result<()> {
    let site = booked().await?;
    let other = meeting(true).replace("85012345678", "85099999999");
    site.http
        .answer(404, r#"{"code":3001,"message":"Meeting does not exist"}"#)
        .answer(201, &other);
    let (outcome, lines) = run(&site, &visited(Some(later()), clinic())).await?;
    assert_eq!(lines, [PATCH, POST]);
    assert_eq!(outcome.mapping.unwrap().meeting_id, "85099999999");
    Ok(())
}

#[tokio::test]
async fn looking_at_zoom_changes_nothing_where_all_is_well() -> Result<()> {
    let site = booked().await?;
    let look = Visited {
        verify: true,
        ..visited(Some(visit()), clinic())
    };
    site.http.answer(200, &meeting(true));
    let (outcome, lines) = run(&site, &look).await?;
    assert!(outcome.is_done());
    assert_eq!(lines, [GET]);
    Ok(())
}

#[tokio::test]
async fn what_was_changed_at_zoom_is_changed_back() -> Result<()> {
    let moved = meeting(true).replace("2030-02-01T04:30:00Z", "2033-01-01T00:00:00Z");
    for changed in [moved, meeting(false)] {
        let site = booked().await?;
        let look = Visited {
            verify: true,
            ..visited(Some(visit()), clinic())
        };
        site.http.answer(200, &changed).answer(204, "");
        let (outcome, lines) = run(&site, &look).await?;
        assert!(outcome.is_done());
        assert_eq!(lines, [GET, PATCH]);
    }
    Ok(())
}

#[tokio::test]
async fn a_meeting_deleted_at_zoom_is_found_missing_and_made_anew() -> Result<()> {
    let site = booked().await?;
    let look = Visited {
        verify: true,
        ..visited(Some(visit()), clinic())
    };
    let other = meeting(true).replace("85012345678", "85099999999");
    site.http
        .answer(404, r#"{"code":3001,"message":"x"}"#)
        .answer(201, &other);
    let (_, lines) = run(&site, &look).await?;
    assert_eq!(lines, [GET, POST]);
    Ok(())
}

#[tokio::test]
async fn an_unwanted_meeting_is_deleted_and_a_second_run_has_nothing_to_do() -> Result<()> {
    let site = booked().await?;
    site.http.answer(204, "");
    let (outcome, lines) = run(&site, &visited(None, clinic())).await?;
    assert!(outcome.is_done());
    assert_eq!(lines, [DELETE]);
    assert_eq!(finished(&site, &outcome).await?, [OperationKind::Cancel]);
    assert!(site.store.mapping(Provider::Zoom, 41).await?.is_none());
    let (outcome, lines) = run(&site, &visited(None, clinic())).await?;
    assert!(lines.is_empty() && outcome.finished.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_over_costs_no_request_whatever_became_of_it() -> Result<()> {
    let site = booked().await?;
    site.clock.set("2030-03-01T00:00:00Z".parse().unwrap());
    for wish in [None, Some(visit())] {
        let (outcome, lines) = run(&site, &visited(wish, clinic())).await?;
        assert!(outcome.is_done() && lines.is_empty());
        assert!(
            site.store.mapping(Provider::Zoom, 41).await?.is_some(),
            "history stays"
        );
    }
    let gone = Visited {
        gone: true,
        ..visited(None, clinic())
    };
    let (_, lines) = run(&site, &gone).await?;
    assert!(lines.is_empty());
    assert!(site.store.mapping(Provider::Zoom, 41).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn another_doctor_takes_over_with_a_meeting_of_his_own() -> Result<()> {
    let site = booked().await?;
    let colleague = Host {
        doctor_id: 8,
        zoom_user: "colleague@example.test".into(),
        ..clinic()
    };
    let other = meeting(true).replace("85012345678", "85099999999");
    site.http.answer(204, "").answer(201, &other);
    let visit = Visit {
        doctor_id: 8,
        ..visit()
    };
    let (outcome, lines) = run(&site, &visited(Some(visit), colleague)).await?;
    assert_eq!(lines, [DELETE, "POST /v2/users/colleague@example.test/meetings"]);
    assert_eq!(
        finished(&site, &outcome).await?,
        [OperationKind::Create, OperationKind::Cancel],
        "the end of the former meeting is told, too"
    );
    assert!(outcome.mapping.unwrap().extra.contains(r#""doctor_id":8"#));
    Ok(())
}

#[tokio::test]
async fn a_dead_connection_does_not_keep_its_successor_waiting() -> Result<()> {
    let site = booked().await?;
    // The meeting was made with the doctor's own consent, which is gone; the clinic's app serves the doctor now.
    let mut mapping = site.store.mapping(Provider::Zoom, 41).await?.unwrap();
    mapping.extra = mapping.extra.replace(r#""via":"clinic""#, r#""via":"own""#);
    site.store.save_mapping(&mapping).await?;
    let other = meeting(true).replace("85012345678", "85099999999");
    site.http.answer(201, &other);
    let (outcome, lines) = run(&site, &visited(Some(visit()), clinic())).await?;
    assert_eq!(lines, [POST]);
    assert_eq!(outcome.mapping.unwrap().meeting_id, "85099999999");
    let left = site.store.operations(41).await?;
    let left = left.iter().find(|o| o.kind == OperationKind::Cancel).unwrap();
    assert_eq!(left.state, OperationState::Failed);
    assert!(
        left.message.contains("85012345678"),
        "the journal says what is left behind"
    );
    Ok(())
}

#[tokio::test]
async fn two_runs_at_once_make_one_meeting() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    let wish = visited(Some(visit()), clinic());
    let (first, second) = tokio::join!(site.telemed.reconcile(&wish), site.telemed.reconcile(&wish));
    assert!(first?.is_done() && second?.is_done());
    assert_eq!(site.http.seen().len(), 2);
    Ok(())
}
