//! One look at a calendar: page by page, going on where an earlier look had to stop.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use super::Pulled;
use crate::error::{Error, ErrorKind, Result};
use crate::fault;
use crate::meet::{Next, Page};
use crate::service::Telemed;
use crate::service::extra::Extra;
use crate::service::queue::GRACE;
use crate::store::{Calendar, Mapping, Provider};

/// Time in which one look asks for further pages.
const LOOK: Duration = Duration::from_secs(15);
/// Refused tokens in one look that can be explained: the page's, then the listing's.
const REFUSALS: u32 = 2;

impl Telemed {
    pub(super) async fn pull_locked(&self, calendar: Calendar, pulled: &mut Pulled) -> Result<()> {
        let mut calendar = Followed::from(calendar);
        let started = Instant::now();
        let (mut looked, mut refusals) = (Ok(Step::More), 0);
        while !matches!(looked, Ok(Step::End) | Err(_)) && (pulled.requests == 0 || started.elapsed() < LOOK)
        {
            looked = self.pull_page(&mut calendar, pulled).await;
            refusals += u32::from(matches!(looked, Ok(Step::Anew)));
            if refusals > REFUSALS {
                looked = Err(Error::new(
                    ErrorKind::Unavailable,
                    "Google forgets where a listing of the calendar was; it will be tried again",
                ));
            }
        }
        pulled.unfinished = !calendar.page_token.is_empty();
        match looked {
            // What was listed so far is kept, and the rest is due at once.
            Ok(Step::More | Step::Anew) => {}
            Err(_) if pulled.unfinished && pulled.requests > 0 => {}
            Ok(Step::End) => calendar.due_at = self.due_after(&calendar, None),
            Err(error) => {
                calendar.failures = calendar.failures.saturating_add(1);
                calendar.due_at = self.due_after(&calendar, Some(&error));
                self.keep(&mut calendar).await?;
                return Err(error);
            }
        }
        self.keep(&mut calendar).await?;
        fault::point("sync.saved");
        Ok(())
    }

    /// Writes what was found so far, unless the doctor has connected anew or disconnected while Google was asked.
    pub(super) async fn keep(&self, calendar: &mut Followed) -> Result<()> {
        if self.store.update_calendar(&calendar.row, &calendar.read).await? {
            calendar.read = calendar.row.clone();
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Busy,
            "the calendar was connected anew or left while Google was asked; it will be looked at again",
        ))
    }

    /// One page of the listing. What it shows is noted before it counts as listed: what is not looked at in this process
    /// must not be forgotten.
    async fn pull_page(&self, calendar: &mut Followed, pulled: &mut Pulled) -> Result<Step> {
        let client = self.meet_client(calendar.doctor_id)?;
        fault::sending("sync.sent");
        let page = client.page(&calendar.sync_token, &calendar.page_token).await;
        fault::point("sync.replied");
        pulled.token_refreshed |= crate::provider::MeetingProvider::token_refreshed(&client);
        let page = page?;
        pulled.requests += 1;
        // Google tells of changes from here on, however long the listing takes.
        self.keep_channel(&client, calendar, pulled).await;
        let Some(page) = page else {
            start_over(calendar);
            return Ok(Step::Anew);
        };
        pulled.full = calendar.sync_token.is_empty();
        let changed = self.changed(calendar, &page).await?;
        let due = self.clock.now().as_second() + GRACE;
        for appointment_id in &changed {
            self.store.note(*appointment_id, true, due).await?;
        }
        fault::point("sync.noted");
        pulled.appointments.extend(changed);
        calendar.failures = 0;
        Ok(match page.next {
            Next::Page(token) => {
                calendar.page_token = token;
                self.keep(calendar).await?;
                Step::More
            }
            Next::End(token) => {
                calendar.sync_token = token;
                calendar.page_token.clear();
                calendar.listed.clear();
                Step::End
            }
        })
    }

    /// Appointments whose events are not as we wrote or saw them.
    async fn changed(&self, calendar: &mut Calendar, page: &Page) -> Result<Vec<u64>> {
        let (provider, now) = (Provider::GoogleMeet, self.clock.now());
        let ids: Vec<String> = page.events.iter().map(|event| event.id.clone()).collect();
        let mut mappings = Vec::new();
        if !ids.is_empty() {
            mappings = self.store.mappings_by_meetings(provider, &ids).await?;
        }
        let mut changed: Vec<u64> = mappings
            .iter()
            .filter(|mapping| !Extra::from(mapping).is_past(now) && !is_as_known(mapping, page))
            .map(|mapping| mapping.appointment_id)
            .collect();
        if !calendar.sync_token.is_empty() {
            return Ok(changed);
        }
        // A listing of everything leaves deleted events out: what it has not shown at its end is gone.
        let shown = mappings.iter().map(|mapping| mapping.appointment_id);
        calendar.listed.extend(shown);
        if matches!(page.next, Next::End(_)) {
            let all = self
                .store
                .mappings_of_doctor(provider, calendar.doctor_id)
                .await?;
            let missing = all.iter().filter(|mapping| {
                !Extra::from(mapping).is_past(now) && !calendar.listed.contains(&mapping.appointment_id)
            });
            changed.extend(missing.map(|mapping| mapping.appointment_id));
        }
        Ok(changed)
    }
}

/// A calendar during a look: as it is to be, and as the table has it.
pub(super) struct Followed {
    row: Calendar,
    read: Calendar,
}

impl From<Calendar> for Followed {
    fn from(row: Calendar) -> Self {
        let read = row.clone();
        Self { row, read }
    }
}

impl Deref for Followed {
    type Target = Calendar;

    fn deref(&self) -> &Calendar {
        &self.row
    }
}

impl DerefMut for Followed {
    fn deref_mut(&mut self) -> &mut Calendar {
        &mut self.row
    }
}

/// Where a listing is after a page.
#[derive(Clone, Copy)]
enum Step {
    More,
    /// Google has forgotten where it was.
    Anew,
    End,
}

/// Google has forgotten where the listing was. A page that is refused starts it anew; a sync token that is, or a page of
/// an incremental listing that is refused without having been kept, lists everything.
fn start_over(calendar: &mut Calendar) {
    if calendar.page_token.is_empty() {
        calendar.sync_token.clear();
    }
    calendar.page_token.clear();
    calendar.listed.clear();
}

/// Whether the page shows the event as we wrote or saw it.
fn is_as_known(mapping: &Mapping, page: &Page) -> bool {
    let found = page.events.iter().find(|event| event.id == mapping.meeting_id);
    found.is_some_and(|event| {
        !event.etag.is_empty() && event.etag == Extra::from(mapping).etag && !event.is_cancelled()
    })
}
