//! What a provider's webhook changes on our side.

use super::connections::option_secret;
use super::create::lock_name;
use super::extra::Extra;
use super::{APPOINTMENT_WAIT, Telemed};
use crate::error::{Error, ErrorKind, Result, configuration};
use crate::secret::WebhookSecret;
use crate::store::{Mapping, Provider};
use crate::zoom::webhook::{self, Event};

/// How often an event is written again when somebody else writes to the same mapping.
const NOTES_LIMIT: usize = 4;

/// An event about one of our meetings.
#[derive(Debug, Clone)]
pub struct Noted {
    /// KiviCare's appointment id.
    pub appointment_id: u64,
    /// The mapping after the event.
    pub mapping: Mapping,
    /// The provider's meeting may not be what it should be any more: reconcile with a look at the provider.
    pub check: bool,
}

impl Telemed {
    /// Checks a webhook's signature against the site's secret token and reads its body.
    pub fn open_webhook(&self, timestamp: &str, signature: &str, body: &[u8]) -> Result<Event> {
        let now = self.clock.now().as_second();
        webhook::verify(&self.webhook_secret()?, timestamp, signature, body, now)?;
        Event::parse(body)
    }

    /// The answer to Zoom's endpoint validation.
    pub fn webhook_challenge(&self, plain_token: &str) -> Result<String> {
        Ok(webhook::challenge_answer(&self.webhook_secret()?, plain_token))
    }

    fn webhook_secret(&self) -> Result<WebhookSecret> {
        let Some(secret) = &self.zoom.webhook_secret else {
            return Err(configuration(
                "no webhook secret token is set; enter the one of the Zoom app's event subscription",
            ));
        };
        let opened = self.opened(&option_secret(Provider::Zoom, "webhook_secret"), secret.expose())?;
        Ok(WebhookSecret::new(opened.expose()))
    }

    /// Writes what the event says into the mapping's `extra`. None when the meeting is not one of ours.
    pub async fn note_event(&self, event: &Event) -> Result<Option<Noted>> {
        let meeting_id = event.meeting_id();
        if meeting_id.is_empty() {
            return Ok(None);
        }
        let found = self.store.mapping_by_meeting(Provider::Zoom, &meeting_id).await?;
        let Some(mapping) = found else {
            return Ok(None);
        };
        let lock = self
            .store
            .lock(&lock_name(mapping.appointment_id), APPOINTMENT_WAIT)
            .await?;
        let noted = self.note_locked(event, &meeting_id).await;
        let _ = lock.release().await;
        noted
    }

    /// Read again under the lock, because events of one meeting arrive at the same moment; and written only over what
    /// was read, because a host's click is noted without it.
    async fn note_locked(&self, event: &Event, meeting_id: &str) -> Result<Option<Noted>> {
        for _ in 0..NOTES_LIMIT {
            let found = self.store.mapping_by_meeting(Provider::Zoom, meeting_id).await?;
            let Some(mapping) = found else {
                return Ok(None);
            };
            let mut extra = Extra::from(&mapping);
            apply(event, &mut extra);
            let noted = extra.to_json();
            if noted == mapping.extra || self.store.swap_extra(&mapping, &noted).await? {
                return Ok(Some(Noted {
                    appointment_id: mapping.appointment_id,
                    mapping: extra.put(mapping),
                    check: matches!(event.event.as_str(), "meeting.updated" | "meeting.deleted"),
                }));
            }
        }
        Err(Error::new(
            ErrorKind::Busy,
            "other processes keep writing to this mapping; the event is to be sent again",
        ))
    }
}

/// Events arrive late and out of order; what is older than what we know is not written.
fn apply(event: &Event, extra: &mut Extra) {
    let at = event.event_ts;
    match event.event.as_str() {
        "meeting.started" if at >= extra.event_ms => {
            "started".clone_into(&mut extra.status);
            event.time().clone_into(&mut extra.started_at);
            extra.event_ms = at;
        }
        "meeting.ended" if at >= extra.event_ms => {
            "ended".clone_into(&mut extra.status);
            event.time().clone_into(&mut extra.ended_at);
            extra.event_ms = at;
        }
        name => {
            if let (Some(person), Some(state)) = (event.person(), presence(name)) {
                attend(extra, &person, state, at);
            }
        }
    }
}

fn presence(name: &str) -> Option<&'static str> {
    match name {
        "meeting.participant_joined" | "meeting.participant_admitted" | "meeting.participant_jbh_joined" => {
            Some("joined")
        }
        "meeting.participant_left" | "meeting.participant_jbh_waiting_left" => Some("left"),
        "meeting.participant_left_waiting_room" => Some("left_waiting_room"),
        "meeting.participant_joined_waiting_room"
        | "meeting.participant_put_in_waiting_room"
        | "meeting.participant_jbh_waiting" => Some("waiting"),
        _ => None,
    }
}

fn attend(extra: &mut Extra, person: &webhook::Person, state: &str, at: i64) {
    let Some(entry) = extra.attendance(&person.id) else {
        return;
    };
    if at < entry.event_ms || state == "left_waiting_room" && entry.state != "waiting" {
        return;
    }
    // Leaving the waiting room is leaving, unless the host let the person in: that event says so itself.
    let state = if state == "left_waiting_room" {
        "left"
    } else {
        state
    };
    entry.event_ms = at;
    state.clone_into(&mut entry.state);
    entry.host |= person.host;
    match state {
        "joined" if entry.joined_at.is_empty() => entry.joined_at.clone_from(&person.at),
        "left" => entry.left_at.clone_from(&person.at),
        _ => {}
    }
}
