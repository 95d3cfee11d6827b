//! What a performance says about the music: tempo, meter, patterns, difficulty.

use listen::beats::track_beats;
use serde_json::Value as Document;

use super::PipelineError;
use super::documents::read_performance;
use super::reading::{Music, Statistics};

/// Another way to read the beat.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherReading {
    /// Beats a minute.
    pub tempo: f64,
    /// Such as `6/8`.
    pub meter: String,
    /// How much less likely, in nats.
    pub margin_nats: f64,
}

/// What is known of the music.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Beats a minute, as it would be printed.
    pub tempo: f64,
    /// Such as `4/4`.
    pub meter: String,
    /// Other ways to read the same strokes, most likely first.
    pub other_readings: Vec<OtherReading>,
    /// Figures.
    pub statistics: Statistics,
}

/// Analyzes a performance document.
pub(crate) fn analyze(performance: &Document) -> Result<Analysis, PipelineError> {
    let performance = read_performance(performance)?;
    let (score, _) = transcribe::rewrite(&performance, &transcribe::Options::default().notation);
    let (Some(tempo), Some(first)) = (score.tempo(), score.measures.first()) else {
        let (listened_s, strokes) = (performance.duration().get(), performance.hits().len());
        return Err(PipelineError::NoDrums { listened_s, strokes });
    };
    let (tempo, meter) = (tempo.bpm.get(), first.meter.to_string());
    let options = transcribe::Options::default().beats;
    let reading = track_beats(performance.hits(), performance.duration(), &options, None);
    let others = reading.alternatives.iter().map(|other| OtherReading {
        tempo: other.bpm.get(),
        meter: other.meter.to_string(),
        margin_nats: other.margin_nats,
    });
    let other_readings = others.collect();
    Ok(Analysis { tempo, meter, other_readings, statistics: Music { score, performance }.statistics() })
}
