//! What the product refuses, and why: the kinds every edge tells apart.
//!
//! Conventions: a message is a sentence for people, with the numbers; a hint says what to do next; a code is stable
//! and for programs. Nothing here knows status codes.

use std::borrow::Cow;

/// A refusal in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable name.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do next.
    pub hint: Cow<'static, str>,
}

/// One field of a request that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where: `body`, `query` or `path`, then the field.
    pub place: Vec<String>,
    /// Kind of mistake, such as `missing`.
    pub kind: &'static str,
    /// In words; never contains what was sent.
    pub message: String,
}

impl FieldError {
    /// A mistake in a field of the request body.
    pub fn body(field: &str, kind: &'static str, message: impl Into<String>) -> Self {
        Self { place: vec!["body".to_owned(), field.to_owned()], kind, message: message.into() }
    }
}

/// Why somebody counts as unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// No token came along.
    NoToken,
    /// The token is damaged, expired or revoked.
    BadToken,
    /// Address and password do not belong together.
    BadLogin,
    /// The refresh token is unknown, over, or was used before.
    BadRefresh,
}

/// Failures of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Fields break rules.
    #[error("{} fields are not as they should be", .0.len())]
    Invalid(Vec<FieldError>),
    /// A rule of the product is broken.
    #[error("{}", .0.message)]
    Rule(Refusal),
    /// Who is asking?
    #[error("not authenticated")]
    Unauthenticated(Stranger),
    /// The caller is known and may not.
    #[error("{}", .0.message)]
    Forbidden(Refusal),
    /// Not there, or not for this caller's eyes.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// It is in the way of something that is there.
    #[error("{}", .0.message)]
    Conflict(Refusal),
    /// More than a limit allows.
    #[error("{}", .0.message)]
    TooLarge(Refusal),
    /// Not a recording that is read here.
    #[error("{}", .0.message)]
    Unsupported(Refusal),
    /// Too much at once.
    #[error("{}", .0.message)]
    Busy(Refusal),
    /// Too often; it is known when it is possible again.
    #[error("{}", .refusal.message)]
    Limited {
        /// In words.
        refusal: Refusal,
        /// Seconds until then.
        retry_after_s: u64,
    },
    /// Something this process needs does not answer.
    #[error("{}", .0.message)]
    Unavailable(Refusal),
    /// A mistake of ours.
    #[error("internal: {0}")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// Result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Shorthand for a refusal.
pub fn refusal(code: &'static str, message: impl Into<String>, hint: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal { code, message: message.into(), hint: hint.into() }
}

impl Error {
    /// A mistake of ours, told with what failed.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Self::NotFound(what),
            store::Error::Conflict(_) => {
                Self::Conflict(refusal("conflict", "This is there already.", "Read it again and decide anew."))
            }
            store::Error::Unavailable(cause) => {
                tracing::error!(%cause, "storage does not answer");
                Self::Unavailable(refusal(
                    "storage_unavailable",
                    "The storage does not answer.",
                    "Try again in a few seconds; nothing was changed.",
                ))
            }
            other => Self::internal(other),
        }
    }
}

impl From<media::Error> for Error {
    fn from(error: media::Error) -> Self {
        let refusal = Refusal { code: error.code(), message: sentence(&error), hint: error.hint().into() };
        match error {
            media::Error::LimitReached { .. } => Self::TooLarge(refusal),
            media::Error::ToolMissing { .. } | media::Error::TimedOut { .. } => Self::Unavailable(refusal),
            media::Error::Io { .. } => Self::internal(error),
            _ => Self::Unsupported(refusal),
        }
    }
}

/// A library's lower-case message as a sentence.
pub(crate) fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: Error) -> &'static str {
        match error {
            Error::Conflict(refusal) | Error::Unsupported(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_lower_floors_refuse_has_a_code() {
        assert_eq!(code(store::Error::Conflict("a unique index".to_owned()).into()), "conflict");
        let codec = media::Error::CodecUnsupported { codec: "wmavoice".to_owned() };
        assert_eq!(code(codec.into()), "media_codec_unsupported");
    }
}
