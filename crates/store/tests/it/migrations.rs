//! Up, down, up again, from nothing.

use store::{Error, roles, users};

use crate::support::places;

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_and_down_from_an_empty_database() {
    for place in places().await {
        let store = &place.store;
        assert!(store.migrate_status().await.unwrap().iter().all(|migration| !migration.applied));
        store.migrate_up(None).await.unwrap();
        store.migrate_up(None).await.unwrap();
        assert!(store.migrate_status().await.unwrap().iter().all(|migration| migration.applied));
        for role in ["user", "admin", "premium"] {
            roles::by_name(store.rows(), role).await.unwrap();
        }
        store.migrate_down(None).await.unwrap();
        assert!(roles::by_name(store.rows(), "user").await.is_err());
        store.migrate_up(None).await.unwrap();
        roles::by_name(store.rows(), "user").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_belongs_to_one_live_account_in_whatever_case() {
    for place in crate::support::migrated().await {
        let rows = place.store.rows();
        let user = users::insert(rows, "Drummer@Example.com", "hash").await.unwrap();
        let taken = users::insert(rows, "drummer@example.COM", "hash").await.unwrap_err();
        assert!(matches!(taken, Error::Conflict(_)), "{taken}");
        assert_eq!(users::find_by_email(rows, "DRUMMER@example.com").await.unwrap(), Some(user));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_the_first_release_goes_up_down_and_up_again_unharmed() {
    for place in places().await {
        let store = &place.store;
        store.migrate_up(Some(1)).await.unwrap();
        let user = users::insert(store.rows(), "drummer@example.com", "hash").await.unwrap();
        let role = roles::by_name(store.rows(), "premium").await.unwrap();
        roles::assign(store.rows(), user.id, role.id).await.unwrap();
        let later = u32::try_from(store.migrate_status().await.unwrap().len() - 1).unwrap();
        for _ in 0..2 {
            store.migrate_up(None).await.unwrap();
            assert_eq!(users::get(store.rows(), user.id).await.unwrap(), user);
            assert_eq!(users::roles_of(store.rows(), user.id).await.unwrap(), std::slice::from_ref(&role));
            store.migrate_down(Some(later)).await.unwrap();
        }
        assert_eq!(users::get(store.rows(), user.id).await.unwrap(), user);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_migrate_one_after_the_other() {
    let Ok(url) = std::env::var("BACKBEAT_TEST_POSTGRES_URL") else {
        println!("PostgreSQL skipped: BACKBEAT_TEST_POSTGRES_URL is not set");
        return;
    };
    let name = format!("together_{}", uuid::Uuid::now_v7().simple());
    let server = store::Store::open(&url, 1).await.unwrap();
    store::Rows::execute_unprepared(server.rows(), &format!("CREATE DATABASE {name}")).await.unwrap();
    let (base, _) = url.rsplit_once('/').unwrap();
    let url = format!("{base}/{name}");
    let starts = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let store = store::Store::open(&url, 1).await.unwrap();
            store.migrate_up(None).await
        })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
}
