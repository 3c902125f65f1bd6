//! The share of the server's connections that is ours, kept by all processes of this machine together: who opens a
//! session holds one of a few slots. Visitors need the rest; a page that finds no connection is an error page.
//!
//! A slot is a locked file, so that the kernel gives it back whatever happens to its holder. A process waits for slots
//! only while it holds none: otherwise two could wait for each other.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use tokio::time::{Instant, sleep};

use super::config::DatabaseConfig;

/// What the account may have at once is divided by this.
const SHARE_OF_ACCOUNT: u64 = 3;
/// What the server takes from everybody is divided by this.
const SHARE_OF_SERVER: u64 = 5;
/// Slots at least: one process may need two sessions, ours and the one that PHP reads committed rows on. It is also what
/// counts until the limits are known.
const FEWEST: usize = 2;
/// Slots at most.
const MOST: usize = 64;
/// How long learned limits count.
const FRESH: Duration = Duration::from_secs(600);
/// Longest pause between two attempts, in milliseconds.
const PAUSE_MS: u64 = 30;

/// The right to one session. Dropping it gives the slot back; without a file slots cannot be kept here.
#[derive(Debug)]
pub(super) struct Pass {
    _slot: Option<Flock<File>>,
}

/// What is known of the server's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Sessions that our account may have, 0 for no limit of its own.
    pub(super) account: u64,
    /// Sessions that the server takes altogether.
    pub(super) server: u64,
}

impl Limits {
    /// How many sessions may be ours.
    pub(super) fn share(self) -> usize {
        let of = |limit: u64, part: u64| usize::try_from(limit / part).unwrap_or(MOST);
        let server = of(self.server, SHARE_OF_SERVER);
        let account = if self.account > 0 {
            of(self.account, SHARE_OF_ACCOUNT)
        } else {
            MOST
        };
        account.min(server).clamp(FEWEST, MOST)
    }

    /// Whether so few are left with `used` sessions of the account that one of ours should go: other machines may be
    /// using the same account.
    pub(super) fn is_short(self, used: u64) -> bool {
        self.account > 0 && used + (self.account / 10).max(1) > self.account
    }
}

/// Passes that this process keeps besides its sessions'.
#[derive(Debug, Default)]
struct Kept {
    /// For PHP's own session.
    lent: Option<Pass>,
    /// For a session of ours, so that it need not wait while PHP has one.
    reserve: Option<Pass>,
}

/// The slots of one account at one database server.
#[derive(Debug)]
pub(super) struct Gate {
    dir: Option<PathBuf>,
    kept: Mutex<Kept>,
}

impl Gate {
    /// For the account that these settings name. Sites that share an account share its slots.
    pub(super) fn new(config: &DatabaseConfig) -> Self {
        let account = format!("{}\0{}", config.host, config.user);
        let digest = ring::digest::digest(&ring::digest::SHA256, account.as_bytes());
        let mut name = HEXLOWER.encode(digest.as_ref());
        name.truncate(16);
        let owner = nix::unistd::geteuid().as_raw();
        let dir = std::env::temp_dir().join(format!("kivicare-telemed-{owner}-{name}"));
        Self {
            dir: private(&dir, owner).then_some(dir),
            kept: Mutex::default(),
        }
    }

    /// How many sessions may be open at once.
    pub(super) fn slots(&self) -> usize {
        self.limits().map_or(FEWEST, |(limits, _)| limits.share())
    }

    /// What is known of the limits, and whether it should be asked for again.
    pub(super) fn limits(&self) -> Option<(Limits, bool)> {
        let file = self.dir.as_ref()?.join("limits");
        let text = std::fs::read_to_string(&file).ok()?;
        let (account, server) = text.trim().split_once(' ')?;
        let written = std::fs::metadata(&file).and_then(|meta| meta.modified());
        let age = written.map(|at| SystemTime::now().duration_since(at).unwrap_or(FRESH));
        let limits = Limits {
            account: account.parse().ok()?,
            server: server.parse().ok()?,
        };
        Some((limits, age.unwrap_or(FRESH) >= FRESH))
    }

    /// Remembers the limits for all processes. Not worth failing for.
    pub(super) fn learn(&self, limits: Limits) {
        let Some(dir) = &self.dir else { return };
        let draft = dir.join(format!(
            "limits-{}-{:08x}",
            std::process::id(),
            rand::random::<u32>()
        ));
        let written = create(&draft)
            .and_then(|mut file| write!(file, "{} {}", limits.account, limits.server))
            .and_then(|()| std::fs::rename(&draft, dir.join("limits")));
        if written.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
    }

    /// A pass for a session, if there is one at once.
    pub(super) fn try_pass(&self) -> Option<Pass> {
        self.kept().reserve.take().or_else(|| self.free_slot())
    }

