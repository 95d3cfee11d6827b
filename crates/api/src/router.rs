//! The table of contents: every route on one screen.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use service::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::layers::{self, TrimSlash, conditional, leftovers, limits, repeated};
use crate::routes::users::{admin, sessions};
use crate::routes::{
    audio, drum_kits, events, health, jobs, metrics, models, notations, roles, setup, shares, uploads, users, videos,
    webhooks,
};
use crate::{docs, openapi, problem, studio};

/// Every route that is described in the OpenAPI document. A path that ends in a slash answers without it as well.
pub(crate) fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(health::root))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(users::register))
        .routes(routes!(sessions::login))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::logout))
        .routes(routes!(users::me, users::change_me, users::close_me))
        .routes(routes!(users::change_password))
        .routes(routes!(admin::list))
        .routes(routes!(admin::count))
        .routes(routes!(admin::by_email))
        .routes(routes!(admin::get, admin::change, admin::close))
        .routes(routes!(admin::restore))
        .routes(routes!(admin::remove))
        .routes(routes!(admin::change_password))
        .routes(routes!(admin::list_roles))
        .routes(routes!(admin::usage))
        .routes(routes!(admin::give_role, admin::take_role))
        .routes(routes!(setup::form, setup::set_up))
        .routes(routes!(roles::create, roles::list))
        .routes(routes!(roles::count))
        .routes(routes!(roles::assign))
        .routes(routes!(roles::unassign))
        .routes(routes!(roles::get, roles::change, roles::delete))
        .routes(routes!(roles::restore))
        .routes(routes!(roles::remove))
        .routes(routes!(roles::by_name))
        .routes(routes!(roles::holders))
        .routes(routes!(roles::assign_by_id, roles::unassign_by_id))
        .routes(routes!(roles::of_user))
        .routes(routes!(roles::check))
        .merge(recordings())
        .merge(sound())
        .routes(routes!(metrics::read))
        .routes(routes!(jobs::list, jobs::create))
        .routes(routes!(jobs::create_of_type))
        .routes(routes!(jobs::of_video))
        .routes(routes!(jobs::pipeline))
        .routes(routes!(jobs::health))
        .routes(routes!(jobs::queue_status))
        .routes(routes!(jobs::statistics))
        .routes(routes!(jobs::clean_up))
        .routes(routes!(jobs::get, jobs::cancel))
        .routes(routes!(jobs::retry))
        .routes(routes!(events::of_job))
        .routes(routes!(events::of_video))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::change, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(models::list, models::register))
        .routes(routes!(models::tasks))
        .routes(routes!(models::get, models::delete))
        .routes(routes!(models::verify))
        .routes(routes!(models::activate))
        .routes(routes!(models::deactivate))
        .routes(routes!(models::metrics, models::add_metrics))
        .merge(notation())
}

/// Sound tracks, what was heard in them, and what they are taken apart into.
fn sound() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(audio::list))
        .routes(routes!(audio::my_jobs))
        .routes(routes!(audio::formats))
        .routes(routes!(audio::extract, audio::extraction))
        .routes(routes!(audio::pipeline))
        .routes(routes!(audio::upkeep::statistics))
        .routes(routes!(audio::upkeep::clean_up))
        .routes(routes!(audio::get))
        .routes(routes!(audio::upkeep::download))
        .routes(routes!(audio::upkeep::recommended))
        .routes(routes!(audio::separations::separate))
        .routes(routes!(audio::separations::create_stems))
        .routes(routes!(audio::separations::enhance))
        .routes(routes!(audio::separations::list))
        .routes(routes!(audio::separations::get, audio::separations::delete))
        .routes(routes!(audio::separations::archive))
        .routes(routes!(audio::separations::download))
        .routes(routes!(audio::features))
        .routes(routes!(audio::analysis))
        .routes(routes!(audio::drum_events))
        .routes(routes!(audio::detect))
}

