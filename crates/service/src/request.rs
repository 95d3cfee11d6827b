//! The request that is being answered, so that the jobs it asks for can name it.

use std::future::Future;

use uuid::Uuid;

tokio::task_local! {
    static REQUEST_ID: Uuid;
}

/// Does `work` for the request `id`.
pub async fn answering<T>(id: Uuid, work: impl Future<Output = T>) -> T {
    REQUEST_ID.scope(id, work).await
}

/// The id of the request under way, if there is one.
pub fn id() -> Option<Uuid> {
    REQUEST_ID.try_with(|id| *id).ok()
}
