//! What a notation says, for programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use service::notations::{self, Doubt, MeasureFact, NoteFact, NoteFilter, Statistics};
use service::{App, Error, FieldError};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::RevisionQuery;
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// A note and when it sounds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteRead {
    /// Its name, as in SVG and timeline.
    #[schema(example = "n12")]
    element: String,
    #[schema(example = "snare")]
    instrument: &'static str,
    /// Number of its measure as printed.
    #[schema(example = 1)]
    measure: u32,
    /// Place after the bar line, 10080 to the quarter.
    #[schema(example = 10080)]
    offset_ticks: i64,
    /// Beat of the meter, from 1, with its fraction.
    #[schema(example = 2.0)]
    beat: f64,
    /// When it was played, seconds; when it is written to sound, for a note nobody played.
    #[schema(example = 0.5)]
    time_s: f64,
    /// How hard, 0-1.
    #[schema(example = 0.8)]
    velocity: f64,
    ghost: bool,
    accent: bool,
    choke: bool,
    /// How sure the listener was, 0-1; null for a note nobody heard.
    #[schema(example = 0.93)]
    confidence: Option<f64>,
    /// Ids of the hits it stands for.
    #[schema(example = json!([3]))]
    hits: Vec<u32>,
}

impl From<NoteFact> for NoteRead {
    fn from(note: NoteFact) -> Self {
        Self {
            element: note.element,
            instrument: note.instrument,
            measure: note.measure,
            offset_ticks: note.offset_ticks,
            beat: note.beat,
            time_s: note.time_s,
            velocity: note.velocity,
            ghost: note.ghost,
            accent: note.accent,
            choke: note.choke,
            confidence: note.confidence,
            hits: note.hits,
        }
    }
}

/// A measure and its notes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeasureRead {
    /// Its name, as in SVG and timeline.
    #[schema(example = "n1")]
    id: String,
    /// Number as printed.
    #[schema(example = 1)]
    number: u32,
    #[schema(example = "4/4")]
    meter: String,
    /// When it begins, seconds.
    #[schema(example = 0.0)]
    from_s: f64,
    /// When it ends, seconds.
    #[schema(example = 2.0)]
    to_s: f64,
    /// Beats a minute, where a mark stands above it.
    #[schema(example = 120.0)]
    tempo: Option<f64>,
    rehearsal: Option<String>,
    notes: Vec<NoteRead>,
}

impl From<MeasureFact> for MeasureRead {
    fn from(measure: MeasureFact) -> Self {
        Self {
            id: measure.id,
            number: measure.number,
            meter: measure.meter,
            from_s: measure.from_s,
            to_s: measure.to_s,
            tempo: measure.tempo,
            rehearsal: measure.rehearsal,
            notes: measure.notes.into_iter().map(Into::into).collect(),
        }
    }
}

/// Some measures of a notation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeasureList {
    measures: Vec<MeasureRead>,
    /// How many the notation has.
    #[schema(example = 4)]
    total: usize,
}

/// Highest number of a measure that can be asked for; far more than a notation has.
const MEASURE_MAX: u32 = 1_000_000;

fn out_of_range(field: &str, message: &str) -> Error {
    let place = vec!["query".to_owned(), field.to_owned()];
    Error::Invalid(vec![FieldError { place, kind: "out_of_range", message: message.to_owned() }])
}

/// Which measures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MeasureQuery {
    /// Number of the first, as printed; a pick-up is 0.
    #[param(minimum = 0, maximum = 1_000_000, default = 0)]
    from: Option<u32>,
    /// Number of the last, as printed.
    #[param(minimum = 0, maximum = 1_000_000)]
    to: Option<u32>,
    /// Which revision; the current one where nothing is said.
    #[param(minimum = 1)]
    revision: Option<i32>,
}

/// Read measures
#[utoipa::path(get, path = "/notation/{id}/measures", tag = "notation", operation_id = "list_measures",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation."), MeasureQuery), responses(
        (status = 200, description = "The measures with their notes.", body = MeasureList),
        (status = 400, description = "The range runs backwards.", body = Problem)))]
pub(crate) async fn measures(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<MeasureQuery>,
) -> Result<Json<MeasureList>, Refused> {
    let range = (query.from.unwrap_or(0), query.to.unwrap_or(MEASURE_MAX));
    for (field, number) in [("from", range.0), ("to", range.1)] {
        if number > MEASURE_MAX {
            return Err(out_of_range(field, "measures have numbers from 0 to 1000000").into());
        }
    }
    let (measures, total) = notations::measures(&app, &actor, id, query.revision, range).await?;
    Ok(Json(MeasureList { measures: measures.into_iter().map(Into::into).collect(), total }))
}

/// Notes of a notation, in order of time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StrokeList {
    strokes: Vec<NoteRead>,
    #[schema(example = 42)]
    total: usize,
}

