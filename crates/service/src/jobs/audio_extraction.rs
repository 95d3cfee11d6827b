//! Takes the sound out of a recording and keeps it as FLAC.

use serde_json::json;
use store::{AudioFile, BlobKey, Video, audio_files as rows};
use uuid::Uuid;

use super::context::{Context, Stop};
use super::watch::Watch;
use crate::{App, videos};

pub(crate) const TYPE: &str = "audio_extraction";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let audio = ensure(context, 0, 99).await?;
    let tx = context.app.store.begin().await?;
    let result = json!({
        "audio_file_id": audio.id,
        "sample_rate": audio.sample_rate,
        "channels": audio.channels,
        "duration_seconds": audio.duration_seconds,
        "size_bytes": audio.size_bytes,
    });
    context.complete(tx, result).await
}

/// The sound track of the job's recording, extracted now if it is not there; takes the percents `from..to` of the job.
pub(super) async fn ensure(context: &Context, from: u32, to: u32) -> Result<AudioFile, Stop> {
    let store = &context.app.store;
    if let Some(audio) = rows::of_video(store.rows(), context.video_id()?).await? {
        return Ok(audio);
    }
    let video = match store::videos::get(store.rows(), context.video_id()?).await {
        Err(store::Error::NotFound(_)) => {
            return Err(Stop::Failed { code: "video_gone", message: "The recording was deleted.".to_owned() });
        }
        other => other?,
    };
    let (id, key) = (Uuid::now_v7(), BlobKey::sound(video.id));
    let out = context.app.config.scratch_dir().join(format!("{id}.flac"));
    let scratch = Scratch(out.clone());
    let source =
        context.app.blobs.as_file(&BlobKey::stored(&video.storage_path), &context.app.config.scratch_dir()).await?;
    let flac = context
        .blocking("extracting", move |app, watch| {
            let written = extract(app, watch, source.path(), &out, (from, to));
            drop(source);
            written
        })
        .await?;
    context.app.blobs.take_file(&key, &scratch.0).await?;
    keep(context, &video, id, &key, &flac).await
}

/// Notes the sound track, unless another worker did so meanwhile: then theirs counts, the file is the same.
async fn keep(
    context: &Context,
    video: &Video,
    id: Uuid,
    key: &BlobKey,
    flac: &media::FlacFile,
) -> Result<AudioFile, Stop> {
    let tx = context.app.store.begin().await?;
    if let Some(theirs) = rows::of_video(tx.rows(), video.id).await? {
        return Ok(theirs);
    }
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let new = rows::NewAudioFile {
        id,
        video_id: video.id,
        storage_path: key.as_str().to_owned(),
        sample_rate: number(flac.sample_rate),
        channels: number(flac.channels),
        duration_seconds: flac.duration_s,
        size_bytes: i64::try_from(flac.size_bytes).unwrap_or(i64::MAX),
    };
    let audio = rows::insert(tx.rows(), new).await?;
    if video.duration_seconds.is_none() {
        store::videos::set_duration(tx.rows(), video.id, flac.duration_s).await?;
    }
    context.keep(tx).await?;
    Ok(audio)
}

fn extract(
    app: &App,
    watch: &Watch,
    source: &std::path::Path,
    out: &std::path::Path,
    percents: (u32, u32),
) -> Result<media::FlacFile, media::Error> {
    let limits = videos::limits(app);
    let source = media::Source::file(source)?;
    let info = media::probe(&source, &limits)?;
    let (from, to) = percents;
    media::extract_audio_flac(&source, &info, &limits, out, &mut |done| watch.progress("extracting", from, to, done))
}

/// A scratch file that goes when this is dropped; it may be gone already.
struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
