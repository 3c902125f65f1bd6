//! The process-wide runtime and what lives across requests with it.
//!
//! The host process may fork after loading us, and threads do not survive a fork: everything is made on first use
//! and belongs to one process id. A child leaves its parent's parts untouched (dropping them would wait for threads
//! that do not exist there) and makes its own.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Result, internal};

type Part = Arc<dyn Any + Send + Sync>;

struct Process {
    id: u32,
    runtime: Runtime,
    parts: HashMap<String, Part>,
}

static PROCESS: Mutex<Option<Process>> = Mutex::new(None);

/// One worker thread: it serves idle connections and the database pool between requests, which a runtime driven
/// only from the calling thread would not. Signals are the host's business, so ours are blocked.
fn build() -> Result<Runtime> {
    let mut before = SigSet::empty();
    let blocked = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before)).is_ok();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(2)
        .thread_name("kivicare-telemed")
        .on_thread_start(|| {
            let _ = SigSet::all().thread_block();
        })
        .enable_all()
        .build();
    if blocked {
        let _ = before.thread_set_mask();
    }
    runtime.map_err(|_| internal("the extension could not start its worker thread; check the process limits"))
}

fn with_process<T>(work: impl FnOnce(&mut Process) -> Result<T>) -> Result<T> {
    let mut slot = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    if slot
        .as_ref()
        .is_none_or(|process| process.id != std::process::id())
    {
        // The parent's parts, after a fork: forgotten, never dropped.
        std::mem::forget(slot.take());
        *slot = Some(Process {
            id: std::process::id(),
            runtime: build()?,
            parts: HashMap::new(),
        });
    }
    slot.as_mut()
        .map_or_else(|| Err(internal("the runtime is gone")), work)
}

fn handle() -> Result<Handle> {
    with_process(|process| Ok(process.runtime.handle().clone()))
}

/// Runs a future on the worker thread and waits for it. A panic inside becomes an error.
pub fn run<F, T>(future: F) -> Result<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let handle = handle()?;
    let task = handle.spawn(future);
    handle
        .block_on(task)
        .map_err(|_| internal("the extension met a defect of its own (panic); please report it"))
}

/// The part of this process with this name, made on first use.
pub fn per_process<T: Any + Send + Sync>(key: &str, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    with_process(|process| {
        if let Some(found) = process
            .parts
            .get(key)
            .cloned()
            .and_then(|part| part.downcast::<T>().ok())
        {
            return Ok(found);
        }
        // Some parts look for the runtime while they are built.
        let _entered = process.runtime.enter();
        let part = Arc::new(make()?);
        process.parts.insert(key.to_owned(), part.clone());
        Ok(part)
    })
}

/// Ends the runtime without waiting for it. In a forked child that never used it, the parent's is left alone.
pub fn shutdown() {
    let mut slot = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    match slot.take() {
        Some(process) if process.id == std::process::id() => {
            let Process { runtime, parts, .. } = process;
            drop(parts);
            runtime.shutdown_background();
        }
        foreign => std::mem::forget(foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_becomes_an_error_and_the_runtime_lives() {
        assert!(run(async { panic!("on purpose") }).is_err());
        assert_eq!(run(async { 5 }).unwrap(), 5);
    }

    #[test]
    fn parts_are_made_once() {
        let first = per_process("test", || Ok(1u32)).unwrap();
        let second = per_process("test", || Ok(2u32)).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }
}
