//! Finding recordings.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use service::videos::{self, Listing, Sort};
use service::{App, Error, FieldError, Paging};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{PublicVideo, VideoPage, VideoRead};
use crate::extract::{Caller, Id, Query};
use crate::problem::Refused;
use crate::routes::paging::PageQuery;

/// What recordings are sorted by, by its word.
pub(crate) const SORTS: [(&str, Sort); 5] = [
    ("created_at", Sort::Created),
    ("updated_at", Sort::Updated),
    ("filename", Sort::Filename),
    ("size_bytes", Sort::Size),
    ("duration_seconds", Sort::Duration),
];
/// Which end of the list comes first.
pub(crate) const ORDERS: [&str; 2] = ["asc", "desc"];

/// Longest text searched for, characters.
const SEARCH_CHARS_MAX: usize = 200;

/// Which recordings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VideoQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    per_page: Option<u64>,
    /// Only with this in file name or title.
    #[param(example = "groove", max_length = 200)]
    search: Option<String>,
    /// Only with this tag.
    #[param(example = "rock", max_length = 200)]
    tag: Option<String>,
    /// Only with sound, or only without.
    has_audio: Option<bool>,
    /// The soft-deleted ones instead of the others.
    deleted: Option<bool>,
    /// By what: `created_at`, `updated_at`, `filename`, `size_bytes` or `duration_seconds`.
    #[param(example = "created_at", default = "created_at")]
    sort: Option<String>,
    /// `desc` or `asc`.
    #[param(example = "desc", default = "desc")]
    order: Option<String>,
    /// For admins: only this user's.
    user_id: Option<Uuid>,
    /// For admins: only their own.
    owner_only: Option<bool>,
}

impl VideoQuery {
    fn paging(&self) -> Result<Paging, Error> {
        PageQuery::paging(self.page, self.per_page)
    }

    fn listing(self) -> Result<Listing, Error> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, kind: &'static str, message: &str| {
            let place = vec!["query".to_owned(), field.to_owned()];
            wrong.push(FieldError { place, kind, message: message.to_owned() });
        };
        let wanted = self.sort.as_deref().unwrap_or(SORTS[0].0);
        let sort = SORTS.into_iter().find(|(word, _)| *word == wanted).map(|(_, sort)| sort);
        if sort.is_none() {
            refuse("sort", "enum", &format!("one of {}", SORTS.map(|(word, _)| word).join(", ")));
        }
        if self.order.as_deref().is_some_and(|order| !ORDERS.contains(&order)) {
            refuse("order", "enum", &format!("one of {}", ORDERS.join(", ")));
        }
        for (field, text) in [("search", &self.search), ("tag", &self.tag)] {
            let unfit = |text: &String| text.chars().count() > SEARCH_CHARS_MAX || text.contains('\0');
            if text.as_ref().is_some_and(unfit) {
                refuse(field, "value_error", "at most 200 characters, none of them zero");
            }
        }
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        Ok(Listing {
            user_id: self.user_id,
            search: self.search.filter(|text| !text.is_empty()),
            tag: self.tag.filter(|text| !text.is_empty()),
            has_audio: self.has_audio,
            deleted: self.deleted.unwrap_or(false),
            sort: sort.unwrap_or(Sort::Created),
            ascending: self.order.as_deref() == Some("asc"),
        })
    }
}

/// List recordings
///
/// Your own; admins see everybody's. Newest first, unless you ask for another order.
#[utoipa::path(get, path = "/videos", tag = "videos", operation_id = "list_videos", security(("login" = [])),
    params(VideoQuery), responses((status = 200, description = "One page.", body = VideoPage)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<VideoQuery>,
) -> Result<Json<VideoPage>, Refused> {
    let (paging, own) = (query.paging()?, query.owner_only.unwrap_or(false));
    let listing = query.listing()?;
    let found = if own {
        videos::list_mine(&app, &actor, listing, paging).await?
    } else {
        videos::list(&app, &actor, listing, paging).await?
    };
    Ok(Json(found.into()))
}

/// List your own recordings
#[utoipa::path(get, path = "/videos/my-videos", tag = "videos", security(("login" = [])), params(VideoQuery),
    responses((status = 200, description = "One page.", body = VideoPage)))]
pub(crate) async fn my_videos(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Query(query): Query<VideoQuery>,
) -> Result<Json<VideoPage>, Refused> {
    let paging = query.paging()?;
    Ok(Json(videos::list_mine(&app, &actor, query.listing()?, paging).await?.into()))
}

/// Read a recording
#[utoipa::path(get, path = "/videos/{id}", tag = "videos", operation_id = "get_video", security(("login" = [])),
    params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "The recording.", body = VideoRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<VideoRead>, Refused> {
    Ok(Json(videos::get(&app, &actor, id).await?.into()))
}

/// Read a public recording
///
/// Without logging in; only where its owner made it public.
#[utoipa::path(get, path = "/videos/public/{id}", tag = "videos", operation_id = "get_public_video",
    params(("id" = Uuid, Path, description = "The recording.")),
    responses((status = 200, description = "The recording.", body = PublicVideo)))]
pub(crate) async fn get_public(State(app): State<Arc<App>>, Id(id): Id) -> Result<Json<PublicVideo>, Refused> {
    Ok(Json(videos::get_public(&app, id).await?.into()))
}
