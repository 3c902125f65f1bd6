//! A listing of a calendar that takes several looks: it goes on where it stopped, and misses nothing on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

mod support;

use kivicare_telemed::meet::auth::token_row;
use kivicare_telemed::oauth::keeper::context;
use kivicare_telemed::service::Pulled;
use kivicare_telemed::store::{Calendar, Mapping, Provider, Store};
use serde_json::{Value, json};
use support::{NOW, Site, site};

/// A connected doctor with these visits, each with an event `e…` of version `v1`.
async fn clinic(visits: std::ops::RangeInclusive<u64>) -> Site {
    let site = site();
    let token = json!({ "access_token": "tok", "refresh_token": "ref", "expires_at": NOW + 3600,
        "scope": "https://www.googleapis.com/auth/calendar", "token_type": "Bearer" });
    let row = token_row(7);
    let sealed = site
        .vault
        .seal(&context(&row), token.to_string().as_bytes())
        .unwrap();
    assert!(site.store.swap_token(&row, None, &sealed).await.unwrap());
    for id in visits {
        let mapping = Mapping {
            provider: Provider::GoogleMeet,
            appointment_id: id,
            meeting_id: format!("e{id}"),
            uuid: String::new(),
            start_url: String::new(),
            join_url: "https://meet.example.test/x".into(),
            password: String::new(),
            extra:
                json!({ "doctor_id": 7, "etag": "v1", "start_time": "2030-02-01T04:30:00Z", "duration": 30 })
                    .to_string(),
            ends_at: NOW + 86_400,
            owes_link: false,
        };
        site.store.save_mapping(&mapping).await.unwrap();
    }
    site.telemed.follow_calendar(7).await.unwrap();
    site
}

/// A page with these events, `(id, etag)`, and what follows.
fn page(site: &Site, events: &[(u64, &str)], next: Value) {
    let items: Vec<Value> = events
        .iter()
        .map(|(id, etag)| json!({ "id": format!("e{id}"), "etag": etag, "status": "confirmed" }))
        .collect();
    let mut body = json!({ "items": items });
    body.as_object_mut()
        .unwrap()
        .extend(next.as_object().cloned().unwrap());
    site.http.answer(200, &body.to_string());
}

fn more(token: &str) -> Value {
    json!({ "nextPageToken": token })
}

fn end(token: &str) -> Value {
    json!({ "nextSyncToken": token })
}

/// The provider fails until the look gives up.
fn fails(site: &Site) {
    site.http.answer(400, "{}");
}

async fn calendar(site: &Site) -> Calendar {
    site.store.calendar(7).await.unwrap().unwrap()
}

fn noted(pulled: &Pulled) -> Vec<u64> {
    let mut ids = pulled.appointments.clone();
    ids.sort_unstable();
    ids
}

/// The requests' tokens so far.
fn asked(site: &Site) -> Vec<(String, String)> {
    let seen = site.http.seen();
    let tokens = seen.iter().map(|seen| {
        let url = url::Url::parse(&format!("https://x.test{}", seen.url)).unwrap();
        let find = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        (find("syncToken"), find("pageToken"))
    });
    tokens.collect()
}

fn tokens(sync: &str, page: &str) -> (String, String) {
    (sync.to_owned(), page.to_owned())
}

/// Google has an answer that says nothing of the connection.
fn hiccup(site: &Site) {
    site.http
        .answer(403, r#"{"error":{"errors":[{"reason":"quotaExceeded"}]}}"#);
}

#[tokio::test]
async fn a_full_listing_goes_on_where_it_stopped() {
    let site = clinic(1..=6).await;
    page(&site, &[(1, "v1"), (2, "v2"), (900, "x")], more("p2"));
    page(&site, &[(3, "v1")], more("p3"));
    hiccup(&site);
    let first = site.telemed.pull(7).await;
    assert_eq!((first.reason, first.unfinished, first.full), ("", true, true));
    assert_eq!(noted(&first), [2], "what differs is told at once");
    let kept = calendar(&site).await;
    assert_eq!((kept.page_token.as_str(), kept.failures), ("p3", 0));
    assert!(kept.due_at <= NOW, "it is due at once");
    assert_eq!(
        site.telemed.due(9).await.unwrap().len(),
        0,
        "left to who was told"
    );

    page(&site, &[(4, "v1")], more("p4"));
    page(&site, &[(5, "v1")], end("sync-1"));
    let second = site.telemed.pull(7).await;
    assert_eq!((second.reason, second.unfinished, second.full), ("", false, true));
    assert_eq!(noted(&second), [6], "not shown by any page: deleted");
    let kept = calendar(&site).await;
    assert_eq!(
        (kept.sync_token.as_str(), kept.page_token.as_str()),
        ("sync-1", "")
    );
    assert!(kept.listed.is_empty() && kept.due_at > NOW);
    assert_eq!(
        asked(&site),
        ["", "p2", "p3", "p3", "p4"].map(|page| tokens("", page)),
        "no page twice but the one that failed"
    );
}

#[tokio::test]
async fn a_page_that_google_has_forgotten_starts_the_listing_anew() {
    let site = clinic(1..=2).await;
    page(&site, &[(1, "v1")], more("p2"));
    hiccup(&site);
    assert!(site.telemed.pull(7).await.unfinished);
    fails(&site);
    page(&site, &[(2, "v1")], end("sync-1"));
    let anew = site.telemed.pull(7).await;
    assert_eq!(noted(&anew), [1], "what an earlier listing showed counts no more");
    assert_eq!(asked(&site), ["", "p2", "p2", ""].map(|page| tokens("", page)));
}

#[tokio::test]
async fn an_incremental_listing_goes_on_as_well_and_a_refused_sync_token_lists_everything() {
    let site = clinic(1..=3).await;
    page(&site, &[(1, "v1"), (2, "v1"), (3, "v1")], end("sync-1"));
    assert!(noted(&site.telemed.pull(7).await).is_empty());
    page(&site, &[(2, "v2")], more("p2"));
    hiccup(&site);
    let first = site.telemed.pull(7).await;
    assert_eq!(
        (noted(&first), first.unfinished, first.full),
        (vec![2], true, false)
    );
    page(&site, &[(3, "v2")], end("sync-2"));
    assert_eq!(noted(&site.telemed.pull(7).await), [3]);
    site.http.answer(410, "{}");
    page(&site, &[(1, "v1")], end("sync-3"));
    let full = site.telemed.pull(7).await;
    assert!(full.full);
    assert_eq!(noted(&full), [2, 3]);
    assert_eq!(
        asked(&site)[1..],
        [
            tokens("sync-1", ""),
            tokens("sync-1", "p2"),
            tokens("sync-1", "p2"),
            tokens("sync-2", ""),
            tokens("", ""),
        ]
    );
}

#[tokio::test]
async fn who_forgets_every_page_is_not_asked_for_ever() {
    let site = clinic(1..=1).await;
    for _ in 0..3 {
        page(&site, &[], more("p2"));
        fails(&site);
    }
    let pulled = site.telemed.pull(7).await;
    assert_eq!(pulled.reason, "unavailable");
    let kept = calendar(&site).await;
    assert!(kept.failures == 1 && kept.due_at > NOW, "a pause follows");
}
