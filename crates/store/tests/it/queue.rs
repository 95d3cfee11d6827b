//! The queue's promises.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use store::queue::{self, CANCELLED, Cancel, Claimer, NewJob};
use store::{JobStatus, Store, users};
use uuid::Uuid;

use crate::support::migrated;

const LEASE: Duration = Duration::from_secs(30);
/// A lease that is over when it begins.
const NONE: Duration = Duration::ZERO;

async fn user(store: &Store) -> Uuid {
    users::insert(store.rows(), "drummer@example.com", "hash").await.unwrap().id
}

fn claimer(worker: &str, lease: Duration) -> Claimer {
    Claimer { worker: worker.to_owned(), lease, types: Vec::new() }
}

fn job(user_id: Uuid) -> NewJob {
    NewJob {
        video_id: None,
        user_id,
        job_type: "audio_extraction".to_owned(),
        payload: json!({}),
        max_attempts: 2,
        head_start_s: 0,
        user_slots: 0,
        request_id: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_claimers_take_each_job_once() {
    for place in migrated().await {
        let store = place.store;
        let user = user(&store).await;
        let tx = store.begin().await.unwrap();
        for _ in 0..60 {
            queue::enqueue(tx.rows(), job(user)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let claimers = (0..8).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(job) =
                    queue::claim(store.rows(), &claimer(&format!("worker-{number}"), LEASE)).await.unwrap()
                {
                    assert!(queue::complete(store.rows(), &job.fence(), json!({})).await.unwrap());
                    mine.push(job.id);
                }
                mine
            })
        });
        let mut all = Vec::new();
        for claimer in claimers.collect::<Vec<_>>() {
            all.extend(claimer.await.unwrap());
        }
        assert_eq!(all.len(), 60);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_leaves_no_job() {
    for place in migrated().await {
        let user = user(&place.store).await;
        let tx = place.store.begin().await.unwrap();
        queue::enqueue(tx.rows(), job(user)).await.unwrap();
        drop(tx);
        assert_eq!(queue::claim(place.store.rows(), &claimer("worker", LEASE)).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_returns_and_the_old_worker_is_fenced_off() {
    for place in migrated().await {
        let rows = place.store.rows();
        let id = queue::enqueue(rows, job(user(&place.store).await)).await.unwrap().id;
        let zombie = queue::claim(rows, &claimer("zombie", NONE)).await.unwrap().unwrap().fence();
        assert_eq!(queue::reap(rows, NONE, LEASE).await.unwrap(), (1, 0));
        let heir = queue::claim(rows, &claimer("heir", LEASE)).await.unwrap().unwrap();
        assert_eq!((heir.id, heir.attempts), (id, 2));
        assert_eq!(queue::heartbeat(rows, &zombie, LEASE, 50, None).await.unwrap(), None);
        assert!(!queue::complete(rows, &zombie, json!({})).await.unwrap());
        assert!(!queue::fail(rows, &zombie, "x", "x").await.unwrap());
        assert!(!queue::give_back(rows, &zombie, NONE, Some("x")).await.unwrap());
        assert!(queue::complete(rows, &heir.fence(), json!({ "done": true })).await.unwrap());
        let done = queue::get(rows, id).await.unwrap();
        assert_eq!(
            (done.status, done.progress, done.result),
            (JobStatus::Completed, 100, Some(json!({ "done": true })))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_pill_fails_when_its_attempts_are_used_up() {
    for place in migrated().await {
        let rows = place.store.rows();
        let id = queue::enqueue(rows, job(user(&place.store).await)).await.unwrap().id;
        for expected in [(1, 0), (0, 1)] {
            queue::claim(rows, &claimer("worker", NONE)).await.unwrap().unwrap();
            assert_eq!(queue::reap(rows, NONE, LEASE).await.unwrap(), expected);
        }
        let failed = queue::get(rows, id).await.unwrap();
        assert_eq!((failed.status, failed.error_code.as_deref()), (JobStatus::Failed, Some("worker_lost")));
        assert_eq!(queue::claim(rows, &claimer("worker", LEASE)).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_cannot_complete_and_can_be_retried() {
    for place in migrated().await {
        let rows = place.store.rows();
        let id = queue::enqueue(rows, job(user(&place.store).await)).await.unwrap().id;
        let fence = queue::claim(rows, &claimer("worker", LEASE)).await.unwrap().unwrap().fence();
        let held = queue::heartbeat(rows, &fence, LEASE, 10, Some("listening")).await.unwrap().unwrap();
        assert!(!held.cancel_requested);
        assert_eq!(queue::cancel(rows, id).await.unwrap(), Cancel::Requested);
        assert!(queue::heartbeat(rows, &fence, LEASE, 20, None).await.unwrap().unwrap().cancel_requested);
        assert!(!queue::complete(rows, &fence, json!({})).await.unwrap());
        assert!(queue::fail(rows, &fence, CANCELLED, "Cancelled.").await.unwrap());
        assert_eq!(queue::cancel(rows, id).await.unwrap(), Cancel::TooLate);
        assert!(queue::retry(rows, id).await.unwrap());
        assert!(!queue::retry(rows, id).await.unwrap());
        assert_eq!(queue::cancel(rows, id).await.unwrap(), Cancel::Done);
        assert_eq!(queue::claim(rows, &claimer("worker", LEASE)).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_given_back_waits_and_counts_only_when_it_should() {
    for place in migrated().await {
        let rows = place.store.rows();
        queue::enqueue(rows, job(user(&place.store).await)).await.unwrap();
        let first = queue::claim(rows, &claimer("worker", LEASE)).await.unwrap().unwrap();
        assert!(queue::give_back(rows, &first.fence(), NONE, None).await.unwrap());
        let second = queue::claim(rows, &claimer("worker", LEASE)).await.unwrap().unwrap();
        assert_eq!(second.attempts, 1);
        assert!(queue::give_back(rows, &second.fence(), LEASE, Some("It broke off.")).await.unwrap());
        assert_eq!(queue::claim(rows, &claimer("worker", LEASE)).await.unwrap(), None);
    }
}

/// A recording of a user, so that jobs can be about one.
async fn video(store: &Store, user_id: Uuid) -> Uuid {
    let new = store::videos::NewVideo {
        id: Uuid::now_v7(),
        user_id,
        filename: "clip.mp4".to_owned(),
        storage_path: "recordings/clip".to_owned(),
        duration_seconds: Some(1.0),
        size_bytes: 1,
        media_type: "video/mp4".to_owned(),
        width: None,
        height: None,
        frame_rate: None,
        has_audio: true,
        sha256: "0".repeat(64),
    };
    store::videos::insert(store.rows(), new).await.unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_start_goes_first_but_only_so_far() {
    for place in migrated().await {
        let rows = place.store.rows();
        let user = user(&place.store).await;
        let plain = queue::enqueue(rows, job(user)).await.unwrap().id;
        let ahead = queue::enqueue(rows, NewJob { head_start_s: 600, ..job(user) }).await.unwrap().id;
        // As if somebody without a head start had waited longer than that.
        let patient = queue::enqueue(rows, NewJob { head_start_s: 601, ..job(user) }).await.unwrap().id;
        for expected in [patient, ahead, plain] {
            assert_eq!(queue::claim(rows, &claimer("worker", LEASE)).await.unwrap().unwrap().id, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_all_places_taken_waits_and_others_do_not() {
    for place in migrated().await {
        let rows = place.store.rows();
        let (greedy, modest) = (user(&place.store).await, users::insert(rows, "b@example.com", "x").await.unwrap().id);
        let mine = NewJob { user_slots: 2, ..job(greedy) };
        for _ in 0..3 {
            queue::enqueue(rows, mine.clone()).await.unwrap();
        }
        let other = queue::enqueue(rows, NewJob { user_slots: 2, ..job(modest) }).await.unwrap().id;
        let first = queue::claim(rows, &claimer("a", LEASE)).await.unwrap().unwrap();
        queue::claim(rows, &claimer("b", LEASE)).await.unwrap().unwrap();
        assert_eq!(queue::claim(rows, &claimer("c", LEASE)).await.unwrap().unwrap().id, other);
        assert_eq!(queue::claim(rows, &claimer("d", LEASE)).await.unwrap(), None);
        assert!(queue::complete(rows, &first.fence(), json!({})).await.unwrap());
        assert_eq!(queue::claim(rows, &claimer("d", LEASE)).await.unwrap().unwrap().user_id, greedy);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_recording_one_job_runs_even_when_many_claim_at_once() {
    for place in migrated().await {
        let user = user(&place.store).await;
        let video_id = Some(video(&place.store, user).await);
        for _ in 0..8 {
            queue::enqueue(place.store.rows(), NewJob { video_id, ..job(user) }).await.unwrap();
        }
        let claims = (0..8).map(|number| {
            let store = place.store.clone();
            tokio::spawn(async move {
                queue::claim(store.rows(), &claimer(&format!("worker-{number}"), LEASE)).await.unwrap()
            })
        });
        let mut claimed = 0;
        for claim in claims.collect::<Vec<_>>() {
            claimed += usize::from(claim.await.unwrap().is_some());
        }
        assert_eq!(claimed, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_for_some_types_leave_the_others() {
    for place in migrated().await {
        let rows = place.store.rows();
        queue::enqueue(rows, job(user(&place.store).await)).await.unwrap();
        let writer = Claimer { types: vec!["notation_generation".to_owned()], ..claimer("writer", LEASE) };
        assert_eq!(queue::claim(rows, &writer).await.unwrap(), None);
        let extractor = Claimer { types: vec!["audio_extraction".to_owned()], ..writer };
        assert!(queue::claim(rows, &extractor).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_counted_and_old_jobs_are_removed_with_their_hits() {
    for place in migrated().await {
        let rows = place.store.rows();
        let user = user(&place.store).await;
        queue::enqueue(rows, job(user)).await.unwrap();
        let fence = queue::claim(rows, &claimer("worker", LEASE)).await.unwrap().unwrap().fence();
        assert!(queue::tell_hits(&place.store, &fence, json!([{ "time_s": 0.5 }])).await.unwrap());
        queue::enqueue(rows, job(user)).await.unwrap();
        let mut depths = queue::depths(rows, Some(user)).await.unwrap();
        depths.sort_by_key(|depth| depth.status.as_str());
        let counted: Vec<_> = depths.iter().map(|depth| (depth.status.as_str(), depth.jobs)).collect();
        assert_eq!(counted, [("pending", 1), ("running", 1)]);
        assert_eq!(queue::depths(rows, Some(Uuid::now_v7())).await.unwrap(), []);
        assert_eq!(queue::stranded(rows).await.unwrap(), 0);

        let later = store::now() + LEASE;
        assert_eq!(queue::remove_hits(rows, later).await.unwrap(), 0, "hits of a running job stay");
        assert!(queue::complete(rows, &fence, json!({})).await.unwrap());
        assert_eq!(queue::finished_since(rows, store::now() - LEASE, 10).await.unwrap().len(), 1);
        assert_eq!(queue::remove_hits(rows, later).await.unwrap(), 1);
        assert_eq!(queue::remove_finished(rows, later, 10).await.unwrap(), 1);
        assert_eq!(queue::depths(rows, None).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_put_back_keeps_nobody_waiting() {
    for place in migrated().await {
        let (store, hours) = (place.store, Duration::from_secs(3 * 3600));
        let rows = store.rows();
        let user = user(&store).await;
        queue::enqueue(rows, job(user)).await.unwrap();
        // As if each of these had happened three hours ahead: a start whose worker was lost, and a pause.
        queue::claim(rows, &claimer("lost", hours)).await.unwrap().unwrap();
        assert_eq!(queue::reap(rows, NONE, LEASE).await.unwrap(), (1, 0));
        let job = queue::claim(rows, &claimer("alive", LEASE)).await.unwrap().unwrap();
        assert!(queue::give_back(rows, &job.fence(), hours, Some("pause")).await.unwrap());
        let job = queue::claim(rows, &claimer("alive", LEASE)).await.unwrap().unwrap();
        assert_eq!(queue::reap(rows, NONE, LEASE).await.unwrap(), (0, 0));
        assert!(queue::give_back(rows, &job.fence(), Duration::from_secs(60), Some("pause")).await.unwrap());
        assert_eq!(queue::claim(rows, &claimer("alive", LEASE)).await.unwrap(), None, "a pause of a minute is kept");
    }
}
