//! Databases to tell stories on.

use store::{Rows, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// An empty database, and the folder that keeps it, if any.
pub(crate) struct Place {
    pub(crate) store: Store,
    _folder: Option<TempDir>,
}

/// Every kind of database at hand: always SQLite, PostgreSQL where `BACKBEAT_TEST_POSTGRES_URL` says.
pub(crate) async fn places() -> Vec<Place> {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:///{}", folder.path().join("rows.db").display());
    let mut places = vec![Place { store: Store::open(&url, 10).await.unwrap(), _folder: Some(folder) }];
    match std::env::var("BACKBEAT_TEST_POSTGRES_URL") {
        Ok(url) => {
            let name = format!("test_{}", Uuid::now_v7().simple());
            let server = Store::open(&url, 1).await.unwrap();
            server.rows().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
            let (base, _) = url.rsplit_once('/').unwrap();
            let store = Store::open(&format!("{base}/{name}"), 10).await.unwrap();
            places.push(Place { store, _folder: None });
        }
        Err(_) => println!("PostgreSQL skipped: BACKBEAT_TEST_POSTGRES_URL is not set"),
    }
    places
}

/// The same with all tables.
pub(crate) async fn migrated() -> Vec<Place> {
    let places = places().await;
    for place in &places {
        place.store.migrate_up(None).await.unwrap();
    }
    places
}
