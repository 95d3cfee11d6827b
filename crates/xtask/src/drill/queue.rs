//! Many small jobs and four worker processes: each is done once, and what a job costs.

use super::world::{Process, World};
use anyhow::{Result, ensure};
use std::time::Instant;

const WORKERS: usize = 4;
/// Slots of each worker.
const SLOTS: &str = "2";

/// Recordings that are transcribed already, so that a job only has to see that: what is left is the queue.
pub(super) const RECORDINGS: &str = "
    INSERT INTO users (id, email, email_key, hashed_password, token_version, created_at, updated_at)
        VALUES (gen_random_uuid(), 'many@example.com', 'many@example.com', 'x', 0, now(), now());
    CREATE TEMP TABLE made AS WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
        SELECT gen_random_uuid() AS video, gen_random_uuid() AS audio, (SELECT id FROM users LIMIT 1) AS owner FROM numbers;
    INSERT INTO videos (id, user_id, filename, storage_path, size_bytes, media_type, has_audio, sha256, status,
            is_public, created_at, updated_at)
        SELECT video, owner, 'clip.mp4', 'recordings/x', 1, 'video/mp4', true, 'x', 'uploaded', false,
            now(), now() FROM made;
    INSERT INTO audio_files (id, video_id, storage_path, file_format, sample_rate, channels, duration_seconds,
            size_bytes, analysis, analyzed_at, created_at, updated_at)
        SELECT audio, video, 'sound/x', 'flac', 44100, 1, 1, 1, '{}', now(), now(), now() FROM made;
    INSERT INTO notations (id, user_id, video_id, audio_file_id, title, tempo, time_signature, measures, notation_json,
            performance_json, revision, created_at, updated_at)
        SELECT gen_random_uuid(), owner, video, audio, 'clip', 120, '4/4', 1, '{}', '{}', 1, now(), now() FROM made;";

/// A job for each of them.
const JOBS: &str = "
    INSERT INTO processing_jobs (id, video_id, user_id, job_type, status, progress, payload, attempts, max_attempts,
            priority, run_at, rank_at, cancel_requested, created_at, updated_at)
        SELECT gen_random_uuid(), video, owner, 'transcription', 'pending', 0, '{}', 0, 3, 0, now(), now(), false, now(),
            now() FROM made;";

pub(super) fn drill(world: &mut World, jobs: usize) -> Result<String> {
    // Nobody is killed here: on a machine that is busy with other things no worker is to count as lost.
    world.set("JOB_LEASE_S", "60");
    // The server makes the tables.
    let _server = world.start(&["serve", "--no-worker"])?;
    let workers: Vec<Process> =
        (0..WORKERS).map(|_| world.start(&["work", "--concurrency", SLOTS])).collect::<Result<_>>()?;
    let before = cpu_s(&workers)?;
    let started = Instant::now();
    world.ask(&format!("{}{JOBS}", RECORDINGS.replace(":count", &jobs.to_string())))?;
    world.wait_for_jobs()?;
    let (seconds, spent_s) = (started.elapsed().as_secs_f64(), cpu_s(&workers)? - before);
    let completed = world.count("SELECT count(*) FROM processing_jobs WHERE status = 'completed'")?;
    ensure!(completed == jobs as u64, "{completed} of {jobs} jobs completed");
    let twice = world.count("SELECT count(*) FROM processing_jobs WHERE attempts > 1")?;
    ensure!(twice == 0, "{twice} of {jobs} jobs were started more than once");
    let per_job_ms = 1000.0 * spent_s / jobs as f64;
    let rate = jobs as f64 / seconds;
    Ok(format!("{jobs} jobs each done once, {per_job_ms:.2} CPU ms a job in the workers, {rate:.0} jobs/s"))
}

fn cpu_s(workers: &[Process]) -> Result<f64> {
    workers.iter().map(Process::cpu_s).sum()
}
