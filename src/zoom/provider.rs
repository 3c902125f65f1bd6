//! Zoom as the use cases see it.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{MeetingChange, ZoomClient};
use crate::error::{Error, ErrorKind, Result};
use crate::meeting::MeetingDraft;
use crate::provider::{Meeting, MeetingProvider};

impl From<super::Meeting> for Meeting {
    fn from(meeting: super::Meeting) -> Self {
        Self {
            exposed: meeting.waiting_room == Some(false) || meeting.join_before_host == Some(true),
            id: meeting.id,
            uuid: meeting.uuid,
            host_id: meeting.host_id,
            join_url: meeting.join_url,
            password: meeting.password,
            start_time: meeting.start_time,
            duration_minutes: meeting.duration_minutes,
            waiting_room: meeting.waiting_room,
            join_before_host: meeting.join_before_host,
            start_url: meeting.start_url,
            ..Self::default()
        }
    }
}

impl ZoomClient {
    /// After an earlier attempt the meeting is looked for first: a create is never repeated blindly. Every meeting has
    /// a waiting room; an account that locks it off gets no meeting, but a reason.
    async fn make(&self, draft: &MeetingDraft, again: bool) -> Result<Meeting> {
        let found = if again {
            self.find_by_marker(&draft.marker).await?
        } else {
            None
        };
        let made: Meeting = match found {
            Some(found) => found,
            None => self.create(draft).await?,
        }
        .into();
        if !made.exposed {
            return Ok(made);
        }
        self.delete(&made.id).await?;
        Err(Error::new(
            ErrorKind::Rejected,
            "the Zoom account does not allow the waiting room; unlock \"Waiting Room\" in Zoom's security settings",
        ))
    }

    async fn delete_by_marker(&self, marker: &str) -> Result<()> {
        match self.find_by_marker(marker).await? {
            Some(found) => self.delete(&found.id).await,
            None => Ok(()),
        }
    }
}

impl MeetingProvider for ZoomClient {
    fn create<'a>(&'a self, draft: &'a MeetingDraft, again: bool) -> BoxFuture<'a, Result<Meeting>> {
        self.make(draft, again).boxed()
    }

    fn read<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Meeting>> {
        async move { self.meeting(id).await.map(Meeting::from) }.boxed()
    }

    /// Zoom answers 204.
    fn update<'a>(&'a self, id: &'a str, draft: &'a MeetingDraft) -> BoxFuture<'a, Result<Option<Meeting>>> {
        async move {
            let change = MeetingChange::at(draft.start, draft.duration_minutes);
            ZoomClient::update(self, id, &change).await.map(|()| None)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>> {
        ZoomClient::delete(self, id).boxed()
    }

    fn abandon<'a>(&'a self, marker: &'a str) -> BoxFuture<'a, Result<()>> {
        self.delete_by_marker(marker).boxed()
    }

    fn token_refreshed(&self) -> bool {
        self.api.token_refreshed()
    }
}
