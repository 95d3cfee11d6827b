//! Rows by aggregate: one file per thing that is read and written as a whole.

pub mod audio_files;
pub mod derived_files;
pub mod drum_kits;
pub mod exports;
pub mod files;
pub mod idempotency;
pub mod logins;
pub mod models;
pub mod notations;
pub mod relistenings;
pub mod roles;
pub mod separations;
pub mod sessions;
pub mod shares;
pub mod uploads;
pub mod users;
pub mod videos;
pub mod webhooks;

use sea_orm::{ConnectionTrait, EntityTrait, ModelTrait, PaginatorTrait, QuerySelect, Select};

use crate::Result;

/// Which page of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// 1-100.
    pub per_page: u64,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// How many rows there are in all.
    pub total: u64,
    /// Which page this is.
    pub paging: Paging,
}

impl<T> Page<T> {
    /// How many pages there are; 1 when there is nothing.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.paging.per_page).max(1)
    }
}

pub(crate) async fn page<E, M>(rows: &impl ConnectionTrait, query: Select<E>, paging: Paging) -> Result<Page<M>>
where
    E: EntityTrait<Model = M>,
    M: ModelTrait<Entity = E> + sea_orm::FromQueryResult + Sized + Send + Sync,
{
    let total = query.clone().count(rows).await?;
    Ok(Page { rows: query.offset(before(paging)).limit(paging.per_page).all(rows).await?, total, paging })
}

/// How many rows come before a page.
pub(crate) fn before(paging: Paging) -> u64 {
    offset(paging.page.saturating_sub(1).saturating_mul(paging.per_page))
}

/// How many rows to pass over, as a database can count: SQLite's offset is a signed number.
pub(crate) fn offset(skip: u64) -> u64 {
    skip.min(i64::MAX as u64)
}
