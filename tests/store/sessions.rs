//! How many sessions there are, and when they end. Every case has a database account of its own, so that it counts
//! nobody else's sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kivicare_telemed::ErrorKind;
use kivicare_telemed::secret::DatabasePassword;
use kivicare_telemed::store::{MySqlStore, OperationKind, Store};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};

use super::{Database, LONG, new_operation};

/// A database account for one case.
pub(super) struct Account {
    pub(super) database: Database,
    user: String,
}

impl Account {
    /// An account with this limit of sessions, 0 for none. None where the tests' user may not make accounts.
    pub(super) async fn open(limit: u32) -> Option<Self> {
        let mut database = Database::open().await?;
        let Ok(socket) = std::env::var("TELEMED_DB_SOCKET") else {
            assert_ne!(
                std::env::var("TELEMED_REQUIRE_DB").as_deref(),
                Ok("1"),
                "TELEMED_DB_SOCKET is not set"
            );
            return None;
        };
        let options = OptsBuilder::default()
            .user(Some("root"))
            .db_name(Some(&database.config.name))
            .socket(Some(socket));
        // Another case ends the sessions of the tests' user.
        database.admin = Conn::new(options).await.unwrap();
        database.create_tables().await;
        let user = format!("t{:08x}", rand::random::<u32>());
        let name = database.config.name.clone();
        for sql in [
            format!("CREATE USER {user}@localhost IDENTIFIED BY 'made-up-{user}'"),
            format!("GRANT ALL ON {name}.* TO {user}@localhost WITH MAX_USER_CONNECTIONS {limit}"),
        ] {
            database.admin.query_drop(sql).await.unwrap();
        }
        database.config.user.clone_from(&user);
        database.config.password = DatabasePassword::new(format!("made-up-{user}"));
        Some(Self { database, user })
    }

    /// A store as another process has it.
    pub(super) fn store(&self) -> MySqlStore {
        self.database.store()
    }

    pub(super) async fn sessions(&mut self) -> usize {
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{}'",
            self.user
        );
        self.database.admin.query_first(sql).await.unwrap().unwrap()
    }

    /// Waits until so many are left.
    async fn until(&mut self, sessions: usize) -> Duration {
        let started = Instant::now();
        while self.sessions().await != sessions {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "not {sessions} sessions"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        started.elapsed()
    }

    /// Counts sessions until the work is done.
    pub(super) async fn most<T>(&mut self, work: impl Future<Output = T>) -> (T, usize) {
        let mut most = 0;
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return (done, most),
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
            most = most.max(self.sessions().await);
        }
    }

    pub(super) async fn close(mut self) {
        self.database.drop_tables().await;
        self.database
            .admin
            .query_drop(format!("DROP USER {}@localhost", self.user))
            .await
            .unwrap();
    }
}

/// What a booking does: two locks at once, and statements under them.
async fn booking(store: &dyn Store, id: u64) -> kivicare_telemed::Result<()> {
    let outer = store.lock(&format!("appointment:{id}"), LONG).await?;
    let inner = store.lock(&format!("token:{id}"), LONG).await?;
    let begun = store
        .begin_operation(new_operation(id, OperationKind::Create, LONG))
        .await;
    // The provider is asked.
    tokio::time::sleep(Duration::from_millis(50)).await;
    if let Ok(operation) = begun {
        store.complete(operation).await?;
    }
    inner.release().await?;
    outer.release().await?;
    begun.map(drop)
}

