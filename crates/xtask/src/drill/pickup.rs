//! How soon a job that comes in is started: by a worker who is idle, beside workers who listen, and where nobody is told.

use super::queue::RECORDINGS;
use super::world::{Process, World};
use anyhow::{Result, ensure};
use std::time::Duration;

/// Jobs that come in one by one.
const SINGLES: usize = 60;
const PAUSE: Duration = Duration::from_millis(60);
/// Recordings that are listened to again and again, by so many workers of one slot.
const LISTENED: usize = 4;
const LISTENERS: usize = 2;
/// Recordings whose jobs find their work done.
const DONE: usize = 20;

/// On SQLite workers of other processes find jobs by looking, on PostgreSQL they are told.
pub(super) fn drill(world: &World) -> Result<String> {
    let server = world.start(&["serve", "--no-worker"])?;
    let _idle = world.start(&["work", "--types", "transcription", "--concurrency", "2"])?;
    world.ask(&RECORDINGS.replace(":count", &DONE.to_string()))?;
    if world.postgres.is_none() {
        return Ok(format!("by looking: {}", singles(world, "looking", || Ok(()))?));
    }
    let idle = singles(world, "idle", || Ok(()))?;
    let login = server.log_in()?;
    let videos: Vec<String> = (0..LISTENED).map(|_| server.upload(&login)).collect::<Result<_>>()?;
    let listen = ["work", "--types", "drum_detection", "--concurrency", "1"];
    let listeners: Vec<Process> = (0..LISTENERS).map(|_| world.start(&listen)).collect::<Result<_>>()?;
    let beside = singles(world, "beside", || keep_listening(world, &server, &login, &videos))?;
    drop(listeners);
    world.ask("UPDATE processing_jobs SET status = 'failed' WHERE job_type = 'drum_detection'")?;
    // Nobody is told from now on.
    world.ask("ALTER TABLE processing_jobs DISABLE TRIGGER USER")?;
    let looking = singles(world, "looking", || Ok(()))?;
    Ok(format!("idle: {idle}; beside {LISTENERS} workers that listen: {beside}; by looking: {looking}"))
}

/// Asks for single jobs and says how long it took from asking to the start of each, by the database's clock.
fn singles(world: &World, name: &str, before_each: impl Fn() -> Result<()>) -> Result<String> {
    let (present, took_ms) = match world.postgres {
        Some(_) => ("clock_timestamp()", "1000 * extract(epoch FROM started_at - created_at)"),
        None => ("now()", "86400000 * (julianday(started_at) - julianday(created_at))"),
    };
    for number in 0..SINGLES {
        before_each()?;
        let recording = number % DONE;
        world.ask(&format!(
            "INSERT INTO processing_jobs (id, video_id, user_id, job_type, status, progress, payload, attempts,
                    max_attempts, priority, run_at, rank_at, cancel_requested, created_at, updated_at)
                SELECT gen_random_uuid(), id, user_id, 'transcription', 'pending', 0, '{{\"single\": \"{name}\"}}', 0, 3,
                    0, now(), now(), false, {present}, now()
                FROM (SELECT id, user_id FROM videos WHERE filename = 'clip.mp4' ORDER BY id LIMIT 1 OFFSET {recording}) v"
        ))?;
        std::thread::sleep(PAUSE);
    }
    world.wait_for(&format!("status IN ('pending', 'running') AND CAST(payload AS text) LIKE '%{name}%'"))?;
    let rows = world.ask(&format!(
        "SELECT {took_ms} FROM processing_jobs WHERE CAST(payload AS text) LIKE '%{name}%' ORDER BY 1"
    ))?;
    ensure!(rows.len() == SINGLES, "{} single jobs of {SINGLES}", rows.len());
    let at = |part: usize| rows[(SINGLES * part / 100).min(SINGLES - 1)].parse::<f64>();
    Ok(format!("half within {:.1} ms, 95 of 100 within {:.1} ms", at(50)?, at(95)?))
}

/// Sees to it that every recording waits to be listened to or is.
fn keep_listening(world: &World, server: &Process, login: &str, videos: &[String]) -> Result<()> {
    let open = "SELECT video_id FROM processing_jobs WHERE status IN ('pending', 'running')";
    let open = world.ask(open)?;
    for video in videos.iter().filter(|video| !open.contains(video)) {
        server.curl(&format!("/jobs/drum_detection/{video}?force=true"), &["-X", "POST", "-H", login])?;
    }
    Ok(())
}