    /// A pass for a session that one can do without.
    pub(super) fn try_spare(&self) -> Option<Pass> {
        self.free_slot()
    }

    /// A pass for a session, waiting for one until `until`. Only for who holds none.
    pub(super) async fn pass(&self, until: Instant) -> Option<Pass> {
        self.wait(until, || self.try_pass()).await
    }

    /// A session has been closed.
    pub(super) fn give_back(&self, pass: Pass) {
        let mut kept = self.kept();
        if kept.lent.is_some() && kept.reserve.is_none() {
            kept.reserve = Some(pass);
        }
    }

    /// One more for PHP's own session. False when there is none at once.
    pub(super) fn try_lend(&self) -> bool {
        if self.is_lent() {
            return true;
        }
        let Some(pass) = self.free_slot() else {
            return false;
        };
        self.kept().lent = Some(pass);
        true
    }

    /// Two at once, PHP's and one of ours, waiting for them until `until`. Only for who holds none.
    pub(super) async fn lend_two(&self, until: Instant) -> bool {
        let two = self
            .wait(until, || Some((self.free_slot()?, self.free_slot()?)))
            .await;
        let Some((lent, reserve)) = two else { return false };
        *self.kept() = Kept {
            lent: Some(lent),
            reserve: Some(reserve),
        };
        true
    }

    pub(super) fn is_lent(&self) -> bool {
        self.kept().lent.is_some()
    }

    /// PHP has closed its session.
    pub(super) fn take_back(&self) {
        *self.kept() = Kept::default();
    }

    /// Whether another process waits for a slot.
    pub(super) fn is_wanted(&self) -> bool {
        let Some(file) = self.file("wanted") else {
            return false;
        };
        is_taken(&Flock::lock(file, FlockArg::LockExclusiveNonblock))
    }

    /// Whether slots can be kept on this machine. Where they cannot, sessions are opened all the same, uncounted: that
    /// nobody can write a file is no reason to keep a meeting waiting.
    pub(super) fn is_usable(&self) -> bool {
        self.attempt(0).is_ok()
    }

    async fn wait<T>(&self, until: Instant, attempt: impl Fn() -> Option<T>) -> Option<T> {
        if let Some(found) = attempt() {
            return Some(found);
        }
        let mut waiting = None;
        while Instant::now() < until {
            waiting = waiting.or_else(|| self.mark_wanted());
            sleep(Duration::from_millis(rand::random_range(PAUSE_MS / 3..=PAUSE_MS))).await;
            if let Some(found) = attempt() {
                return Some(found);
            }
        }
        None
    }

    fn mark_wanted(&self) -> Option<Flock<File>> {
        Flock::lock(self.file("wanted")?, FlockArg::LockSharedNonblock).ok()
    }

    /// Starts at any of them: who always began with the first would meet the others there.
    fn free_slot(&self) -> Option<Pass> {
        let slots = self.slots();
        let first = rand::random_range(0..slots);
        let mut usable = true;
        for at in first..first + slots {
            match self.attempt(at % slots) {
                Ok(None) => {}
                Ok(slot) => return Some(Pass { _slot: slot }),
                Err(Unusable) => usable = false,
            }
        }
        (!usable).then_some(Pass { _slot: None })
    }

    /// One slot, none where it is taken.
    fn attempt(&self, slot: usize) -> Result<Option<Flock<File>>, Unusable> {
        let file = self.file(&format!("slot-{slot}")).ok_or(Unusable)?;
        let locked = Flock::lock(file, FlockArg::LockExclusiveNonblock);
        if is_taken(&locked) {
            return Ok(None);
        }
        locked.map(Some).map_err(|_| Unusable)
    }

    fn file(&self, name: &str) -> Option<File> {
        let dir = self.dir.as_ref()?;
        let file = dir.join(name);
        // Folders for temporary files are tidied.
        create(&file).ok().or_else(|| {
            let back = private(dir, nix::unistd::geteuid().as_raw());
            back.then(|| create(&file).ok()).flatten()
        })
    }

    /// A panic elsewhere while the mutex was held must not turn every later call into one.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot's file cannot be made or locked: a folder that may not be written to, a full disk, a file system without locks.
struct Unusable;

fn is_taken(locked: &Result<Flock<File>, (File, Errno)>) -> bool {
    matches!(locked, Err((_, Errno::EWOULDBLOCK)))
}

/// Makes the folder, and says whether it is one that nobody else can write to or has put a link in place of.
fn private(dir: &Path, owner: u32) -> bool {
    let _ = DirBuilder::new().mode(0o700).create(dir);
    std::fs::symlink_metadata(dir)
        .is_ok_and(|meta| meta.is_dir() && meta.uid() == owner && meta.mode().trailing_zeros() >= 6)
}

fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_CLOEXEC)
        .open(path)
}

#[cfg(test)]
mod tests;
