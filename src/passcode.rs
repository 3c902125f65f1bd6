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
            && !has_run(&text)
        {
            return Ok(Passcode::new(text));
        }
    }
}

fn has_run(text: &str) -> bool {
    text.as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1))
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

    #[test]
    fn default_passcodes_satisfy_the_strictest_account_rules() {
        for _ in 0..200 {
            let code = generate(Rules::default()).unwrap();
            let text = code.expose();
            assert_eq!(text.len(), LENGTH);
            for class in [UPPER, LOWER, DIGITS, SPECIAL] {
                assert!(text.bytes().any(|c| class.contains(&c)), "a class is missing");
            }
            assert!(!has_run(text), "neighbouring characters");
        }
    }

    #[test]
    fn numeric_accounts_get_digits_alone() {
        let code = generate(Rules {
            only_allow_numeric: true,
        })
        .unwrap();
        assert!(code.expose().bytes().all(|c| c.is_ascii_digit()));
    }

    #[test]
    fn passcodes_do_not_repeat() {
        let codes: std::collections::HashSet<_> = (0..500)
            .map(|_| generate(Rules::default()).unwrap().expose().to_owned())
            .collect();
        assert_eq!(codes.len(), 500);
    }
}
