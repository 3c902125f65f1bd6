//! Locks between processes and hosts: `GET_LOCK`, all of a process on its one anchor session. The server would let a
//! session take a lock twice, so tasks of one process exclude each other here.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use data_encoding::HEXLOWER;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout_at};

use super::hub::{Holding, Hub};
use super::session::{Repeat, Statement, Which, perform};
use crate::store::Lock;
use crate::{Error, ErrorKind, Result};

/// Characters of the hash in a lock's name: 96 bits, and far from the server's limit of 64 characters a name.
const HASH_CHARS: usize = 24;
/// Pauses between two attempts at a lock of another process, in milliseconds: the shortest and the longest.
const PAUSE_MS: (u64, u64) = (10, 80);

/// The right of one task to a lock's name, among the tasks of this process.
struct Claim {
    hub: Arc<Hub>,
    name: String,
    holding: Arc<Holding>,
}

impl Claim {
    fn new(hub: &Arc<Hub>, name: &str) -> Option<Self> {
        let mut locks = hub.locks();
        if locks.contains_key(name) {
            return None;
        }
        let holding = Arc::<Holding>::default();
        locks.insert(name.to_owned(), holding.clone());
        Some(Self {
            hub: hub.clone(),
            name: name.to_owned(),
            holding,
        })
    }

    /// Waits for other tasks of this process.
    async fn wait(hub: &Arc<Hub>, name: &str, until: Instant) -> Result<Self> {
        loop {
            let released = hub.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            if let Some(claim) = Self::new(hub, name) {
                return Ok(claim);
            }
            if timeout_at(until, released).await.is_err() {
                return Err(busy());
            }
        }
    }

    /// Asks the server.
    async fn try_take(&self) -> Result<bool> {
        let statement = Statement::new("SELECT GET_LOCK(?, 0)", (self.name.as_str(),));
        // Harmless to repeat: a lock of a broken session is gone with it.
        let reply = perform(&self.hub, Which::Anchor, &[statement], Repeat::Harmless).await?;
        let taken = reply.says_yes();
        self.holding.held.store(taken, Ordering::Release);
        Ok(taken)
    }

    async fn give_back(self) {
        if !self.holding.held.swap(false, Ordering::AcqRel) {
            return;
        }
        let statement = Statement::new("SELECT RELEASE_LOCK(?)", (self.name.as_str(),));
        let released = perform(&self.hub, Which::Anchor, &[statement], Repeat::Harmless).await;
        if released.is_err() {
            // It cannot be told whether the lock is still there; without its session it is not.
            self.hub.end_anchor().await;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.hub.locks().remove(&self.name);
        self.hub.released.notify_waiters();
    }
}

/// A held lock.
struct MySqlLock(Option<Claim>);

impl Lock for MySqlLock {
    fn release(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        let claim = self.0.take();
        async move {
            if let Some(claim) = claim {
                claim.give_back().await;
            }
            Ok(())
        }
        .boxed()
    }

    fn is_lost(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|claim| claim.holding.lost.load(Ordering::Acquire))
    }
}

impl Drop for MySqlLock {
    fn drop(&mut self) {
        if let (Some(claim), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(claim.give_back());
        }
    }
}

/// Lock names are shared by the whole server, so the site is part of the hash.
fn lock_name(site: &str, name: &str) -> String {
    let text = format!("{site}\0{}", name.to_lowercase());
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let mut hex = HEXLOWER.encode(digest.as_ref());
    hex.truncate(HASH_CHARS);
    format!("kct:{hex}")
}

fn busy() -> Error {
    Error::new(
        ErrorKind::Busy,
        "Another process is working on this. Try again shortly.",
    )
}

pub(super) async fn acquire(hub: &Arc<Hub>, site: &str, name: &str, wait: Duration) -> Result<Box<dyn Lock>> {
    let until = Instant::now() + wait;
    let claim = Claim::wait(hub, &lock_name(site, name), until).await?;
    let (mut pause, longest) = PAUSE_MS;
    // The server is asked, not waited at: other tasks of this process need the session meanwhile.
    while !claim.try_take().await? {
        let next = Duration::from_millis(rand::random_range(pause / 2..=pause));
        if Instant::now() + next > until {
            return Err(busy());
        }
        sleep(next).await;
        pause = longest.min(pause * 2);
    }
    Ok(Box::new(MySqlLock(Some(claim))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ_by_site_only_where_they_should() {
        let name = lock_name("https://a.example", "Zoom:User:7");
        assert_eq!(name.len(), 28);
        assert_eq!(name, lock_name("https://a.example", "zoom:user:7"));
        assert_ne!(name, lock_name("https://b.example", "zoom:user:7"));
        assert_ne!(lock_name("a", "b\0c"), lock_name("ab", "\0c"));
    }
}
