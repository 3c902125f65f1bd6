//! The event calls. Every write says `conferenceDataVersion=1`: without it Google takes no notice of conferences.

use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};

use super::event::{Conference, ConferenceOnly, ConferenceRequest, Event, EventBody};
use super::{CALENDAR, MeetClient, error};
use crate::api::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::meeting::MeetingDraft;
use crate::retry::Effect;

/// First pause before a pending conference is looked at again; doubled each time.
const FIRST_LOOK: Duration = Duration::from_millis(150);
/// Longest such pause.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// Time that one look needs.
const SHORTEST_LOOK: Duration = Duration::from_millis(300);
/// How long a person who books waits for a pending conference.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T> {
    // The parser's message may quote the body.
    serde_json::from_slice(body).map_err(|_| error::unreadable())
}

/// The event with our id. An answer about any other, or about none, is not Google's.
fn parse_event(body: &[u8], id: &str) -> Result<Event> {
    let event: Event = parse(body)?;
    if event.id == id {
        Ok(event)
    } else {
        Err(error::unreadable())
    }
}

impl MeetClient {
    /// `POST events` with our own id. An event with this id is taken as the one of an earlier attempt, and made what
    /// the draft says; a deleted one is revived.
    pub async fn insert(&self, id: &str, draft: &MeetingDraft) -> Result<Event> {
        let body = EventBody::of(draft, self.options)
            .inviting(draft)
            .created_as(id)?;
        let path = ["calendars", CALENDAR, "events"];
        match self.write(Method::POST, &path, &body, id).await {
            Err(error) if error.kind() == ErrorKind::Busy => self.adopt(id, draft).await,
            inserted => self.linked(inserted?).await,
        }
    }

    /// Takes over the event that has our id already.
    async fn adopt(&self, id: &str, draft: &MeetingDraft) -> Result<Event> {
        let found = self.event(id).await?;
        if found.is_cancelled() {
            let draft = MeetingDraft {
                invite: true,
                ..draft.clone()
            };
            return self.patch(id, &draft).await;
        }
        if found.is_at(draft.start, draft.duration_minutes) {
            return self.linked(found).await;
        }
        self.patch(id, draft).await
    }

    /// `GET events/{id}`. Deleted events are still returned, as cancelled.
    pub async fn event(&self, id: &str) -> Result<Event> {
        let response = self
            .api
            .call(Call::get(&["calendars", CALENDAR, "events", id], &[]))
            .await?;
        parse_event(&self.success(response, Effect::Safe)?, id)
    }

    /// `PATCH events/{id}` to what the draft says, with a link at the end. People who answered keep their answers,
    /// unless the draft says to invite everybody anew.
    pub async fn patch(&self, id: &str, draft: &MeetingDraft) -> Result<Event> {
        let path = ["calendars", CALENDAR, "events", id];
        let body = EventBody::of(draft, self.options);
        let body = if draft.invite { body.inviting(draft) } else { body };
        let changed = self.write(Method::PATCH, &path, &body, id).await?;
        self.linked(changed).await
    }

    /// `DELETE events/{id}`; 404 and 410 say that it is gone already.
    pub async fn remove(&self, id: &str) -> Result<()> {
        let path = ["calendars", CALENDAR, "events", id];
        let query = [("sendUpdates", self.options.send_updates.name())];
        let response = self.api.call(Call::plain(Method::DELETE, &path, &query)).await?;
        match self.success(response, Effect::Safe) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn write(&self, method: Method, path: &[&str], body: &impl Serialize, id: &str) -> Result<Event> {
        let query = [
            ("conferenceDataVersion", "1"),
            ("sendUpdates", self.options.send_updates.name()),
        ];
        // The event's id is ours, so every write may be repeated.
        let response = self
            .api
            .call(Call::json(method, path, &query, body, Effect::Safe)?)
            .await?;
        parse_event(&self.success(response, Effect::Safe)?, id)
    }

    /// The event once its link is there. Google makes conferences in its own time; where there is none it is asked for
    /// once. [`ErrorKind::Pending`] when it takes longer than a person can wait.
    async fn linked(&self, mut event: Event) -> Result<Event> {
        let (mut asked, mut waited, mut pause) = (false, Duration::ZERO, FIRST_LOOK);
        loop {
            match event.conference() {
                Conference::Ready => return Ok(event),
                Conference::Missing if asked => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "Google did not make a Meet link for the event; it will be asked again",
                    ));
                }
                Conference::Missing => {
                    asked = true;
                    event = self.ask_for_link(&event.id).await?;
                }
                Conference::Pending => {
                    pause = pause.min(PATIENCE.saturating_sub(waited));
                    if pause.is_zero() || pause + SHORTEST_LOOK > self.api.remaining() {
                        return Err(Error::new(
                            ErrorKind::Pending,
                            "Google is still making the Meet link; it will be looked for again",
                        ));
                    }
                    tokio::time::sleep(pause).await;
                    waited += pause;
                    pause = (pause * 2).min(LONGEST_LOOK);
                    event = self.event(&event.id).await?;
                }
            }
        }
    }

    async fn ask_for_link(&self, id: &str) -> Result<Event> {
        let body = ConferenceOnly {
            conference_data: ConferenceRequest::new()?,
        };
        self.write(Method::PATCH, &["calendars", CALENDAR, "events", id], &body, id)
            .await
    }
}
