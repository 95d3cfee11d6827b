//! From strokes to a state of a notation: what was heard, posted or corrected is written down.

use std::collections::BTreeMap;

use drums::{Confidence, Hit, HitId, Instrument, Performance, Seconds, Velocity};
use listen::beats::track_beats;
use score::simplify;
use serde_json::{Value as Document, json};
use store::notations::State;

use super::PipelineError;
use super::documents::performance_document;
use super::known::{Wishes, Wrong};
use super::steps::put_score;

/// A stroke somebody posted.
#[derive(Clone, Debug)]
pub struct PostedEvent {
    /// Onset, seconds from the start of the sound.
    pub time_s: f64,
    /// Instrument by id or alias.
    pub instrument: String,
    /// 0-1.
    pub velocity: f64,
    /// 0-1.
    pub confidence: f64,
}

/// The strokes of a request.
pub(crate) fn read_events(events: &[PostedEvent]) -> Result<Vec<Hit>, Wrong> {
    let hits = events.iter().enumerate().map(|(index, event)| {
        let wrong = |field: &str| {
            let place = format!("events.{index}.{field}");
            move |error: drums::Error| Wrong::Value(place, error.to_string())
        };
        let time = Seconds::new(event.time_s).map_err(wrong("time_s"))?;
        if event.time_s < 0.0 {
            return Err(Wrong::Value(format!("events.{index}.time_s"), "a stroke before the sound begins".to_owned()));
        }
        Ok(Hit {
            id: HitId(0),
            time,
            instrument: event.instrument.parse::<Instrument>().map_err(wrong("instrument"))?,
            velocity: Velocity::new(event.velocity as f32).map_err(wrong("velocity"))?,
            confidence: Confidence::new(event.confidence as f32).map_err(wrong("confidence"))?,
        })
    });
    hits.collect()
}

/// Strokes as a performance, whose beats are read with what is known.
pub(crate) fn perform(
    hits: Vec<Hit>,
    duration_s: f64,
    options: &transcribe::Options,
) -> Result<Performance, PipelineError> {
    let last = hits.iter().map(|hit| hit.time.get()).fold(0.0, f64::max);
    let duration = Seconds::clamped(duration_s.max(last));
    let grid = track_beats(&hits, duration, &options.beats, None).grid;
    Performance::new(duration, hits, grid).map_err(PipelineError::Performance)
}

/// The state of a notation written from a performance.
pub(crate) fn state(
    performance: &Performance,
    wishes: &Wishes,
    model_version: Option<String>,
    heard: Vec<Document>,
) -> Result<State, PipelineError> {
    let (score, remarks) = transcribe::rewrite(performance, &wishes.options.notation);
    if performance.hits().is_empty() || score.tempo().is_none() || score.measures.is_empty() {
        let (listened_s, strokes) = (performance.duration().get(), performance.hits().len());
        return Err(PipelineError::NoDrums { listened_s, strokes });
    }
    let remarks: Vec<Document> = heard.into_iter().chain(remarks.iter().map(super::remark)).collect();
    let mut report = json!({ "remarks": remarks });
    if !wishes.said.is_empty() {
        report["options"] = json!(wishes.said);
    }
    let mut state = State {
        title: String::new(),
        tempo: 0.0,
        time_signature: String::new(),
        measures: 0,
        notation_json: Document::Null,
        performance_json: performance_document(performance)?,
        model_version,
        report: Some(report),
    };
    put_score(&mut state, &simplify(&score, wishes.level))?;
    Ok(state)
}

/// The options a notation was written with.
pub(crate) fn options_of(state: &State) -> BTreeMap<String, String> {
    let said = state.report.as_ref().and_then(|report| report.get("options"));
    said.and_then(|options| serde_json::from_value(options.clone()).ok()).unwrap_or_default()
}
