//! Provider-neutral meetings: what a visit asks for, and what every meeting must satisfy.

use jiff::{Timestamp, civil, tz::TimeZone};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

use crate::error::{Result, internal, invalid_input};

/// A visit as KiviCare booked it.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// KiviCare's appointment id.
    pub appointment_id: u64,
    /// The doctor's WordPress user id.
    pub doctor_id: u64,
    /// Local start, `YYYY-MM-DD HH:MM:SS`.
    pub start: String,
    /// Zone of `start`: an IANA name (backward names included) or a fixed offset like `+05:30`.
    pub timezone: String,
    /// The site's zone, for rows without one.
    pub fallback_timezone: String,
    /// Length in minutes.
    pub duration_minutes: u32,
    /// Neutral title; never a name or a service.
    pub topic: String,
    /// Our own start link, stored with the mapping.
    pub start_url: String,
    /// The patient's WordPress user id; a meeting is never passed on to another patient.
    pub patient_id: u64,
    /// Text of a calendar event, for providers that make one.
    pub description: String,
    /// E-mail addresses of the people to invite.
    pub guests: Vec<String>,
    /// The doctor's own address, who attends without being asked; empty when it is not known.
    pub organizer: String,
    /// Changes whenever title or text would change; empty for providers that show neither.
    pub content: String,
}

/// What a provider is asked to make.
#[derive(Debug, Clone, Serialize)]
pub struct MeetingDraft {
    /// Title, at most 200 characters.
    pub topic: String,
    /// Private marker, 32 hex digits, by which a meeting is found again when the answer was lost.
    pub marker: String,
    /// Start as an instant; sent as UTC.
    pub start: Timestamp,
    /// Length in minutes, 1 to 1440.
    pub duration_minutes: u32,
    /// The zone in which the visit was booked.
    #[serde(skip)]
    pub zone: TimeZone,
    /// Text of a calendar event.
    pub description: String,
    /// People to invite.
    pub guests: Vec<String>,
    /// The host's own address, or empty.
    pub organizer: String,
    /// Invite them all anew, when an existing meeting is changed.
    #[serde(skip)]
    pub invite: bool,
}

/// The zone a text names: IANA (bundled database, backward names included), `UTC`, or a fixed offset such as
/// `+05:30`, which WordPress uses for sites without a city (KiviCare contract §9.4).
pub fn time_zone(text: &str) -> Result<TimeZone> {
    let text = text.trim();
    if let Ok(zone) = TimeZone::get(text) {
        return Ok(zone);
    }
    let digits = text.strip_prefix("UTC").unwrap_or(text);
    let sign = match digits.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return Err(unknown_zone(text)),
    };
    let (hours, minutes) = digits
        .split_at(1)
        .1
        .split_once(':')
        .unwrap_or((digits.split_at(1).1, "0"));
    let number = |part: &str| part.parse::<i32>().map_err(|_| unknown_zone(text));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
        return Err(unknown_zone(text));
    }
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60))
        .map_err(|_| unknown_zone(text))?;
    Ok(TimeZone::fixed(offset))
}

fn unknown_zone(text: &str) -> crate::Error {
    let shown: String = text.chars().filter(char::is_ascii_graphic).take(40).collect();
    invalid_input(format!(
        "the time zone \"{shown}\" is unknown; set the appointment's or the site's time zone"
    ))
}

impl Visit {
    /// The start as an instant. In a gap of daylight saving the later reading counts, in a fold the earlier one.
    pub fn start_instant(&self) -> Result<Timestamp> {
        let zone = self.zone()?;
        let local: civil::DateTime = self.start.trim().parse().map_err(|_| {
            invalid_input("the appointment's start is not a date and time like 2030-01-31 09:00:00")
        })?;
        let zoned = local
            .to_zoned_datetime(zone)
            .map_err(|_| invalid_input("the appointment's start is out of range"))?;
        Ok(zoned.timestamp())
    }

    /// The zone of `start`.
    pub fn zone(&self) -> Result<TimeZone> {
        time_zone(if self.timezone.trim().is_empty() {
            &self.fallback_timezone
        } else {
            &self.timezone
        })
    }

    /// Length in minutes as providers take it: 1 to 1440.
    pub fn minutes(&self) -> u32 {
        self.duration_minutes.clamp(1, 1440)
    }

    /// The request to the provider with this marker.
    pub fn draft(&self, marker: String) -> Result<MeetingDraft> {
        Ok(MeetingDraft {
            topic: self.topic.chars().take(200).collect(),
            marker,
            start: self.start_instant()?,
            duration_minutes: self.minutes(),
            zone: self.zone()?,
            description: self.description.clone(),
            guests: self.guests.clone(),
            organizer: self.organizer.clone(),
            invite: false,
        })
    }
}

/// A fresh marker: 128 random bits as 32 lower-case hex digits.
pub fn new_marker() -> Result<String> {
    let mut bytes = [0u8; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| internal("the system gives no random numbers"))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(start: &str, timezone: &str) -> Visit {
        Visit {
            appointment_id: 1,
            doctor_id: 2,
            start: start.into(),
            timezone: timezone.into(),
            fallback_timezone: "+05:30".into(),
            duration_minutes: 30,
            topic: "Video consultation".into(),
            ..Visit::default()
        }
    }

    #[test]
    fn local_times_become_instants_in_every_form_of_zone() {
        for (zone, utc) in [
            ("Europe/Berlin", "2030-07-01T07:00:00Z"),
            ("America/New_York", "2030-07-01T13:00:00Z"),
            ("Asia/Calcutta", "2030-07-01T03:30:00Z"),
            ("+05:30", "2030-07-01T03:30:00Z"),
            ("-03:00", "2030-07-01T12:00:00Z"),
            ("UTC+2", "2030-07-01T07:00:00Z"),
            ("UTC", "2030-07-01T09:00:00Z"),
            ("", "2030-07-01T03:30:00Z"),
        ] {
            assert_eq!(
                visit("2030-07-01 09:00:00", zone)
                    .start_instant()
                    .unwrap()
                    .to_string(),
                utc,
                "{zone}"
            );
        }
    }

    #[test]
    fn daylight_saving_gaps_and_folds_are_settled() {
        let gap = visit("2030-03-31 02:30:00", "Europe/Berlin")
            .start_instant()
            .unwrap();
        assert_eq!(gap.to_string(), "2030-03-31T01:30:00Z");
        let fold = visit("2030-10-27 02:30:00", "Europe/Berlin")
            .start_instant()
            .unwrap();
        assert_eq!(fold.to_string(), "2030-10-27T00:30:00Z");
    }

    #[test]
    fn unusable_zones_and_times_name_the_remedy() {
        assert!(
            visit("2030-07-01 09:00:00", "Mars/Base")
                .start_instant()
                .unwrap_err()
                .to_string()
                .contains("time zone")
        );
        assert!(visit("tomorrow", "UTC").start_instant().is_err());
        assert!(time_zone("+").is_err() && time_zone("+99:00").is_err() && time_zone("é").is_err());
    }

    #[test]
    fn markers_are_distinct_and_hexadecimal() {
        let (a, b) = (new_marker().unwrap(), new_marker().unwrap());
        assert_ne!(a, b);
        assert!(a.len() == 32 && a.chars().all(|c| c.is_ascii_hexdigit()));
    }
}
