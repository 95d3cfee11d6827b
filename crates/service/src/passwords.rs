//! Passwords: which are accepted, how they are kept and compared.
//!
//! Conventions: bcrypt reads 72 bytes and no more, so longer passwords are refused instead of being cut in silence.
//! Hashing takes a good part of a second of CPU: it runs on the blocking threads, as many at once as there are
//! processors.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::config::Secret;
use crate::error::FieldError;
use crate::{Error, Result};

/// Shortest password, characters, and so at least as many bytes.
const CHARS_MIN: usize = 8;
/// Longest password, bytes.
const BYTES_MAX: usize = 72;

/// Guessed first by everybody; compared in lower case, without what is put at the end to please rules.
const COMMON: [&str; 40] = [
    "password",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "qwertz",
    "qwertzui",
    "asdfghjk",
    "asdfghjkl",
    "zxcvbnm",
    "iloveyou",
    "princess",
    "dragon",
    "football",
    "baseball",
    "superman",
    "batman",
    "starwars",
    "sunshine",
    "trustno1",
    "welcome",
    "letmein",
    "letmein1",
    "monkey",
    "shadow",
    "master",
    "michael",
    "jennifer",
    "computer",
    "internet",
    "whatever",
    "drummer",
    "drumming",
    "drums",
    "backbeat",
    "changeme",
    "secret",
    "admin",
];

/// Checks a new password.
///
/// # Errors
/// The broken rule, without the password.
pub(crate) fn check(password: &Secret, field: &str) -> Result<(), FieldError> {
    let text = password.expose();
    let refuse = |kind, message: String| Err(FieldError::body(field, kind, message));
    if text.chars().count() < CHARS_MIN {
        return refuse("too_short", format!("a password has at least {CHARS_MIN} characters"));
    }
    if text.len() > BYTES_MAX {
        return refuse("too_long", format!("a password has at most {BYTES_MAX} bytes"));
    }
    if text.contains('\0') {
        return refuse("zero_character", "a password has no zero characters".to_owned());
    }
    let lower = text.to_lowercase();
    let stem = lower.trim_end_matches(|last: char| !last.is_alphabetic());
    let same = text.chars().all(|letter| text.starts_with(letter));
    let counted = "01234567890123456789".contains(text) || "98765432109876543210".contains(text);
    if same || counted || COMMON.contains(&stem) || COMMON.contains(&lower.as_str()) {
        return refuse("common_password", "this password is among the first that are guessed".to_owned());
    }
    Ok(())
}

/// Whether any account could have this password; others are not worth the work of hashing.
pub(crate) fn possible(password: &Secret) -> bool {
    password.expose().len() <= BYTES_MAX && !password.expose().contains('\0')
}

/// Makes and compares hashes.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    cost: u32,
    at_once: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) fn new(cost: u32) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cost, at_once: Arc::new(Semaphore::new(processors)) }
    }

    /// The hash to keep.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String> {
        let cost = self.cost;
        self.blocking(move || bcrypt::hash(password.expose(), cost)).await?.map_err(Error::internal)
    }

    /// Whether the password is the one; with no hash at hand the same work is done and the answer is no, so that the
    /// time does not tell which addresses exist.
    pub(crate) async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| format!("$2b${:02}${}", self.cost, ".".repeat(53)));
        let right = self.blocking(move || bcrypt::verify(password.expose(), &hash)).await?.map_err(Error::internal)?;
        Ok(known && right)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _permit = self.at_once.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Option<&'static str> {
        check(&Secret::new(password), "password").err().map(|error| error.kind)
    }

    #[test]
    fn passwords_have_8_characters_to_72_bytes_and_are_not_the_first_to_be_guessed() {
        assert_eq!(verdict("Secure-pass-123"), None);
        assert_eq!(verdict("short"), Some("too_short"));
        assert_eq!(verdict("äöüäöü1"), Some("too_short"));
        assert_eq!(verdict(&"ü1".repeat(24)), None);
        assert_eq!(verdict(&"ü1".repeat(25)), Some("too_long"));
        for common in ["Password1!", "12345678", "aaaaaaaaaa", "letmein123"] {
            assert_eq!(verdict(common), Some("common_password"), "{common}");
        }
    }

    #[tokio::test]
    async fn unknown_accounts_take_a_full_comparison_and_are_wrong() {
        let hasher = Hasher::new(4);
        let hash = hasher.hash(Secret::new("Secure-pass-123")).await.unwrap();
        assert!(hash.starts_with("$2b$04$"));
        assert!(hasher.verify(Secret::new("Secure-pass-123"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(Secret::new("Secure-pass-124"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(Secret::new("Secure-pass-123"), None).await.unwrap());
    }
}
