//! Google's client class.

use ext_php_rs::exception::PhpResult;
use ext_php_rs::prelude::*;
use ext_php_rs::types::ZendHashTable;

use super::classes::Config;
use super::convert::{self, Array};
use super::guard::guarded;
use crate::error::Result;
use crate::meet::MeetClient as Meet;
use crate::meeting::new_marker;
use crate::provider::MeetingProvider;
use crate::runtime;
use crate::site::SiteSettings;

/// Google Calendar as one doctor's connection sees it. Unjournalled: bookings go through Telemed.
#[php_class]
#[php(name = "KiviCare\\Telemed\\Native\\MeetClient")]
pub struct MeetClient {
    settings: SiteSettings,
    doctor_id: u64,
}

impl MeetClient {
    fn with<T, F>(&self, work: impl FnOnce(Meet) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        runtime::run(work(self.settings.telemed()?.meet_client(self.doctor_id)?))?
    }
}

#[php_impl]
impl MeetClient {
    /// For the doctor with this WordPress user id.
    pub fn __construct(config: &Config, doctor_id: u64) -> Self {
        Self {
            settings: config.0.clone(),
            doctor_id,
        }
    }

    /// Creates a private event with a Meet link. Array as Telemed::createMeeting.
    pub fn create_meeting(&self, visit: &ZendHashTable) -> PhpResult<Array> {
        guarded(|| {
            let draft = convert::visit(visit)?.draft(new_marker()?)?;
            let made = self.with(|meet| async move { meet.create(&draft, false).await })?;
            convert::neutral_meeting(&made)
        })
    }

    /// The event as Google has it now.
    pub fn get_meeting(&self, id: String) -> PhpResult<Array> {
        guarded(|| convert::neutral_meeting(&self.with(|meet| async move { meet.read(&id).await })?))
    }

    /// Changes an event. Array as Telemed::createMeeting.
    pub fn update_meeting(&self, id: String, visit: &ZendHashTable) -> PhpResult<()> {
        guarded(|| {
            let draft = convert::visit(visit)?.draft(id.clone())?;
            self.with(|meet| async move { meet.update(&id, &draft).await.map(drop) })
        })
    }

    /// Deletes an event; one that is gone already counts as deleted.
    pub fn delete_meeting(&self, id: String) -> PhpResult<()> {
        guarded(|| self.with(|meet| async move { meet.delete(&id).await }))
    }

    /// The doctor's calendar: id (the account's e-mail address), allows_meet.
    pub fn calendar(&self) -> PhpResult<Array> {
        guarded(|| convert::primary_calendar(&self.with(|meet| async move { meet.primary().await })?))
    }
}
