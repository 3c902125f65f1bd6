//! Sessions in use: checking one out, running statements with a time limit, and never handing back a dirty one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row};
use tokio::time::timeout;

use super::error::{Again, Failure};
use super::hub::{Hub, Open, Place, SPARE};
use super::refusal::unreachable;
use super::rows::column;
use crate::Result;

/// Limit for one statement. Longer than the 3 s wait for a row, so that the server's own answer comes first.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(5);
/// How often statements are sent anew: each session can have died while idle.
const RETRIES: usize = SPARE + 1;

/// What the server answered.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) rows: Vec<Row>,
    /// Rows inserted, deleted, or found for an update.
    pub(super) affected: u64,
    pub(super) last_id: Option<u64>,
}

impl Reply {
    /// Whether a function of the server answered 1.
    pub(super) fn says_yes(&self) -> bool {
        let row = self.rows.first();
        row.is_some_and(|row| matches!(column::<i64>(row, 0), Ok(Some(1))))
    }
}

/// A prepared statement with its values.
pub(super) struct Statement {
    sql: String,
    values: Params,
}

impl Statement {
    pub(super) fn new(sql: impl Into<String>, values: impl Into<Params>) -> Self {
        Self {
            sql: sql.into(),
            values: values.into(),
        }
    }
}

/// Whether a statement may run twice, should the session break before the answer arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Running it twice leaves the same as running it once.
    Harmless,
    /// Only when it certainly had no effect.
    Never,
}

/// Which session is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// The one that carries the locks, and in a PHP request everything.
    Anchor,
    /// The first that is free: of a run with many appointments.
    Any,
}

/// A session in use. It goes back only while `clean`: after a complete answer, outside a transaction. Otherwise it is
/// closed, which rolls back and unlocks; an answer still under way (the caller's future was dropped) would otherwise be
/// read as the answer to somebody else's statement.
pub(super) struct Session {
    hub: Arc<Hub>,
    used: Option<(Open, Place)>,
    clean: bool,
}

impl Session {
    async fn checkout(hub: &Arc<Hub>, which: Which) -> Result<Self> {
        let (open, place, new) = match which {
            Which::Anchor => hub.anchor().await?,
            Which::Any => hub.any().await?,
        };
        let mut session = Self::of(hub, open, place);
        if new {
            session.regain().await;
            if !session.clean {
                // An answer that is still under way would be read as the answer to the next statement.
                return Err(unreachable());
            }
        }
        Ok(session)
    }

    fn of(hub: &Arc<Hub>, open: Open, place: Place) -> Self {
        Self {
            hub: hub.clone(),
            used: Some((open, place)),
            clean: true,
        }
    }

    fn conn(&mut self) -> Option<&mut Conn> {
        self.used.as_mut().map(|(open, _)| &mut open.conn)
    }

    /// The session that carried the locks is gone, and they with it: they are taken again where nobody came first.
    async fn regain(&mut self) {
        let held: Vec<_> = self
            .hub
            .locks()
            .iter()
            .filter(|(_, holding)| holding.held.load(Ordering::Acquire))
            .map(|(name, holding)| (name.clone(), holding.clone()))
            .collect();
        for (name, holding) in held {
            let statement = Statement::new("SELECT GET_LOCK(?, 0)", (name,));
            let regained = self.clean
                && (self.run(&statement, STATEMENT_LIMIT).await).is_ok_and(|reply| reply.says_yes());
            if !regained {
                holding.held.store(false, Ordering::Release);
                holding.lost.store(true, Ordering::Release);
            }
        }
    }

    /// Runs one prepared statement; known ones take a single round trip.
    pub(super) async fn run(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> std::result::Result<Reply, Failure> {
        let was_clean = std::mem::replace(&mut self.clean, false);
        let hub = self.hub.clone();
        let conn = self.conn().ok_or_else(|| Failure::timeout(limit))?;
        let answer = timeout(limit, conn.exec(statement.sql.as_str(), statement.values.clone())).await;
        let answer = answer.map_err(|_| late(&hub, limit))?.map_err(Failure::of);
        let (affected, last_id) = (conn.affected_rows(), conn.last_insert_id());
        self.clean = was_clean
            && answer
                .as_ref()
                .map_or_else(|failure| failure.session_lives, |_| true);
        Ok(Reply {
            rows: answer?,
            affected,
            last_id,
        })
    }

    async fn control(&mut self, sql: &str) -> std::result::Result<(), Failure> {
        let hub = self.hub.clone();
        let conn = self.conn().ok_or_else(|| Failure::timeout(STATEMENT_LIMIT))?;
        let answer = timeout(STATEMENT_LIMIT, conn.query_drop(sql)).await;
        answer
            .map_err(|_| late(&hub, STATEMENT_LIMIT))?
            .map_err(Failure::of)
    }

    /// A transaction that fails is rolled back: the session may carry locks, and is not closed lightly.
    async fn transact(&mut self, statements: &[Statement]) -> std::result::Result<Reply, Failure> {
        let outcome = self.transact_open(statements).await;
        if outcome.as_ref().is_err_and(|failure| failure.session_lives) {
            self.clean = self.control("ROLLBACK").await.is_ok();
        }
        outcome
    }

    async fn transact_open(&mut self, statements: &[Statement]) -> std::result::Result<Reply, Failure> {
        self.clean = false;
        self.control("START TRANSACTION").await?;
        let mut reply = Reply::default();
        for statement in statements {
            reply = self.run(statement, STATEMENT_LIMIT).await?;
        }
        self.control("COMMIT").await?;
        self.clean = true;
        Ok(reply)
    }
}

/// A statement was not answered in time.
fn late(hub: &Hub, limit: Duration) -> Failure {
    hub.unanswered();
    Failure::timeout(limit)
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some((open, place)) = self.used.take() else {
            return;
        };
        if self.clean {
            self.hub.put_back(open, place);
        } else {
            self.hub.put_down(open, place);
        }
    }
}

/// Runs the statements, more than one as a transaction, and gives the last reply. A session can have died while idle
/// (server restart, KILL); the statements are then sent on another one, at most as often as there can be dead ones.
pub(super) async fn perform(
    hub: &Arc<Hub>,
    which: Which,
    statements: &[Statement],
    repeat: Repeat,
) -> Result<Reply> {
    let mut retries_left = RETRIES;
    loop {
        let mut session = Session::checkout(hub, which).await?;
        let answer = match statements {
            [single] => session.run(single, STATEMENT_LIMIT).await,
            several => session.transact(several).await,
        };
        match answer {
            Ok(reply) => return Ok(reply),
            Err(failure) => {
                let may_repeat = failure.again == Again::Safe
                    || (failure.again == Again::IfHarmless && repeat == Repeat::Harmless);
                if !may_repeat || retries_left == 0 {
                    return Err(failure.error);
                }
                retries_left -= 1;
            }
        }
    }
}
