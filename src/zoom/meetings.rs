//! The meeting calls: one builder and one parser each (Zoom API reference, Meetings and Users).

use http::Method;
use serde::{Deserialize, Serialize};

use super::model::{self, CreateMeeting, MeetingList, MeetingReply, UserReply, UserSettingsReply};
use super::{ZoomClient, error};
use crate::api::Call;
use crate::error::{ErrorKind, Result};
use crate::meeting::MeetingDraft;
use crate::passcode::{self, Rules};
use crate::provider::HostLink;
use crate::retry::Effect;
use crate::secret::Passcode;

/// A meeting as Zoom describes it.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// Meeting id as text; can exceed ten digits.
    pub id: String,
    /// UUID of the instance.
    pub uuid: String,
    /// Zoom's id of the host.
    pub host_id: String,
    /// Participants' link, with the passcode embedded.
    pub join_url: String,
    /// Passcode participants type by hand.
    pub password: String,
    /// Agenda; begins with our marker. Lists cut it at 250 characters.
    pub agenda: String,
    /// `waiting` or `started`, on GET.
    pub status: String,
    /// Start, UTC, `YYYY-MM-DDTHH:MM:SSZ`.
    pub start_time: String,
    /// Minutes.
    pub duration_minutes: u32,
    /// What Zoom set, where it says so.
    pub waiting_room: Option<bool>,
    /// What Zoom set, where it says so.
    pub join_before_host: Option<bool>,
    /// Bearer link for the host, good for two hours; new on every GET, so never stored.
    pub start_url: HostLink,
}

/// What PATCH may change. Absent fields stay as they are.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MeetingChange {
    /// New start, UTC with `Z`; see [`MeetingChange::at`]. Zoom ignores starts in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'static str>,
    /// New length in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    settings: Private,
}

/// Sent with every change, so that a meeting opened up at Zoom is closed again.
#[derive(Debug, Clone, Serialize)]
struct Private {
    waiting_room: bool,
    join_before_host: bool,
}

impl Default for Private {
    fn default() -> Self {
        Self {
            waiting_room: true,
            join_before_host: false,
        }
    }
}

impl MeetingChange {
    /// Moves the meeting to this instant and length.
    pub fn at(start: jiff::Timestamp, duration_minutes: u32) -> Self {
        Self {
            start_time: Some(model::start_time(start)),
            timezone: Some("UTC"),
            duration: Some(duration_minutes),
            settings: Private::default(),
        }
    }
}

/// A Zoom user.
#[derive(Debug, Clone, Serialize)]
pub struct User {
    /// Zoom's user id.
    pub id: String,
    /// Login e-mail.
    pub email: String,
    /// 1 basic, 2 licensed.
    pub kind: u8,
}

impl From<MeetingReply> for Meeting {
    fn from(reply: MeetingReply) -> Self {
        Self {
            id: reply.id,
            uuid: reply.uuid,
            host_id: reply.host_id,
            join_url: reply.join_url,
            password: reply.password,
            agenda: reply.agenda,
            status: reply.status,
            start_time: reply.start_time,
            duration_minutes: reply.duration,
            waiting_room: reply.settings.waiting_room,
            join_before_host: reply.settings.join_before_host,
            start_url: HostLink::new(reply.start_url),
        }
    }
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8], effect: Effect) -> Result<T> {
    // The parser's message may quote the body, which holds the start link.
    serde_json::from_slice(body).map_err(|_| error::unreadable(effect))
}

impl ZoomClient {
    /// `POST /users/{userId}/meetings`. Never repeated after an answer that was lost. Where the account refuses the
    /// passcode, its rules are read and the refused request, which had no effect, is made again to suit them.
    pub async fn create(&self, draft: &MeetingDraft) -> Result<Meeting> {
        let path = ["users", &self.user_id, "meetings"];
        let mut rules = Rules::default();
        loop {
            let passcode = passcode::generate(rules)?;
            let body = CreateMeeting::new(draft, &passcode);
            let response = self
                .api
                .call(
                    Call::json(Method::POST, &path, &[], &body, Effect::Create)?
                        .medium()
                        .counted(),
                )
                .await?;
            if error::may_be_passcode(&response) && rules == Rules::default() {
                // Without the settings scope the refusal itself is the better answer.
                rules = self.passcode_rules().await.unwrap_or_default();
                if rules != Rules::default() {
                    continue;
                }
            }
            return Self::created(self.success(response, Effect::Create)?.as_slice(), &passcode);
        }
    }