/// Which notes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StrokeQuery {
    /// Only from this time on, seconds.
    from: Option<f64>,
    /// Only before this time, seconds.
    to: Option<f64>,
    /// Only this instrument, by id or alias.
    #[param(example = "snare")]
    instrument: Option<String>,
    /// Only notes of which the listener was at least so sure, 0-1; notes nobody heard count as sure.
    min_confidence: Option<f64>,
    /// Which revision; the current one where nothing is said.
    #[param(minimum = 1)]
    revision: Option<i32>,
}

/// Read strokes
///
/// Every note with the time it was played at.
#[utoipa::path(get, path = "/notation/{id}/strokes", tag = "notation", operation_id = "list_strokes",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation."), StrokeQuery), responses(
        (status = 200, description = "The notes.", body = StrokeList),
        (status = 400, description = "The range runs backwards, or nobody knows the instrument.", body = Problem)))]
pub(crate) async fn strokes(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<StrokeQuery>,
) -> Result<Json<StrokeList>, Refused> {
    let filter = NoteFilter {
        from_s: query.from,
        to_s: query.to,
        instrument: query.instrument,
        min_confidence: query.min_confidence,
    };
    let notes = notations::strokes(&app, &actor, id, query.revision, filter).await?;
    Ok(Json(StrokeList { total: notes.len(), strokes: notes.into_iter().map(Into::into).collect() }))
}

/// What else a hit may have been.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlternativeRead {
    #[schema(example = "cross_stick")]
    instrument: &'static str,
    /// 0-1.
    #[schema(example = 0.31)]
    confidence: f64,
}

/// A doubtful hit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoubtRead {
    /// Its note, as in SVG and timeline.
    #[schema(example = "n12")]
    element: String,
    #[schema(example = 3)]
    hit_id: u32,
    /// When it was heard, seconds.
    #[schema(example = 0.5)]
    time_s: f64,
    /// Number of its measure as printed.
    #[schema(example = 1)]
    measure: u32,
    #[schema(example = "snare")]
    instrument: &'static str,
    /// 0-1.
    #[schema(example = 0.52)]
    confidence: f64,
    /// Likeliest first; empty from models that do not say.
    alternatives: Vec<AlternativeRead>,
}

impl From<Doubt> for DoubtRead {
    fn from(doubt: Doubt) -> Self {
        let alternatives = doubt.alternatives.into_iter();
        Self {
            element: doubt.note.element,
            hit_id: doubt.hit_id,
            time_s: doubt.time_s,
            measure: doubt.note.measure,
            instrument: doubt.note.instrument,
            confidence: doubt.confidence,
            alternatives: alternatives
                .map(|(instrument, confidence)| AlternativeRead { instrument, confidence })
                .collect(),
        }
    }
}

/// What a person should look at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewRead {
    /// Most doubtful first.
    items: Vec<DoubtRead>,
    /// How many there are in all.
    #[schema(example = 7)]
    total: usize,
}

/// How much doubt is worth a look.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// Only hits of which the listener was less sure, 0-1.
    #[param(minimum = 0, maximum = 1, default = 0.8)]
    below: Option<f64>,
    /// How many at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Review doubtful hits
///
/// Those the listener was least sure of, with what else they may have been. A note that was given another instrument by
/// hand is no longer in doubt.
#[utoipa::path(get, path = "/notation/{id}/review", tag = "notation", operation_id = "review_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation."), ReviewQuery),
    responses((status = 200, description = "The hits, most doubtful first.", body = ReviewRead)))]
pub(crate) async fn review(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<ReviewQuery>,
) -> Result<Json<ReviewRead>, Refused> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(out_of_range("limit", "a list has 1 to 1000 entries at once").into());
    }
    let below = query.below.unwrap_or(0.8);
    if !(0.0..=1.0).contains(&below) {
        return Err(out_of_range("below", "how sure a listener is lies between 0 and 1").into());
    }
    let (doubts, total) = notations::review(&app, &actor, id, below, limit).await?;
    Ok(Json(ReviewRead { items: doubts.into_iter().map(Into::into).collect(), total }))
}

/// Whether a notation obeys the laws of notation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Validity {
    valid: bool,
    /// The laws it breaks, with the place.
    violations: Vec<String>,
}

/// Check a notation
#[utoipa::path(get, path = "/notation/{id}/validate", tag = "notation", operation_id = "validate_notation",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation."), RevisionQuery),
    responses((status = 200, description = "Whether every measure is full, and so on.", body = Validity)))]
pub(crate) async fn validate(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<RevisionQuery>,
) -> Result<Json<Validity>, Refused> {
    let violations = notations::validate(&app, &actor, id, query.revision).await?;
    Ok(Json(Validity { valid: violations.is_empty(), violations }))
}

/// Tempo from beat to beat, beats a minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TempoFigures {
    #[schema(example = 117.2)]
    min: f64,
    #[schema(example = 120.1)]
    median: f64,
    #[schema(example = 123.4)]
    max: f64,
    /// Standard deviation of the length of a beat, as a share of it.
    #[schema(example = 0.012)]
    unevenness: f64,
}

