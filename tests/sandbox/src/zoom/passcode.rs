//! Passcode policy of an account.

use serde::{Deserialize, Serialize};

const WEAK: [&str; 8] = [
    "123456", "password", "111111", "abcdef", "abc123", "qwerty", "654321", "zoom123",
];
const SPECIAL: &[u8] = b"@-_*";

/// `schedule_meeting.meeting_password_requirement`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Minimum length; 0 is none.
    pub length: usize,
    /// A letter is needed.
    pub have_letter: bool,
    /// A digit is needed.
    pub have_number: bool,
    /// A special character is needed.
    pub have_special_character: bool,
    /// Nothing but digits.
    pub only_allow_numeric: bool,
    /// Both cases are needed.
    pub have_upper_and_lower_characters: bool,
    /// Runs (`1111`, `1234`, `dcba`) of this length are refused; 0 is off.
    pub consecutive_characters_length: usize,
    /// Well-known weak passcodes are refused.
    pub weak_enhance_detection: bool,
}

impl Rules {
    /// Why a passcode is refused.
    pub fn refuse(&self, passcode: &str) -> Option<&'static str> {
        let bytes = passcode.as_bytes();
        let any = |test: fn(&u8) -> bool| bytes.iter().any(test);
        if bytes.len() > 10 || !bytes.iter().all(u8::is_ascii_graphic) {
            return Some("Passcode may have at most 10 characters, without spaces.");
        }
        if bytes.len() < self.length {
            return Some("Passcode is shorter than the account requires.");
        }
        if self.only_allow_numeric && !bytes.iter().all(u8::is_ascii_digit) {
            return Some("Passcode may contain digits only.");
        }
        if self.have_letter && !any(u8::is_ascii_alphabetic) {
            return Some("Passcode must contain a letter.");
        }
        if self.have_number && !any(u8::is_ascii_digit) {
            return Some("Passcode must contain a number.");
        }
        if self.have_special_character && !any(u8::is_ascii_punctuation) {
            return Some("Passcode must contain a special character.");
        }
        if self.have_upper_and_lower_characters
            && !(any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase))
        {
            return Some("Passcode must contain upper and lower case letters.");
        }
        if self.consecutive_characters_length > 1
            && bytes.windows(self.consecutive_characters_length).any(run)
        {
            return Some("Passcode contains too many consecutive characters.");
        }
        if self.weak_enhance_detection && (run(bytes) || WEAK.contains(&passcode.to_lowercase().as_str())) {
            return Some("Passcode is too weak.");
        }
        None
    }

    /// A passcode that satisfies the rules.
    pub fn generate(&self) -> String {
        let digits: Vec<u8> = (b'0'..=b'9').collect();
        let all: Vec<u8> = digits
            .iter()
            .copied()
            .chain(b'A'..=b'Z')
            .chain(b'a'..=b'z')
            .chain(SPECIAL.iter().copied())
            .collect();
        let alphabet = if self.only_allow_numeric { &digits } else { &all };
        let length = self.length.clamp(6, 10);
        let draw = || -> String {
            (0..length)
                .map(|_| char::from(alphabet[rand::random_range(0..alphabet.len())]))
                .collect()
        };
        // Contradictory rules (digits only, yet a letter) end after some tries with what we have.
        (0..5000)
            .map(|_| draw())
            .find(|p| self.refuse(p).is_none())
            .unwrap_or_else(draw)
    }
}

/// All characters equal, rising by one or falling by one.
fn run(bytes: &[u8]) -> bool {
    bytes.len() > 1
        && [-1, 0, 1].iter().any(|step| {
            bytes
                .windows(2)
                .all(|w| i16::from(w[1]) - i16::from(w[0]) == *step)
        })
}
