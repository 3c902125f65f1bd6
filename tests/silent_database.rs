//! A database server that accepts connections and never answers: one wait, for the whole process.

#![allow(clippy::unwrap_used)] // tests panic on purpose

use std::net::TcpListener;
use std::time::Duration;

use kivicare_telemed::ErrorKind;
use kivicare_telemed::secret::DatabasePassword;
use kivicare_telemed::store::{ClientDefaults, DatabaseConfig, MySqlStore, Provider, Store};

struct Silent {
    listener: TcpListener,
    connections: Vec<std::net::TcpStream>,
}

impl Silent {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            listener,
            connections: Vec::new(),
        }
    }

    /// How often somebody has connected so far. Nobody is ever answered.
    fn seen(&mut self) -> usize {
        while let Ok((stream, _)) = self.listener.accept() {
            self.connections.push(stream);
        }
        self.connections.len()
    }

    fn store(&self) -> MySqlStore {
        let config = DatabaseConfig {
            host: self.listener.local_addr().unwrap().to_string(),
            // Slots are kept by account.
            user: format!("silent{:08x}", rand::random::<u32>()),
            password: DatabasePassword::new("made-up"),
            name: "site".into(),
            charset: "utf8mb4".into(),
            prefix: "wp_".into(),
            base_prefix: "wp_".into(),
            usermeta_table: None,
            client_flags: 0,
            ca_file: None,
            also_trusted: None,
            defaults: ClientDefaults::default(),
        };
        MySqlStore::new(config, "site").unwrap()
    }
}

/// The clock runs by itself: it jumps to the next limit when everybody waits.
#[tokio::test(start_paused = true)]
async fn only_the_first_statement_waits() {
    let mut server = Silent::listen();
    let store = server.store();
    let begun = tokio::time::Instant::now();
    for call in 0..20 {
        let failure = store.ping().await.unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Store, "call {call}");
        assert!(failure.to_string().contains("does not answer"), "{failure}");
    }
    assert!(store.mapping(Provider::Zoom, 5).await.is_err());
    assert!(
        store
            .lock("appointment:5", Duration::from_secs(10))
            .await
            .is_err()
    );
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(server.seen(), 1);
    // After a few seconds somebody tries again.
    tokio::time::advance(Duration::from_secs(6)).await;
    assert!(store.ping().await.is_err());
    assert_eq!(server.seen(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_beside_the_first_does_not_wait_anew() {
    let mut server = Silent::listen();
    let store = server.store();
    let begun = tokio::time::Instant::now();
    let all = futures_util::future::join_all((0..10).map(|_| store.ping())).await;
    assert!(all.iter().all(Result::is_err));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(server.seen(), 1);
}
