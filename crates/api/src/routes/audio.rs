//! Sound tracks, and what was heard in them; `separations.rs` takes them apart, `upkeep.rs` sends and counts them.

pub(crate) mod separations;
pub(crate) mod upkeep;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use service::audio::{self, Strokes};
use service::jobs::{self, Filter, JobType};
use service::notations::Analysis;
use service::{App, AudioFile, DrumEvent, Error, FieldError};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::{JobPage, JobRead, accepted};
use super::notations::facts::StatisticsRead;
use super::paging::{PageQuery, numbers};
use super::videos::work::{JobTicket, WorkQuery};
use crate::extract::{Caller, Id, Query};
use crate::problem::{Problem, Refused};

/// The sound track of a recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudioRead {
    id: Uuid,
    video_id: Uuid,
    #[schema(example = "flac")]
    file_format: String,
    /// Hz.
    #[schema(example = 44_100)]
    sample_rate: i32,
    #[schema(example = 2)]
    channels: i32,
    #[schema(example = 8.0)]
    duration_seconds: f64,
    #[schema(example = 524_288)]
    size_bytes: i64,
    /// Strokes found, once it was listened to.
    #[schema(example = 42)]
    detected_events: Option<i32>,
    /// Their mean confidence.
    #[schema(example = 0.91)]
    confidence_avg: Option<f64>,
    /// The model that listened.
    #[schema(example = "tcn 1")]
    model_version: Option<String>,
    analyzed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<AudioFile> for AudioRead {
    fn from(audio: AudioFile) -> Self {
        Self {
            id: audio.id,
            video_id: audio.video_id,
            file_format: audio.file_format,
            sample_rate: audio.sample_rate,
            channels: audio.channels,
            duration_seconds: audio.duration_seconds,
            size_bytes: audio.size_bytes,
            detected_events: audio.detected_events,
            confidence_avg: audio.confidence_avg,
            model_version: audio.model_version,
            analyzed_at: audio.analyzed_at,
            created_at: audio.created_at,
        }
    }
}

/// One page of sound tracks, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudioPage {
    audio_files: Vec<AudioRead>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

/// Which sound tracks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AudioQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// Only of this recording.
    video_id: Option<Uuid>,
}

/// List sound tracks
///
/// Your own; admins see everybody's.
#[utoipa::path(get, path = "/audio", tag = "audio", operation_id = "list_audio", security(("login" = [])),
    params(AudioQuery), responses((status = 200, description = "One page, newest first.", body = AudioPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<AudioQuery>,
) -> Result<Json<AudioPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let found = audio::list(&app, &actor, query.video_id, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    let audio_files = found.rows.into_iter().map(Into::into).collect();
    Ok(Json(AudioPage { audio_files, total, page, per_page, pages }))
}

/// Read a sound track
#[utoipa::path(get, path = "/audio/{id}", tag = "audio", operation_id = "get_audio", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The sound track.")),
    responses((status = 200, description = "The sound track.", body = AudioRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<AudioRead>, Refused> {
    Ok(Json(audio::get(&app, &actor, id).await?.0.into()))
}

/// Read how a sound suits listening
///
/// Level, clipping, noise, hum, room and bandwidth, and a verdict with its reasons, measured while it was listened to.
#[utoipa::path(get, path = "/audio/{id}/features", tag = "audio", operation_id = "audio_features",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track.")), responses(
        (status = 200, description = "What was measured: `suitability` is `good`, `fair` or `poor`, `remarks` say why.",
            body = Document),
        (status = 409, description = "Nobody has listened yet.", body = Problem)))]
pub(crate) async fn features(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<Document>, Refused> {
    Ok(Json(audio::features(&app, &actor, id).await?))
}

/// Another way to read the beat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingRead {
    /// Beats a minute.
    #[schema(example = 60.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    meter: String,
    /// How much less likely, in nats.
    #[schema(example = 3.5)]
    margin_nats: f64,
}

/// What is known of the music.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnalysisRead {
    /// Beats a minute.
    #[schema(example = 120.0)]
    tempo: f64,
    #[schema(example = "4/4")]
    meter: String,
    /// Other ways to read the same strokes, most likely first.
    other_readings: Vec<ReadingRead>,
    /// Patterns, difficulty and counts.
    statistics: StatisticsRead,
}

impl From<Analysis> for AnalysisRead {
    fn from(analysis: Analysis) -> Self {
        let others = analysis.other_readings.into_iter();
        Self {
            tempo: analysis.tempo,
            meter: analysis.meter,
            other_readings: others
                .map(|other| ReadingRead { tempo: other.tempo, meter: other.meter, margin_nats: other.margin_nats })
                .collect(),
            statistics: analysis.statistics.into(),
        }
    }
}

