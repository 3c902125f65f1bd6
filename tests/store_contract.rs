//! One suite for both stores. The database part needs `TELEMED_TEST_DB_HOST`, `_USER`, `_PASSWORD` and `_NAME`; it
//! creates tables with a random prefix and drops them. With `TELEMED_REQUIRE_DB=1` it may not be skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

#[path = "store/sessions.rs"]
mod sessions;

use std::time::{Duration, Instant};

use kivicare_telemed::secret::DatabasePassword;
use kivicare_telemed::store::{
    AuditEntry, Calendar, ClientDefaults, ConnectionRow, ConnectionState, DatabaseConfig, Mapping,
    MemoryStore, MySqlStore, NewOperation, OperationKind, OperationState, Provider, Setback, Store, TokenRow,
};
use kivicare_telemed::{Error, ErrorKind};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};

const LONG: Duration = Duration::from_secs(60);
/// How long a test waits for what must come.
const LIMIT: Duration = Duration::from_secs(120);

/// Waits until it is so.
async fn eventually(what: &str, so: impl AsyncFn() -> bool) {
    let until = Instant::now() + LIMIT;
    while !so().await {
        assert!(Instant::now() < until, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn new_operation(appointment_id: u64, kind: OperationKind, lease: Duration) -> NewOperation {
    NewOperation {
        appointment_id,
        doctor_id: 7,
        provider: Provider::Zoom,
        kind,
        marker: "0123456789abcdef0123456789abcdef".into(),
        meeting_id: String::new(),
        request: r#"{"duration":30}"#.into(),
        lease,
    }
}

fn mapping(provider: Provider, appointment_id: u64, meeting_id: &str) -> Mapping {
    Mapping {
        provider,
        appointment_id,
        meeting_id: meeting_id.into(),
        uuid: if provider == Provider::Zoom {
            "aDYlohsHRtCd4ii1uC2+hA==".into()
        } else {
            String::new()
        },
        start_url: "https://clinic.example/start?appointment=1".into(),
        join_url: format!("https://zoom.example/j/{}", "x".repeat(2000)),
        password: "pässwörd 🔑".into(),
        extra: r#"{"topic":"Termin 🩺"}"#.into(),
        ends_at: 1_900_000_000,
        owes_link: false,
    }
}

fn setback(state: OperationState, message: &str, resume_at: Option<i64>) -> Setback {
    Setback {
        state,
        reason: ErrorKind::RateLimited,
        message: message.into(),
        resume_at,
    }
}

async fn mappings(store: &dyn Store) {
    for provider in [Provider::Zoom, Provider::GoogleMeet] {
        assert_eq!(store.mapping(provider, 1).await.unwrap(), None);
        let id = store
            .begin_operation(new_operation(1, OperationKind::Create, LONG))
            .await
            .unwrap();
        let first = mapping(provider, 1, "98765432101");
        store.complete_create(id, &first, Duration::ZERO).await.unwrap();
        assert_eq!(store.mapping(provider, 1).await.unwrap(), Some(first.clone()));
        assert_eq!(
            store.mapping_by_meeting(provider, "98765432101").await.unwrap(),
            Some(first)
        );

        let second = mapping(provider, 1, "98765432102");
        store.complete_create(id, &second, Duration::ZERO).await.unwrap();
        store.complete_create(id, &second, Duration::ZERO).await.unwrap();
        assert_eq!(store.mapping(provider, 1).await.unwrap(), Some(second));
        assert_eq!(
            store.mapping_by_meeting(provider, "98765432101").await.unwrap(),
            None
        );
        let operations = store.operations(1).await.unwrap();
        let last = operations.last().unwrap();
        assert_eq!(
            (last.state, last.meeting_id.as_str()),
            (OperationState::Done, "98765432102")
        );

        let id = store
            .begin_operation(new_operation(1, OperationKind::Cancel, LONG))
            .await
            .unwrap();
        store
            .complete_cancel(id, provider, 1, Duration::from_millis(40))
            .await
            .unwrap();
        assert_eq!(store.mapping(provider, 1).await.unwrap(), None);

        // Outside of operations.
        let third = mapping(provider, 1, "98765432103");
        store.save_mapping(&third).await.unwrap();
        let fourth = Mapping {
            extra: r#"{"status":"started"}"#.to_owned(),
            ..third
        };
        store.save_mapping(&fourth).await.unwrap();
        assert_eq!(store.mapping(provider, 1).await.unwrap(), Some(fourth));
        store.drop_mapping(provider, 1).await.unwrap();
        store.drop_mapping(provider, 1).await.unwrap();
        assert_eq!(store.mapping(provider, 1).await.unwrap(), None);
    }
}

/// A note is written into the row that was read, never over another.
async fn notes(store: &dyn Store) {
    for provider in Provider::ALL {
        let seen = mapping(provider, 61, "98765432161");
        assert!(!store.swap_extra(&seen, "{}").await.unwrap(), "no row");
        store.save_mapping(&seen).await.unwrap();
        let noted = r#"{"opened_at":"2030-01-01T00:00:00Z"}"#;
        assert!(store.swap_extra(&seen, noted).await.unwrap());
        assert!(
            !store.swap_extra(&seen, "{}").await.unwrap(),
            "the extra is another by now"
        );
        let now = store.mapping(provider, 61).await.unwrap().unwrap();
        assert_eq!((now.extra.as_str(), &now.join_url), (noted, &seen.join_url));
        let other_case = Mapping {
            extra: noted.to_uppercase(),
            ..now.clone()
        };
        assert!(!store.swap_extra(&other_case, "{}").await.unwrap());

        let replaced = mapping(provider, 61, "98765432162");
        store.save_mapping(&replaced).await.unwrap();
        let former = Mapping {
            extra: replaced.extra.clone(),
            ..seen
        };
        assert!(
            !store.swap_extra(&former, noted).await.unwrap(),
            "another meeting"
        );
        assert_eq!(store.mapping(provider, 61).await.unwrap(), Some(replaced));
        store.drop_mapping(provider, 61).await.unwrap();
    }
}

async fn journal(store: &dyn Store) {
    let unfinished = |kind| store.unfinished(Provider::Zoom, kind, 2);
    let id = store
        .begin_operation(new_operation(2, OperationKind::Create, LONG))
        .await
        .unwrap();
    let begun = unfinished(OperationKind::Create).await.unwrap().unwrap();
    assert_eq!(
        (begun.id, begun.state, begun.attempts),
        (id, OperationState::InFlight, 1)
    );
    assert_eq!(
        (begun.appointment_id, begun.doctor_id, begun.resume_at),
        (2, 7, None)
    );
    assert_eq!(begun.request, r#"{"duration":30}"#);
    assert_eq!(unfinished(OperationKind::Cancel).await.unwrap(), None);
    assert_eq!(
        store
            .unfinished(Provider::GoogleMeet, OperationKind::Create, 2)
            .await
            .unwrap(),
        None
    );
    assert!(
        !store.resume_operation(id, LONG).await.unwrap(),
        "the lease still runs"
    );
    assert!(!store.resume_operation(id + 1000, LONG).await.unwrap());

    // Past 2038, and a text whose 500th character has several bytes.
    let at = 4_102_444_800;
    store
        .set_back(id, setback(OperationState::Pending, &"é🩺".repeat(400), Some(at)))
        .await
        .unwrap();
    let pending = unfinished(OperationKind::Create).await.unwrap().unwrap();
    assert_eq!(
        (pending.state, pending.resume_at),
        (OperationState::Pending, Some(at))
    );
    assert_eq!(
        (pending.reason.as_str(), pending.message),
        ("rate_limited", "é🩺".repeat(250))
    );

    let (one, two) =
        futures_util::future::join(store.resume_operation(id, LONG), store.resume_operation(id, LONG)).await;
    assert!(one.unwrap() ^ two.unwrap(), "exactly one takes it up");
    let resumed = unfinished(OperationKind::Create).await.unwrap().unwrap();
    assert_eq!(
        (resumed.state, resumed.attempts, resumed.resume_at),
        (OperationState::InFlight, 2, None)
    );

    store
        .set_back(id, setback(OperationState::Parked, "later", None))
        .await
        .unwrap();
    assert!(store.resume_operation(id, Duration::ZERO).await.unwrap());
    eventually("the lease has ended", async || {
        store.resume_operation(id, LONG).await.unwrap()
    })
    .await;
    store.complete(id).await.unwrap();
    assert_eq!(unfinished(OperationKind::Create).await.unwrap(), None);
    assert!(!store.resume_operation(id, LONG).await.unwrap());
    store
        .set_back(id, setback(OperationState::Pending, "too late", Some(1)))
        .await
        .unwrap();
    assert_eq!(
        store.operations(2).await.unwrap().first().unwrap().state,
        OperationState::Done
    );

    let failed = store
        .begin_operation(new_operation(2, OperationKind::Update, LONG))
        .await
        .unwrap();
    store
        .set_back(failed, setback(OperationState::Failed, "", Some(5)))
        .await
        .unwrap();
    assert!(!store.resume_operation(failed, LONG).await.unwrap());
    let all = store.operations(2).await.unwrap();
    assert_eq!(
        all.iter().map(|operation| operation.id).collect::<Vec<_>>(),
        [id, failed]
    );
    assert_eq!(all.last().unwrap().resume_at, None);
    let wrong = store
        .set_back(failed, setback(OperationState::Done, "", None))
        .await
        .unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Internal);
}

async fn tokens(store: &dyn Store) {
    let rows = [
        TokenRow::UserMeta {
            user_id: 7,
            key: "kiviCare_doctor_zoom_telemed_config".into(),
        },
        TokenRow::Option {
            name: "kivicare_zoom_token".into(),
        },
    ];
    for row in &rows {
        assert_eq!(store.read_token(row).await.unwrap(), None);
        assert!(
            !store.swap_token(row, Some("x"), "y").await.unwrap(),
            "nothing there to replace"
        );
        assert!(store.swap_token(row, None, "Sealed-1").await.unwrap());
        assert!(!store.swap_token(row, None, "other").await.unwrap());
        assert!(
            !store.swap_token(row, Some("sealed-1"), "other").await.unwrap(),
            "bytes count, not letters"
        );
        assert!(!store.swap_token(row, Some("Sealed-1 "), "other").await.unwrap());
        assert!(
            store.swap_token(row, Some("Sealed-1"), "Sealed-1").await.unwrap(),
            "same value is a success"
        );
        assert!(store.swap_token(row, Some("Sealed-1"), "zwei 🔑").await.unwrap());
        assert_eq!(store.read_token(row).await.unwrap().as_deref(), Some("zwei 🔑"));
        assert!(store.swap_token(row, Some("zwei 🔑"), "").await.unwrap());
        assert_eq!(store.read_token(row).await.unwrap(), None);
        assert!(
            store.swap_token(row, None, "again").await.unwrap(),
            "empty counts as absent"
        );
        assert_eq!(store.read_token(row).await.unwrap().as_deref(), Some("again"));
    }
    let row = TokenRow::UserMeta {
        user_id: 8,
        key: "google_meet_access_token".into(),
    };
    let swaps = (0..3).map(|_| store.swap_token(&row, None, "one"));
    let results = futures_util::future::join_all(swaps).await;
    assert_eq!(
        results
            .into_iter()
            .filter(|result| *result.as_ref().unwrap())
            .count(),
        1
    );
}

/// What a look found is not written over a row that somebody else has begun or dropped meanwhile.
async fn late_looks(store: &dyn Store) {
    let read = store.calendar(7).await.unwrap().unwrap();
    let found = Calendar {
        sync_token: "next".into(),
        page_token: String::new(),
        due_at: 5_000_003_600,
        listed: [].into(),
        ..read.clone()
    };
    store.hasten_calendar(7, 4_000_000_000).await.unwrap();
    assert!(store.update_calendar(&found, &read).await.unwrap());
    let hastened = Calendar {
        due_at: 4_000_000_000,
        ..found.clone()
    };
    assert_eq!(store.calendar(7).await.unwrap(), Some(hastened.clone()));
    assert!(store.update_calendar(&found, &hastened).await.unwrap());
    assert_eq!(store.calendar(7).await.unwrap(), Some(found.clone()));
    let fresh = Calendar {
        doctor_id: 7,
        ..Calendar::default()
    };
    store.save_calendar(&fresh).await.unwrap();
    assert!(!store.update_calendar(&found, &found).await.unwrap());
    assert_eq!(store.calendar(7).await.unwrap(), Some(fresh.clone()));
    store.drop_calendar(7).await.unwrap();
    assert!(!store.update_calendar(&fresh, &fresh).await.unwrap());
    assert_eq!(store.calendar(7).await.unwrap(), None);
}

async fn calendars(store: &dyn Store) {
    assert_eq!(store.calendar(7).await.unwrap(), None);
    let calendar = Calendar {
        doctor_id: 7,
        sync_token: "CPDAlvWDx70CEPDAlvWDx70CGAU=".into(),
        due_at: 5_000_000_000,
        channel_id: "c7".into(),
        channel_hash: "ab".repeat(32),
        resource_id: "o3hgv1538sdjfh".into(),
        channel_expires_at: 5_000_000_001,
        failures: 2,
        page_token: "EiQKGjM5".into(),
        listed: [4, 31, 32].into(),
    };
    store.save_calendar(&calendar).await.unwrap();
    store.save_calendar(&calendar).await.unwrap();
    assert_eq!(store.calendar(7).await.unwrap(), Some(calendar.clone()));
    assert_eq!(
        store.calendar_by_channel("c7").await.unwrap(),
        Some(calendar.clone())
    );
    assert_eq!(store.calendar_by_channel("c8").await.unwrap(), None);
    let sooner = Calendar {
        doctor_id: 8,
        due_at: 10,
        ..Calendar::default()
    };
    store.save_calendar(&sooner).await.unwrap();
    store.hasten_calendar(sooner.doctor_id, 500).await.unwrap();
    assert_eq!(store.due_calendars(9, 5).await.unwrap(), []);
    assert_eq!(
        store.due_calendars(10, 5).await.unwrap(),
        std::slice::from_ref(&sooner)
    );
    assert_eq!(
        store.due_calendars(6_000_000_000, 5).await.unwrap(),
        [sooner.clone(), calendar]
    );
    assert_eq!(store.due_calendars(6_000_000_000, 1).await.unwrap(), [sooner]);
    late_looks(store).await;
    for doctor in [7, 8, 8] {
        store.drop_calendar(doctor).await.unwrap();
        assert_eq!(store.calendar(doctor).await.unwrap(), None);
    }

    let provider = Provider::GoogleMeet;
    let own = |id: u64, doctor: u64| Mapping {
        extra: format!(r#"{{"doctor_id":{doctor}}}"#),
        ..mapping(provider, id, &format!("event{id}"))
    };
    for row in [
        own(31, 7),
        own(32, 7),
        own(33, 8),
        Mapping {
            extra: "not JSON".into(),
            ..own(34, 7)
        },
    ] {
        store.save_mapping(&row).await.unwrap();
    }
    let ids = |rows: Vec<Mapping>| {
        let mut ids: Vec<u64> = rows.iter().map(|row| row.appointment_id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(
        ids(store.mappings_of_doctor(provider, 7).await.unwrap()),
        [31, 32]
    );
    let wanted: Vec<String> = (0..450).map(|id| format!("event{id}")).collect();
    assert_eq!(
        ids(store.mappings_by_meetings(provider, &wanted).await.unwrap()),
        [31, 32, 33, 34]
    );
    assert!(
        store
            .mappings_by_meetings(Provider::Zoom, &wanted)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .mappings_by_meetings(provider, &[])
            .await
            .unwrap()
            .is_empty()
    );
    for id in 31..35 {
        store.drop_mapping(provider, id).await.unwrap();
    }
}

/// Two entries, the second longer than the columns.
async fn audit(store: &dyn Store) -> [AuditEntry; 2] {
    let whole = AuditEntry {
        actor_id: 5,
        source: "web".into(),
        action: "meeting_made".into(),
        appointment_id: 41,
        doctor_id: 7,
        provider: "zoom".into(),
        detail: "Änderung".into(),
        bucket: String::new(),
    };
    let long = AuditEntry {
        action: "ä".repeat(41),
        detail: "ö".repeat(501),
        ..whole.clone()
    };
    store.audit(&whole).await.unwrap();
    store.audit(&long).await.unwrap();
    let cut = AuditEntry {
        action: "ä".repeat(40),
        detail: "ö".repeat(500),
        ..whole.clone()
    };
    [whole, cut]
}

/// Entries with the same bucket are one row, whoever writes them at the same time; the first one's text stays.
async fn alike_entries_are_counted(database: &mut Database, store: &MySqlStore) {
    let entry = |detail: &str| AuditEntry {
        action: "access_refused".into(),
        detail: detail.into(),
        bucket: "stranger:join:1:2".into(),
        ..AuditEntry::default()
    };
    store.audit(&entry("first")).await.unwrap();
    let next = entry("next");
    let writes = (0..34).map(|_| store.audit(&next));
    for written in futures_util::future::join_all(writes).await {
        written.unwrap();
    }
    let sql = format!(
        "SELECT detail, times, last_at IS NOT NULL FROM {}kc_telemed_audit WHERE bucket IS NOT NULL",
        database.config.prefix
    );
    let rows: Vec<(String, u32, bool)> = database.admin.query(sql).await.unwrap();
    assert_eq!(rows, [("first".to_owned(), 35, true)]);
}

/// The users' meta is the network's: whose capabilities are another site's is not ours, nor who is connected there.
async fn members_alone_are_adopted(database: &mut Database, store: &MySqlStore) {
    let provider = Provider::Zoom;
    let usermeta = format!("{}usermeta", database.config.prefix);
    for (user, site) in [(91, ""), (92, "2_"), (93, ""), (93, "2_")] {
        database.join(user, site).await;
    }
    for user in [91, 92, 93] {
        let sql = format!(
            "INSERT INTO {usermeta} (user_id, meta_key, meta_value) VALUES (?, 'shared_key', 'sealed')"
        );
        database.admin.exec_drop(sql, (user,)).await.unwrap();
    }
    let home = format!(
        "INSERT INTO {usermeta} (user_id, meta_key, meta_value) VALUES (93, 'kivicare_telemed_home_zoom', ?)"
    );
    let other = format!("{}2_", database.config.prefix);
    database.admin.exec_drop(home, (other,)).await.unwrap();
    let fresh = ConnectionRow::fresh(provider, 92, 0, 0);
    store.save_connection(&fresh, 0).await.unwrap();

    assert_eq!(store.adopt_connections(provider, "shared_key").await.unwrap(), 1);
    let due = store.due_connections(100, 9).await.unwrap();
    let doctors: Vec<u64> = due.iter().map(|row| row.doctor_id).collect();
    assert_eq!(doctors, [91], "an earlier adoption of a stranger is dropped, too");
    store.drop_connection(provider, 91).await.unwrap();
    let sql = format!("DELETE FROM {usermeta} WHERE user_id IN (91, 92, 93)");
    database.admin.query_drop(sql).await.unwrap();
}

/// What the database keeps of the audit log.
async fn audit_rows(database: &mut Database, store: &MySqlStore) {
    let kept = audit(store).await;
    let sql = format!(
        "SELECT actor_id, source, action, appointment_id, doctor_id, provider, detail FROM {}kc_telemed_audit \
         WHERE ABS(TIMESTAMPDIFF(SECOND, at, UTC_TIMESTAMP())) < 60 ORDER BY id",
        database.config.prefix
    );
    let rows: Vec<(u64, String, String, u64, u64, String, String)> = database.admin.query(sql).await.unwrap();
    let wanted = kept.map(|entry| {
        (
            entry.actor_id,
            entry.source,
            entry.action,
            entry.appointment_id,
            entry.doctor_id,
            entry.provider,
            entry.detail,
        )
    });
    assert_eq!(rows, wanted);
}

async fn notes_and_due_operations(store: &dyn Store) {
    let now = 1_893_456_000;
    let due = async |now| {
        let found = store.due(now, 10).await.unwrap();
        found
            .into_iter()
            .map(|due| (due.appointment_id, due.verify, due.noted, due.doctor_id))
            .collect::<Vec<_>>()
    };
    assert_eq!(store.note(61, false, now + 60).await.unwrap(), 1);
    assert_eq!(due(now).await, [], "left to the request that noted it");
    assert_eq!(due(now + 60).await, [(61, false, 1, 0)]);
    // Told of again: sooner, and with a look at the provider. What has seen the first only does not settle it.
    assert_eq!(store.note(61, true, now).await.unwrap(), 2);
    assert_eq!(store.note(61, false, now + 600).await.unwrap(), 3);
    store.settle_note(61, 1).await.unwrap();
    assert_eq!(due(now).await, [(61, true, 3, 0)]);

    let begin = |id, lease| store.begin_operation(new_operation(id, OperationKind::Cancel, lease));
    let (waiting, parked, dead) = (
        begin(62, LONG).await.unwrap(),
        begin(63, LONG).await.unwrap(),
        begin(64, Duration::ZERO).await.unwrap(),
    );
    begin(65, LONG).await.unwrap();
    let set = |id, state, at| store.set_back(id, setback(state, "x", at));
    set(waiting, OperationState::Pending, Some(now - 5))
        .await
        .unwrap();
    set(parked, OperationState::Parked, None).await.unwrap();
    eventually("a lease has ended", async || due(now).await.len() >= 3).await;
    let mut found = due(now).await;
    found.sort_unstable();
    assert_eq!(
        found,
        [(61, true, 3, 0), (62, false, 0, 7), (64, false, 0, 7)],
        "not what waits for a person, nor what somebody is at"
    );
    assert_eq!(store.next_due(now - 10).await.unwrap(), Some(now - 5));
    assert_eq!(store.next_due(now).await.unwrap(), None);

    for id in [61, 62, 64] {
        store.postpone(id, now + 30, now + 10).await.unwrap();
    }
    assert_eq!(due(now + 9).await, []);
    assert_eq!(
        due(now + 10).await,
        [(61, true, 3, 0)],
        "a note has a limit of its own"
    );
    assert_eq!(due(now + 29).await.len(), 1);
    assert_eq!(due(now + 30).await.len(), 3, "put off, not forgotten");
    store.settle_note(61, 3).await.unwrap();
    store.settle_note(61, 3).await.unwrap();
    for id in [waiting, parked, dead] {
        store.complete(id).await.unwrap();
    }
    assert_eq!(due(now + 30).await, []);
}

async fn owed_links(store: &dyn Store) {
    let (provider, now) = (Provider::Zoom, 1_893_456_000);
    let claim = |now, until| store.claim_link(provider, 71, now, until);
    store.save_mapping(&mapping(provider, 71, "71")).await.unwrap();
    assert!(!claim(now, now + 60).await.unwrap(), "nothing is owed");
    let owing = Mapping {
        owes_link: true,
        ..mapping(provider, 71, "72")
    };
    store.save_mapping(&owing).await.unwrap();
    // Another write does not forget it.
    store.save_mapping(&mapping(provider, 71, "72")).await.unwrap();
    assert!(claim(now, now + 60).await.unwrap());
    assert!(!claim(now + 1, now + 61).await.unwrap(), "somebody is at it");
    assert!(claim(now + 61, now + 120).await.unwrap(), "who died, perhaps");
    store.settle_link(provider, 71).await.unwrap();
    assert!(!claim(now + 600, now + 700).await.unwrap());
    store.drop_mapping(provider, 71).await.unwrap();
}

async fn connections(store: &dyn Store) {
    let (provider, now) = (Provider::Zoom, 1_893_456_000);
    let fresh = ConnectionRow::fresh(provider, 81, now, now + 100);
    store.save_connection(&fresh, now).await.unwrap();
    assert_eq!(store.connection(provider, 81).await.unwrap(), Some(fresh.clone()));
    assert_eq!(store.connection(Provider::GoogleMeet, 81).await.unwrap(), None);
    assert_eq!(store.due_connections(now, 9).await.unwrap(), []);
    assert_eq!(
        store.due_connections(now + 100, 9).await.unwrap(),
        std::slice::from_ref(&fresh)
    );
    let ended = fresh.failed(ConnectionState::Reconnect, ErrorKind::Reauthorize, "é", now);
    store.save_connection(&ended, now).await.unwrap();
    assert_eq!(store.connection(provider, 81).await.unwrap(), Some(ended));
    assert_eq!(
        store.due_connections(now + 100, 9).await.unwrap(),
        [],
        "waits for a person"
    );
    store.drop_connection(provider, 81).await.unwrap();
    store.drop_connection(provider, 81).await.unwrap();

    let row = TokenRow::UserMeta {
        user_id: 82,
        key: "adopted_key".into(),
    };
    store.swap_token(&row, None, "sealed").await.unwrap();
    assert_eq!(store.adopt_connections(provider, "adopted_key").await.unwrap(), 1);
    assert_eq!(store.adopt_connections(provider, "adopted_key").await.unwrap(), 0);
    let due = store.due_connections(now, 9).await.unwrap();
    assert_eq!(due.iter().map(|row| row.doctor_id).collect::<Vec<_>>(), [82]);
    store.drop_connection(provider, 82).await.unwrap();
}

async fn locks(one: &dyn Store, two: &dyn Store) {
    let short = Duration::from_secs(1);
    let held = one.lock("token:zoom:7", short).await.unwrap();
    let other = one.lock("token:zoom:8", short).await.unwrap();
    one.operations(1).await.unwrap();
    let started = Instant::now();
    let Err(busy) = two.lock("Token:ZOOM:7", short).await else {
        unreachable!("the lock is held")
    };
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert!((short / 2..short * 4).contains(&started.elapsed()));
    held.release().await.unwrap();
    let held = two.lock("token:zoom:7", short).await.unwrap();
    drop(held);
    one.lock("token:zoom:7", LONG.min(short * 3))
        .await
        .unwrap()
        .release()
        .await
        .unwrap();
    other.release().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    let store = MemoryStore::new();
    mappings(&store).await;
    notes(&store).await;
    journal(&store).await;
    tokens(&store).await;
    calendars(&store).await;
    assert_eq!(audit(&store).await.to_vec(), store.audit_entries());
    notes_and_due_operations(&store).await;
    owed_links(&store).await;
    connections(&store).await;
    notes_and_due_operations(&store).await;
    owed_links(&store).await;
    connections(&store).await;
    locks(&store, &store.clone()).await;
}

struct Database {
    config: DatabaseConfig,
    admin: Conn,
}

fn options(config: &DatabaseConfig) -> OptsBuilder {
    let options = OptsBuilder::default()
        .user(Some(&config.user))
        .pass(Some(config.password.expose()))
        .db_name(Some(&config.name))
        .prefer_socket(false);
    match config.host.split_once(":/") {
        Some((_, path)) => options.socket(Some(format!("/{path}"))),
        None => match config.host.split_once(':') {
            Some((host, port)) => options.ip_or_hostname(host).tcp_port(port.parse().unwrap()),
            None => options.ip_or_hostname(config.host.clone()),
        },
    }
}

impl Database {
    async fn open() -> Option<Self> {
        let Ok(host) = std::env::var("TELEMED_TEST_DB_HOST") else {
            assert_ne!(
                std::env::var("TELEMED_REQUIRE_DB").as_deref(),
                Ok("1"),
                "TELEMED_TEST_DB_HOST is not set"
            );
            return None;
        };
        let var = |name: &str| std::env::var(name).unwrap_or_default();
        let (user, password) = (var("TELEMED_TEST_DB_USER"), var("TELEMED_TEST_DB_PASSWORD"));
        let name = var("TELEMED_TEST_DB_NAME");
        let prefix = format!("t{:08x}_", rand::random::<u32>());
        let config = DatabaseConfig {
            host,
            user,
            password: DatabasePassword::new(password),
            name,
            charset: "utf8mb4".into(),
            base_prefix: prefix.clone(),
            prefix,
            usermeta_table: None,
            client_flags: 0,
            ca_file: None,
            also_trusted: None,
            defaults: ClientDefaults::default(),
        };
        let admin = Conn::new(options(&config)).await.unwrap();
        Some(Self { config, admin })
    }

    /// How a visitor's page connects.
    fn visitor(&self) -> OptsBuilder {
        options(&self.config)
    }

    fn store(&self) -> MySqlStore {
        MySqlStore::new(self.config.clone(), "https://clinic.example").unwrap()
    }

    async fn admin(&mut self, sql: &str) {
        let sql = sql.replace("{p}", &self.config.prefix);
        self.admin.query_drop(sql).await.unwrap();
    }

    async fn create_tables(&mut self) {
        for table in TABLES {
            self.admin(&format!("CREATE TABLE {{p}}{table} DEFAULT CHARSET utf8mb4"))
                .await;
        }
    }

    async fn drop_tables(&mut self) {
        for table in TABLES {
            let name = table.split('(').next().unwrap();
            self.admin(&format!("DROP TABLE IF EXISTS {{p}}{name}")).await;
        }
    }

    /// Ends every idle session of the stores, as a server restart does.
    /// Makes a user a member of the site, or of another one of the network.
    async fn join(&mut self, user_id: u64, site: &str) {
        let prefix = self.config.prefix.clone();
        let sql =
            format!("INSERT INTO {prefix}usermeta (user_id, meta_key, meta_value) VALUES (?, ?, 'a:0:{{}}')");
        let key = format!("{prefix}{site}capabilities");
        self.admin.exec_drop(sql, (user_id, key)).await.unwrap();
    }

    async fn kill_sessions(&mut self) -> usize {
        let sql = "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() \
                   AND user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AND db = DATABASE()";
        let ids: Vec<u64> = self.admin.query(sql).await.unwrap();
        for id in &ids {
            self.admin.query_drop(format!("KILL {id}")).await.unwrap();
        }
        let ended = async |admin: &mut Conn| -> bool {
            let left: Vec<u64> = admin.query(sql).await.unwrap();
            !left.iter().any(|id| ids.contains(id))
        };
        let until = Instant::now() + LIMIT;
        while !ended(&mut self.admin).await {
            assert!(Instant::now() < until, "the sessions do not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        ids.len()
    }
}

/// As the plugin's `Schema.php` and WordPress' `schema.php` create them.
const TABLES: [&str; 9] = [
    "kc_appointment_zoom_mappings (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     appointment_id bigint unsigned NOT NULL, zoom_id varchar(64), zoom_uuid varchar(191), start_url text, \
     join_url text, password varchar(191), extra longtext, ends_at datetime NULL, link_owed bigint NOT NULL DEFAULT 0, created_at datetime, \
     updated_at datetime, UNIQUE KEY appointment_id (appointment_id), KEY zoom_id (zoom_id))",
    "kc_appointment_google_meet_mappings (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     appointment_id bigint unsigned NOT NULL, event_id varchar(191), url text, password varchar(191), \
     event_url text, extra longtext, ends_at datetime NULL, link_owed bigint NOT NULL DEFAULT 0, created_at datetime, \
     updated_at datetime, UNIQUE KEY appointment_id (appointment_id), KEY event_id (event_id))",
    "kc_telemed_operations (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     appointment_id bigint unsigned NOT NULL, doctor_id bigint unsigned NOT NULL, provider varchar(20) NOT NULL, \
     kind varchar(16) NOT NULL, state varchar(16) NOT NULL, marker char(32) NOT NULL, \
     meeting_id varchar(191) NOT NULL DEFAULT '', request longtext NOT NULL, attempts int unsigned NOT NULL, \
     reason varchar(32) NOT NULL DEFAULT '', message varchar(500) NOT NULL DEFAULT '', lease_until datetime NULL, \
     latency_ms int unsigned NOT NULL DEFAULT 0, resume_at datetime NULL, created_at datetime NOT NULL, updated_at datetime NOT NULL, \
     KEY appointment_id (appointment_id), KEY state_resume (state, resume_at), KEY marker (marker))",
    "kc_telemed_calendars (doctor_id bigint unsigned NOT NULL PRIMARY KEY, sync_token varchar(500) NOT NULL DEFAULT '', \
     due_at bigint NOT NULL DEFAULT 0, channel_id varchar(64) NOT NULL DEFAULT '', \
     channel_hash char(64) NOT NULL DEFAULT '', resource_id varchar(191) NOT NULL DEFAULT '', \
     channel_expires_at bigint NOT NULL DEFAULT 0, failures int unsigned NOT NULL DEFAULT 0, \
     page_token varchar(2000) NOT NULL DEFAULT '', listed longtext, \
     KEY due_at (due_at), KEY channel_id (channel_id))",
    "kc_telemed_audit (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, at datetime NOT NULL, \
     actor_id bigint unsigned NOT NULL DEFAULT 0, source varchar(16) NOT NULL DEFAULT '', \
     action varchar(40) NOT NULL, appointment_id bigint unsigned NOT NULL DEFAULT 0, \
     doctor_id bigint unsigned NOT NULL DEFAULT 0, provider varchar(20) NOT NULL DEFAULT '', \
     detail varchar(500) NOT NULL DEFAULT '', bucket varchar(64) DEFAULT NULL, times int unsigned NOT NULL DEFAULT 1, \
     last_at datetime DEFAULT NULL, UNIQUE KEY bucket (bucket), KEY at (at), KEY actor_id (actor_id), KEY doctor_id (doctor_id))",
    "kc_telemed_noted (appointment_id bigint unsigned NOT NULL PRIMARY KEY, verify tinyint(1) NOT NULL DEFAULT 0, \
     noted bigint unsigned NOT NULL DEFAULT 1, due_at bigint NOT NULL DEFAULT 0, KEY due_at (due_at))",
    "kc_telemed_connections (doctor_id bigint unsigned NOT NULL, provider varchar(20) NOT NULL, \
     state varchar(16) NOT NULL, reason varchar(32) NOT NULL DEFAULT '', message varchar(500) NOT NULL DEFAULT '', \
     refreshed_at bigint NOT NULL DEFAULT 0, due_at bigint NOT NULL DEFAULT 0, \
     failures int unsigned NOT NULL DEFAULT 0, updated_at bigint NOT NULL DEFAULT 0, \
     PRIMARY KEY (doctor_id, provider), KEY due_at (due_at))",
    "usermeta (umeta_id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     user_id bigint unsigned NOT NULL DEFAULT 0, meta_key varchar(255) DEFAULT NULL, meta_value longtext, \
     KEY user_id (user_id), KEY meta_key (meta_key(191)))",
    "options (option_id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     option_name varchar(191) NOT NULL DEFAULT '', option_value longtext NOT NULL, \
     autoload varchar(20) NOT NULL DEFAULT 'yes', UNIQUE KEY option_name (option_name))",
];

/// One test, in steps: killing sessions would disturb others that run at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn database() {
    let Some(mut database) = Database::open().await else {
        return;
    };
    let store = database.store();
    let missing = store.operations(1).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Configuration);
    assert!(missing.to_string().contains("deactivate and activate"));

    database.create_tables().await;
    store.ping().await.unwrap();
    mappings(&store).await;
    notes(&store).await;
    journal(&store).await;
    tokens(&store).await;
    calendars(&store).await;
    notes_and_due_operations(&store).await;
    owed_links(&store).await;
    database.join(82, "").await;
    connections(&store).await;
    notes_and_due_operations(&store).await;
    owed_links(&store).await;
    connections(&store).await;
    members_alone_are_adopted(&mut database, &store).await;
    locks(&store, &database.store()).await;
    audit_rows(&mut database, &store).await;
    alike_entries_are_counted(&mut database, &store).await;
    token_rows(&mut database, &store).await;
    survives_killed_sessions(&mut database, &store).await;
    abandoned_statement(&database, &store).await;
    wrong_password(&database).await;
    store.disconnect();
    database.drop_tables().await;
}

async fn token_rows(database: &mut Database, store: &MySqlStore) {
    let count = format!(
        "SELECT COUNT(*) FROM {}usermeta WHERE user_id = 8",
        database.config.prefix
    );
    assert_eq!(
        database.admin.query_first::<u64, _>(count).await.unwrap(),
        Some(1)
    );
    let autoload = format!("SELECT DISTINCT autoload FROM {}options", database.config.prefix);
    assert_eq!(database.admin.query::<String, _>(autoload).await.unwrap(), ["no"]);

    database
        .admin("INSERT INTO {p}usermeta (user_id, meta_key, meta_value) VALUES (9,'k','a'), (9,'k','b')")
        .await;
    let row = TokenRow::UserMeta {
        user_id: 9,
        key: "k".into(),
    };
    assert_eq!(store.read_token(&row).await.unwrap().as_deref(), Some("a"));
    assert!(
        !store.swap_token(&row, Some("b"), "c").await.unwrap(),
        "the first row counts"
    );
    assert!(store.swap_token(&row, Some("a"), "c").await.unwrap());
    assert_eq!(store.read_token(&row).await.unwrap().as_deref(), Some("c"));
}

async fn survives_killed_sessions(database: &mut Database, store: &MySqlStore) {
    // Several idle sessions, so that more than the first one taken is dead.
    futures_util::future::join_all((0..3).map(|_| store.ping())).await;
    assert!(database.kill_sessions().await >= 1);
    let id = store
        .begin_operation(new_operation(50, OperationKind::Create, LONG))
        .await
        .unwrap();
    assert_eq!(database.kill_sessions().await, 1);
    store
        .complete_create(id, &mapping(Provider::Zoom, 50, "1"), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(store.operations(50).await.unwrap().len(), 1);
    database.kill_sessions().await;
    store.lock("after", LONG).await.unwrap().release().await.unwrap();
}

/// A caller that gives up in the middle of a statement must not leave its answer to the next one.
async fn abandoned_statement(database: &Database, store: &MySqlStore) {
    let other = database.store();
    let held = other.lock("abandoned", LONG).await.unwrap();
    for _ in 0..4 {
        let waiting = store.lock("abandoned", Duration::from_secs(30));
        assert!(
            tokio::time::timeout(Duration::from_millis(100), waiting)
                .await
                .is_err()
        );
    }
    store.ping().await.unwrap();
    assert_eq!(store.operations(50).await.unwrap().len(), 1);
    held.release().await.unwrap();
    other.disconnect();
}

async fn wrong_password(database: &Database) {
    let password = DatabasePassword::new("not-the-password-8471");
    let config = DatabaseConfig {
        password,
        ..database.config.clone()
    };
    let store = MySqlStore::new(config.clone(), "https://clinic.example").unwrap();
    let refused: Error = store.ping().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store);
    let shown = format!("{refused} {refused:?} {store:?} {config:?}");
    assert!(
        !shown.contains("8471") && shown.contains("DB_PASSWORD"),
        "{shown}"
    );
    let down = DatabaseConfig {
        host: "localhost:/nowhere/my.sock".into(),
        ..config
    };
    let down = MySqlStore::new(down, "s").unwrap().ping().await.unwrap_err();
    assert_eq!(down.kind(), ErrorKind::Store);
    assert!(down.to_string().contains("DB_HOST"));
}
