//! Recordings, and what is to be done with them: one file per concern.

pub(crate) mod change;
pub(crate) mod download;
pub(crate) mod listing;
pub(crate) mod pictures;
pub(crate) mod stats;
pub(crate) mod upload;
pub(crate) mod work;

use chrono::{DateTime, Utc};
use serde::Serialize;
use service::{Page, Video};
use utoipa::ToSchema;
use uuid::Uuid;

use super::paging::numbers;

/// A recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoRead {
    id: Uuid,
    user_id: Uuid,
    #[schema(example = "drum_performance.mp4")]
    filename: String,
    /// A name for people.
    #[schema(example = "Second take")]
    title: Option<String>,
    #[schema(example = json!(["rock", "practice"]))]
    tags: Vec<String>,
    /// Whether anybody may see it.
    public: bool,
    /// Key in the server's storage, not a path of the machine.
    storage_path: String,
    /// Length in seconds, as measured.
    #[schema(example = 8.0)]
    duration_seconds: Option<f64>,
    #[schema(example = 196_608)]
    size_bytes: i64,
    /// By content.
    #[schema(example = "video/mp4")]
    media_type: String,
    /// Pixels.
    width: Option<i32>,
    /// Pixels.
    height: Option<i32>,
    /// Pictures per second.
    frame_rate: Option<f64>,
    /// Whether there is a sound track.
    has_audio: bool,
    /// Of the uploaded bytes, hexadecimal.
    sha256: String,
    #[schema(example = "uploaded")]
    status: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// When it was soft-deleted.
    deleted_at: Option<DateTime<Utc>>,
}

impl From<Video> for VideoRead {
    fn from(video: Video) -> Self {
        Self {
            id: video.id,
            user_id: video.user_id,
            filename: video.filename,
            title: video.title,
            tags: video.tags.and_then(|tags| serde_json::from_value(tags).ok()).unwrap_or_default(),
            public: video.is_public,
            storage_path: video.storage_path,
            duration_seconds: video.duration_seconds,
            size_bytes: video.size_bytes,
            media_type: video.media_type,
            width: video.width,
            height: video.height,
            frame_rate: video.frame_rate,
            has_audio: video.has_audio,
            sha256: video.sha256,
            status: video.status,
            created_at: video.created_at,
            updated_at: video.updated_at,
            deleted_at: video.deleted_at,
        }
    }
}

/// A recording as strangers see it, where its owner lets them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicVideo {
    id: Uuid,
    #[schema(example = "drum_performance.mp4")]
    filename: String,
    /// A name for people.
    #[schema(example = "Second take")]
    title: Option<String>,
    #[schema(example = json!(["rock", "practice"]))]
    tags: Vec<String>,
    /// Length in seconds, as measured.
    #[schema(example = 8.0)]
    duration_seconds: Option<f64>,
    /// By content.
    #[schema(example = "video/mp4")]
    media_type: String,
    /// Pixels.
    width: Option<i32>,
    /// Pixels.
    height: Option<i32>,
    /// Pictures per second.
    frame_rate: Option<f64>,
    /// Whether there is a sound track.
    has_audio: bool,
    created_at: DateTime<Utc>,
}

impl From<Video> for PublicVideo {
    fn from(video: Video) -> Self {
        let video = VideoRead::from(video);
        Self {
            id: video.id,
            filename: video.filename,
            title: video.title,
            tags: video.tags,
            duration_seconds: video.duration_seconds,
            media_type: video.media_type,
            width: video.width,
            height: video.height,
            frame_rate: video.frame_rate,
            has_audio: video.has_audio,
            created_at: video.created_at,
        }
    }
}

/// One page of recordings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VideoPage {
    videos: Vec<VideoRead>,
    #[schema(example = 1)]
    total: u64,
    #[schema(example = 1)]
    page: u64,
    #[schema(example = 20)]
    per_page: u64,
    #[schema(example = 1)]
    pages: u64,
}

impl From<Page<Video>> for VideoPage {
    fn from(found: Page<Video>) -> Self {
        let (total, page, per_page, pages) = numbers(&found);
        Self { videos: found.rows.into_iter().map(Into::into).collect(), total, page, per_page, pages }
    }
}
