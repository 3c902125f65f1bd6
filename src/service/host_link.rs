//! The host's way into a meeting: at Zoom a link that is made at the moment of the click and
//! that nobody keeps, at Google the meeting's own, which knows its organiser by the login.
//!
//! The host does not wait for the appointment's lock, because whoever holds it may be waiting for the provider. So the
//! mapping that was read may be replaced while the provider is asked, and nothing of it is written back but the note of
//! the click, and that only where the meeting is still the same.

use super::extra::Extra;
use super::{Host, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::provider::HostLink;
use crate::store::Mapping;

/// How many meetings of an appointment are asked for, one after the other, when each is replaced meanwhile.
const MEETINGS_LIMIT: usize = 3;

/// How often the note of a click is tried again when somebody else writes to the same mapping.
const NOTES_LIMIT: usize = 4;

impl Telemed {
    /// A fresh host link of the meeting that the appointment has when this returns. The caller has checked that the
    /// visitor is the host. The click is noted in the mapping.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no meeting, here or at the provider; otherwise as the provider's answer.
    pub async fn host_link(&self, appointment_id: u64, host: &Host) -> Result<(HostLink, bool)> {
        for _ in 0..MEETINGS_LIMIT {
            let mapping = self.store.mapping(host.provider, appointment_id).await?;
            let mapping = mapping.ok_or_else(lost)?;
            let asked = self.ask_host_link(&mapping, host).await;
            let current = match &asked {
                Ok(_) => self.note_click(mapping).await,
                Err(error) if error.kind() == ErrorKind::NotFound => self.is_current(&mapping).await?,
                Err(_) => true,
            };
            if current {
                return asked;
            }
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "the meeting is being replaced at this moment; try again",
        ))
    }

    async fn ask_host_link(&self, mapping: &Mapping, host: &Host) -> Result<(HostLink, bool)> {
        let client = self.client(&Extra::from(mapping).holder(host, mapping.provider))?;
        let meeting = client.read(&mapping.meeting_id).await?;
        if meeting.cancelled {
            return Err(lost());
        }
        let link = meeting.start_url;
        if !link.is_usable() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the provider sent no link for this meeting; try again",
            ));
        }
        Ok((link, client.token_refreshed()))
    }

    /// Whether the appointment still has the meeting that was read, or none at all.
    async fn is_current(&self, read: &Mapping) -> Result<bool> {
        let now = self.store.mapping(read.provider, read.appointment_id).await?;
        Ok(now.is_none_or(|now| now.meeting_id == read.meeting_id))
    }

    /// Writes down that the host got a link. False when the appointment has another meeting by now, or none.
    async fn note_click(&self, mapping: Mapping) -> bool {
        let mut seen = mapping;
        for _ in 0..NOTES_LIMIT {
            let mut extra = Extra::from(&seen);
            extra.opened_at = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let noted = extra.to_json();
            if noted == seen.extra {
                return self.is_current(&seen).await.unwrap_or(true);
            }
            // The host must not wait outside because a note could not be written.
            if self.store.swap_extra(&seen, &noted).await.unwrap_or(true) {
                return true;
            }
            match self.store.mapping(seen.provider, seen.appointment_id).await {
                Ok(Some(now)) if now.meeting_id == seen.meeting_id => seen = now,
                Ok(_) => return false,
                Err(_) => return true,
            }
        }
        true
    }

    /// Writes the mapping of a meeting that was looked at, with the click that was noted meanwhile.
    pub(super) async fn save_with_latest_click(&self, mapping: Mapping) -> Result<Mapping> {
        let mapping = self.with_latest_click(mapping).await;
        self.store.save_mapping(&mapping).await?;
        Ok(mapping)
    }

    /// The mapping with the click that was noted while the provider was asked about it. Not worth failing for.
    pub(super) async fn with_latest_click(&self, mapping: Mapping) -> Mapping {
        let now = self.store.mapping(mapping.provider, mapping.appointment_id).await;
        let now = now
            .ok()
            .flatten()
            .filter(|now| now.meeting_id == mapping.meeting_id);
        let click = now.map(|now| Extra::from(&now).opened_at).unwrap_or_default();
        let mut extra = Extra::from(&mapping);
        if click <= extra.opened_at {
            return mapping;
        }
        extra.opened_at = click;
        extra.put(mapping)
    }
}

fn lost() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "there is no meeting for this appointment; have it made again",
    )
}
