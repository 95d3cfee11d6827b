//! Up, down, up again, from nothing.

use store::{Error, Rows, Store, audio_files, models, notations, roles, users, videos};
use uuid::Uuid;

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

/// Rows of the first release for what an account has: a recording, its sound, a stroke, a notation, an answer, a model.
async fn first_release(store: &Store, user: Uuid) -> [Uuid; 3] {
    let [video, audio, notation, model] =
        [1u128, 2, 3, 4].map(|number| Uuid::from_u128((7 << 76) | (1 << 63) | number));
    // SQLite keeps ids as bytes, PostgreSQL as ids.
    let id = |id: Uuid| match store.kind() {
        "sqlite" => format!("X'{}'", id.simple()),
        _ => format!("'{id}'"),
    };
    let (user, at) = (id(user), "'2026-11-20 10:00:00+00:00'");
    let other = |number: u128| id(Uuid::from_u128((7 << 76) | (1 << 63) | number));
    for statement in [
        format!(
            "INSERT INTO videos (id, user_id, filename, storage_path, duration_seconds, size_bytes, media_type, has_audio, \
             sha256, status, is_public, created_at, updated_at) VALUES ({}, {user}, 'take.mp4', 'recordings/1', 8.0, 9, \
             'video/mp4', TRUE, '{}', 'ready', FALSE, {at}, {at})",
            id(video),
            "0".repeat(64)
        ),
        format!(
            "INSERT INTO audio_files (id, video_id, storage_path, file_format, sample_rate, channels, duration_seconds, \
             size_bytes, created_at, updated_at) VALUES ({}, {}, 'sound/1.flac', 'flac', 44100, 2, 8.0, 9, {at}, {at})",
            id(audio),
            id(video)
        ),
        format!(
            "INSERT INTO drum_events (id, audio_file_id, time_seconds, instrument, velocity, confidence, model_version, \
             created_at, updated_at) VALUES ({}, {}, 0.5, 'snare', 90, 0.9, 'classic 1', {at}, {at})",
            other(5),
            id(audio)
        ),
        format!(
            "INSERT INTO notations (id, video_id, audio_file_id, title, tempo, time_signature, measures, notation_json, \
             performance_json, model_version, revision, created_at, updated_at) VALUES ({}, {}, {}, 'Take', 120.0, '4/4', 4, \
             '{{}}', '{{}}', 'classic 1', 1, {at}, {at})",
            id(notation),
            id(video),
            id(audio)
        ),
        format!(
            "INSERT INTO openai_enrichments (id, notation_id, enrichment_type, prompt_hash, model, output_json, created_at, \
             updated_at) VALUES ({}, {}, 'style', '{}', 'none', '{{}}', {at}, {at})",
            other(6),
            id(notation),
            "1".repeat(64)
        ),
        format!(
            "INSERT INTO models (id, name, version, model_type, storage_path, sha256, is_active, created_at, updated_at) \
             VALUES ({}, 'ear', '1', 'onset_detection', 'models/1', '{}', TRUE, {at}, {at})",
            id(model),
            "2".repeat(64)
        ),
    ] {
        store.rows().execute_unprepared(&statement).await.unwrap();
    }
    [video, notation, model]
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_the_first_release_goes_up_down_and_up_again_unharmed() {
    for place in places().await {
        let store = &place.store;
        store.migrate_up(Some(1)).await.unwrap();
        let user = users::insert(store.rows(), "drummer@example.com", "hash").await.unwrap();
        let role = roles::by_name(store.rows(), "premium").await.unwrap();
        roles::assign(store.rows(), user.id, role.id).await.unwrap();
        let [video, notation, model] = first_release(store, user.id).await;
        let later = u32::try_from(store.migrate_status().await.unwrap().len() - 1).unwrap();
        for _ in 0..2 {
            store.migrate_up(None).await.unwrap();
            assert_eq!(users::get(store.rows(), user.id).await.unwrap(), user);
            assert_eq!(users::roles_of(store.rows(), user.id).await.unwrap(), std::slice::from_ref(&role));
            assert_eq!(videos::get(store.rows(), video).await.unwrap().filename, "take.mp4");
            let sound = audio_files::of_video(store.rows(), video).await.unwrap().unwrap();
            assert_eq!((sound.storage_path.as_str(), sound.sample_rate), ("sound/1.flac", 44_100));
            let kept = notations::get(store.rows(), notation).await.unwrap();
            assert_eq!((kept.user_id, kept.title.as_str(), kept.revision), (user.id, "Take", 1));
            assert_eq!(notations::revisions(store.rows(), notation).await.unwrap().len(), 1);
            let ear = models::active(store.rows(), "onset_detection").await.unwrap().unwrap();
            assert_eq!((ear.id, ear.status.as_str()), (model, "registered"));
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
    let name = format!("together_{}", Uuid::now_v7().simple());
    let server = Store::open(&url, 1).await.unwrap();
    server.rows().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (base, _) = url.rsplit_once('/').unwrap();
    let url = format!("{base}/{name}");
    let starts = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let store = Store::open(&url, 1).await.unwrap();
            store.migrate_up(None).await
        })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
}
