//! Locks between processes and hosts: `GET_LOCK` on a session of its own.

use std::time::Duration;

use data_encoding::HEXLOWER;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use mysql_async::Pool;

use super::rows::column;
use super::session::{Repeat, STATEMENT_LIMIT, Session, Statement, perform};
use crate::store::Lock;
use crate::{Error, ErrorKind, Result};

/// Characters of the hash in a lock's name: 96 bits, and far from the server's limit of 64 characters a name.
const HASH_CHARS: usize = 24;

/// A lock and the session that holds it.
struct MySqlLock {
    session: Session,
    name: String,
}

impl Lock for MySqlLock {
    fn release(mut self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        async move {
            let statement = Statement::new("SELECT RELEASE_LOCK(?)", (self.name.as_str(),));
            let answer = self.session.run(&statement, STATEMENT_LIMIT).await;
            let row = answer.ok().and_then(|reply| reply.rows.into_iter().next());
            // Any other answer leaves the session to be closed, which gives the lock back as well.
            self.session.clean = row.is_some_and(|row| matches!(column::<i64>(&row, 0), Ok(Some(1))));
            Ok(())
        }
        .boxed()
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

pub(super) async fn acquire(pool: &Pool, site: &str, name: &str, wait: Duration) -> Result<Box<dyn Lock>> {
    let name = lock_name(site, name);
    let statement = Statement::new("SELECT GET_LOCK(?, ?)", (name.as_str(), wait.as_secs_f64()));
    // Harmless to repeat: a lock of a broken session is gone with it.
    let (mut session, reply) = perform(
        pool,
        &[statement],
        Repeat::Harmless,
        wait.saturating_add(STATEMENT_LIMIT),
    )
    .await?;
    let answer = reply
        .rows
        .first()
        .map(|row| column::<i64>(row, 0))
        .transpose()?
        .flatten();
    match answer {
        Some(1) => {
            session.clean = false;
            Ok(Box::new(MySqlLock { session, name }))
        }
        Some(_) => Err(Error::new(
            ErrorKind::Busy,
            "Another process is working on this. Try again shortly.",
        )),
        None => Err(Error::new(
            ErrorKind::Store,
            "The database could not take a lock (GET_LOCK failed).",
        )),
    }
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
