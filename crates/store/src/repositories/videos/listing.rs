//! Lists of recordings: which, in what order.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, Func, LikeExpr, Order};
use sea_orm::{Condition, QueryOrder};

use crate::entities::videos::{Column, Entity};
use crate::{Page, Paging, Result, Video};

/// What a list is sorted by; equal ones are newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sort {
    /// When it was uploaded.
    #[default]
    Created,
    /// When it last changed.
    Updated,
    /// Its file name.
    Filename,
    /// Bytes.
    Size,
    /// Seconds.
    Duration,
}

/// Which recordings to list.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Only this user's.
    pub user_id: Option<Uuid>,
    /// Only those with this in file name or title, in whatever case (on SQLite of a-z only).
    pub search: Option<String>,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Only those with sound, or without.
    pub has_audio: Option<bool>,
    /// The soft-deleted ones instead of the live ones.
    pub deleted: bool,
    /// By what.
    pub sort: Sort,
    /// Smallest, oldest, first letters first.
    pub ascending: bool,
}

/// Recordings of a list.
pub async fn list(rows: &impl ConnectionTrait, listing: &Listing, paging: Paging) -> Result<Page<Video>> {
    let column = match listing.sort {
        Sort::Created => Column::CreatedAt,
        Sort::Updated => Column::UpdatedAt,
        Sort::Filename => Column::Filename,
        Sort::Size => Column::SizeBytes,
        Sort::Duration => Column::DurationSeconds,
    };
    let order = if listing.ascending { Order::Asc } else { Order::Desc };
    let query = Entity::find().filter(which(listing)).order_by(column, order).order_by_desc(Column::Id);
    crate::repositories::page(rows, query, paging).await
}

fn which(listing: &Listing) -> Condition {
    let life = if listing.deleted { Column::DeletedAt.is_not_null() } else { Column::DeletedAt.is_null() };
    let mut all = Condition::all().add(life);
    if let Some(user_id) = listing.user_id {
        all = all.add(Column::UserId.eq(user_id));
    }
    if let Some(words) = &listing.search {
        let pattern = || LikeExpr::new(format!("%{}%", literal(&words.to_lowercase()))).escape('\\');
        let holds = |column| Expr::expr(Func::lower(Expr::col(column))).like(pattern());
        all = all.add(Condition::any().add(holds(Column::Filename)).add(holds(Column::Title)));
    }
    if let Some(tag) = &listing.tag {
        // Both databases print the list in the same way: words in double quotes.
        let quoted = serde_json::Value::from(tag.as_str()).to_string();
        let pattern = LikeExpr::new(format!("%{}%", literal(&quoted))).escape('\\');
        all = all.add(Expr::col(Column::Tags).cast_as("text").like(pattern));
    }
    if let Some(has_audio) = listing.has_audio {
        all = all.add(Column::HasAudio.eq(has_audio));
    }
    all
}

/// Text in which the wildcards of LIKE mean themselves.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
