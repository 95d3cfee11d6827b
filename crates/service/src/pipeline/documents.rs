//! The documents that are stored, and the values they stand for.

use drums::Performance;
use export::json;
use score::Score;
use serde_json::Value as Document;

use super::PipelineError;

/// The score of a document.
pub(crate) fn read_score(document: &Document) -> Result<Score, PipelineError> {
    Ok(json::read(&serde_json::to_vec(document)?)?)
}

/// The document of a score.
pub(crate) fn score_document(score: &Score) -> Result<Document, PipelineError> {
    Ok(serde_json::from_slice(&json::write(score)?)?)
}

/// The performance of a document.
pub(crate) fn read_performance(document: &Document) -> Result<Performance, PipelineError> {
    Ok(json::read_performance(&serde_json::to_vec(document)?)?)
}

/// The document of a performance.
pub(crate) fn performance_document(performance: &Performance) -> Result<Document, PipelineError> {
    Ok(serde_json::from_slice(&json::write_performance(performance)?)?)
}
