//! The host's way into a meeting: at Zoom a link that is made at the moment of the click and
//! that nobody keeps, at Google the meeting's own, which knows its organiser by the login.

use super::extra::Extra;
use super::{Host, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::provider::HostLink;

impl Telemed {
    /// A fresh host link of the appointment's meeting. The caller has checked that the visitor is the host.
    ///
    /// [`ErrorKind::NotFound`] when there is no meeting, here or at the provider. That somebody got the link is noted in the
    /// mapping.
    pub async fn host_link(&self, appointment_id: u64, host: &Host) -> Result<(HostLink, bool)> {
        let mapping = self.store.mapping(host.provider, appointment_id).await?;
        let mapping = mapping.ok_or_else(lost)?;
        let mut extra = Extra::from(&mapping);
        let client = self.client(&extra.holder(host, mapping.provider))?;
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
        extra.opened_at = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let noted = extra.put(mapping);
        // The host must not wait outside because a note could not be written.
        let _ = self.store.save_mapping(&noted).await;
        Ok((link, client.token_refreshed()))
    }
}

fn lost() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "there is no meeting for this appointment; have it made again",
    )
}
