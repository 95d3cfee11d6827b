//! The performance document: hits and beats in seconds.

use super::{HITS_MAX, at, open};
use crate::{Result, limit};
use drums::{Alternative, Beat, BeatGrid, Confidence, Hit, HitId, MeterSpan, Performance, Seconds, Velocity};
use serde::{Deserialize, Serialize};

const FORMAT: &str = "backbeat-performance";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Body {
    duration_s: f64,
    hits: Vec<HitEntry>,
    beats: Vec<BeatEntry>,
    meters: Vec<MeterEntry>,
}

#[derive(Serialize, Deserialize)]
struct HitEntry {
    time_s: f64,
    instrument: String,
    velocity: f32,
    confidence: f32,
    /// Likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<AlternativeEntry>,
}

#[derive(Serialize, Deserialize)]
struct AlternativeEntry {
    instrument: String,
    confidence: f32,
}

#[derive(Serialize, Deserialize)]
struct BeatEntry {
    time_s: f64,
    position: u8,
    confidence: f32,
}

#[derive(Serialize, Deserialize)]
struct MeterEntry {
    first_beat: usize,
    meter: String,
}

/// A performance as a document.
///
/// # Errors
/// [`crate::Error::Json`] where the encoder fails, which no performance causes.
pub fn write_performance(performance: &Performance) -> Result<Vec<u8>> {
    let hits = performance.hits().iter().map(|hit| HitEntry {
        time_s: hit.time.get(),
        instrument: hit.instrument.id().to_owned(),
        velocity: hit.velocity.get(),
        confidence: hit.confidence.get(),
        alternatives: performance.alternatives(hit.id).iter().map(alternative_entry).collect(),
    });
    let grid = performance.grid();
    let beats = grid.beats().iter().map(|beat| BeatEntry {
        time_s: beat.time.get(),
        position: beat.position,
        confidence: beat.confidence.get(),
    });
    let meters = grid.meters().iter();
    let meters = meters.map(|span| MeterEntry { first_beat: span.first_beat, meter: span.meter.to_string() });
    let body = Body {
        duration_s: performance.duration().get(),
        hits: hits.collect(),
        beats: beats.collect(),
        meters: meters.collect(),
    };
    Ok(serde_json::to_vec(&super::Enveloped { format: FORMAT, version: VERSION, body })?)
}

/// Reads a performance document.
///
/// # Errors
/// - [`crate::Error::Json`], [`crate::Error::NotThisDocument`] where it is not one of version 1;
/// - [`crate::Error::LimitReached`] where it is larger than [`super::BYTES_MAX`] or has more hits or beats than
///   [`HITS_MAX`];
/// - [`crate::Error::Value`] where a time, velocity, instrument, beat or meter breaks the rules of its type.
pub fn read_performance(bytes: &[u8]) -> Result<Performance> {
    open(bytes, FORMAT, VERSION)?;
    let body: Body = serde_json::from_slice(bytes)?;
    limit("list of hits", body.hits.len(), HITS_MAX, "hits")?;
    limit("list of beats", body.beats.len(), HITS_MAX, "beats")?;
    let hits = body.hits.iter().enumerate().map(|(index, entry)| at(|| format!("hits[{index}]"), read_hit(entry)));
    let mut hits = hits.collect::<Result<Vec<(Hit, Vec<Alternative>)>>>()?;
    // In the order a performance sorts them, so that hits and lists stay together.
    hits.sort_by(|(a, _), (b, _)| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    let (hits, alternatives): (Vec<Hit>, Vec<Vec<Alternative>>) = hits.into_iter().unzip();
    let beats = body.beats.iter().enumerate().map(|(index, entry)| at(|| format!("beats[{index}]"), read_beat(entry)));
    let meters = body.meters.iter().enumerate().map(|(index, entry)| {
        let meter = at(|| format!("meters[{index}]"), entry.meter.parse())?;
        Ok(MeterSpan { first_beat: entry.first_beat, meter })
    });
    let grid = BeatGrid::new(beats.collect::<Result<_>>()?, meters.collect::<Result<_>>()?);
    let grid = at(|| "beats".to_owned(), grid)?;
    at(
        || "duration_s".to_owned(),
        Seconds::new(body.duration_s)
            .and_then(|duration| Performance::new(duration, hits, grid)?.with_alternatives(alternatives)),
    )
}

fn alternative_entry(other: &Alternative) -> AlternativeEntry {
    AlternativeEntry { instrument: other.instrument.id().to_owned(), confidence: other.confidence.get() }
}

fn read_hit(entry: &HitEntry) -> drums::Result<(Hit, Vec<Alternative>)> {
    let others = entry.alternatives.iter().take(drums::instruments().len()).map(|other| {
        Ok(Alternative { instrument: other.instrument.parse()?, confidence: Confidence::new(other.confidence)? })
    });
    let hit = Hit {
        id: HitId(0),
        time: Seconds::new(entry.time_s)?,
        instrument: entry.instrument.parse()?,
        velocity: Velocity::new(entry.velocity)?,
        confidence: Confidence::new(entry.confidence)?,
    };
    Ok((hit, others.collect::<drums::Result<_>>()?))
}

fn read_beat(entry: &BeatEntry) -> drums::Result<Beat> {
    Ok(Beat {
        time: Seconds::new(entry.time_s)?,
        position: entry.position,
        confidence: Confidence::new(entry.confidence)?,
    })
}
