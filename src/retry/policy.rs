//! Whether and when to send again: a pure decision.

use std::time::Duration;

use backon::BackoffBuilder;

/// What a request does at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Repeating it changes nothing: reads, deletes, updates that name the state to reach.
    Safe,
    /// Repeating it may do it twice: creates, refreshes of single-use tokens.
    Create,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The provider answered; with the pause it asked for.
    Status(u16, Option<Duration>),
    /// The request never left.
    NotSent,
    /// The request may not leave; the next one may not either.
    Blocked,
    /// The request may have arrived; its answer did not.
    Lost,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Take the ending as it is.
    Stop,
    /// Send again after this pause.
    Wait(Duration),
}

/// Limits of repetition.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// First pause; doubled with every attempt, with jitter added.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
    /// Seed of the spread that is added to pauses, up to as much again; none for exact pauses.
    pub jitter: Option<u64>,
}

/// Decides after attempt number `attempt` (from 1) with `remaining` time in the budget.
///
/// A create is repeated only when it certainly had no effect: it never left, or the provider turned it away (429).
/// A pause that the provider asks for and the budget cannot give ends the matter for now.
pub fn decide(
    limits: &Limits,
    effect: Effect,
    ending: Ending,
    attempt: u32,
    remaining: Duration,
) -> Decision {
    let repeatable = match (ending, effect) {
        (Ending::NotSent | Ending::Status(429, _), _) | (Ending::Lost, Effect::Safe) => true,
        (Ending::Status(status, _), Effect::Safe) => matches!(status, 500 | 502 | 503 | 504),
        (Ending::Blocked, _) | (Ending::Lost | Ending::Status(..), Effect::Create) => false,
    };
    if !repeatable || attempt >= limits.attempts {
        return Decision::Stop;
    }
    let asked = if let Ending::Status(_, Some(pause)) = ending {
        pause
    } else {
        Duration::ZERO
    };
    let pause = backoff(limits, attempt).max(asked);
    if pause < remaining {
        Decision::Wait(pause)
    } else {
        Decision::Stop
    }
}

fn backoff(limits: &Limits, attempt: u32) -> Duration {
    let mut builder = backon::ExponentialBuilder::new()
        .with_min_delay(limits.first_pause)
        .with_max_delay(limits.longest_pause)
        .without_max_times();
    if let Some(seed) = limits.jitter {
        // Without a seed, and without its std feature, backon spreads alike in every process.
        builder = builder.with_jitter().with_jitter_seed(seed);
    }
    let skipped = usize::try_from(attempt.saturating_sub(1).min(32)).unwrap_or(32);
    let pause = builder.build().nth(skipped).unwrap_or(limits.longest_pause);
    // backon multiplies in floating point; whole milliseconds keep the result exact.
    Duration::from_millis(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        attempts: 3,
        first_pause: Duration::from_millis(200),
        longest_pause: Duration::from_secs(2),
        jitter: None,
    };
    const LONG: Duration = Duration::from_secs(10);

    fn after(effect: Effect, ending: Ending, attempt: u32) -> Decision {
        decide(&LIMITS, effect, ending, attempt, LONG)
    }

    #[test]
    fn a_create_whose_effect_is_unknown_is_never_repeated() {
        for ending in [
            Ending::Lost,
            Ending::Status(500, None),
            Ending::Status(503, Some(Duration::ZERO)),
        ] {
            assert_eq!(after(Effect::Create, ending, 1), Decision::Stop);
        }
    }

    #[test]
    fn a_create_that_had_no_effect_is_repeated() {
        assert!(matches!(
            after(Effect::Create, Ending::NotSent, 1),
            Decision::Wait(_)
        ));
        assert!(matches!(
            after(Effect::Create, Ending::Status(429, None), 1),
            Decision::Wait(_)
        ));
    }

    #[test]
    fn safe_requests_are_repeated_on_passing_faults_only() {
        assert!(matches!(after(Effect::Safe, Ending::Lost, 1), Decision::Wait(_)));
        assert!(matches!(
            after(Effect::Safe, Ending::Status(503, None), 1),
            Decision::Wait(_)
        ));
        for status in [200, 301, 400, 401, 404, 501] {
            assert_eq!(
                after(Effect::Safe, Ending::Status(status, None), 1),
                Decision::Stop
            );
        }
    }

    #[test]
    fn what_may_not_leave_is_not_tried_again_at_once() {
        for effect in [Effect::Safe, Effect::Create] {
            assert_eq!(after(effect, Ending::Blocked, 1), Decision::Stop);
        }
    }

    #[test]
    fn attempts_are_bounded_and_pauses_grow_to_a_limit() {
        assert_eq!(
            after(Effect::Safe, Ending::Lost, 1),
            Decision::Wait(Duration::from_millis(200))
        );
        assert_eq!(
            after(Effect::Safe, Ending::Lost, 2),
            Decision::Wait(Duration::from_millis(400))
        );
        assert_eq!(after(Effect::Safe, Ending::Lost, 3), Decision::Stop);
        let many = Limits {
            attempts: u32::MAX,
            ..LIMITS
        };
        let late = decide(&many, Effect::Safe, Ending::Lost, u32::MAX - 1, LONG);
        assert_eq!(
            late,
            Decision::Wait(Duration::from_secs(2)),
            "attempt counts cannot overflow"
        );
    }

    #[test]
    fn the_spread_depends_on_the_seed_alone() {
        let pause = |seed| {
            decide(
                &Limits {
                    jitter: Some(seed),
                    ..LIMITS
                },
                Effect::Safe,
                Ending::Lost,
                1,
                LONG,
            )
        };
        assert_eq!(pause(1), pause(1));
        assert_ne!(pause(1), pause(2));
        for seed in 0..100 {
            let Decision::Wait(pause) = pause(seed) else {
                panic!("no pause for {seed}")
            };
            assert!(
                pause >= LIMITS.first_pause && pause <= LIMITS.first_pause * 2,
                "{pause:?}"
            );
        }
    }

    #[test]
    fn the_providers_pause_counts_and_one_beyond_the_budget_stops() {
        let asked = |seconds| Ending::Status(429, Some(Duration::from_secs(seconds)));
        assert_eq!(
            after(Effect::Create, asked(3), 1),
            Decision::Wait(Duration::from_secs(3))
        );
        assert_eq!(after(Effect::Create, asked(60), 1), Decision::Stop);
    }
}
