//! What is made from a recording to be looked at: thumbnail, outline of the sound, pictures around a hit.
//!
//! Conventions: thumbnail and outline are made when first asked for and kept as blobs, which count in the quota;
//! pictures around a hit are made each time. ffmpeg runs on blocking threads, only so many at a time.

use std::ops::ControlFlow;
use std::time::Duration;

use media::{FrameOptions, FrameStrip};
use sha2::{Digest, Sha256};
use store::{BlobKey, DerivedFile, Video, derived_files as rows};
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

use super::{get, limits};
use crate::error::refusal;
use crate::{Actor, App, Error, Result};

/// A picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The JPEG file.
    pub jpeg: bytes::Bytes,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// Longest edge of a thumbnail, pixels.
const THUMBNAIL_PX: u32 = 480;
/// Where in a recording its thumbnail is taken, as a part of its length: the beginning is often black.
const THUMBNAIL_AT: f64 = 0.1;

/// A picture that stands for a recording.
///
/// # Errors
/// `NotFound` for a recording, or a picture in it, that is not there.
pub async fn thumbnail(app: &App, actor: &Actor, id: Uuid) -> Result<Picture> {
    let video = get(app, actor, id).await?;
    if video.width.is_none() {
        return Err(Error::NotFound("picture"));
    }
    let made = kept(app, &video, "thumbnail", "image/jpeg", |source, info, limits| {
        let options = |time_s| FrameOptions { time_s, count: 1, edge_px: THUMBNAIL_PX };
        let at_s = info.duration_s.unwrap_or(0.0) * THUMBNAIL_AT;
        let strip = media::frames(source, info, limits, &options(at_s));
        // The picture may be shorter than the sound.
        let strip = strip.or_else(|_| media::frames(source, info, limits, &options(0.0)))?;
        Ok(strip.jpeg)
    });
    let (file, jpeg) = made.await.map_err(no_picture)?;
    Ok(Picture { jpeg, sha256: file.sha256 })
}

fn no_picture(error: Error) -> Error {
    match error {
        Error::Unsupported(refusal) if refusal.code == "media_no_picture" => Error::NotFound("picture"),
        other => other,
    }
}

/// Pictures around a moment, side by side.
///
/// # Errors
/// `NotFound` for a recording, or a picture in it, that is not there.
pub async fn frames(app: &App, actor: &Actor, id: Uuid, options: FrameOptions) -> Result<FrameStrip> {
    let video = get(app, actor, id).await?;
    let _permit = permit(app).await?;
    let limits = limits(app);
    let copy = app.blobs.as_file(&BlobKey::stored(&video.storage_path), &app.config.scratch_dir()).await?;
    let made = tokio::task::spawn_blocking(move || {
        let source = media::Source::file(copy.path())?;
        let info = media::probe(&source, &limits)?;
        media::frames(&source, &info, &limits, &options)
    });
    made.await.map_err(Error::internal)?.map_err(|error| no_picture(error.into()))
}

/// The outline of a recording's sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    /// Buckets in a second.
    pub buckets_per_s: u32,
    /// Length of the sound, seconds.
    pub duration_s: f64,
    /// Largest magnitude in each bucket, 0-1, in steps of 1/255.
    pub peaks: Vec<f32>,
}

/// The resolution that is kept, buckets in a second; coarser ones are made from it.
pub const WAVEFORM_BUCKETS_PER_S_MAX: u32 = 200;
/// Bytes of a kept outline before its buckets: the length of the sound in seconds, as a little-endian double.
const WAVEFORM_HEAD_BYTES: usize = 8;

/// The outline of a recording's sound, with 1 to [`WAVEFORM_BUCKETS_PER_S_MAX`] buckets in a second.
///
/// # Errors
/// `NotFound`; `Rule` for a recording without sound.
pub async fn waveform(app: &App, actor: &Actor, id: Uuid, buckets_per_s: u32) -> Result<Waveform> {
    let video = get(app, actor, id).await?;
    if !video.has_audio {
        return Err(Error::Rule(refusal(
            "media_no_audio",
            "This recording has no sound track.",
            "There is nothing to draw.",
        )));
    }
    let made = kept(app, &video, "waveform", "application/octet-stream", |source, info, limits| {
        let rate = WAVEFORM_BUCKETS_PER_S_MAX;
        let seen = media::peaks(source, info, limits, rate, &mut |_| ControlFlow::Continue(()))?;
        let mut file = seen.duration_s.to_le_bytes().to_vec();
        file.extend(seen.peaks.iter().map(|peak| (peak * 255.0).round() as u8));
        Ok(file)
    });
    let (_, file) = made.await?;
    let damaged = || Error::internal("a kept outline is damaged");
    let (head, buckets) = file.split_first_chunk::<WAVEFORM_HEAD_BYTES>().ok_or_else(damaged)?;
    let peaks = coarser(buckets, buckets_per_s.clamp(1, WAVEFORM_BUCKETS_PER_S_MAX));
    Ok(Waveform { buckets_per_s, duration_s: f64::from_le_bytes(*head), peaks })
}

