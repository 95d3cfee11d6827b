//! Requests that may be sent again: the first is answered, the others get its answer.
//!
//! Conventions: a key belongs to a caller and a route. Of the body only a keyed hash is kept, since it may contain
//! passwords; the answer is kept as the edge gives it, unopened.

use std::time::Duration;

use serde_json::Value as Document;
use sha2::{Digest, Sha256};
use store::idempotency::{self as rows, Claim};
use uuid::Uuid;

use crate::error::refusal;
use crate::{App, Error, Result, tokens};

/// How long an answer is kept.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// What a request with a key is.
#[derive(Debug)]
pub enum Request {
    /// The first: to be answered, then [`keep`] or [`give_up`].
    First(Ticket),
    /// A later one: the answer of the first, if the body is the same.
    Again(Kept),
}

/// The right to answer a key.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(Uuid);

/// What is kept of the first request with a key.
#[derive(Debug)]
pub struct Kept {
    body_hash: String,
    answer: Document,
}

impl Kept {
    /// The answer, to a request whose body has this hash.
    ///
    /// # Errors
    /// `Conflict` when the body is another one.
    pub fn answer(self, body: BodyHash) -> Result<Document> {
        if body.end() == self.body_hash {
            return Ok(self.answer);
        }
        Err(Error::Conflict(refusal(
            "idempotency_key_reused",
            "This Idempotency-Key came with another body before.",
            "Use a new key for every new request.",
        )))
    }
}

/// Hashes a body while it is read.
#[derive(Clone, Debug)]
pub struct BodyHash(Sha256);

impl BodyHash {
    /// Of this server: nobody else can find a body by its hash.
    pub fn new(app: &App) -> Self {
        Self(Sha256::new().chain_update(app.keys.body_key()))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn end(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// Looks a key up, and claims it when it is new. `caller` and `route` say whose key it is and what for.
///
/// # Errors
/// `Conflict` while another request with the key is being answered.
pub async fn begin(app: &App, caller: &str, route: &str, key: &str) -> Result<Request> {
    let fingerprint = tokens::hash(&format!("{caller}\n{route}\n{key}"));
    // A process that dies leaves its claim behind, for no longer than the longest request takes.
    let hold = Duration::from_secs(app.config.upload_s_max.saturating_add(app.config.prefer_wait_s_max));
    match rows::claim(app.store.rows(), &fingerprint, hold).await? {
        Claim::Mine(id) => Ok(Request::First(Ticket(id))),
        Claim::Answered { body_hash, answer } => Ok(Request::Again(Kept { body_hash, answer })),
        Claim::Taken => Err(Error::Conflict(refusal(
            "idempotency_in_progress",
            "A request with this Idempotency-Key is being answered.",
            "Try again in a few seconds with the same key.",
        ))),
    }
}

/// Keeps the answer for 24 hours.
pub async fn keep(app: &App, ticket: Ticket, body: BodyHash, answer: Document) -> Result<()> {
    Ok(rows::answer(app.store.rows(), ticket.0, &body.end(), answer, KEEP).await?)
}

/// Forgets the key: the next request with it is the first.
pub async fn give_up(app: &App, ticket: Ticket) -> Result<()> {
    Ok(rows::release(app.store.rows(), ticket.0).await?)
}