    fn created(body: &[u8], passcode: &Passcode) -> Result<Meeting> {
        let mut meeting: Meeting = parse::<MeetingReply>(body, Effect::Create)?.into();
        if meeting.password.is_empty() {
            passcode.expose().clone_into(&mut meeting.password);
        }
        if meeting.join_url.is_empty() {
            return Err(error::unreadable(Effect::Create));
        }
        Ok(meeting)
    }

    /// `GET /meetings/{id}`, with a fresh start link. [`ErrorKind::NotFound`] when deleted or expired.
    pub async fn meeting(&self, id: &str) -> Result<Meeting> {
        let response = self.api.call(Call::get(&["meetings", id], &[])).await?;
        Ok(parse::<MeetingReply>(&self.success(response, Effect::Safe)?, Effect::Safe)?.into())
    }

    /// `PATCH /meetings/{id}` → 204. Repeatable: it names the state to reach.
    pub async fn update(&self, id: &str, change: &MeetingChange) -> Result<()> {
        let response = self
            .api
            .call(Call::json(Method::PATCH, &["meetings", id], &[], change, Effect::Safe)?.counted())
            .await?;
        self.success(response, Effect::Safe).map(drop)
    }

    /// `DELETE /meetings/{id}` → 204. A meeting that is gone already (3001) counts as deleted.
    pub async fn delete(&self, id: &str) -> Result<()> {
        let path = ["meetings", id];
        // KiviCare writes the mails; Zoom must not write the same people again.
        let query = [
            ("schedule_for_reminder", "false"),
            ("cancel_meeting_reminder", "false"),
        ];
        let call = Call::plain(Method::DELETE, &path, &query);
        match self.success(self.api.call(call).await?, Effect::Safe) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// `GET /users/{userId}/meetings?type=upcoming`, all pages.
    pub async fn upcoming(&self) -> Result<Vec<Meeting>> {
        let path = ["users", &self.user_id, "meetings"];
        let (mut found, mut page) = (Vec::new(), String::new());
        loop {
            let mut query = vec![("type", "upcoming"), ("page_size", "300")];
            if !page.is_empty() {
                query.push(("next_page_token", &page));
            }
            let response = self.api.call(Call::get(&path, &query).medium()).await?;
            let list: MeetingList = parse(&self.success(response, Effect::Safe)?, Effect::Safe)?;
            found.extend(list.meetings.into_iter().map(Meeting::from));
            if list.next_page_token.is_empty() {
                return Ok(found);
            }
            page = list.next_page_token;
        }
    }

    /// The upcoming meeting whose agenda carries `marker`, as a full GET.
    pub async fn find_by_marker(&self, marker: &str) -> Result<Option<Meeting>> {
        match self
            .upcoming()
            .await?
            .into_iter()
            .find(|meeting| meeting.agenda.contains(marker))
        {
            Some(listed) => self.meeting(&listed.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// `GET /users/{userId}`: the connection's own user.
    pub async fn current_user(&self) -> Result<User> {
        let response = self.api.call(Call::get(&["users", &self.user_id], &[])).await?;
        let reply: UserReply = parse(&self.success(response, Effect::Safe)?, Effect::Safe)?;
        Ok(User {
            id: reply.id,
            email: reply.email,
            kind: reply.kind,
        })
    }

    /// `GET /users/{userId}/settings`: what the account demands of passcodes.
    pub async fn passcode_rules(&self) -> Result<Rules> {
        let response = self
            .api
            .call(Call::get(&["users", &self.user_id, "settings"], &[]))
            .await?;
        let reply: UserSettingsReply = parse(&self.success(response, Effect::Safe)?, Effect::Safe)?;
        Ok(reply.schedule_meeting.meeting_password_requirement)
    }
}
