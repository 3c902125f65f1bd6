//! How much a Zoom account may ask (API reference, rate limits): per second, shared by all its apps, and a hundred creates
//! and changes a day for each host.

use super::Connection;
use crate::api::Lanes;
use crate::pace::{Lane, Rate};

/// What the clinic pays Zoom for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Plan {
    /// Basic accounts.
    Free,
    /// The usual one.
    #[default]
    Pro,
    /// Business and above.
    Business,
}

impl Plan {
    /// The plan with this name; Pro for others.
    pub fn from_name(name: &str) -> Self {
        match name {
            "free" => Self::Free,
            "business" => Self::Business,
            _ => Self::Pro,
        }
    }

    /// Light and medium requests a second.
    const fn budgets(self) -> (f64, f64) {
        match self {
            Self::Free => (4.0, 2.0),
            Self::Pro => (30.0, 20.0),
            Self::Business => (80.0, 60.0),
        }
    }

    /// The budgets of a connection. A doctor's own account is taken for one of its own.
    pub(super) fn lanes(self, connection: &Connection) -> Lanes {
        let (account, host) = match connection {
            Connection::User { doctor_id } => (format!("zoom:user:{doctor_id}"), doctor_id.to_string()),
            Connection::ServerToServer { account_id, host, .. } => {
                (format!("zoom:account:{account_id}"), host.clone())
            }
        };
        let (light, medium) = self.budgets();
        let lane = |class: &str, budget: f64| {
            vec![Lane {
                key: format!("{account}:{class}"),
                // Together never more than the budget in any second.
                rate: Rate {
                    per_second: (budget - 1.0) * 0.9,
                    burst: (budget - 1.0) * 0.1,
                },
            }]
        };
        Lanes {
            light: lane("light", light),
            medium: lane("medium", medium),
            daily: Some(format!("{account}:day:{host}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_never_holds_more_than_the_plan_allows() {
        for plan in [Plan::Free, Plan::Pro, Plan::Business] {
            let lanes = plan.lanes(&Connection::User { doctor_id: 7 });
            let (light, medium) = plan.budgets();
            for (lane, budget) in lanes
                .light
                .iter()
                .map(|lane| (lane, light))
                .chain(lanes.medium.iter().map(|lane| (lane, medium)))
            {
                assert!(
                    lane.rate.per_second + lane.rate.burst + 1.0 <= budget + 1e-6,
                    "{plan:?}"
                );
            }
        }
    }

    #[test]
    fn hosts_of_an_account_share_its_seconds_and_keep_their_own_days() {
        let of = |host: &str| {
            Plan::Pro.lanes(&Connection::ServerToServer {
                owner: 0,
                account_id: "a".into(),
                host: host.into(),
            })
        };
        assert_eq!(of("x").light, of("y").light);
        assert_ne!(of("x").daily, of("y").daily);
    }
}
