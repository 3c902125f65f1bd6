//! Who was turned away: everybody who is logged in is recorded, and strangers cannot fill the log.
//!
//! Entries that are alike are one row, which counts them. What is alike is bounded, so the number of rows is, too:
//! strangers by kind, hour and one of a few slots that their address falls into; people by route and day.

use std::net::{IpAddr, Ipv6Addr};

use ring::digest::{SHA256, digest};

use super::Telemed;
use crate::error::Result;
use crate::store::AuditEntry;

/// Strangers' rows of one kind in an hour.
const SLOTS: u32 = 32;
/// A person's rows of one kind in a day.
const ROUTES: u32 = 512;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A request that was turned away.
#[derive(Debug, Clone, Default)]
pub struct Refusal {
    /// `WordPress` user who asked, 0 for nobody.
    pub actor_id: u64,
    /// `web`, `cli`, `cron` or `webhook`.
    pub source: String,
    /// The route, without its parameters.
    pub route: String,
    /// The address of the connection; it decides the slot and is not kept.
    pub address: String,
}

impl Telemed {
    /// Records a refusal, or counts it where its like is recorded already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Store`](crate::ErrorKind::Store) when the database does not take it.
    pub async fn record_refusal(&self, refusal: Refusal) -> Result<()> {
        let now = self.clock.now().as_second();
        let entry = AuditEntry {
            bucket: bucket(&refusal, &self.site, now),
            actor_id: refusal.actor_id,
            source: refusal.source,
            action: "access_refused".to_owned(),
            detail: refusal.route,
            ..AuditEntry::default()
        };
        self.store.audit(&entry).await
    }
}

/// What entries share that are alike.
fn bucket(refusal: &Refusal, site: &str, now: i64) -> String {
    let kind = kind(&refusal.route);
    let Refusal { actor_id, route, .. } = refusal;
    if *actor_id > 0 {
        let (day, place) = (now.div_euclid(DAY), slot(site, route, ROUTES));
        return format!("person:{actor_id}:{kind}:{day}:{place}");
    }
    let (hour, place) = (
        now.div_euclid(HOUR),
        slot(site, &network(&refusal.address), SLOTS),
    );
    format!("stranger:{kind}:{hour}:{place}")
}

/// One of a few kinds, whatever is in the route.
fn kind(route: &str) -> &'static str {
    const BY_PART: [(&str, &str); 5] = [
        ("/webhooks/", "webhook"),
        ("/admin/", "admin"),
        ("/settings/", "settings"),
        ("/health/", "health"),
        ("/appointments/", "visit"),
    ];
    if route.ends_with("/join") {
        return "join";
    }
    BY_PART
        .iter()
        .find(|(part, _)| route.contains(part))
        .map_or("other", |(_, kind)| kind)
}

/// The network that one person commands: the address itself, of IPv6 the first 64 bits.
fn network(address: &str) -> String {
    let canonical = address
        .trim()
        .parse::<IpAddr>()
        .map(|address| address.to_canonical());
    match canonical {
        Ok(IpAddr::V6(six)) => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).to_string(),
        Ok(four) => four.to_string(),
        Err(_) => String::new(),
    }
}

/// One of `most` slots; whose it is cannot be chosen without the site's id.
fn slot(site: &str, text: &str, most: u32) -> u32 {
    let hash = digest(&SHA256, format!("{site}\0{text}").as_bytes());
    let number = hash
        .as_ref()
        .iter()
        .take(4)
        .fold(0, |sum: u32, byte| (sum << 8) | u32::from(*byte));
    number.checked_rem(most).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger(address: &str) -> Refusal {
        Refusal {
            source: "web".into(),
            route: "/kivicare-telemed/v1/appointments/7/join".into(),
            address: address.into(),
            ..Refusal::default()
        }
    }

    #[test]
    fn one_source_has_one_row_an_hour_for_each_kind() {
        let asked = bucket(&stranger("192.0.2.7"), "site", 7200);
        let other_visit = Refusal {
            route: "/kivicare-telemed/v1/appointments/8/join".into(),
            ..stranger("192.0.2.7")
        };
        assert_eq!(asked, bucket(&other_visit, "site", 7200 + 3599));
        assert_ne!(asked, bucket(&other_visit, "site", 7200 + 3600));
        let start = Refusal {
            route: "/kivicare-telemed/v1/appointments/8/start".into(),
            ..stranger("192.0.2.7")
        };
        assert_ne!(asked, bucket(&start, "site", 7200));
        assert!(!asked.contains("192.0.2.7"));
    }

    #[test]
    fn sources_are_networks_and_no_header_is_asked() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:1:2:3"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_eq!(network("not an address"), "");
    }

    #[test]
    fn whatever_strangers_do_their_rows_are_few() {
        let many: std::collections::HashSet<String> = (0..50_000u32)
            .map(|n| bucket(&stranger(&std::net::Ipv4Addr::from(n).to_string()), "site", 0))
            .collect();
        assert_eq!(many.len(), SLOTS as usize);
    }

    #[test]
    fn people_have_rows_of_their_own() {
        let person = |actor_id| Refusal {
            actor_id,
            ..stranger("192.0.2.7")
        };
        let (first, second) = (bucket(&person(5), "site", 0), bucket(&person(6), "site", 0));
        assert_ne!(first, second);
        assert_ne!(first, bucket(&stranger("192.0.2.7"), "site", 0));
        let other = Refusal {
            route: "/kivicare-telemed/v1/appointments/8/join".into(),
            ..person(5)
        };
        assert_ne!(first, bucket(&other, "site", 0));
        assert_ne!(first, bucket(&person(5), "site", DAY));
    }
}