/// The shape of the starvation that was: two hundred at once, each with a lock in hand while it needs the database.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_need_one_session() {
    let Some(mut account) = Account::open(0).await else {
        return;
    };
    let store = account.store();
    let work = join_all((1..=200).map(|id| booking(&store, id)));
    let (done, most) = account.most(work).await;
    let failed = done.iter().filter(|one| one.is_err()).count();
    assert_eq!((failed, most), (0, 1));
    account.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_a_few_more_and_closes_them() {
    let Some(mut account) = Account::open(0).await else {
        return;
    };
    let store = account.store();
    store.ping().await.unwrap();
    for given_up in [false, true] {
        let wide = store.widened().unwrap();
        let work = join_all((0..8).map(|task| {
            let wide = wide.clone();
            async move {
                for round in 0..50 {
                    let name = format!("wide:{task}");
                    let lock = wide.lock(&name, LONG).await.unwrap();
                    booking(&*wide, 1000 + task * 100 + round % 3).await.unwrap();
                    if given_up {
                        let again = wide.lock(&name, Duration::from_secs(30));
                        assert!(
                            tokio::time::timeout(Duration::from_millis(5), again)
                                .await
                                .is_err()
                        );
                        drop(lock);
                    } else {
                        lock.release().await.unwrap();
                    }
                }
            }
        }));
        let (_, most) = account.most(work).await;
        assert!((1..=4).contains(&most), "{most}");
        wide.close().await;
        drop(wide);
        // Used all the time, the anchor stays, and nothing else.
        account.until(1).await;
        store.ping().await.unwrap();
    }
    account.close().await;
}

/// Idle sessions end by themselves, and sooner when somebody waits for one or the request is over.
#[tokio::test(flavor = "multi_thread")]
async fn idle_sessions_end() {
    let Some(mut account) = Account::open(0).await else {
        return;
    };
    let store = account.store();
    store.ping().await.unwrap();
    assert_eq!(account.sessions().await, 1);
    let took = account.until(0).await;
    println!("RESULT idle_session_life {:.1} s", took.as_secs_f64());
    store.lock("held", LONG).await.unwrap().release().await.unwrap();
    store.request_over();
    assert_eq!(account.sessions().await, 1, "the next request will need it");
    account.until(0).await;
    account.close().await;

    let Some(mut account) = Account::open(15).await else {
        return;
    };
    let store = account.store();
    store.ping().await.unwrap();
    assert_eq!(account.sessions().await, 1);
    store.request_over();
    let took = account.until(0).await;
    println!("RESULT idle_session_life_at_limit {:.1} s", took.as_secs_f64());
    account.close().await;
}

