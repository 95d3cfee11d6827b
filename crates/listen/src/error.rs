//! What can go wrong while listening.

/// Why a model was refused or a recording was not heard.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model's card cannot be read.
    #[error("the model card cannot be read: {reason}")]
    Card {
        /// What the reader of the card says.
        reason: String,
    },
    /// The card describes something this listener cannot compute.
    #[error("the model {model} cannot be used: {reason}")]
    Unusable {
        /// Name of the model.
        model: String,
        /// What does not fit.
        reason: String,
    },
    /// The weights are damaged or do not belong to the card.
    #[error("the weights of the model {model} are damaged: {reason}")]
    Weights {
        /// Name of the model.
        model: String,
        /// What is wrong.
        reason: String,
    },
    /// The model failed while it listened or separated.
    #[error("the model {model} failed: {reason}")]
    Run {
        /// Name of the model.
        model: String,
        /// What the engine says.
        reason: String,
    },
    /// The set of models does not hold exactly one model that hears hits.
    #[error("one model that hears hits is needed, {count} were given")]
    WrongNumberOfModels {
        /// How many were given.
        count: usize,
    },
    /// Whoever watches the progress asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
