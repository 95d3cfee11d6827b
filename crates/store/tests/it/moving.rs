//! Moves between databases: every table comes along, other data is left alone, and what differs is found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use store::moving::{self, Move, Step};
use store::queue::{self, NewJob};
use store::{BlobKey, Blobs, Error, Rows, Store, roles, sessions, users};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{Place, places};

/// An installation with something in it, and where it is to go.
struct Story {
    folder: TempDir,
    from: Store,
    blobs: Blobs,
    to: Place,
}

async fn story(to: Place) -> Story {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:///{}", folder.path().join("from.db").display());
    let from = Store::open(&url, 4).await.unwrap();
    from.migrate_up(None).await.unwrap();
    let blobs = Blobs::in_folder(&folder.path().join("from")).unwrap();
    let rows = from.rows();
    let user = users::insert(rows, "drummer@example.com", "hash").await.unwrap();
    let role = roles::by_name(rows, "premium").await.unwrap();
    roles::assign(rows, user.id, role.id).await.unwrap();
    sessions::begin(rows, user.id, Duration::from_secs(60)).await.unwrap();
    for number in 0..3 {
        let key = BlobKey::recording(Uuid::now_v7());
        blobs.put(&key, vec![number; 1000]).await.unwrap();
        let payload = json!({ "numbers": [1.0, -0.0, 1e21, 1.5e-7, 9_007_199_254_740_993_u64], "text": "\u{e9}" });
        let new = NewJob {
            video_id: None,
            user_id: user.id,
            job_type: "audio_extraction".to_owned(),
            payload,
            max_attempts: 3,
            head_start_s: 0,
            user_slots: 0,
            request_id: Some(Uuid::now_v7()),
        };
        queue::enqueue(rows, new).await.unwrap();
    }
    Story { folder, from, blobs, to }
}

impl Story {
    fn plan(&self) -> Move {
        Move {
            from: self.from.clone(),
            from_blobs: self.blobs.clone(),
            to: Some(self.to.store.clone()),
            to_blobs: Some(Blobs::in_folder(&self.folder.path().join("to")).unwrap()),
            origin: "here".to_owned(),
        }
    }

    async fn run(&self) -> Result<moving::Moved, Error> {
        moving::run(&self.plan(), &mut |_| {}).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_files_are_moved_and_counted() {
    for to in places().await {
        let story = story(to).await;
        let mut compared = Vec::new();
        let mut tell = |step| {
            if let Step::Compared { table, rows } = step {
                compared.push((table.to_owned(), rows));
            }
        };
        let moved = moving::run(&story.plan(), &mut tell).await.unwrap();
        assert_eq!((moved.files.files, moved.files.bytes, moved.files.found), (3, 3000, 0));
        let rows = |name: &str| compared.iter().find(|(table, _)| table == name).unwrap().1;
        assert_eq!((rows("users"), rows("roles"), rows("processing_jobs")), (1, 3, 3));
        // Whoever knows an account knows it there too, and its job is next.
        let user = users::find_by_email(story.to.store.rows(), "drummer@example.com").await.unwrap().unwrap();
        assert_eq!(users::roles_of(story.to.store.rows(), user.id).await.unwrap()[0].name, "premium");
        assert_eq!(moving::unfinished(story.to.store.rows()).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_data_of_its_own_is_left_alone() {
    for to in places().await {
        let story = story(to).await;
        let to = &story.to.store;
        to.migrate_up(None).await.unwrap();
        let stranger = users::insert(to.rows(), "somebody@example.com", "hash").await.unwrap();
        let refused = story.run().await.unwrap_err();
        assert!(matches!(&refused, Error::TargetInUse(what) if what.contains("1 rows in users")), "{refused}");
        assert_eq!(users::get(to.rows(), stranger.id).await.unwrap(), stranger);
        roles::by_name(to.rows(), "admin").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_with_files_of_others_is_left_alone() {
    for to in places().await {
        let story = story(to).await;
        let key = BlobKey::recording(Uuid::now_v7());
        story.plan().to_blobs.unwrap().put(&key, "somebody's").await.unwrap();
        let refused = story.run().await.unwrap_err();
        assert!(matches!(&refused, Error::TargetInUse(what) if what.contains(key.as_str())), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_goes_on_where_it_was_cut_off() {
    for to in places().await {
        let story = story(to).await;
        // Cut off after so many steps: the future is dropped, as the process would be.
        for steps in 1..8 {
            let (plan, seen) = (story.plan(), AtomicU64::new(0));
            let enough = tokio::sync::Notify::new();
            let mut tell = |_: Step| {
                if seen.fetch_add(1, Ordering::SeqCst) + 1 == steps {
                    enough.notify_one();
                }
            };
            tokio::select! {
                biased;
                () = enough.notified() => {}
                moved = moving::run(&plan, &mut tell) => panic!("it ended before step {steps}: {moved:?}"),
            }
            assert_eq!(moving::unfinished(story.to.store.rows()).await.unwrap().as_deref(), Some("here"));
            assert!(moving::survey(&story.plan()).await.unwrap().begun);
        }
        let elsewhere = Move { origin: "elsewhere".to_owned(), ..story.plan() };
        assert!(matches!(moving::run(&elsewhere, &mut |_| {}).await, Err(Error::TargetInUse(_))));
        let moved = story.run().await.unwrap();
        assert_eq!((moved.files.files, moved.files.found), (3, 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_same_on_both_sides_is_found() {
    for to in places().await {
        let story = story(to).await;
        // A row without its file.
        let user = users::find_by_email(story.from.rows(), "drummer@example.com").await.unwrap().unwrap();
        let lost = BlobKey::recording(Uuid::now_v7());
        let video = format!(
            "INSERT INTO videos (id, user_id, filename, storage_path, size_bytes, media_type, has_audio, sha256, status, \
             is_public, created_at, updated_at) SELECT randomblob(16), id, 'a.mp4', '{lost}', 1, 'video/mp4', true, 'x', \
             'uploaded', false, created_at, updated_at FROM users"
        );
        story.from.rows().execute_unprepared(&video).await.unwrap();
        let refused = story.run().await.unwrap_err();
        assert!(matches!(&refused, Error::Differs(what) if what.contains(lost.as_str())), "{refused}");
        story.blobs.put(&lost, "found again").await.unwrap();
        // A row that changed after it was copied.
        users::set_password(story.from.rows(), user, "another").await.unwrap();
        let refused = story.run().await.unwrap_err();
        assert!(matches!(&refused, Error::Differs(what) if what.contains("users")), "{refused}");
        assert!(moving::unfinished(story.to.store.rows()).await.unwrap().is_some());
    }
}