/// Eight processes with a booking each, while pages come and go, of an account that may have 15 sessions.
#[tokio::test(flavor = "multi_thread")]
async fn short_of_sessions_visitors_come_first() {
    let Some(mut account) = Account::open(15).await else {
        return;
    };
    let stores: Vec<Arc<MySqlStore>> = (0..8).map(|_| Arc::new(account.store())).collect();
    stores[0].ping().await.unwrap();
    let (refused, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let visitor = account.database.visitor();
    let visits = join_all((0..8).map(|_| async {
        while done.load(Ordering::Relaxed) < 8 {
            match Conn::new(visitor.clone()).await {
                Ok(conn) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    conn.disconnect().await.unwrap();
                }
                Err(_) => {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }));
    let bookings = join_all(stores.iter().enumerate().map(|(process, store)| {
        let done = &done;
        async move {
            for round in 0..10 {
                booking(&**store, process as u64 * 100 + round).await.unwrap();
                store.request_over();
            }
            done.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let (_, most) = account.most(futures_util::future::join(visits, bookings)).await;
    println!(
        "RESULT visitors_refused_by_the_store {} visitors",
        refused.load(Ordering::Relaxed)
    );
    assert_eq!(refused.into_inner(), 0);
    assert!(most <= 15, "{most}");
    account.until(0).await;
    account.close().await;
}

/// When others have taken everything, work is put off within its time; nothing hangs and nothing is refused for good.
#[tokio::test(flavor = "multi_thread")]
async fn without_room_work_is_left_for_later() {
    let Some(mut account) = Account::open(6).await else {
        return;
    };
    let store = account.store();
    store.ping().await.unwrap();
    store.disconnect();
    account.until(0).await;
    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(Conn::new(account.database.visitor()).await.unwrap());
    }
    let started = Instant::now();
    for _ in 0..3 {
        let refused = store.ping().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Store);
        assert!(refused.to_string().contains("max_user_connections"), "{refused}");
    }
    assert!(started.elapsed() < Duration::from_secs(9), "one wait, not three");
    // The last one that is free is left to a visitor.
    others.pop().unwrap().disconnect().await.unwrap();
    account.until(5).await;
    assert!(store.ping().await.is_err());
    while let Some(other) = others.pop() {
        other.disconnect().await.unwrap();
    }
    account.until(0).await;
    store.ping().await.unwrap();
    account.close().await;
}

/// PHP's session and ours are had together: who has one never waits for the other.
#[tokio::test(flavor = "multi_thread")]
async fn php_and_we_do_not_wait_for_each_other() {
    let Some(mut account) = Account::open(15).await else {
        return;
    };
    let stores: Vec<MySqlStore> = (0..8).map(|_| account.store()).collect();
    stores[0].ping().await.unwrap();
    stores[0].request_over();
    let work = join_all(stores.iter().enumerate().map(|(process, store)| {
        let visitor = account.database.visitor();
        async move {
            for round in 0..5 {
                booking(store, process as u64 * 100 + round).await.unwrap();
                store.session_wanted().await.unwrap();
                let php = Conn::new(visitor.clone()).await.unwrap();
                booking(store, process as u64 * 100 + round).await.unwrap();
                php.disconnect().await.unwrap();
                store.session_closed();
                store.request_over();
            }
        }
    }));
    work.await;
    account.until(0).await;
    account.close().await;
}

/// The one session that carries the locks is ended from outside: they are had again, or known to be lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_session_gives_no_lock_to_two() {
    let Some(mut account) = Account::open(0).await else {
        return;
    };
    let (one, two) = (account.store(), account.store());
    let kept = one.lock("kept", LONG).await.unwrap();
    account.kill().await;
    one.ping().await.unwrap();
    assert!(!kept.is_lost());
    assert!(
        two.lock("kept", Duration::ZERO).await.is_err(),
        "taken again with the new session"
    );
    two.disconnect();
    account.until(1).await;
    account.kill().await;
    let taken = two.lock("kept", LONG).await.unwrap();
    one.ping().await.unwrap();
    assert!(kept.is_lost());
    kept.release().await.unwrap();
    assert!(
        one.lock("kept", Duration::ZERO).await.is_err(),
        "giving a lost lock back takes nobody's"
    );
    taken.release().await.unwrap();
    one.lock("kept", LONG).await.unwrap().release().await.unwrap();
    account.close().await;
}

impl Account {
    async fn kill(&mut self) {
        let sql = format!("KILL USER {}@localhost", self.user);
        self.database.admin.query_drop(sql).await.unwrap();
        self.until(0).await;
    }
}

/// Where slots cannot be kept there is no telling how many sessions others have, and that is no reason to wait.
#[tokio::test]
async fn a_folder_that_cannot_be_used_keeps_nobody_out() {
    let Some(account) = Account::open(0).await else {
        return;
    };
    let name = format!("{}\0{}", account.database.config.host, account.user);
    let digest = ring::digest::digest(&ring::digest::SHA256, name.as_bytes());
    let hex = data_encoding::HEXLOWER.encode(digest.as_ref());
    let owner = nix::unistd::geteuid().as_raw();
    let dir = std::env::temp_dir().join(format!("kivicare-telemed-{owner}-{}", &hex[..16]));
    let first = account.store();
    assert!(dir.is_dir());
    assert!(first.counts_sessions());
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::write(&dir, "").unwrap();
    // As many processes as would have waited for each other.
    let stores: Vec<_> = (0..5).map(|_| account.store()).chain([first]).collect();
    for store in &stores {
        assert!(!store.counts_sessions());
        store.session_wanted().await.unwrap();
        store.ping().await.unwrap();
    }
    for store in &stores {
        store.session_closed();
        store.disconnect();
    }
    std::fs::remove_file(&dir).unwrap();
    account.close().await;
}
