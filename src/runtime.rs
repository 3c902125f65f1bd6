//! The process-wide runtime and what lives across requests with it.
//!
//! The host process may fork after loading us, and threads do not survive a fork: everything is made on first use
//! and belongs to one process id. A child leaves its parent's parts untouched (dropping them would wait for threads
//! that do not exist there) and makes its own.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
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

/// Runs a future on the worker thread and waits for it. A panic inside becomes [`ErrorKind::Internal`], and so does
/// a call from inside another such future, which would wait for itself.
///
/// [`ErrorKind::Internal`]: crate::error::ErrorKind::Internal
pub fn run<F, T>(future: F) -> Result<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    if Handle::try_current().is_ok() {
        return Err(internal("the runtime was asked to wait for itself"));
    }
    let handle = handle()?;
    let task = handle.spawn(future);
    handle
        .block_on(task)
        .map_err(|_| internal("the extension met a defect of its own (panic); please report it"))
}

/// The part of this process with this name, made on first use; a failure is not kept. `make` runs inside the runtime
/// and must not come back to this module.
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

/// Does something with every part of this type that this process has already made, inside the runtime.
pub fn each_part<T: Any + Send + Sync>(work: impl Fn(&T)) {
    let slot = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(process) = slot.as_ref().filter(|process| process.id == std::process::id()) else {
        return;
    };
    let _entered = process.runtime.enter();
    for part in process.parts.values() {
        part.downcast_ref::<T>().into_iter().for_each(&work);
    }
}

/// Ends the runtime without waiting for it. In a forked child that never used it, the parent's is left alone.
pub fn shutdown() {
    let mut slot = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
    match slot.take() {
        Some(process) if process.id == std::process::id() => {
            let Process { runtime, parts, .. } = process;
            // Database connections want the runtime when they are dropped. A panic of theirs ends here.
            let dropped = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let _entered = runtime.enter();
                drop(parts);
            }));
            // What a panic carries may itself be unfit to drop.
            std::mem::forget(dropped);
            runtime.shutdown_background();
        }
        foreign => std::mem::forget(foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::Signal;
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, fork};

    #[test]
    fn a_panic_inside_becomes_an_error_and_the_runtime_lives() {
        let error = run(async { panic!("on purpose") }).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Internal);
        assert_eq!(run(async { 5 }).unwrap(), 5);
    }

    #[test]
    fn waiting_for_itself_is_an_error() {
        assert!(run(async { run(async { 1 }) }).unwrap().is_err());
    }

    #[test]
    fn parts_are_made_once_and_failures_are_not_kept() {
        assert!(per_process::<u32>("test", || Err(internal("not yet"))).is_err());
        let first = per_process("test", || Ok(1u32)).unwrap();
        let second = per_process("test", || Ok(2u32)).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let sum = std::sync::atomic::AtomicU32::new(0);
        each_part(|part: &u32| {
            sum.fetch_add(*part, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 1);
    }

    #[test]
    fn a_panic_while_a_part_is_made_harms_no_one_else() {
        assert!(std::panic::catch_unwind(|| per_process::<u8>("broken", || panic!("on purpose"))).is_err());
        assert_eq!(*per_process("whole", || Ok(3u8)).unwrap(), 3);
    }

    #[test]
    fn work_is_done_on_the_worker_with_signals_blocked_there_alone() {
        let work = async { (std::thread::current().id(), SigSet::thread_get_mask().unwrap()) };
        let (thread, mask) = run(work).unwrap();
        assert_ne!(thread, std::thread::current().id());
        assert!(mask.contains(Signal::SIGTERM) && mask.contains(Signal::SIGALRM));
        assert!(!SigSet::thread_get_mask().unwrap().contains(Signal::SIGTERM));
    }

    /// The next test in a process of its own: forking beside other test threads could catch their locks.
    #[test]
    fn a_forked_child_makes_its_own_parts() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "runtime::tests::in_a_process_of_its_own",
                "--ignored",
                "--test-threads=1",
            ])
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[test]
    #[ignore = "run by a_forked_child_makes_its_own_parts"]
    fn in_a_process_of_its_own() {
        struct Part;
        impl Drop for Part {
            fn drop(&mut self) {
                assert!(Handle::try_current().is_ok(), "dropped outside the runtime");
            }
        }
        let parents = per_process("part", || Ok(std::process::id())).unwrap();
        per_process("drops", || Ok(Part)).unwrap();
        assert_eq!(run(async { 1 }).unwrap(), 1);
        // SAFETY: the only other thread is the worker, idle and without locks; the child leaves by `_exit`.
        match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                // Should the child hang, SIGALRM ends it.
                nix::unistd::alarm::set(20);
                shutdown();
                let right = run(async { 2 }).is_ok_and(|found| found == 2)
                    && per_process("part", || Ok(std::process::id()))
                        .is_ok_and(|part| *part == std::process::id());
                shutdown();
                // SAFETY: ends the child without the parent's exit handlers.
                unsafe { nix::libc::_exit(i32::from(!right)) }
            }
            ForkResult::Parent { child } => {
                assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0));
                assert_eq!(run(async { 3 }).unwrap(), 3);
                assert!(Arc::ptr_eq(&parents, &per_process("part", || Ok(0u32)).unwrap()));
                shutdown();
                shutdown();
                assert_eq!(run(async { 4 }).unwrap(), 4, "used again, it begins anew");
            }
        }
    }
}
