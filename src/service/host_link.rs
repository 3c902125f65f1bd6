//! The host's way into a meeting: a link that Zoom makes at the moment of the click and nobody keeps.

use super::extra::Extra;
use super::{Host, Telemed};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Mapping, Provider};
use crate::zoom::meetings::StartUrl;

impl Telemed {
    /// A fresh host link of the appointment's meeting. The caller has checked that the visitor is the host.
    ///
    /// [`ErrorKind::NotFound`] when there is no meeting, here or at Zoom. That somebody got the link is noted in the
    /// mapping.
    pub async fn host_link(&self, appointment_id: u64, host: &Host) -> Result<(StartUrl, bool)> {
        let mapping = self.store.mapping(Provider::Zoom, appointment_id).await?;
        let mapping = mapping.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "there is no meeting for this appointment; have it made again",
            )
        })?;
        let mut extra = Extra::from(&mapping);
        let client = self.zoom_client(&extra.holder(host))?;
        let meeting = client.meeting(&mapping.meeting_id).await?;
        let link = meeting.start_url;
        if !link.is_usable() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "Zoom sent no host link for this meeting; try again",
            ));
        }
        extra.opened_at = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let noted = Mapping {
            extra: extra.to_json(),
            ..mapping
        };
        // The host must not wait outside because a note could not be written.
        let _ = self.store.save_mapping(&noted).await;
        Ok((link, client.token_refreshed()))
    }
}
