//! A paused site takes bookings and notes, asks nobody for anything, and makes up for it afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use std::sync::Arc;

use kivicare_telemed::http::refusing::RefusingClient;
use kivicare_telemed::oauth::consent::Party;
use kivicare_telemed::service::{Telemed, Visited, Wish};
use kivicare_telemed::store::{Calendar, OperationKind, OperationState, Provider, Store};
use kivicare_telemed::{ErrorKind, Result};
use support::*;

/// The same site, paused.
fn paused(site: &Site) -> Telemed {
    Telemed {
        http: Arc::new(RefusingClient),
        ..site.telemed.clone()
    }
}

fn visited() -> Visited {
    Visited {
        appointment_id: 41,
        wish: Some(Wish {
            visit: visit(),
            host: clinic(),
        }),
        holder: clinic(),
        gone: false,
        verify: false,
    }
}

#[tokio::test]
async fn a_booking_is_kept_once_and_made_when_the_site_is_confirmed() -> Result<()> {
    let site = site();
    for _ in 0..2 {
        let kept = paused(&site).create_meeting(&visit(), &clinic()).await?;
        assert_eq!(
            (kept.state, kept.reason),
            (OperationState::Pending, "site_paused")
        );
        assert!(kept.mapping.is_none());
    }
    let journal = site.store.operations(41).await?;
    assert_eq!(journal.len(), 1, "kept once");
    assert_eq!(
        (journal[0].kind, journal[0].reason.as_str()),
        (OperationKind::Create, "site_paused")
    );

    let due = site.telemed.due(10).await?;
    assert_eq!(due.len(), 1, "due as soon as somebody works");
    // Looked for first: the site may have been paused in the middle of a create.
    site.http
        .answer(200, TOKEN)
        .answer(200, r#"{"meetings":[]}"#)
        .answer(201, &meeting(true));
    let made = site.telemed.reconcile(&visited()).await?;
    assert!(made.is_done());
    assert!(made.mapping.is_some_and(|mapping| mapping.owes_link));
    assert_eq!(site.store.operations(41).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_meeting_that_is_there_is_answered_as_usual() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    let again = paused(&site).create_meeting(&visit(), &clinic()).await?;
    assert!(again.is_done() && again.mapping.is_some());
    Ok(())
}

/// Whoever comes to the way out although the settings should have refused earlier.
#[tokio::test]
async fn whatever_comes_as_far_as_a_request_is_refused_as_paused() -> Result<()> {
    let site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    let (telemed, sent) = (paused(&site), site.http.seen().len());
    let cancelled = telemed.cancel_meeting(41, &clinic()).await?;
    assert_eq!(
        (cancelled.state, cancelled.reason),
        (OperationState::Pending, "site_paused")
    );
    assert!(site.store.mapping(Provider::Zoom, 41).await?.is_some(), "kept");
    let kind = |error: kivicare_telemed::Error| error.kind();
    assert_eq!(
        telemed.host_link(41, &clinic()).await.map_err(kind).err(),
        Some(ErrorKind::SitePaused)
    );
    let google = telemed.meet_client(7)?;
    assert_eq!(
        google.primary().await.map_err(kind).err(),
        Some(ErrorKind::Reauthorize),
        "no token"
    );
    let probe = telemed
        .probe_google(
            "made-up-client",
            &kivicare_telemed::secret::ClientSecret::new("s"),
            0,
        )
        .await;
    assert_eq!(probe.map_err(kind).err(), Some(ErrorKind::SitePaused));
    assert_eq!(site.http.seen().len(), sent, "nothing left the site");
    Ok(())
}

#[tokio::test]
async fn a_calendar_can_be_followed_again_without_a_word_to_google() -> Result<()> {
    let site = site();
    let old = Calendar {
        doctor_id: 7,
        channel_id: "channel".into(),
        resource_id: "resource".into(),
        sync_token: "token".into(),
        ..Calendar::default()
    };
    site.store.save_calendar(&old).await?;
    paused(&site).follow_calendar(7).await?;
    let now = site.store.calendar(7).await?.unwrap();
    assert_eq!((now.channel_id.as_str(), now.sync_token.as_str()), ("", ""));
    assert!(site.http.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_consent_does_not_reach_the_provider() -> Result<()> {
    let site = site();
    let party = Party {
        user_id: 7,
        session: "session".into(),
        provider: Provider::Zoom,
        redirect_uri: "https://clinic.example.test/callback".into(),
    };
    let consent = site.telemed.begin_consent(&party)?;
    let state = consent
        .url
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    let code = kivicare_telemed::secret::AuthorizationCode::new("code");
    let done = paused(&site)
        .complete_consent(&consent.sealed, &state, &code, &party)
        .await;
    assert_eq!(done.err().map(|error| error.kind()), Some(ErrorKind::SitePaused));
    assert!(site.http.seen().is_empty());
    Ok(())
}