/// Figures about a notation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsRead {
    /// Length of the sound, seconds.
    #[schema(example = 8.0)]
    duration_s: f64,
    #[schema(example = 4)]
    measures: usize,
    /// How many kinds of measures there are.
    #[schema(example = 2)]
    different_measures: usize,
    /// Numbers of measures with the same strokes, most frequent first.
    #[schema(example = json!([[1, 2, 3]]))]
    patterns: Vec<Vec<u32>>,
    #[schema(example = 42)]
    notes: usize,
    #[schema(example = json!({ "kick": 8, "snare": 8, "hihat_closed": 26 }))]
    by_instrument: BTreeMap<&'static str, usize>,
    ghosts: usize,
    accents: usize,
    graces: usize,
    #[schema(example = 5.2)]
    notes_per_s: f64,
    #[schema(example = 12)]
    notes_per_measure_max: usize,
    /// Share of chords off the beat, 0-1.
    #[schema(example = 0.5)]
    off_beat: f64,
    /// In order of first use.
    #[schema(example = json!(["4/4"]))]
    meters: Vec<String>,
    /// Null where no beat was found.
    tempo: Option<TempoFigures>,
    /// How hard it is: the lowest level, 1-5, that leaves out no note.
    #[schema(example = 3)]
    level: u8,
}

impl From<Statistics> for StatisticsRead {
    fn from(figures: Statistics) -> Self {
        let unevenness = figures.tempo_unevenness.unwrap_or(0.0);
        let tempo = figures.tempo.map(|[min, median, max]| TempoFigures { min, median, max, unevenness });
        Self {
            duration_s: figures.duration_s,
            measures: figures.measures,
            different_measures: figures.different_measures,
            patterns: figures.patterns,
            notes: figures.notes,
            by_instrument: figures.by_instrument,
            ghosts: figures.ghosts,
            accents: figures.accents,
            graces: figures.graces,
            notes_per_s: figures.notes_per_s,
            notes_per_measure_max: figures.notes_per_measure_max,
            off_beat: figures.off_beat,
            meters: figures.meters,
            tempo,
            level: figures.level,
        }
    }
}

/// Read figures
#[utoipa::path(get, path = "/notation/{id}/statistics", tag = "notation", operation_id = "notation_statistics",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The notation."), RevisionQuery),
    responses((status = 200, description = "The figures.", body = StatisticsRead)))]
pub(crate) async fn statistics(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<RevisionQuery>,
) -> Result<Json<StatisticsRead>, Refused> {
    Ok(Json(notations::statistics(&app, &actor, id, query.revision).await?.into()))
}

/// One side of a comparison.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Side {
    /// Beats a minute, as printed.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    time_signature: String,
    /// Notes the other does not have.
    only_here: Vec<NoteRead>,
}

/// How two notations differ.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonRead {
    /// Notes of one instrument at most 50 ms apart.
    #[schema(example = 40)]
    matched: usize,
    /// 0-1: twice the matched notes over all notes of both.
    #[schema(example = 0.95)]
    agreement: f64,
    first: Side,
    second: Side,
}

/// Which revisions to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareQuery {
    /// Revision of the first; the current one where nothing is said.
    #[param(minimum = 1)]
    revision: Option<i32>,
    /// Revision of the other; the current one where nothing is said.
    #[param(minimum = 1)]
    other_revision: Option<i32>,
}

/// Compare notations
///
/// Two notations, or two revisions of one.
#[utoipa::path(get, path = "/notation/{id}/compare/{other}", tag = "notation", operation_id = "compare_notations",
    security(("login" = [])), params(
        ("id" = Uuid, Path, description = "The first notation."),
        ("other" = Uuid, Path, description = "The other notation; may be the same."), CompareQuery),
    responses((status = 200, description = "Where they agree and where not.", body = ComparisonRead)))]
pub(crate) async fn compare(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    path: Path<(String, String)>,
    Query(query): Query<CompareQuery>,
) -> Result<Json<ComparisonRead>, Refused> {
    let Path((_, other)) = path;
    let other = Uuid::parse_str(&other).map_err(|_| Error::NotFound("notation"))?;
    let sides = ((id, query.revision), (other, query.other_revision));
    let compared = notations::compare(&app, &actor, sides.0, sides.1).await?;
    let agreement = compared.comparison.agreement();
    let [first, second] = compared.facts;
    let side = |(tempo, time_signature): (f64, String), notes: Vec<NoteFact>| Side {
        tempo,
        time_signature,
        only_here: notes.into_iter().map(Into::into).collect(),
    };
    Ok(Json(ComparisonRead {
        matched: compared.comparison.matched,
        agreement,
        first: side(first, compared.comparison.only_first),
        second: side(second, compared.comparison.only_second),
    }))
}
