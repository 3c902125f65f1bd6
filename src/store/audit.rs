//! Who did what: an entry of the audit log.

/// Sizes of the table's columns, in characters.
const SOURCE_CHARS: usize = 16;
const ACTION_CHARS: usize = 40;
const PROVIDER_CHARS: usize = 20;
const DETAIL_CHARS: usize = 500;
const BUCKET_CHARS: usize = 64;

/// An entry of `kc_telemed_audit`. No token, name, address or health data belongs into it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// WordPress user who acted, 0 for nobody.
    pub actor_id: u64,
    /// `web`, `cli`, `cron` or `webhook`.
    pub source: String,
    /// What was done.
    pub action: String,
    /// KiviCare's appointment id, 0 for none.
    pub appointment_id: u64,
    /// The doctor concerned, 0 for none.
    pub doctor_id: u64,
    /// The provider concerned, or empty.
    pub provider: String,
    /// Safe text.
    pub detail: String,
    /// Entries with the same text here are one row, which counts them; empty for a row of its own.
    pub bucket: String,
}

impl AuditEntry {
    /// The entry as the table can keep it: strict SQL mode would refuse a longer text, and losing the entry is worse
    /// than losing the end of a text.
    pub(super) fn fitted(&self) -> Self {
        let cut = |text: &str, most: usize| text.chars().take(most).collect();
        Self {
            source: cut(&self.source, SOURCE_CHARS),
            action: cut(&self.action, ACTION_CHARS),
            provider: cut(&self.provider, PROVIDER_CHARS),
            detail: cut(&self.detail, DETAIL_CHARS),
            bucket: cut(&self.bucket, BUCKET_CHARS),
            ..*self
        }
    }
}
