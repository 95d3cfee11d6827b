//! Sound tracks of recordings, and the strokes found in them.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Condition;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, QueryTrait};

use crate::dialect::now;
use crate::entities::{audio_files, drum_events, videos};
use crate::repositories::separations::SoundUsage;
use crate::{AudioFile, DrumEvent, Error, Page, Paging, Result};

/// What is known of a sound track when it is stored.
#[derive(Clone, Debug)]
pub struct NewAudioFile {
    /// Its id, chosen before its file was stored.
    pub id: Uuid,
    /// The recording.
    pub video_id: Uuid,
    /// Key in the blob store.
    pub storage_path: String,
    /// Hz.
    pub sample_rate: i32,
    /// Channels.
    pub channels: i32,
    /// Seconds.
    pub duration_seconds: f64,
    /// Bytes.
    pub size_bytes: i64,
}

/// A stroke to be stored.
#[derive(Clone, Debug)]
pub struct NewDrumEvent {
    /// Onset, seconds.
    pub time_seconds: f64,
    /// Instrument id.
    pub instrument: String,
    /// 1-127.
    pub velocity: i32,
    /// 0-1.
    pub confidence: f64,
}

/// What was heard in a sound track.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The document, unopened here.
    pub analysis: serde_json::Value,
    /// The model that listened.
    pub model_version: String,
    /// The strokes.
    pub events: Vec<NewDrumEvent>,
    /// Their mean confidence.
    pub confidence_avg: Option<f64>,
}

/// Stores a sound track's row.
///
/// # Errors
/// `Error::Conflict` when the recording has one already.
pub async fn insert(rows: &impl ConnectionTrait, new: NewAudioFile) -> Result<AudioFile> {
    let now = now();
    let audio = audio_files::ActiveModel {
        id: Set(new.id),
        video_id: Set(new.video_id),
        storage_path: Set(new.storage_path),
        file_format: Set("flac".to_owned()),
        sample_rate: Set(new.sample_rate),
        channels: Set(new.channels),
        duration_seconds: Set(new.duration_seconds),
        size_bytes: Set(new.size_bytes),
        analysis: Set(None),
        model_version: Set(None),
        detected_events: Set(None),
        confidence_avg: Set(None),
        analyzed_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        deleted_at: Set(None),
    };
    Ok(audio.insert(rows).await?)
}

/// A live sound track.
///
/// # Errors
/// `Error::NotFound`.
pub async fn get(rows: &impl ConnectionTrait, id: Uuid) -> Result<AudioFile> {
    let query = audio_files::Entity::find_by_id(id).filter(audio_files::Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("audio file"))
}

/// Live sound tracks of live recordings, newest first; of one account or of all.
pub async fn list(
    rows: &impl ConnectionTrait,
    user_id: Option<Uuid>,
    video_id: Option<Uuid>,
    paging: Paging,
) -> Result<Page<AudioFile>> {
    use audio_files::Column;
    let mut seen = videos::Entity::find().select_only().column(videos::Column::Id);
    seen = seen.filter(videos::Column::DeletedAt.is_null());
    if let Some(user_id) = user_id {
        seen = seen.filter(videos::Column::UserId.eq(user_id));
    }
    let mut query = audio_files::Entity::find()
        .filter(Column::DeletedAt.is_null())
        .filter(Column::VideoId.in_subquery(seen.into_query()));
    if let Some(video_id) = video_id {
        query = query.filter(Column::VideoId.eq(video_id));
    }
    super::page(rows, query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id), paging).await
}

/// Which strokes to list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only this instrument.
    pub instrument: Option<String>,
    /// Only from this time on, seconds.
    pub from_s: Option<f64>,
    /// Only before this time, seconds.
    pub to_s: Option<f64>,
    /// Only strokes with at least this confidence.
    pub min_confidence: Option<f64>,
}