/// Analyze what was heard
///
/// Tempo, meter, patterns, difficulty and figures.
#[utoipa::path(get, path = "/audio/{id}/analysis", tag = "audio", operation_id = "analyze_audio",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track.")), responses(
        (status = 200, description = "The analysis.", body = AnalysisRead),
        (status = 400, description = "Too little was heard to find a beat.", body = Problem),
        (status = 409, description = "Nobody has listened yet.", body = Problem)))]
pub(crate) async fn analysis(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<AnalysisRead>, Refused> {
    Ok(Json(audio::analysis(&app, &actor, id).await?.into()))
}

/// A stroke that was heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrumEventRead {
    id: Uuid,
    /// Seconds from the start of the sound.
    #[schema(example = 0.5)]
    time_seconds: f64,
    #[schema(example = "snare")]
    instrument: String,
    /// 1-127.
    #[schema(example = 96)]
    velocity: i32,
    /// 0-1.
    #[schema(example = 0.93)]
    confidence: f64,
    /// The model that listened.
    #[schema(example = "tcn 1")]
    model_version: String,
}

impl From<DrumEvent> for DrumEventRead {
    fn from(event: DrumEvent) -> Self {
        Self {
            id: event.id,
            time_seconds: event.time_seconds,
            instrument: event.instrument,
            velocity: event.velocity,
            confidence: event.confidence,
            model_version: event.model_version,
        }
    }
}

/// One page of strokes, in order of time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrumEventPage {
    drum_events: Vec<DrumEventRead>,
    #[schema(example = 42)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 100)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

/// Which strokes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DrumEventQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 100)]
    per_page: Option<u64>,
    /// Only this instrument, by id or alias.
    #[param(example = "snare")]
    instrument: Option<String>,
    /// Only from this time on, seconds.
    from: Option<f64>,
    /// Only before this time, seconds.
    to: Option<f64>,
    /// Only strokes the listener was at least so sure of, 0-1.
    min_confidence: Option<f64>,
}

/// List the strokes heard
#[utoipa::path(get, path = "/audio/{id}/drum-events", tag = "audio", operation_id = "list_drum_events",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track."), DrumEventQuery), responses(
        (status = 200, description = "One page, in order of time.", body = DrumEventPage),
        (status = 400, description = "The time runs backwards, or nobody knows the instrument.", body = Problem)))]
pub(crate) async fn drum_events(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<DrumEventQuery>,
) -> Result<Json<DrumEventPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page.or(Some(100)))?;
    let wanted = Strokes {
        instrument: query.instrument,
        from_s: query.from,
        to_s: query.to,
        min_confidence: query.min_confidence,
    };
    let found = audio::events(&app, &actor, id, wanted, paging).await?;
    let (total, page, per_page, pages) = numbers(&found);
    let drum_events = found.rows.into_iter().map(Into::into).collect();
    Ok(Json(DrumEventPage { drum_events, total, page, per_page, pages }))
}

/// Extract the sound of a recording
///
/// The same as `POST /videos/{id}/extract-audio`.
#[utoipa::path(post, path = "/audio/extract/{id}", tag = "audio", operation_id = "extract_audio_of_video",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording."), WorkQuery), responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn extract(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
) -> Result<Response, Refused> {
    let job = jobs::request(&app, &actor, id, JobType::AudioExtraction, query.forced()).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// The extraction of a sound track.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtractionRead {
    /// The sound track, once it is there.
    audio: Option<AudioRead>,
    /// The newest job for it.
    job: Option<JobRead>,
}

/// See how far an extraction is
#[utoipa::path(get, path = "/audio/extract/{id}", tag = "audio", operation_id = "extraction_status",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "The sound track or the job for it.", body = ExtractionRead)))]
pub(crate) async fn extraction(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<ExtractionRead>, Refused> {
    let status = jobs::status(&app, &actor, id).await?;
    let job = status.job(JobType::AudioExtraction).cloned().map(Into::into);
    Ok(Json(ExtractionRead { audio: status.audio.map(Into::into), job }))
}

/// Find the strokes of a sound track
///
/// The same as `POST /videos/{id}/analyze-drums` for its recording.
#[utoipa::path(post, path = "/audio/{id}/detect-drums", tag = "audio", operation_id = "detect_drums",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The sound track."), WorkQuery), responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn detect(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
) -> Result<Response, Refused> {
    let (_, video) = audio::get(&app, &actor, id).await?;
    let job = jobs::request(&app, &actor, video.id, JobType::DrumDetection, query.forced()).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// Go all the way from a recording to its notation
///
/// Extracts, listens and writes what is missing, in one job.
#[utoipa::path(post, path = "/audio/pipeline/{id}", tag = "audio", operation_id = "audio_pipeline",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The recording."), WorkQuery), responses(
        (status = 202, description = "A job; its address is in `Location`.", body = JobTicket),
        (status = 400, description = "The recording has no sound.", body = Problem),
        (status = 429, description = "Too many jobs at once.", body = Problem)))]
