//! Room for sessions: waiting for a slot, connecting, and looking whether others need the connection more.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::{Instant, sleep, timeout};

use super::super::error::{Failure, crowded, is_crowded};
use super::super::gate::Limits;
use super::super::refusal::guarded;
use super::{Hub, Open, TICK, entered, opened};
use crate::{Error, Result};

/// Limit for connecting.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long to wait for a connection that visitors do not need. What finds none is left for a later run.
const ROOM_LIMIT: Duration = Duration::from_secs(3);
/// For how long after such a wait nobody waits again: a request asks several times.
const NO_ROOM: Duration = Duration::from_secs(5);

/// What a look for room found.
pub(super) enum Room {
    /// A new connection.
    Open(Conn),
    /// Others need what is left; the server's own refusal, if it came to that.
    None(Option<Error>),
}

impl Hub {
    /// Until when to wait for room.
    fn patience(&self) -> Instant {
        let now = Instant::now();
        let patient = entered(&self.crowded_until).is_none_or(|until| until < now);
        if patient { now + ROOM_LIMIT } else { now }
    }

    /// There was none; who comes next does not wait for long again.
    fn impatient(&self) -> Error {
        *entered(&self.crowded_until) = Some(Instant::now() + NO_ROOM);
        crowded()
    }

    pub(super) async fn open(&self) -> Result<Open> {
        self.expect_answers()?;
        let until = self.patience();
        let mut refusal = None;
        loop {
            let Some(pass) = self.gate.pass(until).await else {
                break;
            };
            match self.connect().await {
                Ok(Room::Open(conn)) => return Ok(opened(conn, pass)),
                Ok(Room::None(cause)) => {
                    self.gate.give_back(pass);
                    refusal = cause.or(refusal);
                }
                Err(failure) => {
                    self.gate.give_back(pass);
                    return Err(failure);
                }
            }
            if Instant::now() >= until {
                break;
            }
            sleep(TICK).await;
        }
        let crowded = self.impatient();
        Err(refusal.unwrap_or(crowded))
    }

    /// Connects, unless the server has no connection left, or too few for others.
    pub(super) async fn connect(&self) -> Result<Room> {
        self.expect_answers()?;
        let mut conn = match timeout(CONNECT_LIMIT, guarded(Conn::new(self.opts.clone()))).await {
            Ok(Ok(Ok(conn))) => conn,
            Ok(Ok(Err(failure))) if is_crowded(&failure) => {
                return Ok(Room::None(Some(Failure::of(failure).error)));
            }
            Ok(Ok(Err(failure))) => return Err(Failure::of(failure).error),
            Ok(Err(refused)) => return Err(refused),
            Err(_) => return Err(self.unanswered()),
        };
        match timeout(CONNECT_LIMIT, self.is_welcome(&mut conn)).await {
            Ok(true) => return Ok(Room::Open(conn)),
            Ok(false) => {}
            Err(_) => return Err(self.unanswered()),
        }
        let _ = conn.disconnect().now_or_never();
        Ok(Room::None(None))
    }

    /// Learns the limits where they are not known, and looks whether others have taken what there is. Slots do not know
    /// of other machines that use the same account.
    async fn is_welcome(&self, conn: &mut Conn) -> bool {
        match self.gate.limits() {
            Some((limits, false)) if limits.account == 0 => return true,
            _ => {}
        }
        let sql = "SELECT @@SESSION.max_user_connections, @@GLOBAL.max_connections, COUNT(*) \
                   FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(USER(), '@', 1)";
        let Ok(Some((account, server, used))) = conn.query_first::<(u64, u64, u64), _>(sql).await else {
            // Whoever forbids the question has not asked for the courtesy.
            return true;
        };
        let limits = Limits { account, server };
        if self
            .gate
            .limits()
            .is_none_or(|(known, old)| old || known != limits)
        {
            self.gate.learn(limits);
        }
        !limits.is_short(used)
    }

    /// Makes room for a session that PHP is about to open: two slots, so that ours need not wait while PHP has its.
    pub(in crate::store::mysql) async fn lend(self: &Arc<Self>) -> Result<()> {
        if self.gate.is_lent()
            || (!self.has_none() && self.gate.try_lend())
            || (self.has_none() && self.gate.lend_two(Instant::now()).await)
        {
            return Ok(());
        }
        // Who waits holds none.
        self.end_idle(Duration::ZERO);
        if self.gate.lend_two(self.patience()).await {
            return Ok(());
        }
        Err(self.impatient())
    }
}