/// Some strokes of a sound track, in order of time.
pub async fn list_events(
    rows: &impl ConnectionTrait,
    audio_file_id: Uuid,
    filter: EventFilter,
    paging: Paging,
) -> Result<Page<DrumEvent>> {
    use drum_events::Column;
    let condition = Condition::all()
        .add(Column::AudioFileId.eq(audio_file_id))
        .add(Column::DeletedAt.is_null())
        .add_option(filter.instrument.map(|name| Column::Instrument.eq(name)))
        .add_option(filter.from_s.map(|from| Column::TimeSeconds.gte(from)))
        .add_option(filter.to_s.map(|to| Column::TimeSeconds.lt(to)))
        .add_option(filter.min_confidence.map(|least| Column::Confidence.gte(least)));
    let query = drum_events::Entity::find().filter(condition);
    super::page(rows, query.order_by_asc(Column::TimeSeconds).order_by_asc(Column::Id), paging).await
}

/// The live sound track of a recording.
pub async fn of_video(rows: &impl ConnectionTrait, video_id: Uuid) -> Result<Option<AudioFile>> {
    let query = audio_files::Entity::find()
        .filter(audio_files::Column::VideoId.eq(video_id))
        .filter(audio_files::Column::DeletedAt.is_null());
    Ok(query.one(rows).await?)
}

/// Strokes inserted with one statement; PostgreSQL allows 65,535 parameters, a stroke has nine.
const EVENTS_PER_INSERT: usize = 500;

/// Replaces what was heard before.
pub async fn set_heard(rows: &impl ConnectionTrait, audio: AudioFile, heard: Heard) -> Result<AudioFile> {
    let now = now();
    drum_events::Entity::delete_many().filter(drum_events::Column::AudioFileId.eq(audio.id)).exec(rows).await?;
    for events in heard.events.chunks(EVENTS_PER_INSERT) {
        let events = events.iter().map(|event| drum_events::ActiveModel {
            id: Set(Uuid::now_v7()),
            audio_file_id: Set(audio.id),
            time_seconds: Set(event.time_seconds),
            instrument: Set(event.instrument.clone()),
            velocity: Set(event.velocity),
            confidence: Set(event.confidence),
            model_version: Set(heard.model_version.clone()),
            created_at: Set(now),
            updated_at: Set(now),
            deleted_at: Set(None),
        });
        drum_events::Entity::insert_many(events).exec_without_returning(rows).await?;
    }
    let mut changed: audio_files::ActiveModel = audio.into();
    changed.analysis = Set(Some(heard.analysis));
    changed.model_version = Set(Some(heard.model_version));
    changed.detected_events = Set(Some(i32::try_from(heard.events.len()).unwrap_or(i32::MAX)));
    changed.confidence_avg = Set(heard.confidence_avg);
    changed.analyzed_at = Set(Some(now));
    changed.updated_at = Set(now);
    Ok(changed.update(rows).await?)
}

/// The strokes of a sound track, in order of time.
pub async fn events(rows: &impl ConnectionTrait, audio_file_id: Uuid) -> Result<Vec<DrumEvent>> {
    let query = drum_events::Entity::find()
        .filter(drum_events::Column::AudioFileId.eq(audio_file_id))
        .filter(drum_events::Column::DeletedAt.is_null())
        .order_by_asc(drum_events::Column::TimeSeconds)
        .order_by_asc(drum_events::Column::Id);
    Ok(query.all(rows).await?)
}

/// Everybody's extracted sound.
pub async fn usage(rows: &impl ConnectionTrait) -> Result<SoundUsage> {
    let sizes = audio_files::Entity::find().select_only().column(audio_files::Column::SizeBytes);
    let sizes: Vec<i64> = sizes.into_tuple().all(rows).await?;
    Ok(SoundUsage {
        kind: "extracted".to_owned(),
        recordings: sizes.len() as u64,
        files: sizes.len() as u64,
        bytes: sizes.iter().map(|bytes| u64::try_from(*bytes).unwrap_or(0)).sum(),
    })
}