pub(crate) async fn pipeline(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Query(query): Query<WorkQuery>,
) -> Result<Response, Refused> {
    let job = jobs::request(&app, &actor, id, JobType::NotationGeneration, query.forced()).await?;
    Ok(accepted(&job, JobTicket::from(&job)))
}

/// List your jobs on sound
///
/// Extractions, detections and separations; all others are under `/jobs`.
#[utoipa::path(get, path = "/audio/jobs", tag = "audio", operation_id = "list_audio_jobs", security(("login" = [])),
    params(AudioJobQuery), responses((status = 200, description = "One page, newest first.", body = JobPage)))]
pub(crate) async fn my_jobs(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<AudioJobQuery>,
) -> Result<Json<JobPage>, Refused> {
    let paging = PageQuery::paging(query.page, query.per_page)?;
    let kind = query.kind()?;
    let filter = Filter { user_id: Some(actor.user_id), job_type: Some(kind.as_str().to_owned()), ..Filter::default() };
    Ok(Json(jobs::list(&app, &actor, filter, paging).await?.into()))
}

/// Which jobs on sound.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AudioJobQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// Detections instead of extractions.
    detection: Option<bool>,
    /// `audio_extraction`, `drum_detection` or `separation`.
    #[param(example = "separation")]
    job_type: Option<String>,
}

/// The jobs that work on sound.
pub(crate) const ON_SOUND: [JobType; 3] = [JobType::AudioExtraction, JobType::DrumDetection, JobType::Separation];

impl AudioJobQuery {
    fn kind(&self) -> Result<JobType, Error> {
        let Some(word) = &self.job_type else {
            let detection = self.detection.unwrap_or(false);
            return Ok(if detection { JobType::DrumDetection } else { JobType::AudioExtraction });
        };
        ON_SOUND.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| {
            let place = vec!["query".to_owned(), "job_type".to_owned()];
            let message = format!("one of {}", ON_SOUND.map(JobType::as_str).join(", "));
            Error::Invalid(vec![FieldError { place, kind: "enum", message }])
        })
    }
}

/// What sound is taken in, and how it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoundFormats {
    /// Endings of recordings that are taken; the content decides.
    #[schema(example = json!(["mp4", "wav"]))]
    extensions: Vec<&'static str>,
    /// How extracted sound is kept.
    #[schema(example = "flac")]
    kept_as: &'static str,
    /// Longest recording, seconds.
    #[schema(example = 900.0)]
    duration_seconds_max: f64,
    /// Largest recording, bytes.
    #[schema(example = 524_288_000)]
    size_bytes_max: u64,
    /// How to record so that the notation comes out well.
    recommended: Recommended,
}

/// How to record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Recommended {
    /// Hz; what lies above half of it is not listened to.
    #[schema(example = 44_100)]
    sample_rate: u32,
    #[schema(example = 2)]
    channels: u32,
    /// Loudest sample, dB below full scale.
    #[schema(example = -3.0)]
    peak_db: f64,
    advice: Vec<&'static str>,
}

/// Read what sound is taken, and how to record it best
#[utoipa::path(get, path = "/audio/formats", tag = "audio", operation_id = "sound_formats", security(("login" = [])),
    responses((status = 200, description = "Formats, limits and advice.", body = SoundFormats)))]
pub(crate) async fn formats(State(app): State<Arc<App>>, _caller: Caller) -> Json<SoundFormats> {
    Json(SoundFormats {
        extensions: service::videos::EXTENSIONS.to_vec(),
        kept_as: "flac",
        duration_seconds_max: app.config.audio_s_max,
        size_bytes_max: app.config.video_bytes_max(),
        recommended: Recommended {
            sample_rate: 44_100,
            channels: 2,
            peak_db: -3.0,
            advice: vec![
                "Put the microphone above the kit, about as far from the snare as from the kick.",
                "Leave the levels so low that nothing clips; quiet is better than clipped.",
                "A dry room is better than a large one: strokes that run into each other cannot be told apart.",
                "Record the drums alone where you can; other instruments hide soft strokes.",
                "Do not compress the sound below 128 kbit/s.",
            ],
        },
    })
}
