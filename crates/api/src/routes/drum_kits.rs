//! Drum kits: which instrument is written where.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use service::App;
use service::drum_kits::{self, Kit, Piece};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Body, Caller, Id};
use crate::problem::{Problem, Refused};

/// Where an instrument is written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PieceBody {
    /// By id or alias.
    #[schema(example = "tom_floor")]
    instrument: String,
    /// Line or space, named as in a treble clef; the usual one where nothing is said.
    #[schema(example = "A4", pattern = "^[A-G][2-7]$")]
    place: Option<String>,
    /// Written as another instrument.
    #[schema(example = "tom_low")]
    write_as: Option<String>,
}

/// A drum kit.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct KitIn {
    #[schema(example = "Practice room", min_length = 1, max_length = 128)]
    name: String,
    /// Instruments that are written otherwise than usual.
    pieces: Vec<PieceBody>,
}

impl KitIn {
    fn parts(self) -> (String, Vec<Piece>) {
        let pieces = self.pieces.into_iter();
        let pieces =
            pieces.map(|piece| Piece { instrument: piece.instrument, place: piece.place, write_as: piece.write_as });
        (self.name, pieces.collect())
    }
}

/// A drum kit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KitRead {
    /// Null for the usual kit.
    id: Option<Uuid>,
    #[schema(example = "Practice room")]
    name: String,
    pieces: Vec<PieceBody>,
}

impl From<Kit> for KitRead {
    fn from(kit: Kit) -> Self {
        let pieces = kit.pieces.into_iter();
        let pieces = pieces.map(|piece| PieceBody {
            instrument: piece.instrument,
            place: piece.place,
            write_as: piece.write_as,
        });
        Self { id: kit.id, name: kit.name, pieces: pieces.collect() }
    }
}

/// List drum kits
///
/// The usual one, with every instrument, and your own. A kit is laid over a download with `kit=` and its id.
#[utoipa::path(get, path = "/notation/drum-kits", tag = "notation", operation_id = "list_drum_kits",
    security(("login" = [])), responses((status = 200, description = "The kits.", body = Vec<KitRead>)))]
pub(crate) async fn list(State(app): State<Arc<App>>, Caller(actor): Caller) -> Result<Json<Vec<KitRead>>, Refused> {
    Ok(Json(drum_kits::list(&app, &actor).await?.into_iter().map(Into::into).collect()))
}

/// Make a drum kit
#[utoipa::path(post, path = "/notation/drum-kits", tag = "notation", operation_id = "create_drum_kit",
    security(("login" = [])), request_body = KitIn, responses(
        (status = 201, description = "The kit.", body = KitRead),
        (status = 400, description = "You have as many as one account may have.", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Body(body): Body<KitIn>,
) -> Result<(StatusCode, Json<KitRead>), Refused> {
    let (name, pieces) = body.parts();
    Ok((StatusCode::CREATED, Json(drum_kits::make(&app, &actor, name, pieces).await?.into())))
}

/// Read a drum kit
#[utoipa::path(get, path = "/notation/drum-kits/{id}", tag = "notation", operation_id = "get_drum_kit",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The kit.")),
    responses((status = 200, description = "The kit.", body = KitRead)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<Json<KitRead>, Refused> {
    Ok(Json(drum_kits::get(&app, &actor, id).await?.into()))
}

/// Change a drum kit
#[utoipa::path(put, path = "/notation/drum-kits/{id}", tag = "notation", operation_id = "change_drum_kit",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The kit.")), request_body = KitIn,
    responses((status = 200, description = "The kit.", body = KitRead)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
    Body(body): Body<KitIn>,
) -> Result<Json<KitRead>, Refused> {
    let (name, pieces) = body.parts();
    Ok(Json(drum_kits::change(&app, &actor, id, name, pieces).await?.into()))
}

/// Delete a drum kit
#[utoipa::path(delete, path = "/notation/drum-kits/{id}", tag = "notation", operation_id = "delete_drum_kit",
    security(("login" = [])), params(("id" = Uuid, Path, description = "The kit.")),
    responses((status = 204, description = "It is deleted.")))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Caller(actor): Caller,
    Id(id): Id,
) -> Result<StatusCode, Refused> {
    drum_kits::delete(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
