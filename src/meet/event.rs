//! Calendar events as they travel (Calendar API v3: Events).

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::EventOptions;
use crate::error::Result;
use crate::meeting::{MeetingDraft, new_marker};
use crate::provider::{Meeting, is_web_address};

/// Whom Google mails about an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SendUpdates {
    /// Everybody invited.
    All,
    /// People without Google Calendar.
    ExternalOnly,
    /// Nobody.
    #[default]
    None,
}

impl SendUpdates {
    /// Value of the `sendUpdates` parameter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ExternalOnly => "externalOnly",
            Self::None => "none",
        }
    }

    /// From its name; nobody for anything else.
    pub fn from_name(name: &str) -> Self {
        match name {
            "all" => Self::All,
            "externalOnly" => Self::ExternalOnly,
            _ => Self::None,
        }
    }
}

/// Body of insert and patch. Absent parts stay as they are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    status: &'static str,
    summary: &'a str,
    description: &'a str,
    start: Moment,
    end: Moment,
    /// PATCH replaces the list with all answers in it, so changes leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    attendees: Option<Vec<Guest<'a>>>,
    guests_can_invite_others: bool,
    guests_can_modify: bool,
    guests_can_see_other_guests: bool,
    visibility: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reminders: Option<Reminders>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conference_data: Option<ConferenceRequest>,
    extended_properties: Extended<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    date_time: String,
    time_zone: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Guest<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_status: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reminders {
    use_default: bool,
    overrides: Vec<Reminder>,
}

#[derive(Debug, Serialize)]
struct Reminder {
    method: &'static str,
    minutes: u32,
}

#[derive(Debug, Serialize)]
struct Extended<'a> {
    private: Marked<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Marked<'a> {
    kivicare_telemed: &'a str,
}

/// `conferenceData` that asks for a Meet link.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConferenceRequest {
    create_request: CreateRequest,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateRequest {
    request_id: String,
    conference_solution_key: SolutionKey,
}

#[derive(Debug, Serialize)]
struct SolutionKey {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl ConferenceRequest {
    /// With a fresh request id: Google takes no notice of one it has seen, and a link is never shared.
    pub fn new() -> Result<Self> {
        Ok(Self {
            create_request: CreateRequest {
                request_id: new_marker()?,
                conference_solution_key: SolutionKey { kind: "hangoutsMeet" },
            },
        })
    }
}

/// PATCH body that only asks for a link.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConferenceOnly {
    /// The request for a link.
    pub conference_data: ConferenceRequest,
}

