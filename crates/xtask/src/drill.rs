//! Failure drills: real processes, killed and cut off at moments that a seed decides, and then everything is counted.
//!
//! After each drill no job is lost or doubled, no row is without its file and no file without its row, and all work is done.
//! The program under test is `BACKBEAT_BIN`, else `target/release/backbeat`. With `BACKBEAT_TEST_POSTGRES_URL` the drills run
//! on PostgreSQL, always on SQLite as well where the drill makes sense there; with `BACKBEAT_TEST_S3_URL` the bucket is lost
//! too.

mod bucket;
mod clock;
mod disk;
mod duplicates;
mod kills;
mod outage;
mod pickup;
mod queue;
mod slow;
mod uploads;
mod world;

use anyhow::{Context, Result, bail};
use std::time::Instant;
use world::{Base, World};

/// How hard to drill.
#[derive(Debug)]
struct Size {
    seed: u64,
    /// Workers killed.
    kills: usize,
    /// Uploads cut off.
    uploads: usize,
    /// Small jobs queued.
    jobs: usize,
    /// Jobs handed out twice.
    twice: usize,
    /// Database and bucket are gone for so long, seconds.
    outage_s: u64,
    /// Only drills whose names have this in them.
    only: String,
}

/// Drills as the arguments say: `--short`, or `--seed`, `--kills`, `--uploads`, `--jobs`, `--twice`, `--outage-s`, each with a
/// number, and `--only` with part of a drill's name, such as `killed on SQLite`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let size = read(arguments)?;
    println!("drill: {size:?}");
    let mut bases = vec![Base::Sqlite];
    match std::env::var("BACKBEAT_TEST_POSTGRES_URL") {
        Ok(url) => bases.push(Base::Postgres(url)),
        Err(_) => println!("drill: PostgreSQL left out, BACKBEAT_TEST_POSTGRES_URL is not set"),
    }
    for base in &bases {
        let drill = |name: &str, run: &dyn Fn(&mut World) -> Result<String>| {
            if format!("{name} on {}", base.name()).contains(&size.only) { drill(name, base, run) } else { Ok(()) }
        };
        drill("workers killed", &|world| kills::drill(world, size.seed, size.kills))?;
        drill("server killed during uploads", &|world| uploads::drill(world, size.seed, size.uploads))?;
        drill("many small jobs, four workers", &|world| queue::drill(world, size.jobs))?;
        drill("jobs picked up", &|world| pickup::drill(world))?;
        drill("jobs handed out twice", &|world| duplicates::drill(world, size.twice))?;
        drill("slow clients", &slow::drill)?;
        drill("clock set", &clock::drill)?;
        drill("disk full", &disk::drill)?;
        if matches!(base, Base::Postgres(_)) {
            drill("database gone", &|world| outage::drill(world, size.outage_s))?;
        }
        match std::env::var("BACKBEAT_TEST_S3_URL") {
            Ok(s3) => drill("bucket gone", &|world| bucket::drill(world, &s3, size.outage_s))?,
            Err(_) => println!("drill: bucket left out, BACKBEAT_TEST_S3_URL is not set"),
        }
    }
    println!("drill: all passed");
    Ok(())
}

fn drill(name: &str, base: &Base, run: &dyn Fn(&mut World) -> Result<String>) -> Result<()> {
    let started = Instant::now();
    let mut world = World::new(base)?;
    let told = run(&mut world);
    let told = told.with_context(|| format!("{name} on {}; last words: {}", base.name(), world.last_words()))?;
    println!("  passed  {:<10} {name}: {told} ({:.0} s)", base.name(), started.elapsed().as_secs_f64());
    Ok(())
}

fn read(arguments: &[String]) -> Result<Size> {
    let mut size =
        Size { seed: 6, kills: 100, uploads: 20, jobs: 10_000, twice: 10, outage_s: 30, only: String::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--short" {
            size = Size { kills: 4, uploads: 2, jobs: 400, twice: 1, outage_s: 4, ..size };
            continue;
        }
        if word == "--only" {
            size.only = words.next().context("--only needs part of a name")?.clone();
            continue;
        }
        let number = words.next().and_then(|number| number.parse::<u64>().ok());
        let number = number.with_context(|| format!("{word} needs a whole number"))?;
        match word.as_str() {
            "--seed" => size.seed = number,
            "--kills" => size.kills = usize::try_from(number)?,
            "--uploads" => size.uploads = usize::try_from(number)?,
            "--jobs" => size.jobs = usize::try_from(number)?,
            "--twice" => size.twice = usize::try_from(number)?,
            "--outage-s" => size.outage_s = number,
            _ => bail!(
                "unknown: {word}; there are --short, --seed, --kills, --uploads, --jobs, --twice, --outage-s, --only"
            ),
        }
    }
    Ok(size)
}

/// Numbers that look like chance and are the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}
