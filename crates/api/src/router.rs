//! The table of contents: every route on one screen.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use service::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::layers::{self, TrimSlash};
use crate::routes::{events, health, jobs, notations, users, videos};
use crate::{docs, openapi, problem, studio};

/// Every route that is described in the OpenAPI document. A path that ends in a slash answers without it as well.
pub(crate) fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(health::root))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(users::register))
        .routes(routes!(users::login))
        .routes(routes!(users::me, users::change_me))
        .routes(routes!(users::change_password))
        .routes(routes!(videos::upload))
        .routes(routes!(videos::list))
        .routes(routes!(videos::my_videos))
        .routes(routes!(videos::get))
        .routes(routes!(videos::extract_audio))
        .routes(routes!(videos::analyze_drums))
        .routes(routes!(videos::generate_notation))
        .routes(routes!(videos::processing_status))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::get, jobs::cancel))
        .routes(routes!(jobs::retry))
        .routes(routes!(events::of_job))
        .routes(routes!(events::of_video))
        .routes(routes!(notations::get))
        .routes(routes!(notations::export))
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
        .layer(axum::middleware::from_fn(layers::around))
        .layer(cors)
        .with_state(app);
    Router::new().fallback_service(TrimSlash(inner))
}
