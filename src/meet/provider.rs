//! Google Meet as the use cases see it.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ring::digest::{SHA256, digest};

use super::MeetClient;
use crate::error::{Result, internal};
use crate::meeting::MeetingDraft;
use crate::provider::{Meeting, MeetingProvider};

/// Marks our events' ids.
const PREFIX: &str = "kct";

/// Journal marker of an appointment's event: the same for the same generation, on every host and after a restored
/// backup, so that one appointment never has two events. The patient is part of it: after a restored backup the
/// appointment's number may be given to another patient, who must not find the former one's event.
pub fn marker(site: &str, appointment_id: u64, patient_id: u64, generation: usize) -> String {
    let text = format!("{site}\0{appointment_id}\0{patient_id}\0{generation}");
    let hash = digest(&SHA256, text.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    data_encoding::HEXLOWER.encode(half)
}

/// The event id of a marker. Google takes the letters a to v and digits, which is base32hex.
fn event_id(marker: &str) -> Result<String> {
    let bytes = data_encoding::HEXLOWER
        .decode(marker.as_bytes())
        .map_err(|_| internal("a journal marker is not hexadecimal"))?;
    let id = data_encoding::BASE32HEX_NOPAD.encode(&bytes).to_ascii_lowercase();
    Ok(format!("{PREFIX}{id}"))
}

impl MeetingProvider for MeetClient {
    /// The id makes it idempotent: whether an earlier attempt came through shows by itself.
    fn create<'a>(&'a self, draft: &'a MeetingDraft, _again: bool) -> BoxFuture<'a, Result<Meeting>> {
        async move {
            let id = event_id(&draft.marker)?;
            self.insert(&id, draft).await.map(Meeting::from)
        }
        .boxed()
    }

    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Meeting>> {
        async move { self.event(id).await.map(Meeting::from) }.boxed()
    }

    fn update<'a>(&'a self, id: &'a str, draft: &'a MeetingDraft) -> BoxFuture<'a, Result<Option<Meeting>>> {
        async move { Ok(Some(self.patch(id, draft).await?.into())) }.boxed()
    }

    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>> {
        self.remove(id).boxed()
    }

    fn abandon<'a>(&'a self, marker: &'a str) -> BoxFuture<'a, Result<()>> {
        async move { self.remove(&event_id(marker)?).await }.boxed()
    }

    fn token_refreshed(&self) -> bool {
        self.api.token_refreshed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_google_accepts_and_differ_by_site_appointment_and_generation() {
        let id = event_id(&marker("site", 41, 9, 0)).unwrap();
        assert!(
            id.len() >= 5 && id.chars().all(|c| matches!(c, 'a'..='v' | '0'..='9')),
            "{id}"
        );
        assert_eq!(id, event_id(&marker("site", 41, 9, 0)).unwrap());
        for other in [
            marker("site", 41, 9, 1),
            marker("site", 42, 9, 0),
            marker("other", 41, 9, 0),
            marker("site", 41, 8, 0),
        ] {
            assert_ne!(id, event_id(&other).unwrap());
        }
        assert!(event_id("not hexadecimal").is_err());
    }
}
