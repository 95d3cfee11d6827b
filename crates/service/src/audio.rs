//! Sound tracks: what they are, how well they suit listening, what was heard in them.

use serde_json::Value as Document;
use store::audio_files::{self as rows, EventFilter};
use store::{AudioFile, DrumEvent, Page, Paging, Video};
use uuid::Uuid;

use crate::error::refusal;
use crate::notations::facts::known_instrument;
use crate::pipeline::PipelineError;
use crate::pipeline::analysis::{Analysis, analyze};
use crate::policy::{Action, Reach};
use crate::{Actor, App, Error, Result};

/// A sound track of one's own and its recording.
///
/// # Errors
/// `NotFound`, also for those of others and of deleted recordings.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<(AudioFile, Video)> {
    let audio = rows::get(app.store.rows(), id).await?;
    let video = store::videos::get(app.store.rows(), audio.video_id).await;
    let video = video.map_err(|_| Error::NotFound("audio file"))?;
    actor.may_on(Action::ReadAudio, video.user_id, "audio file")?;
    Ok((audio, video))
}

/// One's own sound tracks, newest first; for an admin everybody's.
///
/// # Errors
/// `Forbidden` for roles that may not.
pub async fn list(app: &App, actor: &Actor, video_id: Option<Uuid>, paging: Paging) -> Result<Page<AudioFile>> {
    actor.may(Action::ReadAudio)?;
    let owner = (actor.reach(Action::ReadAudio) != Reach::All).then_some(actor.user_id);
    Ok(rows::list(app.store.rows(), owner, video_id, paging).await?)
}

/// What was found out about the recording while it was listened to.
///
/// # Errors
/// `NotFound`, also for those of others; `Conflict` when nobody has listened yet.
pub async fn features(app: &App, actor: &Actor, id: Uuid) -> Result<Document> {
    let (audio, _) = get(app, actor, id).await?;
    let analysis = heard(&audio)?;
    let recording = analysis.get("recording").filter(|recording| recording.is_object());
    recording.cloned().ok_or_else(|| {
        Error::Conflict(refusal(
            "not_measured",
            "This sound was listened to before recordings were measured.",
            format!("Listen again: POST /videos/{}/analyze-drums?force=true.", audio.video_id),
        ))
    })
}

/// Tempo, meter, patterns, difficulty and figures of what was heard.
///
/// # Errors
/// As [`features`]; `Rule` where too little was heard to find a beat.
pub async fn analysis(app: &App, actor: &Actor, id: Uuid) -> Result<Analysis> {
    let (audio, _) = get(app, actor, id).await?;
    let performance = heard(&audio)?.get("performance").cloned().unwrap_or_default();
    let analyzed = tokio::task::spawn_blocking(move || analyze(&performance));
    analyzed.await.map_err(Error::internal)?.map_err(|error| match error {
        PipelineError::NoDrums { .. } => Error::Rule(refusal(
            "no_drums_found",
            crate::error::sentence(&error),
            "Look at GET /audio/{id}/features: it says what is wrong with the recording.",
        )),
        other => Error::internal(other),
    })
}

/// Which strokes to list.
#[derive(Clone, Debug, Default)]
pub struct Strokes {
    /// Only this instrument, by id or alias.
    pub instrument: Option<String>,
    /// Only from this time on, seconds.
    pub from_s: Option<f64>,
    /// Only before this time, seconds.
    pub to_s: Option<f64>,
    /// Only strokes the listener was at least so sure of, 0-1.
    pub min_confidence: Option<f64>,
}

/// The strokes heard in a sound track, in order of time.
///
/// # Errors
/// `NotFound`, also for those of others; `Rule` for an instrument nobody knows or a time that runs backwards.
pub async fn events(app: &App, actor: &Actor, id: Uuid, wanted: Strokes, paging: Paging) -> Result<Page<DrumEvent>> {
    let (audio, _) = get(app, actor, id).await?;
    let instrument = wanted.instrument.map(|name| known_instrument(&name)).transpose()?;
    if let (Some(from), Some(to)) = (wanted.from_s, wanted.to_s)
        && from > to
    {
        let message = format!("The time from {from} to {to} s runs backwards.");
        return Err(Error::Rule(refusal("range_backwards", message, "Say the earlier time first.")));
    }
    let filter = EventFilter {
        instrument: instrument.map(ToOwned::to_owned),
        from_s: wanted.from_s,
        to_s: wanted.to_s,
        min_confidence: wanted.min_confidence,
    };
    Ok(rows::list_events(app.store.rows(), audio.id, filter, paging).await?)
}

fn heard(audio: &AudioFile) -> Result<&Document> {
    audio.analysis.as_ref().ok_or_else(|| {
        Error::Conflict(refusal(
            "not_listened",
            "Nobody has listened to this sound yet.",
            format!("Ask for it: POST /videos/{}/analyze-drums.", audio.video_id),
        ))
    })
}
