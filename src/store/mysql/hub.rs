//! A process' sessions. One, the anchor, carries every lock of the process and, as a rule, every statement: who is at
//! work has it only for a statement or a transaction, so nobody holds a session while waiting for another. A run with
//! many appointments gets a few more for its statements, when there are any to spare.

mod room;
mod silence;
mod spare;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use mysql_async::{Conn, Opts};
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, Notify, OwnedMutexGuard, Semaphore};
use tokio::time::{Instant, sleep};

use super::config::DatabaseConfig;
use super::gate::{Gate, Pass};
use crate::Result;

/// How long an idle session is kept for the next PHP request.
const IDLE: Duration = Duration::from_secs(2);
/// How often idle sessions are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long the server may take to count a session that was ended no more.
const PARTING: Duration = Duration::from_millis(20);

pub(super) use self::spare::SPARE;
use self::spare::Spares;

/// An open session.
pub(super) struct Open {
    pub(super) conn: Conn,
    pass: Pass,
    since: Instant,
}

/// Where a session in use comes from, and goes back to.
pub(super) enum Place {
    Anchor(OwnedMutexGuard<Option<Open>>),
    Spare,
}

/// A lock of this process.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// The server has given it to us.
    pub(super) held: AtomicBool,
    /// Its session ended, and it could not be had again.
    pub(super) lost: AtomicBool,
}

pub(super) struct Hub {
    opts: Opts,
    gate: Gate,
    anchor: Arc<AsyncMutex<Option<Open>>>,
    spares: Mutex<Spares>,
    /// As many permits as there are idle spares.
    ready: Semaphore,
    locks: Mutex<HashMap<String, Arc<Holding>>>,
    /// A lock was given back, for who waits for it in this process.
    pub(super) released: Notify,
    /// Until when nobody waits for room.
    crowded_until: Mutex<Option<Instant>>,
    /// Until when the server is taken to be silent.
    silent_until: Mutex<Option<Instant>>,
    /// Somebody looks at idle sessions.
    watched: AtomicBool,
}

