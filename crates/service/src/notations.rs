//! Written scores: read, change, export.
//!
//! Start reading at `revisions.rs`: every change of a notation goes through there.

pub(crate) mod exports;
pub(crate) mod facts;
pub(crate) mod making;
pub mod relisten;
pub(crate) mod revisions;

use store::notations::{self as rows, NotationEntry, NotationFilter};
use store::{Notation, Page, Paging};
use uuid::Uuid;

use crate::policy::{Action, Reach};
use crate::videos::removal;
use crate::{Actor, App, Result};

pub use crate::pipeline::analysis::{Analysis, OtherReading};
pub use crate::pipeline::known::{Known, options};
pub use crate::pipeline::reading::{Comparison, Doubt, MeasureFact, NoteFact, Statistics};
pub use crate::pipeline::writing::PostedEvent;
pub use exports::{Wanted, export, tag};
pub use facts::{Compared, NoteFilter, compare, measures, review, statistics, strokes, validate};
pub use making::{Made, Order, Patch, make, patch};
pub use revisions::{Changes, View, edit, list as revisions, redo, rename, revert, undo, view};

/// A notation that the caller may act on in this way.
///
/// # Errors
/// `NotFound`, also for those of others.
pub(crate) async fn owned(app: &App, actor: &Actor, action: Action, id: Uuid) -> Result<Notation> {
    let notation = rows::get(app.store.rows(), id).await?;
    actor.may_on(action, notation.user_id, "notation")?;
    Ok(notation)
}

/// One's own notations, newest first; for an admin everybody's.
///
/// # Errors
/// `Forbidden` for roles that may not.
pub async fn list(app: &App, actor: &Actor, mut filter: NotationFilter, paging: Paging) -> Result<Page<NotationEntry>> {
    actor.may(Action::ReadNotation)?;
    if actor.reach(Action::ReadNotation) != Reach::All {
        filter.user_id = Some(actor.user_id);
    }
    Ok(rows::list(app.store.rows(), filter, paging).await?)
}

/// Deletes a notation; its revisions are gone with it, and the files made of it.
///
/// # Errors
/// `NotFound`, also for those of others.
pub async fn delete(app: &App, actor: &Actor, id: Uuid) -> Result<()> {
    owned(app, actor, Action::DeleteNotation, id).await?;
    let tx = app.store.begin().await?;
    rows::delete(tx.rows(), id).await?;
    let made = store::exports::all_of_notation(tx.rows(), id).await?;
    let keys = store::exports::remove(tx.rows(), &made).await?;
    tx.commit().await?;
    removal::sweep(app, &keys).await;
    Ok(())
}
