//! Takes a recording apart; listens first where nobody has listened yet.

use std::io::Read;
use std::path::{Path, PathBuf};

use drums::Hit;
use serde_json::{Value as Document, json};
use sha2::{Digest, Sha256};
use store::separations::{self as rows, NewSeparation};
use store::{AudioFile, BlobKey, Separation, derived_files};
use uuid::Uuid;

use super::context::{Context, Stop};
use super::drum_detection;
use crate::pipeline::PipelineError;
use crate::pipeline::documents::read_performance;
use crate::pipeline::splitting::{self, Split, Wanted};
use crate::policy::Privileges;
use crate::separations::{FileFacts, Options, is_current};
use crate::videos::quota;
use crate::{Error, videos};
use listen::separate::{Separator, Stem};

pub(crate) const TYPE: &str = "separation";

/// Stages of [`splitting::split`] and the percents of the job that listening takes before them.
const LISTENED: u32 = 30;

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let mut options = options(context)?;
    let wanted = options.wanted().map_err(|error| refused(&error))?;
    let audio = drum_detection::ensure(context, 0, LISTENED).await?;
    let separator = context.separator().await?;
    let found = rows::of_video(context.app.store.rows(), context.video_id()?, options.kind.as_str()).await?;
    let same = |row: &&Separation| {
        !context.forced()
            && is_current(row, &audio, separator.name())
            && serde_json::to_value(&options).is_ok_and(|is| is == row.options)
    };
    if let Some(row) = found.as_ref().filter(same) {
        let tx = context.app.store.begin().await?;
        return context.complete(tx, result(row)).await;
    }
    let folder = Folder::new(&context.app.config.scratch_dir())?;
    let (split, sums) = split(context, &audio, separator.clone(), wanted.clone(), folder.0.clone()).await?;
    keep(context, &audio, separator.name(), &options, &wanted, &split, sums).await
}

fn options(context: &Context) -> Result<Options, Stop> {
    match context.payload.get("separation") {
        None => Ok(Options::default()),
        Some(options) => serde_json::from_value(options.clone()).map_err(|error| Stop::Failed {
            code: "job_unknown",
            message: format!("The job's options cannot be read: {error}."),
        }),
    }
}

fn refused(error: &Error) -> Stop {
    Stop::Failed { code: "validation_failed", message: format!("The job's options cannot be used: {error}.") }
}

/// What of it the job shows.
fn result(row: &Separation) -> Document {
    json!({ "separation_id": row.id, "kind": row.kind, "separator": row.separator, "files": row.files })
}

/// Sums of a file.
struct Sums {
    sha256: String,
    crc32: u32,
}

async fn split(
    context: &Context,
    audio: &AudioFile,
    separator: Separator,
    wanted: Wanted,
    folder: PathBuf,
) -> Result<(Split, Vec<Sums>), Stop> {
    let scratch = context.app.config.scratch_dir();
    let sound = context.app.blobs.as_file(&BlobKey::stored(&audio.storage_path), &scratch).await?;
    let performance = audio.analysis.as_ref().and_then(|analysis| analysis.get("performance")).cloned();
    let _leave = context.leave_to_listen().await;
    context
        .blocking("separating", move |app, watch| -> Result<(Split, Vec<Sums>), PipelineError> {
            let performance = read_performance(&performance.unwrap_or_default())?;
            let hits: &[Hit] = performance.hits();
            let limits = videos::limits(app);
            let mut told = |stage, done| watch.progress(stage, LISTENED, 98, done);
            let split = splitting::split(&separator, sound.path(), hits, &wanted, &limits, &folder, &mut told)?;
            let sums: Result<Vec<Sums>, std::io::Error> = split.files.iter().map(|file| sums(&file.path)).collect();
            Ok((split, sums.map_err(media::Error::Io)?))
        })
        .await
}

/// Stores the files and notes them, in place of what was there.
async fn keep(
    context: &Context,
    audio: &AudioFile,
    separator: &str,
    options: &Options,
    wanted: &Wanted,
    split: &Split,
    sums: Vec<Sums>,
) -> Result<(), Stop> {
    let (app, kind) = (&context.app, options.kind.as_str());
    let keys: Vec<(Uuid, BlobKey)> = split
        .files
        .iter()
        .map(|_| {
            let id = Uuid::now_v7();
            (id, BlobKey::derived(id))
        })
        .collect();
    for ((_, key), file) in keys.iter().zip(&split.files) {
        app.blobs.take_file(key, &file.path).await?;
    }
    let facts: Vec<FileFacts> = split.files.iter().zip(&sums).map(|(file, sums)| facts(split, file, sums)).collect();
    let stored = store_rows(context, audio, separator, options, wanted, &facts, &keys, &sums).await;
    if stored.is_err() {
        // Rows name none of them: they would only wait for the next search for orphans.
        for (_, key) in &keys {
            if let Err(error) = app.blobs.remove(key).await {
                tracing::warn!(%key, %error, kind, "a stem without a row could not be removed now");
            }
        }
    }
    let condemned = stored?;
    videos::removal::sweep(app, &condemned).await;
    Ok(())
}

