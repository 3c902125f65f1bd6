//! Sessions: checking one out, running statements with a time limit, and never handing back a dirty one.

use std::time::Duration;

use futures_util::FutureExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Pool, Row};
use tokio::time::timeout;

use super::config::MAX_SESSIONS;
use super::error::{Again, Failure};
use super::refusal;
use crate::Result;

/// Limit for getting a session, connecting included.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// Limit for one statement. Longer than the 3 s wait for a row, so that the server's own answer comes first.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(5);

/// What the server answered.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) rows: Vec<Row>,
    /// Rows inserted, deleted, or found for an update.
    pub(super) affected: u64,
    pub(super) last_id: Option<u64>,
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

/// A session of the pool. It goes back there only while `clean`: after a complete answer, outside a transaction,
/// holding no lock. Otherwise it is closed, which rolls back and unlocks; an answer still under way (the caller's
/// future was dropped) would otherwise be read as the answer to somebody else's statement.
pub(super) struct Session {
    conn: Option<Conn>,
    pub(super) clean: bool,
}

impl Session {
    async fn checkout(pool: &Pool) -> Result<Self> {
        match timeout(CONNECT_LIMIT, refusal::guarded(pool.get_conn())).await {
            Ok(Ok(conn)) => Ok(Self {
                conn: Some(conn),
                clean: true,
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(refusal::unreachable()),
        }
    }

    /// Runs one prepared statement; known ones take a single round trip.
    pub(super) async fn run(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> std::result::Result<Reply, Failure> {
        let was_clean = std::mem::replace(&mut self.clean, false);
        let conn = self.conn.as_mut().ok_or_else(|| Failure::timeout(limit))?;
        let answer = timeout(limit, conn.exec(statement.sql.as_str(), statement.values.clone())).await;
        let answer = answer.map_err(|_| Failure::timeout(limit))?.map_err(Failure::of);
        self.clean = was_clean
            && answer
                .as_ref()
                .map_or_else(|failure| failure.session_lives, |_| true);
        let rows = answer?;
        Ok(Reply {
            rows,
            affected: conn.affected_rows(),
            last_id: conn.last_insert_id(),
        })
    }

    async fn control(&mut self, sql: &str) -> std::result::Result<(), Failure> {
        let conn = self
            .conn
            .as_mut()
            .ok_or_else(|| Failure::timeout(STATEMENT_LIMIT))?;
        let answer = timeout(STATEMENT_LIMIT, conn.query_drop(sql)).await;
        answer
            .map_err(|_| Failure::timeout(STATEMENT_LIMIT))?
            .map_err(Failure::of)
    }

    async fn transact(&mut self, statements: &[Statement]) -> std::result::Result<Reply, Failure> {
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

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take().filter(|_| !self.clean) {
            // The first poll marks the connection as ended, so that the pool discards it, and writes COM_QUIT to the
            // socket. Nothing after that needs waiting for, and a drop may happen outside the runtime.
            let _ = conn.disconnect().now_or_never();
        }
    }
}

/// Runs the statements, more than one as a transaction, on a session of the pool, which is handed back with the last
/// reply. A pooled session can have died while idle (server restart, KILL); the statements are then sent on another
/// one, at most as often as the pool can hold dead sessions.
pub(super) async fn perform(
    pool: &Pool,
    statements: &[Statement],
    repeat: Repeat,
    limit: Duration,
) -> Result<(Session, Reply)> {
    let mut retries_left = MAX_SESSIONS;
    loop {
        let mut session = Session::checkout(pool).await?;
        let answer = match statements {
            [single] => session.run(single, limit).await,
            several => session.transact(several).await,
        };
        match answer {
            Ok(reply) => return Ok((session, reply)),
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
