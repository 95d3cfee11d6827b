//! What rows come to: how many they are and a hash of all they say, the same on both databases.
//!
//! Conventions: a number in a document counts by its value, however a database writes it: 1, 1.0 and 1e0 are the same,
//! and so are 0 and -0, because PostgreSQL keeps documents in numbers of its own.

use sea_orm::Value;
use serde_json::Value as Document;
use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// A table in few words.
#[derive(Debug)]
pub(super) struct Digest {
    /// How many rows.
    pub(super) rows: u64,
    /// SHA-256 of all of them in the order of their ids.
    pub(super) hash: [u8; 32],
    /// The files they name.
    pub(super) files: Vec<String>,
}

/// Adds a value of a row.
pub(super) fn add(hash: &mut Sha256, value: Value) -> Result<()> {
    match value {
        Value::Bool(value) => field(hash, value.map(|value| [u8::from(value)])),
        Value::Int(value) => field(hash, value.map(i32::to_le_bytes)),
        Value::BigInt(value) => field(hash, value.map(i64::to_le_bytes)),
        Value::Double(value) => field(hash, value.map(f64::to_le_bytes)),
        Value::String(value) => field(hash, value),
        Value::Uuid(value) => field(hash, value.map(uuid::Uuid::into_bytes)),
        Value::ChronoDateTimeUtc(value) => field(hash, value.map(|value| value.timestamp_micros().to_le_bytes())),
        Value::Json(value) => field(hash, value.map(|value| canonical(*value).to_string())),
        other => return Err(Error::Corrupt(format!("{other:?} cannot be compared"))),
    }
    Ok(())
}

/// A field with its length before it, or that there is none.
fn field(hash: &mut Sha256, bytes: Option<impl AsRef<[u8]>>) {
    let Some(bytes) = bytes else { return hash.update([0]) };
    hash.update([1]);
    hash.update((bytes.as_ref().len() as u64).to_le_bytes());
    hash.update(bytes);
}

/// The document with each number in its shortest form; fields are sorted by themselves.
fn canonical(document: Document) -> Document {
    /// Whole numbers below this are exact as floating point numbers too.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match document {
        Document::Number(number) => match number.as_f64() {
            Some(value) if value.fract() == 0.0 && value.abs() < EXACT => Document::from(value as i64),
            Some(value) => Document::from(value),
            None => Document::Number(number),
        },
        Document::Array(items) => items.into_iter().map(canonical).collect(),
        Document::Object(fields) => fields.into_iter().map(|(name, value)| (name, canonical(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hash(value: impl Into<Value>) -> Vec<u8> {
        let mut hash = Sha256::new();
        add(&mut hash, value.into()).unwrap();
        hash.finalize().to_vec()
    }

    #[test]
    fn numbers_count_by_value_and_everything_else_by_what_is_written() {
        assert_eq!(hash(json!({"a": 1.0, "b": [-0.0]})), hash(json!({"b": [0], "a": 1})));
        assert_ne!(hash(json!({"a": 1.5})), hash(json!({"a": 1})));
        assert_ne!(hash(json!("1")), hash(json!(1)));
        assert_ne!(hash(None::<String>), hash(String::new()));
    }
}