/// The routes of notations, one family on its own because there are so many.
fn notation() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(notations::list, notations::making::create))
        .routes(routes!(notations::making::batch))
        .routes(routes!(notations::of_video))
        .routes(routes!(notations::formats::formats))
        .routes(routes!(notations::formats::schema))
        .routes(routes!(drum_kits::list, drum_kits::create))
        .routes(routes!(drum_kits::get, drum_kits::change, drum_kits::delete))
        .routes(routes!(notations::get, notations::making::change, notations::delete))
        .routes(routes!(notations::export::timeline))
        .routes(routes!(notations::exports::list))
        .routes(routes!(notations::exports::download, notations::exports::delete))
        .routes(routes!(notations::facts::measures))
        .routes(routes!(notations::facts::strokes))
        .routes(routes!(notations::facts::review))
        .routes(routes!(notations::facts::validate))
        .routes(routes!(notations::facts::statistics))
        .routes(routes!(notations::facts::compare))
        .routes(routes!(notations::revisions::edit))
        .routes(routes!(notations::revisions::undo))
        .routes(routes!(notations::revisions::redo))
        .routes(routes!(notations::revisions::revert))
        .routes(routes!(notations::revisions::list))
        .routes(routes!(notations::revisions::rename))
        .routes(routes!(notations::relisten::ask, notations::relisten::proposal, notations::relisten::discard))
        .routes(routes!(notations::relisten::accept))
        .routes(routes!(notations::export::export, notations::exports::request))
}

/// What a worker without the API answers: its health and its figures.
pub(crate) fn of_worker(app: Arc<App>) -> Router {
    let (routes, _) = OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::read))
        .split_for_parts();
    routes.fallback(problem::no_such_route).layer(from_fn_with_state(Arc::clone(&app), layers::around)).with_state(app)
}

/// Recordings, links to them, and uploads that can be interrupted.
fn recordings() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(videos::upload::upload))
        .routes(routes!(videos::listing::list))
        .routes(routes!(videos::listing::my_videos))
        .routes(routes!(videos::listing::get_public))
        .routes(routes!(videos::stats::my_usage))
        .routes(routes!(videos::stats::storage))
        .routes(routes!(videos::stats::bulk_stats))
        .routes(routes!(videos::stats::supported_formats))
        .routes(routes!(videos::stats::clean_up))
        .routes(routes!(videos::change::delete_several))
        .routes(routes!(videos::listing::get, videos::change::revise, videos::change::delete))
        .routes(routes!(videos::change::restore))
        .routes(routes!(videos::download::download))
        .routes(routes!(videos::pictures::thumbnail))
        .routes(routes!(videos::pictures::waveform))
        .routes(routes!(videos::pictures::frames))
        .routes(routes!(videos::work::extract_audio))
        .routes(routes!(videos::work::analyze_drums))
        .routes(routes!(videos::work::generate_notation))
        .routes(routes!(videos::work::processing_status))
        .routes(routes!(shares::list, shares::create))
        .routes(routes!(shares::revoke))
        .routes(routes!(shares::opened))
        .routes(routes!(shares::video))
        .routes(routes!(shares::thumbnail))
        .routes(routes!(shares::waveform))
        .routes(routes!(shares::timeline))
        .routes(routes!(shares::export))
        .routes(routes!(uploads::begin, uploads::abilities))
        .routes(routes!(uploads::progress, uploads::go_on, uploads::end))
}

/// The whole service.
pub fn router(app: Arc<App>) -> Router {
    let (routes, _) = api().split_for_parts();
    let cors = layers::cors(&app.config.cors_origins);
    let inner = routes
        .route("/openapi.json", get(docs::openapi_json))
        .route("/docs", get(docs::swagger))
        .route("/docs/{file}", get(docs::swagger_file))
        .route("/redoc", get(docs::redoc))
        .route("/redoc/{file}", get(docs::redoc_file))
        .merge(studio::routes())
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(conditional::layer))
        .layer(from_fn_with_state(Arc::clone(&app), repeated::layer))
        .layer(from_fn_with_state(limits::Limits::new(&app), limits::layer))
        .layer(from_fn_with_state(Arc::clone(&app), layers::around))
        .layer(from_fn(leftovers::layer))
        .layer(cors)
        .layer(from_fn_with_state(Arc::clone(&app), uploads::answer_options))
        .with_state(app);
    Router::new().fallback_service(TrimSlash(inner))
}
