//! Meeting passcodes from the system's random generator, made to fit an account's rules.

use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;

use crate::error::{Result, internal};
use crate::secret::Passcode;

/// Zoom's longest passcode, and the length we always use.
pub const LENGTH: usize = 10;

// Without characters that people confuse when they read a passcode out: 0 O 1 l I.
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijkmnpqrstuvwxyz";
const DIGITS: &[u8] = b"23456789";
// Zoom takes @ - _ * and !; these two survive being written in a mail.
const SPECIAL: &[u8] = b"-_@*";

/// An account's `meeting_password_requirement` (Zoom API, user settings). The default passcode satisfies every rule
/// but this one, so it is the only one worth knowing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Rules {
    /// Digits only.
    #[serde(default)]
    pub only_allow_numeric: bool,
}

/// A new passcode of [`LENGTH`] characters: upper and lower case, digit and special character, no character next to
/// itself or to its neighbour in the alphabet; or digits alone where the account wants that.
pub fn generate(rules: Rules) -> Result<Passcode> {
    let random = SystemRandom::new();
    let classes: &[&[u8]] = if rules.only_allow_numeric {
        &[DIGITS]
    } else {
        &[UPPER, LOWER, DIGITS, SPECIAL]
    };
    // Ten digits are few: forbidding every neighbour would leave a twentieth of them and make repetitions likely.
    let longest_run = if rules.only_allow_numeric { 2 } else { 1 };
    loop {
        let mut text = String::with_capacity(LENGTH);
        let alphabet: Vec<u8> = if rules.only_allow_numeric {
            b"0123456789".to_vec()
        } else {
            [UPPER, LOWER, DIGITS, SPECIAL].concat()
        };
        while text.len() < LENGTH {
            text.push(char::from(pick(&random, &alphabet)?));
        }
        // Drawing again keeps the distribution even; about one draw in three is kept.
        if classes
            .iter()
            .all(|class| text.bytes().any(|c| class.contains(&c)))
            && !has_run(&text, longest_run)
        {
            return Ok(Passcode::new(text));
        }
    }
}

/// Whether more than `longest` characters in a row are the same or neighbours in the alphabet.
fn has_run(text: &str, longest: usize) -> bool {
    text.as_bytes().windows(longest + 1).any(|window| {
        window
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1))
    })
}

fn pick(random: &SystemRandom, alphabet: &[u8]) -> Result<u8> {
    let limit = 256 - 256 % alphabet.len();
    loop {
        let mut byte = [0u8; 1];
        random
            .fill(&mut byte)
            .map_err(|_| internal("the system gives no random numbers"))?;
        let index = usize::from(byte[0]);
        // Rejecting the uneven rest avoids modulo bias.
        if let (true, Some(found)) = (index < limit, alphabet.get(index % alphabet.len())) {
            return Ok(*found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten_thousand(rules: Rules) -> Vec<String> {
        (0..10_000)
            .map(|_| generate(rules).unwrap().expose().to_owned())
            .collect()
    }

    #[test]
    fn ten_thousand_passcodes_satisfy_the_strictest_account_rules_and_never_repeat() {
        let codes = ten_thousand(Rules::default());
        for text in &codes {
            assert_eq!(text.len(), LENGTH);
            for class in [UPPER, LOWER, DIGITS, SPECIAL] {
                assert!(text.bytes().any(|c| class.contains(&c)), "a class is missing");
            }
            let all = [UPPER, LOWER, DIGITS, SPECIAL].concat();
            assert!(text.bytes().all(|c| all.contains(&c)), "a foreign character");
            assert!(!has_run(text, 1), "neighbouring characters");
        }
        let distinct: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), codes.len());
    }

    #[test]
    fn numeric_accounts_get_ten_digits_without_runs() {
        let codes = ten_thousand(Rules {
            only_allow_numeric: true,
        });
        for text in &codes {
            assert_eq!(text.len(), LENGTH);
            assert!(text.bytes().all(|c| c.is_ascii_digit()) && !has_run(text, 2));
        }
        // Of 10,000 ten-digit numbers two are equal in one run of two hundred; more than that is no chance.
        let distinct: std::collections::HashSet<_> = codes.iter().collect();
        assert!(distinct.len() >= codes.len() - 1);
    }
}
