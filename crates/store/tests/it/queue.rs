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
        assert_eq!(queue::reap(rows).await.unwrap(), (1, 0));
        let heir = queue::claim(rows, &claimer("heir", LEASE)).await.unwrap().unwrap();
        assert_eq!((heir.id, heir.attempts), (id, 2));
        assert_eq!(queue::heartbeat(rows, &zombie, LEASE, 50, None).await.unwrap(), None);
        assert!(!queue::complete(rows, &zombie, json!({})).await.unwrap());
        assert!(!queue::fail(rows, &zombie, "x", "x").await.unwrap());
        assert!(!queue::give_back(rows, &zombie, NONE, true).await.unwrap());
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
            assert_eq!(queue::reap(rows).await.unwrap(), expected);
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
        assert!(queue::give_back(rows, &first.fence(), NONE, false).await.unwrap());
        let second = queue::claim(rows, &claimer("worker", LEASE)).await.unwrap().unwrap();
        assert_eq!(second.attempts, 1);
        assert!(queue::give_back(rows, &second.fence(), LEASE, true).await.unwrap());
        assert_eq!(queue::claim(rows, &claimer("worker", LEASE)).await.unwrap(), None);
    }
}
