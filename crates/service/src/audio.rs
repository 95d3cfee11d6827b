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
use crate::videos::Download;
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

/// The file of a sound track, to be sent.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn download(app: &App, actor: &Actor, id: Uuid) -> Result<Download> {
    let (audio, video) = get(app, actor, id).await?;
    Ok(Download::of_sound(&audio, &video))
}

/// A setting that suits a recording, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// Name of the setting.
    pub setting: &'static str,
    /// Its value, as it would be written in a request.
    pub value: Document,
    /// Why.
    pub why: String,
}

/// Settings that suit a recording, from what was measured while it was listened to.
///
/// # Errors
/// As [`features`].
pub async fn recommended(app: &App, actor: &Actor, id: Uuid) -> Result<Vec<Advice>> {
    let measured = features(app, actor, id).await?;
    let (audio, _) = get(app, actor, id).await?;
    Ok(advice(&measured, &audio))
}

/// Sound below this has lost the brilliance of cymbals, Hz.
const DULL_HZ: f64 = 12_000.0;
/// Peaks lower than this leave bits unused, dB.
const QUIET_DB: f64 = -20.0;
/// Noise above this is heard between strokes, dB.
const NOISY_DB: f64 = -50.0;
/// Mean confidence below which doubtful notes should be looked at.
const UNSURE: f64 = 0.7;

fn advice(measured: &Document, audio: &AudioFile) -> Vec<Advice> {
    let number = |name: &str| measured.get(name).and_then(Document::as_f64);
    let mut all = Vec::new();
    let mut say = |setting, value: Document, why: String| all.push(Advice { setting, value, why });
    let lossless_bits = if number("peak_db").is_some_and(|peak| peak < QUIET_DB) { 24 } else { 16 };
    say(
        "stems.bits",
        lossless_bits.into(),
        match number("peak_db") {
            Some(peak) if peak < QUIET_DB => {
                format!("The loudest sample is at {peak:.0} dB: 24 bits keep soft strokes.")
            }
            Some(peak) => format!("The loudest sample is at {peak:.0} dB: 16 bits hold all that is there."),
            None => "16 bits hold what most recordings have.".to_owned(),
        },
    );
    say("stems.format", "flac".into(), "The same samples as wav in about half the space.".to_owned());
    if let Some(hz) = number("bandwidth_hz").filter(|hz| *hz < DULL_HZ) {
        let why = format!("Nothing above {hz:.0} Hz is in the sound: hi-hat and cymbals are easily confused.");
        say("notation.level", 3.into(), why);
    }
    if number("clipped_share").is_some_and(|share| share > 0.001) {
        let why = "Clipped strokes have lost their loudness: dynamics would be guessed.".to_owned();
        say("notation.dynamics", false.into(), why);
    }
    if number("noise_floor_db").is_some_and(|level| level > NOISY_DB) || number("hum_hz").is_some() {
        let why = "Noise or hum lies under the music: the drums alone are cleaner than the recording.".to_owned();
        say("audio.separate_sources", true.into(), why);
    }
    if let Some(sure) = audio.confidence_avg.filter(|sure| *sure < UNSURE) {
        let why = format!("The listener was {:.0} % sure on average: look at the doubtful notes first.", sure * 100.0);
        say("notation.review", true.into(), why);
    }
    all
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn audio(confidence_avg: f64) -> AudioFile {
        AudioFile {
            id: Uuid::nil(),
            video_id: Uuid::nil(),
            storage_path: String::new(),
            file_format: "flac".to_owned(),
            sample_rate: 44_100,
            channels: 2,
            duration_seconds: 8.0,
            size_bytes: 1000,
            analysis: None,
            model_version: None,
            detected_events: None,
            confidence_avg: Some(confidence_avg),
            analyzed_at: None,
            created_at: store::now(),
            updated_at: store::now(),
            deleted_at: None,
        }
    }

    #[test]
    fn advice_follows_what_was_measured() {
        let good = json!({ "peak_db": -3.0, "bandwidth_hz": 20_000.0, "clipped_share": 0.0, "noise_floor_db": -80.0 });
        let settings = |measured: &Document, sure| {
            advice(measured, &audio(sure)).into_iter().map(|advice| advice.setting).collect::<Vec<_>>()
        };
        assert_eq!(settings(&good, 0.9), ["stems.bits", "stems.format"]);
        let poor = json!({
            "peak_db": -30.0, "bandwidth_hz": 8000.0, "clipped_share": 0.1, "noise_floor_db": -40.0, "hum_hz": 50.0
        });
        let all = settings(&poor, 0.5);
        assert_eq!(all.len(), 6, "{all:?}");
        assert_eq!(advice(&poor, &audio(0.5))[0].value, 24);
    }
}