fn entered<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(super) fn new(config: &DatabaseConfig) -> Result<Self> {
        Ok(Self {
            opts: config.options()?,
            gate: Gate::new(config),
            anchor: Arc::default(),
            spares: Mutex::default(),
            ready: Semaphore::new(0),
            locks: Mutex::default(),
            released: Notify::new(),
            crowded_until: Mutex::default(),
            silent_until: Mutex::default(),
            watched: AtomicBool::new(false),
        })
    }

    /// The locks of this process, held or being waited for, by name.
    pub(super) fn locks(&self) -> MutexGuard<'_, HashMap<String, Arc<Holding>>> {
        entered(&self.locks)
    }

    /// The anchor, opened if need be. The flag tells that it was opened just now: its locks are to be taken again.
    pub(super) async fn anchor(&self) -> Result<(Open, Place, bool)> {
        self.anchored(self.anchor.clone().lock_owned().await).await
    }

    /// The first session that is free, of a run that works on many appointments at once.
    pub(super) async fn any(self: &Arc<Self>) -> Result<(Open, Place, bool)> {
        loop {
            if let Ok(guard) = self.anchor.clone().try_lock_owned() {
                return self.anchored(guard).await;
            }
            self.add_spare();
            tokio::select! {
                guard = self.anchor.clone().lock_owned() => return self.anchored(guard).await,
                Ok(permit) = self.ready.acquire() => {
                    permit.forget();
                    let idle = entered(&self.spares).idle.pop();
                    if let Some(open) = idle {
                        return Ok((open, Place::Spare, false));
                    }
                }
            }
        }
    }

    /// Ends the anchor, and with it the locks it carries.
    pub(super) async fn end_anchor(self: &Arc<Self>) {
        let open = self.anchor.lock().await.take();
        if let Some(open) = open {
            self.end(open);
        }
    }

    async fn anchored(&self, mut guard: OwnedMutexGuard<Option<Open>>) -> Result<(Open, Place, bool)> {
        if let Some(open) = guard.take() {
            return Ok((open, Place::Anchor(guard), false));
        }
        let open = self.open().await?;
        Ok((open, Place::Anchor(guard), true))
    }

    /// Puts a session back that can be used again.
    pub(super) fn put_back(self: &Arc<Self>, open: Open, place: Place) {
        let open = Open {
            since: Instant::now(),
            ..open
        };
        match place {
            Place::Anchor(mut guard) => *guard = Some(open),
            Place::Spare if self.gate.is_wanted() => self.end_spare(open),
            Place::Spare => {
                entered(&self.spares).idle.push(open);
                self.ready.add_permits(1);
            }
        }
        self.watch();
    }

    /// Ends a session that cannot be used again.
    pub(super) fn put_down(self: &Arc<Self>, open: Open, place: Place) {
        match place {
            Place::Anchor(_guard) => self.end(open),
            Place::Spare => self.end_spare(open),
        }
    }

    /// Ends a session. Its slot is free when the server has had time to notice.
    fn end(self: &Arc<Self>, open: Open) {
        let Open { conn, pass, .. } = open;
        // The first poll marks the connection as ended and writes COM_QUIT to the socket. Nothing after that needs
        // waiting for, and a drop may happen outside the runtime.
        let _ = conn.disconnect().now_or_never();
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let hub = self.clone();
        runtime.spawn(async move {
            sleep(PARTING).await;
            hub.gate.give_back(pass);
        });
    }

    /// Looks at idle sessions from time to time, as long as there are any.
    fn watch(self: &Arc<Self>) {
        if self.watched.swap(true, Ordering::AcqRel) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.watched.store(false, Ordering::Release);
            return;
        };
        let hub = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                sleep(TICK).await;
                let Some(hub) = hub.upgrade() else { return };
                let kept = if hub.gate.is_wanted() {
                    Duration::ZERO
                } else {
                    IDLE
                };
                hub.end_idle(kept);
                if hub.has_none() {
                    hub.watched.store(false, Ordering::Release);
                    // One may have come back in between.
                    if hub.has_none() || hub.watched.swap(true, Ordering::AcqRel) {
                        return;
                    }
                }
            }
        });
    }

    /// No session is open, as far as can be told without waiting.
    fn has_none(&self) -> bool {
        entered(&self.spares).count == 0 && self.anchor.try_lock().is_ok_and(|anchor| anchor.is_none())
    }

    /// Ends the sessions that have been idle for so long. The anchor stays while it carries locks.
    pub(super) fn end_idle(self: &Arc<Self>, kept: Duration) {
        self.end_idle_spares(kept);
        let now = Instant::now();
        let Ok(mut anchor) = self.anchor.try_lock() else {
            return;
        };
        if self.locks().is_empty()
            && let Some(open) = anchor.take_if(|open| open.is_over(now, kept))
        {
            self.end(open);
        }
    }

    /// A PHP request is over. Where the account has a limit, visitors may need its sessions at once.
    pub(super) fn request_over(self: &Arc<Self>) {
        self.gate.take_back();
        if self.gate.limits().is_none_or(|(limits, _)| limits.account > 0) {
            self.end_idle(Duration::ZERO);
        }
    }

    /// Whether this machine's processes can count their sessions together.
    pub(super) fn counts(&self) -> bool {
        self.gate.is_usable()
    }

    /// PHP has closed its session.
    pub(super) fn take_back(&self) {
        self.gate.take_back();
    }
}

impl Open {
    fn is_over(&self, now: Instant, kept: Duration) -> bool {
        now.saturating_duration_since(self.since) >= kept
    }
}

fn opened(conn: Conn, pass: Pass) -> Open {
    Open {
        conn,
        pass,
        since: Instant::now(),
    }
}
