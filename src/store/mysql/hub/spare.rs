//! The sessions of a run with many appointments, besides the anchor: opened when there are any to spare.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::room::Room;
use super::{Hub, Open, Place, entered, opened};

/// Sessions of a run that works on many appointments at once, besides the anchor.
pub(in crate::store::mysql) const SPARE: usize = 3;
/// For how long after a vain attempt no further session is opened for a run.
const NO_SPARE: Duration = Duration::from_secs(1);

/// The sessions of a run besides the anchor.
#[derive(Default)]
pub(super) struct Spares {
    pub(super) idle: Vec<Open>,
    /// How many there are: idle, in use, or being opened.
    pub(super) count: usize,
    /// Until when it is not worth trying to open another.
    none_until: Option<Instant>,
}

impl Hub {
    /// Opens one more session, when there is one to spare, for whoever needs it first.
    pub(super) fn add_spare(self: &Arc<Self>) {
        let now = Instant::now();
        let mut spares = entered(&self.spares);
        if spares.count >= SPARE || spares.none_until.is_some_and(|until| now < until) {
            return;
        }
        spares.count += 1;
        let hub = self.clone();
        tokio::spawn(async move {
            if let Some(open) = hub.open_spare().await {
                return hub.put_back(open, Place::Spare);
            }
            let mut spares = entered(&hub.spares);
            spares.count -= 1;
            spares.none_until = Some(Instant::now() + NO_SPARE);
        });
    }

    async fn open_spare(&self) -> Option<Open> {
        let pass = self.gate.try_spare()?;
        match self.connect().await {
            Ok(Room::Open(conn)) => Some(opened(conn, pass)),
            _ => None,
        }
    }

    pub(super) fn end_spare(self: &Arc<Self>, open: Open) {
        let mut spares = entered(&self.spares);
        spares.count = spares.count.saturating_sub(1);
        drop(spares);
        self.end(open);
    }

    /// Ends what a run had besides the anchor.
    pub(in crate::store::mysql) fn end_idle_spares(self: &Arc<Self>, kept: Duration) {
        let now = Instant::now();
        let over: Vec<Open> = entered(&self.spares)
            .idle
            .extract_if(.., |open| open.is_over(now, kept))
            .collect();
        for open in over {
            // Whoever has the permit already finds nothing, and looks again.
            let _ = self.ready.try_acquire().map(SemaphorePermit::forget);
            self.end_spare(open);
        }
    }
}