/// One transaction: the old files condemned, the new ones noted, the job completed. Gives the keys of the old.
async fn store_rows(
    context: &Context,
    audio: &AudioFile,
    separator: &str,
    options: &Options,
    wanted: &Wanted,
    facts: &[FileFacts],
    keys: &[(Uuid, BlobKey)],
    sums: &[Sums],
) -> Result<Vec<String>, Stop> {
    let (app, kind, video_id) = (&context.app, options.kind.as_str(), context.video_id()?);
    let tx = app.store.begin().await?;
    let gone = || Stop::Failed { code: "video_gone", message: "The recording was deleted.".to_owned() };
    let video = store::videos::get(tx.rows(), video_id).await.map_err(|_| gone())?;
    store::users::lock(tx.rows(), video.user_id).await?;
    let old = rows::of_video(tx.rows(), video_id, kind).await?;
    let condemned = match &old {
        Some(old) => rows::remove(tx.rows(), old).await?,
        None => Vec::new(),
    };
    let used = store::videos::bytes_of_user(tx.rows(), video.user_id).await?;
    let privileges = Privileges::of_user(app, tx.rows(), video.user_id).await.map_err(|error| again(&error))?;
    let more: u64 = facts.iter().map(|file| file.size_bytes).sum();
    if let Err(Error::TooLarge(refusal)) = quota::check(&privileges, used, more) {
        let message = format!("{} {}", refusal.message, refusal.hint);
        return Err(Stop::Failed { code: refusal.code, message });
    }
    for (((id, key), file), sums) in keys.iter().zip(facts).zip(sums) {
        let new = derived_files::NewDerivedFile {
            id: *id,
            video_id,
            kind: rows::kind_of_file(kind, &file.name),
            storage_path: key.as_str().to_owned(),
            media_type: wanted.format.media_type().to_owned(),
            size_bytes: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
            sha256: sums.sha256.clone(),
        };
        derived_files::insert(tx.rows(), new).await?;
    }
    let new = NewSeparation {
        video_id,
        kind: kind.to_owned(),
        separator: separator.to_owned(),
        heard_at: audio.analyzed_at,
        options: serde_json::to_value(options).map_err(|error| Stop::Again(error.to_string()))?,
        files: serde_json::to_value(facts).map_err(|error| Stop::Again(error.to_string()))?,
    };
    let row = rows::insert(tx.rows(), new).await?;
    context.complete(tx, result(&row)).await?;
    Ok(condemned)
}

fn again(error: &Error) -> Stop {
    Stop::Again(error.to_string())
}

fn facts(split: &Split, file: &splitting::Written, sums: &Sums) -> FileFacts {
    let stem = Stem::ALL.iter().position(|stem| stem.id() == file.name);
    let of_drums = |of: &dyn Fn(usize) -> f64| Stem::DRUMS.iter().enumerate().map(|(place, _)| of(place)).sum::<f64>();
    let (hits, energy_share, certainty_db) = match (stem, file.name.as_str()) {
        (Some(place), _) => {
            let quality = &split.quality[place];
            let certainty = (quality.energy > 0.0).then_some(quality.certainty_db);
            (Some(split.hits[place]), Some(quality.share), certainty)
        }
        (None, "drums") => {
            let hits = split.hits.iter().sum();
            (Some(hits), Some(of_drums(&|place| split.quality[place].share)), None)
        }
        _ => (None, None, None),
    };
    FileFacts {
        name: file.name.clone(),
        size_bytes: file.size_bytes,
        crc32: sums.crc32,
        clipped_samples: file.clipped_samples,
        turned_down_db: file.turned_down_db,
        hits,
        energy_share,
        certainty_db,
    }
}

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

fn sums(path: &Path) -> std::io::Result<Sums> {
    let (mut file, mut buffer) = (std::fs::File::open(path)?, vec![0; READ_BYTES]);
    let (mut sha256, mut crc32) = (Sha256::new(), crc32fast::Hasher::new());
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Sums { sha256: hex::encode(sha256.finalize()), crc32: crc32.finalize() });
        }
        sha256.update(&buffer[..count]);
        crc32.update(&buffer[..count]);
    }
}

/// A folder for the files of one attempt, which goes with all that is left in it.
struct Folder(PathBuf);

impl Folder {
    fn new(scratch: &Path) -> Result<Self, Stop> {
        let path = scratch.join(format!("stems-{}", Uuid::now_v7().simple()));
        std::fs::create_dir(&path).map_err(|error| Stop::Again(error.to_string()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "scratch files of a separation could not be removed");
        }
    }
}
