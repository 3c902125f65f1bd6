//! While the provider is asked for the host's link, somebody else may replace the meeting or write to its mapping.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kivicare_telemed::Result;
use kivicare_telemed::http::{HttpClient, Request, Response, TransportError};
use kivicare_telemed::store::{Mapping, MemoryStore, OperationKind, Provider, Store};
use serde_json::Value;
use support::*;

type Meanwhile = Box<dyn Fn(Arc<MemoryStore>) -> BoxFuture<'static, ()> + Send + Sync>;

/// A provider at whose next answer something else has happened.
struct Slow {
    http: FakeHttp,
    store: Arc<MemoryStore>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

impl HttpClient for Slow {
    fn execute(&self, request: Request) -> BoxFuture<'_, std::result::Result<Response, TransportError>> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        let store = self.store.clone();
        async move {
            if let Some(meanwhile) = meanwhile {
                meanwhile(store).await;
            }
            self.http.execute(request).await
        }
        .boxed()
    }
}

/// A site with a booked visit, where this happens while the provider is asked next.
async fn while_asked<F>(meanwhile: impl Fn(Arc<MemoryStore>) -> F + Send + Sync + 'static) -> Result<Site>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut site = site();
    site.http.answer(200, TOKEN).answer(201, &meeting(true));
    site.telemed.create_meeting(&visit(), &clinic()).await?;
    site.telemed.http = Arc::new(Slow {
        http: site.http.clone(),
        store: site.store.clone(),
        meanwhile: Mutex::new(Some(Box::new(move |store| meanwhile(store).boxed()))),
    });
    Ok(site)
}

async fn mapping(store: &MemoryStore) -> Mapping {
    store.mapping(Provider::Zoom, 41).await.unwrap().unwrap()
}

async fn replace(store: Arc<MemoryStore>) {
    let old = mapping(&store).await;
    store.drop_mapping(Provider::Zoom, 41).await.unwrap();
    let new = Mapping {
        meeting_id: "85099999999".into(),
        join_url: old.join_url.replace("85012345678", "85099999999"),
        ..old
    };
    store.save_mapping(&new).await.unwrap();
}

fn other() -> String {
    meeting(true)
        .replace("85012345678", "85099999999")
        .replace("zak=z", "zak=new")
}

#[tokio::test]
async fn a_meeting_that_is_replaced_meanwhile_stays_replaced_and_its_link_is_handed_out() -> Result<()> {
    let site = while_asked(replace).await?;
    site.http.answer(200, &meeting(true)).answer(200, &other());
    let (link, _) = site.telemed.host_link(41, &clinic()).await?;
    assert!(link.expose().ends_with("zak=new"), "the new meeting's");
    let now = mapping(&site.store).await;
    assert_eq!(now.meeting_id, "85099999999", "the old row is not written back");
    assert!(now.join_url.contains("85099999999"), "the patient's link works");
    assert!(now.extra.contains("opened_at"));
    Ok(())
}

#[tokio::test]
async fn a_meeting_that_is_deleted_while_it_is_replaced_is_not_reported_as_lost() -> Result<()> {
    let site = while_asked(replace).await?;
    site.http
        .answer(404, r#"{"code":3001,"message":"x"}"#)
        .answer(200, &other());
    let (link, _) = site.telemed.host_link(41, &clinic()).await?;
    assert!(link.expose().ends_with("zak=new"));
    Ok(())
}

#[tokio::test]
async fn a_visit_that_is_cancelled_meanwhile_gets_no_mapping_back() -> Result<()> {
    let site =
        while_asked(|store| async move { store.drop_mapping(Provider::Zoom, 41).await.unwrap() }).await?;
    site.http.answer(200, &meeting(true));
    assert!(site.telemed.host_link(41, &clinic()).await.is_err());
    assert_eq!(site.store.mapping(Provider::Zoom, 41).await?, None);
    Ok(())
}

#[tokio::test]
async fn what_others_note_meanwhile_is_kept() -> Result<()> {
    let site = while_asked(|store| async move {
        let mut now = mapping(&store).await;
        now.extra = now.extra.replacen('{', r#"{"status":"started","#, 1);
        store.save_mapping(&now).await.unwrap();
    })
    .await?;
    site.http.answer(200, &meeting(true));
    site.telemed.host_link(41, &clinic()).await?;
    let extra: Value = serde_json::from_str(&mapping(&site.store).await.extra).unwrap();
    assert_eq!(extra["status"], "started");
    assert_eq!(extra["opened_at"], "2030-01-01T00:00:00Z");
    Ok(())
}

#[tokio::test]
async fn a_click_during_a_move_is_kept() -> Result<()> {
    let site = while_asked(|store| async move {
        let mut now = mapping(&store).await;
        now.extra = now
            .extra
            .replacen('{', r#"{"opened_at":"2030-01-01T00:00:00Z","#, 1);
        store.save_mapping(&now).await.unwrap();
    })
    .await?;
    site.http.answer(204, "");
    let mut moved = visit();
    moved.start = "2030-02-01 12:00:00".into();
    let wish = kivicare_telemed::service::Visited {
        appointment_id: 41,
        wish: Some(kivicare_telemed::service::Wish {
            visit: moved,
            host: clinic(),
        }),
        holder: clinic(),
        gone: false,
        verify: false,
    };
    let outcome = site.telemed.reconcile(&wish).await?;
    assert!(outcome.is_done());
    let done = site.store.operations(41).await?;
    assert!(done.iter().any(|done| done.kind == OperationKind::Update));
    let extra: Value = serde_json::from_str(&mapping(&site.store).await.extra).unwrap();
    assert_eq!(extra["opened_at"], "2030-01-01T00:00:00Z");
    Ok(())
}