/// Fewer buckets, each as high as the highest of those it overlaps.
fn coarser(fine: &[u8], buckets_per_s: u32) -> Vec<f32> {
    let (from, to) = (WAVEFORM_BUCKETS_PER_S_MAX as usize, buckets_per_s as usize);
    let wanted = (fine.len() * to).div_ceil(from);
    let bucket = |number: usize| {
        let (first, end) = (number * from / to, ((number + 1) * from).div_ceil(to).min(fine.len()));
        let highest = fine[first.min(end)..end].iter().copied().max().unwrap_or(0);
        f32::from(highest) / 255.0
    };
    (0..wanted).map(bucket).collect()
}

async fn permit(app: &App) -> Result<SemaphorePermit<'_>> {
    let patience = Duration::from_secs(app.config.media_wait_s_max);
    let turn = tokio::time::timeout(patience, app.media_slots.acquire()).await;
    turn.map_err(|_| {
        let message = "Too many pictures and outlines are being made.";
        Error::Busy(refusal("too_many_pictures", message, "Try again in a moment."))
    })?
    .map_err(Error::internal)
}

/// The kept file of this kind, made now where there is none yet.
async fn kept<F>(
    app: &App,
    video: &Video,
    kind: &'static str,
    media_type: &str,
    make: F,
) -> Result<(DerivedFile, bytes::Bytes)>
where
    F: FnOnce(&media::Source, &media::MediaInfo, &media::Limits) -> Result<Vec<u8>, media::Error> + Send + 'static,
{
    if let Some(found) = read(app, video.id, kind).await? {
        return Ok(found);
    }
    let _permit = permit(app).await?;
    // Somebody else may have made it while we waited.
    if let Some(found) = read(app, video.id, kind).await? {
        return Ok(found);
    }
    let limits = limits(app);
    let copy = app.blobs.as_file(&BlobKey::stored(&video.storage_path), &app.config.scratch_dir()).await?;
    let made = tokio::task::spawn_blocking(move || {
        let source = media::Source::file(copy.path())?;
        let info = media::probe(&source, &limits)?;
        make(&source, &info, &limits)
    });
    keep(app, video, kind, media_type, made.await.map_err(Error::internal)??).await
}

async fn read(app: &App, video_id: Uuid, kind: &str) -> Result<Option<(DerivedFile, bytes::Bytes)>> {
    let Some(file) = rows::of_video(app.store.rows(), video_id, kind).await? else { return Ok(None) };
    let bytes = app.blobs.read_all(&BlobKey::stored(&file.storage_path)).await?;
    Ok(Some((file, bytes)))
}

async fn keep(
    app: &App,
    video: &Video,
    kind: &str,
    media_type: &str,
    made: Vec<u8>,
) -> Result<(DerivedFile, bytes::Bytes)> {
    let id = Uuid::now_v7();
    let key = BlobKey::derived(id);
    let bytes = bytes::Bytes::from(made);
    let new = rows::NewDerivedFile {
        id,
        video_id: video.id,
        kind: kind.to_owned(),
        storage_path: key.as_str().to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: i64::try_from(bytes.len()).map_err(Error::internal)?,
        sha256: hex::encode(Sha256::digest(&bytes)),
    };
    app.blobs.put(&key, bytes.clone()).await?;
    match rows::insert(app.store.rows(), new).await {
        Ok(file) => Ok((file, bytes)),
        Err(error) => {
            // Another process made the same meanwhile, or the recording is gone: ours is not needed.
            app.blobs.remove(&key).await?;
            let theirs = read(app, video.id, kind).await?;
            theirs.ok_or_else(|| match error {
                store::Error::NotFound(_) => Error::NotFound("video"),
                other => other.into(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarser_outline_loses_no_peak() {
        let mut fine = vec![0; 400];
        fine[203] = 255;
        let coarse = coarser(&fine, 50);
        assert_eq!(coarse.len(), 100);
        assert_eq!(coarse.iter().position(|peak| *peak == 1.0), Some(50));
        assert_eq!(coarser(&fine, 200).len(), 400);
        // Buckets of 200/30 overlap: both neighbours may show it, none may miss it.
        assert!(coarser(&fine, 30).contains(&1.0));
        assert!(coarser(&[], 50).is_empty());
    }
}
