//! The use cases. The only place that composes providers, tokens, journal and mapping tables.

mod cancel;
mod connect;
mod connections;
mod create;
mod events;
mod extra;
mod host_link;
mod keep;
mod probe;
pub mod queue;
mod reconcile;
mod refusals;
mod setback;
mod sync;
mod tend;

pub use connect::{Account, Connected};
pub use events::Noted;
pub use probe::{AppKeys, Probe};
pub use reconcile::{Visited, Wish};
pub use refusals::Refusal;
pub use sync::{Pulled, PushNote};
pub use tend::Tended;
pub(crate) use tend::owner;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::http::HttpClient;
use crate::meet::{self, EventOptions};
use crate::oauth::TokenCache;
use crate::pace::Pace;
use crate::secret::{ClientSecret, WebhookSecret};
use crate::store::{Mapping, OperationState, Provider, Store};
use crate::vault::Vault;
use crate::zoom::{Endpoints, Plan};

/// How long one owner may work on an operation. Longer than any booking request, so that a lease that ended means a
/// process that died.
const LEASE: Duration = Duration::from_secs(60);

/// Appointments a runner works on at the same time.
pub const SIDE_BY_SIDE: usize = 8;

/// How long to wait for another request that works on the same appointment.
const APPOINTMENT_WAIT: Duration = Duration::from_secs(8);

/// The option in which the original add-on, and we, keep Zoom's settings (KiviCare contract §1).
pub const ZOOM_SETTINGS_OPTION: &str = "kiviCare_zoom_telemed_setting";

/// Zoom's part of the settings, as the site configured it.
#[derive(Debug, Clone)]
pub struct ZoomSettings {
    /// Where Zoom is.
    pub endpoints: Endpoints,
    /// Account of the clinic's server-to-server app, or empty.
    pub account_id: String,
    /// What the account allows.
    pub plan: Plan,
    /// OAuth client id, or empty.
    pub client_id: String,
    /// OAuth client secret: a sealed envelope from the option, or plain from a wp-config constant.
    pub client_secret: Option<ClientSecret>,
    /// Secret token of the app's event subscription: sealed or plain, as the client secret.
    pub webhook_secret: Option<WebhookSecret>,
}

/// The option in which the original add-on, and we, keep Google's settings (KiviCare contract §1).
pub const GOOGLE_SETTINGS_OPTION: &str = "kiviCare_google_meet_setting";

/// Google's part of the settings, as the site configured it.
#[derive(Debug, Clone)]
pub struct GoogleSettings {
    /// Where Google is.
    pub endpoints: meet::Endpoints,
    /// OAuth client id, or empty.
    pub client_id: String,
    /// OAuth client secret: sealed or plain, as Zoom's.
    pub client_secret: Option<ClientSecret>,
    /// What the clinic decides about its events.
    pub events: EventOptions,
    /// Public https address for Google's push messages; none where the site has none.
    pub push_url: Option<String>,
}

/// A doctor's own server-to-server app.
#[derive(Debug, Clone)]
pub struct ZoomApp {
    /// The doctor's Zoom account.
    pub account_id: String,
    /// Client id of the app.
    pub client_id: String,
    /// Sealed for the doctor and [`DOCTOR_APP_KEY`].
    pub client_secret: ClientSecret,
}

/// User meta in which the original add-on, and we, keep a doctor's own app (KiviCare contract §1).
pub const DOCTOR_APP_KEY: &str = "zoom_server_to_server_oauth_config_data";

/// Time allowed for provider calls.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// One request.
    pub request: Duration,
    /// All requests of one operation together.
    pub total: Duration,
}

/// Who is to host a meeting, and where.
#[derive(Debug, Clone)]
pub struct Host {
    /// Who makes the meeting.
    pub provider: Provider,
    /// WordPress user id of the doctor.
    pub doctor_id: u64,
    /// The doctor has connected their own account. At Google there is no other way.
    pub own_tokens: bool,
    /// Zoom user id or e-mail for a server-to-server app.
    pub zoom_user: String,
    /// The doctor's own server-to-server app; counts when there are no own tokens, and before the clinic's.
    pub app: Option<ZoomApp>,
}

/// How an operation ended for now.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// `Done`, or where the operation waits.
    pub state: OperationState,
    /// Journal row, 0 when there was nothing to do.
    pub operation_id: u64,
    /// Error kind's name when not done, else empty.
    pub reason: &'static str,
    /// Safe text with the remedy when not done, else empty.
    pub message: String,
    /// The appointment's mapping after a create.
    pub mapping: Option<Mapping>,
    /// A token row was rewritten: caches of it are stale.
    pub token_refreshed: bool,
    /// What somebody had done to the meeting at the provider, and was mended or followed.
    pub mended: Option<Mended>,
    /// Every journal row that this run finished: one meeting may end and another be made.
    pub finished: Vec<u64>,
}

/// A change at the provider, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// It was moved, and is back at the visit's time.
    MovedBack,
    /// It was deleted, and is there again.
    Restored,
    /// It was opened up, and is private again.
    Closed,
    /// Its link changed, and ours with it.
    Relinked,
    /// It is changed again and again; it is left as it is until somebody looks.
    Left,
}

impl Mended {
    /// Name for listeners.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MovedBack => "moved_back",
            Self::Restored => "restored",
            Self::Closed => "closed",
            Self::Relinked => "relinked",
            Self::Left => "left",
        }
    }
}

impl Outcome {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.state == OperationState::Done
    }

    /// The same, with what was mended on the way.
    #[must_use]
    pub fn mending(self, mended: Option<Mended>) -> Self {
        Self { mended, ..self }
    }

    /// The same, with what was done besides.
    #[must_use]
    fn along_with(mut self, others: &[Self]) -> Self {
        for other in others {
            self.finished.extend_from_slice(&other.finished);
            self.token_refreshed |= other.token_refreshed;
        }
        self
    }

    fn done(operation_id: u64, mapping: Option<Mapping>, token_refreshed: bool) -> Self {
        Self {
            state: OperationState::Done,
            operation_id,
            reason: "",
            message: String::new(),
            mapping,
            token_refreshed,
            mended: None,
            finished: Vec::from_iter((operation_id > 0).then_some(operation_id)),
        }
    }
}

/// Everything needed to work for one site.
#[derive(Clone)]
pub struct Telemed {
    /// Mappings, journal, token rows, locks.
    pub store: Arc<dyn Store>,
    /// Seals and opens secrets.
    pub vault: Arc<Vault>,
    /// The way to providers.
    pub http: Arc<dyn HttpClient>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Random id of the site.
    pub site: String,
    /// Zoom's settings.
    pub zoom: ZoomSettings,
    /// Google's settings.
    pub google: GoogleSettings,
    /// Time allowed for provider calls.
    pub budget: Budget,
    /// The clinic's tokens in this process' memory.
    pub tokens: Arc<TokenCache>,
    /// This process' share of what providers allow.
    pub pace: Arc<Pace>,
}
