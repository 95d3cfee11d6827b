//! Drum kits: the usual one, and those of one's own.

use serde_json::Value as Document;
use store::{DrumKit, drum_kits as rows};
use uuid::Uuid;

use crate::pipeline::kits::{Line, default_pieces, read};
use crate::policy::Action;
use crate::{Actor, App, Error, FieldError, Result};

pub use crate::pipeline::kits::Piece;

/// Longest name, characters.
const NAME_CHARS_MAX: usize = 128;

/// A kit and its pieces.
#[derive(Clone, Debug)]
pub struct Kit {
    /// None for the usual kit.
    pub id: Option<Uuid>,
    /// For people.
    pub name: String,
    /// Its lines.
    pub pieces: Vec<Piece>,
}

impl Kit {
    fn of(row: DrumKit) -> Result<Self> {
        let pieces = serde_json::from_value(row.pieces).map_err(Error::internal)?;
        Ok(Self { id: Some(row.id), name: row.name, pieces })
    }
}

/// The usual kit, with every instrument.
pub fn usual() -> Kit {
    Kit { id: None, name: "Backbeat".to_owned(), pieces: default_pieces() }
}

/// The usual kit and one's own.
///
/// # Errors
/// `Forbidden` for roles that may not.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Kit>> {
    actor.may(Action::ManageKits)?;
    let own = rows::of_user(app.store.rows(), actor.user_id).await?;
    std::iter::once(Ok(usual())).chain(own.into_iter().map(Kit::of)).collect()
}

/// A kit of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn get(app: &App, actor: &Actor, id: Uuid) -> Result<Kit> {
    Kit::of(owned(app, actor, id).await?)
}

async fn owned(app: &App, actor: &Actor, id: Uuid) -> Result<DrumKit> {
    let kit = rows::get(app.store.rows(), id).await?;
    actor.may_on(Action::ManageKits, kit.user_id, "drum kit")?;
    Ok(kit)
}

/// Makes a kit.
///
/// # Errors
/// `Invalid` for a kit that breaks rules, `Rule` when there are too many.
pub async fn make(app: &App, actor: &Actor, name: String, pieces: Vec<Piece>) -> Result<Kit> {
    actor.may(Action::ManageKits)?;
    let (name, document) = check(&name, &pieces)?;
    let (own, most) = (rows::of_user(app.store.rows(), actor.user_id).await?.len(), app.config.user_kits_max);
    if own >= most {
        let message = format!("You have {own} drum kits, the most one account may have.");
        return Err(Error::Rule(crate::error::refusal("too_many_kits", message, "Delete one you no longer need.")));
    }
    Kit::of(rows::insert(app.store.rows(), actor.user_id, name, document).await?)
}

/// Changes a kit of one's own.
///
/// # Errors
/// `NotFound`, also for those of others; `Invalid` for a kit that breaks rules.
pub async fn change(app: &App, actor: &Actor, id: Uuid, name: String, pieces: Vec<Piece>) -> Result<Kit> {
    let kit = owned(app, actor, id).await?;
    let (name, document) = check(&name, &pieces)?;
    Kit::of(rows::change(app.store.rows(), kit, name, document).await?)
}

/// Deletes a kit of one's own.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn delete(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    owned(app, actor, id).await?;
    Ok(rows::delete(app.store.rows(), id).await?)
}

/// The lines of a kit of one's own, and what changes when they do.
pub(crate) async fn lines(app: &App, actor: &Actor, id: Uuid) -> Result<(Vec<Line>, String)> {
    let row = owned(app, actor, id).await?;
    let changed = row.updated_at.to_rfc3339();
    let lines = read(&Kit::of(row)?.pieces).map_err(|(_, _, _, message)| Error::internal(message))?;
    Ok((lines, changed))
}

fn check(name: &str, pieces: &[Piece]) -> Result<(String, Document)> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        let message = format!("a name has 1 to {NAME_CHARS_MAX} characters");
        return Err(Error::Invalid(vec![FieldError::body("name", "out_of_range", message)]));
    }
    read(pieces).map_err(|(index, field, kind, message)| {
        let place = ["body", "pieces", &index.to_string(), field].map(ToOwned::to_owned).to_vec();
        Error::Invalid(vec![FieldError { place, kind, message }])
    })?;
    Ok((name, serde_json::to_value(pieces).map_err(Error::internal)?))
}
