//! Links by which anybody may look at a recording and its notation until they end.
//!
//! Conventions: the token in a link is 256 random bits; only its hash is kept, so a link is shown once, when it is made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rand::RngExt;
use sha2::{Digest, Sha256};
use store::{Notation, Share, Video, shares as rows};
use uuid::Uuid;

use crate::error::FieldError;
use crate::policy::{self, Action};
use crate::{Actor, App, Error, Result};

/// A link that was just made.
#[derive(Debug)]
pub struct NewShare {
    /// The link.
    pub share: Share,
    /// What opens it; shown this once.
    pub token: String,
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

async fn shareable(app: &App, actor: &Actor, video_id: Uuid) -> Result<Video> {
    let video = store::videos::get(app.store.rows(), video_id).await?;
    actor.may_on(Action::ShareVideo, video.user_id, "video")?;
    Ok(video)
}

/// Makes a link to a recording.
///
/// # Errors
/// `NotFound`; `Invalid` for an end in the past.
pub async fn create(app: &App, actor: &Actor, video_id: Uuid, expires_at: Option<DateTime<Utc>>) -> Result<NewShare> {
    let video = shareable(app, actor, video_id).await?;
    if expires_at.is_some_and(|end| end <= store::now()) {
        return Err(Error::Invalid(vec![FieldError::body("expires_at", "rule", "this time is over")]));
    }
    let token = URL_SAFE_NO_PAD.encode(rand::rng().random::<[u8; 32]>());
    let share = rows::insert(app.store.rows(), video.id, hash(&token), expires_at).await?;
    Ok(NewShare { share, token })
}

/// The links to a recording, without what opens them.
///
/// # Errors
/// `NotFound`.
pub async fn list(app: &App, actor: &Actor, video_id: Uuid) -> Result<Vec<Share>> {
    let video = shareable(app, actor, video_id).await?;
    Ok(rows::of_video(app.store.rows(), video.id).await?)
}

/// Takes a link back.
///
/// # Errors
/// `NotFound`.
pub async fn revoke(app: &App, actor: &Actor, video_id: Uuid, id: Uuid) -> Result<()> {
    let video = shareable(app, actor, video_id).await?;
    if rows::remove(app.store.rows(), video.id, id).await? { Ok(()) } else { Err(Error::NotFound("share")) }
}

/// What a link opens.
#[derive(Debug)]
pub struct Shared {
    /// The recording.
    pub video: Video,
    /// Its newest notation, if written.
    pub notation: Option<Notation>,
    /// When the link ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its owner, in whose name it is read: only for reading, and only what the link opens.
    pub owner: Actor,
}

/// Opens a link, whoever asks.
///
/// # Errors
/// `NotFound` for one that was never made, has ended or was taken back, and for a recording that was deleted.
pub async fn open(app: &App, token: &str) -> Result<Shared> {
    let share = rows::by_token(app.store.rows(), &hash(token)).await?;
    let found = store::videos::get(app.store.rows(), share.video_id).await;
    let video = found.map_err(|error| match error {
        store::Error::NotFound(_) => Error::NotFound("share"),
        other => other.into(),
    })?;
    Ok(Shared {
        notation: store::notations::newest_of_video(app.store.rows(), video.id).await?,
        expires_at: share.expires_at,
        owner: Actor { user_id: video.user_id, roles: vec![policy::USER.to_owned()], session_id: None },
        video,
    })
}