/// An explicit offset, and a zone that is always an IANA name: a fixed offset has none, so it is sent as UTC.
fn moment(at: Timestamp, zone: &TimeZone) -> Moment {
    let named = zone.iana_name().is_some();
    let zone = if named { zone.clone() } else { TimeZone::UTC };
    Moment {
        date_time: at
            .to_zoned_datetime(zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string(),
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
    }
}

impl<'a> EventBody<'a> {
    /// The whole event as it should be, without id, guests and conference.
    pub fn of(draft: &'a MeetingDraft, options: EventOptions) -> Self {
        let end = draft.start + jiff::SignedDuration::from_mins(i64::from(draft.duration_minutes));
        Self {
            id: None,
            status: "confirmed",
            summary: &draft.topic,
            description: &draft.description,
            start: moment(draft.start, &draft.zone),
            end: moment(end, &draft.zone),
            attendees: None,
            guests_can_invite_others: false,
            guests_can_modify: false,
            guests_can_see_other_guests: false,
            visibility: "private",
            reminders: options.reminder_minutes.map(|minutes| Reminders {
                use_default: false,
                overrides: vec![Reminder {
                    method: "popup",
                    minutes,
                }],
            }),
            conference_data: None,
            extended_properties: Extended {
                private: Marked {
                    kivicare_telemed: &draft.marker,
                },
            },
        }
    }

    /// With everybody to invite.
    #[must_use]
    pub fn inviting(self, draft: &'a MeetingDraft) -> Self {
        let guests = draft.guests.iter().map(|email| Guest {
            email,
            response_status: None,
        });
        let host = Some(draft.organizer.as_str()).filter(|email| !email.is_empty());
        let host = host.map(|email| Guest {
            email,
            response_status: Some("accepted"),
        });
        Self {
            attendees: Some(guests.chain(host).collect()),
            ..self
        }
    }

    /// With an id and a request for a link.
    pub fn created_as(self, id: &'a str) -> Result<Self> {
        Ok(Self {
            id: Some(id),
            conference_data: Some(ConferenceRequest::new()?),
            extended_properties: Extended {
                private: Marked { kivicare_telemed: id },
            },
            ..self
        })
    }
}

/// An event as Google sends it, as far as we read it: no name and no text of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Event id.
    pub id: String,
    /// Version.
    pub etag: String,
    /// `confirmed`, `tentative` or `cancelled`.
    pub status: String,
    html_link: String,
    hangout_link: String,
    start: When,
    end: When,
    attendees: Vec<Attendee>,
    guests_can_invite_others: Option<bool>,
    guests_can_modify: Option<bool>,
    visibility: String,
    conference_data: ConferenceData,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct When {
    date_time: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Attendee {
    response_status: String,
    organizer: bool,
    #[serde(rename = "self")]
    own: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConferenceData {
    entry_points: Vec<EntryPoint>,
    create_request: Option<Creation>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EntryPoint {
    entry_point_type: String,
    uri: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Creation {
    status: CreationStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreationStatus {
    status_code: String,
}

/// How far an event's conference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conference {
    /// There is a usable link.
    Ready,
    /// Google is still at work.
    Pending,
    /// None, or its creation failed: it has to be asked for.
    Missing,
}

impl Event {
    /// The link into the meeting: Google's own field, else the video entry point. Empty when there is none to use.
    pub fn link(&self) -> &str {
        let video = self.conference_data.entry_points.iter();
        let video = video
            .filter(|entry| entry.entry_point_type == "video")
            .map(|entry| entry.uri.as_str());
        std::iter::once(self.hangout_link.as_str())
            .chain(video)
            .find(|link| is_web_address(link))
            .unwrap_or_default()
    }

    /// How far the conference is.
    pub fn conference(&self) -> Conference {
        if !self.link().is_empty() {
            return Conference::Ready;
        }
        match &self.conference_data.create_request {
            Some(creation) if creation.status.status_code == "pending" => Conference::Pending,
            _ => Conference::Missing,
        }
    }

    /// Somebody has deleted it; Google keeps it, its id stays taken.
    pub fn is_cancelled(&self) -> bool {
        self.status == "cancelled"
    }

    /// Whether it takes place then, for as long.
    pub fn is_at(&self, start: Timestamp, minutes: u32) -> bool {
        let known = self.start.date_time.map(Timestamp::as_second);
        known == Some(start.as_second()) && self.minutes() == minutes
    }

    fn minutes(&self) -> u32 {
        let (Some(start), Some(end)) = (self.start.date_time, self.end.date_time) else {
            return 0;
        };
        u32::try_from((end.as_second() - start.as_second()) / 60).unwrap_or(0)
    }
}

impl From<Event> for Meeting {
    fn from(event: Event) -> Self {
        let start = event.start.date_time;
        let answer = event
            .attendees
            .iter()
            .find(|guest| !guest.organizer && !guest.own)
            .map(|guest| guest.response_status.clone());
        Self {
            join_url: event.link().to_owned(),
            start_time: start.map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            duration_minutes: event.minutes(),
            start_url: crate::provider::HostLink::new(event.link().to_owned()),
            cancelled: event.is_cancelled(),
            exposed: event.guests_can_modify == Some(true)
                || event.guests_can_invite_others == Some(true)
                || !matches!(event.visibility.as_str(), "private" | "confidential" | ""),
            answer: answer.filter(|text| text != "needsAction").unwrap_or_default(),
            page_url: Some(event.html_link)
                .filter(|link| is_web_address(link))
                .unwrap_or_default(),
            id: event.id,
            etag: event.etag,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(zone: &str) -> MeetingDraft {
        MeetingDraft {
            topic: "Visit".into(),
            marker: "00ff".into(),
            start: "2030-07-01T07:00:00Z".parse().unwrap(),
            duration_minutes: 30,
            zone: crate::meeting::time_zone(zone).unwrap(),
            description: "At the clinic".into(),
            guests: vec!["patient@example.test".into()],
            organizer: "doctor@example.test".into(),
            invite: false,
        }
    }

    #[test]
    fn times_carry_their_offset_and_an_iana_name() {
        for (zone, time, name) in [
            ("Europe/Berlin", "2030-07-01T09:00:00+02:00", "Europe/Berlin"),
            ("+05:30", "2030-07-01T07:00:00+00:00", "UTC"),
            ("UTC", "2030-07-01T07:00:00+00:00", "UTC"),
        ] {
            let draft = draft(zone);
            let body = serde_json::to_value(EventBody::of(&draft, EventOptions::default())).unwrap();
            assert_eq!(body["start"]["dateTime"], time);
            assert_eq!(body["start"]["timeZone"], name);
        }
    }

    #[test]
    fn events_are_private_and_changes_leave_the_guest_list_alone() {
        let draft = draft("UTC");
        let change = serde_json::to_value(EventBody::of(&draft, EventOptions::default())).unwrap();
        for (field, value) in [
            ("guestsCanInviteOthers", false),
            ("guestsCanModify", false),
            ("guestsCanSeeOtherGuests", false),
        ] {
            assert_eq!(change[field], value, "{field}");
        }
        assert_eq!(change["visibility"], "private");
        assert!(change.get("attendees").is_none() && change.get("conferenceData").is_none());
        let new = EventBody::of(&draft, EventOptions::default())
            .inviting(&draft)
            .created_as("kct1")
            .unwrap();
        let new = serde_json::to_value(new).unwrap();
        assert_eq!(new["attendees"][0]["email"], "patient@example.test");
        assert_eq!(
            new["conferenceData"]["createRequest"]["conferenceSolutionKey"]["type"],
            "hangoutsMeet"
        );
    }

    #[test]
    fn links_are_taken_where_they_are_and_only_when_usable() {
        let event = |json: &str| serde_json::from_str::<Event>(json).unwrap();
        let ready = event(r#"{"id":"a","hangoutLink":"https://meet.google.com/a"}"#);
        assert_eq!(
            (ready.link(), ready.conference()),
            ("https://meet.google.com/a", Conference::Ready)
        );
        let points = event(
            r#"{"conferenceData":{"entryPoints":[{"entryPointType":"phone","uri":"tel:+1"},
            {"entryPointType":"video","uri":"https://meet.google.com/b"}]}}"#,
        );
        assert_eq!(points.link(), "https://meet.google.com/b");
        let broken = event(r#"{"hangoutLink":"javascript:alert(1)"}"#);
        assert_eq!((broken.link(), broken.conference()), ("", Conference::Missing));
        let pending = event(r#"{"conferenceData":{"createRequest":{"status":{"statusCode":"pending"}}}}"#);
        assert_eq!(pending.conference(), Conference::Pending);
        let failed = event(r#"{"conferenceData":{"createRequest":{"status":{"statusCode":"failure"}}}}"#);
        assert_eq!(failed.conference(), Conference::Missing);
    }

    #[test]
    fn an_all_day_event_has_no_time() {
        let event: Event =
            serde_json::from_str(r#"{"start":{"date":"2030-07-01"},"end":{"date":"2030-07-02"}}"#).unwrap();
        let meeting = Meeting::from(event);
        assert_eq!((meeting.start_time.as_str(), meeting.duration_minutes), ("", 0));
    }
}
