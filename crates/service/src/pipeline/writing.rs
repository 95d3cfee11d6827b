//! From strokes to a state of a notation: what was heard, posted or corrected is written down.

use drums::{Bpm, Confidence, Hit, HitId, Instrument, Meter, Performance, Seconds, Velocity};
use listen::beats::track_beats;
use serde_json::{Value as Document, json};
use store::notations::State;

use super::PipelineError;
use super::documents::performance_document;
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

/// What a user knows of the music.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Title on the page.
    pub title: Option<String>,
    /// Smaller line under it.
    pub subtitle: Option<String>,
    /// Beats a minute.
    pub tempo: Option<f64>,
    /// Such as `7/8`.
    pub meter: Option<String>,
}

/// A value that breaks a rule: the field, and what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wrong(pub(crate) String, pub(crate) String);

/// The strokes of a request.
pub(crate) fn read_events(events: &[PostedEvent]) -> Result<Vec<Hit>, Wrong> {
    let hits = events.iter().enumerate().map(|(index, event)| {
        let wrong = |field: &str| {
            let place = format!("events.{index}.{field}");
            move |error: drums::Error| Wrong(place, error.to_string())
        };
        let time = Seconds::new(event.time_s).map_err(wrong("time_s"))?;
        if event.time_s < 0.0 {
            return Err(Wrong(format!("events.{index}.time_s"), "a stroke before the sound begins".to_owned()));
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

/// What a user knows, checked.
pub(crate) fn read_known(known: &Known) -> Result<transcribe::Options, Wrong> {
    let mut options = transcribe::Options::default();
    let wrong = |field: &str| {
        let place = field.to_owned();
        move |error: drums::Error| Wrong(place, error.to_string())
    };
    if let Some(tempo) = known.tempo {
        if !(30.0..=400.0).contains(&tempo) {
            return Err(Wrong("tempo".to_owned(), "a tempo is 30 to 400 beats a minute".to_owned()));
        }
        options.beats.tempo = Some(Bpm::new(tempo).map_err(wrong("tempo"))?);
    }
    options.beats.meter = known.meter.as_deref().map(str::parse::<Meter>).transpose().map_err(wrong("meter"))?;
    options.notation.title = known.title.clone().unwrap_or_default();
    options.notation.subtitle = known.subtitle.clone().unwrap_or_default();
    Ok(options)
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
    options: &transcribe::Options,
    model_version: Option<String>,
    heard: Vec<Document>,
) -> Result<State, PipelineError> {
    let (score, remarks) = transcribe::rewrite(performance, &options.notation);
    if performance.hits().is_empty() || score.tempo().is_none() || score.measures.is_empty() {
        let (listened_s, strokes) = (performance.duration().get(), performance.hits().len());
        return Err(PipelineError::NoDrums { listened_s, strokes });
    }
    let remarks: Vec<Document> = heard.into_iter().chain(remarks.iter().map(super::remark)).collect();
    let mut state = State {
        title: String::new(),
        tempo: 0.0,
        time_signature: String::new(),
        measures: 0,
        notation_json: Document::Null,
        performance_json: performance_document(performance)?,
        model_version,
        report: Some(json!({ "remarks": remarks })),
    };
    put_score(&mut state, &score)?;
    Ok(state)
}
