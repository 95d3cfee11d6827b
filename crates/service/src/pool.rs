//! Threads for work that takes a processor: so many at a time, and behind everything that answers people.
//!
//! Conventions: a piece of work has a thread of its own, which is made less urgent than the rest of the process; the
//! programs it starts inherit that. Its place is free again when the work itself has ended, however it was told to stop.

use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

/// The places of this process.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    places: Arc<Semaphore>,
    nice: i32,
}

/// The work ended without a result: it panicked, or no thread could be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoolError {
    /// A mistake of ours; the panic is in the log.
    #[error("the work panicked")]
    Panicked,
    /// The machine gives no more threads.
    #[error("no thread could be started")]
    Thread(#[from] std::io::Error),
}

impl Pool {
    /// A pool of so many places. `nice` is how much less urgent its threads are, 0-19.
    pub(crate) fn new(places: usize, nice: i32) -> Self {
        Self { places: Arc::new(Semaphore::new(places.max(1))), nice }
    }

    /// Waits for a place and runs the work there.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let place = Arc::clone(&self.places).acquire_owned().await.expect("the places are never closed");
        let (done, result) = oneshot::channel();
        let nice = self.nice;
        std::thread::Builder::new().name("backbeat-work".to_owned()).spawn(move || {
            let _place = place;
            if nice > 0
                && let Err(error) = rustix::process::nice(nice)
            {
                tracing::debug!(%error, "a thread could not be made less urgent");
            }
            // Whoever waited may have left.
            let _ = done.send(work());
        })?;
        result.await.map_err(|_| PoolError::Panicked)
    }
}

/// Where the kernel keeps how urgent our session is.
const SESSION: &str = "/proc/self/autogroup";

/// Makes this whole process less urgent than those of other sessions; true when it is now. Linux deals out processors to
/// sessions first, and inside of one to its threads by how urgent they are: however far threads of ours step back, those of a
/// database wait for the rest of our turn. Does nothing in a session that others share, where the kernel does not deal by
/// sessions, and for 0.
pub(crate) fn step_back(nice: i32) -> bool {
    let leads =
        std::fs::read_to_string("/proc/self/stat").is_ok_and(|stat| session_in(&stat) == Some(std::process::id()));
    // The kernel has made the file, or there is none.
    nice > 0 && leads && std::fs::write(SESSION, nice.to_string()).is_ok()
}

/// The session's leader, from a line of `/proc/PID/stat` (proc(5)): 0 where it is outside of our container, which is why no
/// call that takes every session for a process of ours may be asked.
fn session_in(stat: &str) -> Option<u32> {
    // The program's name, in brackets, may hold anything.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_work_runs_at_a_time_than_there_are_places() {
        let pool = Pool::new(2, 0);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = (0..8).map(|number| {
            let (pool, running, most) = (pool.clone(), Arc::clone(&running), Arc::clone(&most));
            tokio::spawn(async move {
                let work = move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    running.fetch_sub(1, Ordering::SeqCst);
                    number
                };
                pool.run(work).await.unwrap()
            })
        });
        let mut numbers = Vec::new();
        for done in all.collect::<Vec<_>>() {
            numbers.push(done.await.unwrap());
        }
        assert_eq!(numbers, (0..8).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn the_session_of_a_process_is_read_whatever_its_name_is() {
        assert_eq!(session_in("609 (cat) R 587 587 32362 0 -1 4194304 100"), Some(32_362));
        assert_eq!(session_in("2 (a) b ) c) S 1 2 0 0 -1"), Some(0), "led from outside of the container");
        assert_eq!(session_in("2 (cut"), None);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_frees_its_place() {
        let pool = Pool::new(1, 0);
        let broken = pool.run(|| -> () { panic!("as the test wants") }).await;
        assert!(matches!(broken, Err(PoolError::Panicked)));
        assert_eq!(pool.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_thread_of_the_pool_is_less_urgent() {
        let urgency = || rustix::process::nice(0).unwrap();
        let before = urgency();
        let inside = Pool::new(1, 5).run(urgency).await.unwrap();
        assert_eq!((inside, urgency()), ((before + 5).min(19), before));
    }
}
