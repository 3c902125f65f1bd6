//! Places at which the test build lets a worker die, to prove that nothing depends on it living on. Nothing of this is
//! in a release: without the feature `fault-injection` every function is empty.
//!
//! The file named by `KIVICARE_TELEMED_KILL_FILE` holds the name of the place; who reaches it first takes the file away
//! and dies of SIGKILL.

#[cfg(feature = "fault-injection")]
mod armed {
    use std::time::Duration;

    /// Long enough for a request to be on its way, shorter than the answer that the test holds back.
    const ON_THE_WAY: Duration = Duration::from_millis(200);

    fn is_armed(name: &str) -> bool {
        let Some(path) = std::env::var_os("KIVICARE_TELEMED_KILL_FILE") else {
            return false;
        };
        std::fs::read_to_string(&path).is_ok_and(|wanted| wanted.trim() == name)
            && std::fs::remove_file(&path).is_ok()
    }

    fn die() {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }

    pub fn point(name: &str) {
        if is_armed(name) {
            die();
        }
    }

    pub fn sending(name: &str) {
        if is_armed(name) {
            std::thread::spawn(|| {
                std::thread::sleep(ON_THE_WAY);
                die();
            });
        }
    }
}

/// The worker dies here when the test says so.
#[inline]
pub fn point(name: &str) {
    #[cfg(feature = "fault-injection")]
    armed::point(name);
    let _ = name;
}

/// The worker dies while the request that is sent next waits for its answer.
#[inline]
pub fn sending(name: &str) {
    #[cfg(feature = "fault-injection")]
    armed::sending(name);
    let _ = name;
}
