//! Reads transcriptions to be compared: judge documents, truth files of clips, and plain lists of hits.
//!
//! Conventions: a document is an object with `hits` (or `events`), and maybe `beats`, `bpm` and `meter`, or a bare list of
//! hits; a hit has `time_seconds` and `instrument`. A text file has a line per hit: time, class, and maybe a MIDI velocity.

use anyhow::{Context, Result, bail};
use drums::{Bpm, Family, Hit, Instrument, Meter, Seconds, Ticks, Velocity};
use evaluate::notation::Slot;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Largest file read, in bytes: a judge document of ten hours of drumming has less.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A transcription as far as it can be compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    /// Strokes in order of time.
    pub hits: Vec<Hit>,
    /// Where they are written, for those that say so.
    pub slots: Vec<Slot>,
    /// Times of the beats in seconds.
    pub beats_s: Vec<f64>,
    /// Times of those that begin a bar.
    pub downbeats_s: Vec<f64>,
    /// Tempo of the beat.
    pub bpm: Option<Bpm>,
    /// Meter.
    pub meter: Option<Meter>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Whole {
        #[serde(alias = "events", alias = "onsets", alias = "notes")]
        hits: Vec<JsonHit>,
        #[serde(default)]
        beats: Vec<JsonBeat>,
        bpm: Option<f64>,
        meter: Option<String>,
    },
    Hits(Vec<JsonHit>),
}

#[derive(Deserialize)]
struct JsonHit {
    time_seconds: f64,
    instrument: String,
    #[serde(default = "full")]
    velocity: f32,
    bar: Option<i64>,
    beat: Option<i64>,
    frac: Option<String>,
}

#[derive(Deserialize)]
struct JsonBeat {
    time: f64,
    beat: u32,
}

fn full() -> f32 {
    1.0
}

/// Reads a file of either kind.
pub(crate) fn read(path: &Path) -> Result<Truth> {
    let cannot = || format!("{} cannot be read", path.display());
    let length = std::fs::metadata(path).with_context(cannot)?.len();
    if length > FILE_BYTES_MAX {
        bail!("{} has {length} bytes; up to {FILE_BYTES_MAX} are read", path.display());
    }
    let bytes = std::fs::read(path).with_context(cannot)?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json { parse(&bytes) } else { parse_lines(&String::from_utf8_lossy(&bytes)) }.with_context(cannot)
}

/// Reads a JSON document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Truth> {
    // Our own judge documents carry the hits under two names; read into a map first, so that both may be there.
    let mut value: serde_json::Value = serde_json::from_slice(bytes)?;
    if let Some(fields) = value.as_object_mut().filter(|fields| fields.contains_key("hits")) {
        fields.retain(|name, _| !matches!(name.as_str(), "events" | "onsets" | "notes"));
    }
    let (hits, beats, bpm, meter) = match serde_json::from_value(value).context("this is not a list of hits")? {
        Document::Whole { hits, beats, bpm, meter } => (hits, beats, bpm, meter),
        Document::Hits(hits) => (hits, Vec::new(), None, None),
    };
    let mut truth = Truth {
        bpm: bpm.map(Bpm::new).transpose()?,
        meter: meter.map(|text| text.parse()).transpose()?,
        ..Truth::default()
    };
    truth.beats_s = beats.iter().map(|beat| beat.time).collect();
    truth.downbeats_s = beats.iter().filter(|beat| beat.beat == 1).map(|beat| beat.time).collect();
    let beat_length = truth.meter.unwrap_or(Meter::FOUR_FOUR).beat_ticks();
    for hit in &hits {
        let instrument: Instrument = hit.instrument.parse()?;
        truth.hits.push(Hit::new(Seconds::new(hit.time_seconds)?, instrument, Velocity::new(hit.velocity)?));
        truth.slots.extend(slot(hit, instrument, beat_length));
    }
    truth.hits.sort_by(|a, b| a.time.total_cmp(&b.time));
    Ok(truth)
}

fn slot(hit: &JsonHit, instrument: Instrument, beat_length: Ticks) -> Option<Slot> {
    let family: Family = instrument.row().family?;
    let (numerator, denominator) = fraction(hit.frac.as_deref().unwrap_or("0"))?;
    let inside = Ticks(beat_length.get().checked_mul(numerator)? / denominator);
    let quarters = (beat_length * hit.beat?.checked_sub(1)? + inside).fraction_of(Ticks::QUARTER);
    Some(Slot { time_s: hit.time_seconds, family, bar: hit.bar?, quarters })
}

fn fraction(text: &str) -> Option<(i64, i64)> {
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    let (numerator, denominator) = (numerator.trim().parse().ok()?, denominator.trim().parse().ok()?);
    ((0..1000).contains(&numerator) && (1..1000).contains(&denominator)).then_some((numerator, denominator))
}

/// Reads `time class [velocity]` lines; classes are those of published scores (KD SD TT HH CY) or our ids.
fn parse_lines(text: &str) -> Result<Truth> {
    let classes: BTreeMap<&str, Instrument> = [
        ("KD", Instrument::Kick),
        ("SD", Instrument::Snare),
        ("TT", Instrument::TomLowMid),
        ("HH", Instrument::HihatClosed),
        ("CY", Instrument::Crash),
    ]
    .into();
    let mut hits = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [time, class, rest @ ..] = fields.as_slice() else { bail!("line {} has no class", index + 1) };
        let time: f64 = time.parse().with_context(|| format!("line {} does not begin with a time", index + 1))?;
        let instrument = classes.get(class).copied().map_or_else(|| class.parse(), Ok)?;
        let midi: f32 = rest.first().map_or(Ok(127.0), |velocity| velocity.parse())?;
        hits.push(Hit::new(Seconds::new(time)?, instrument, Velocity::clamped(midi / 127.0)));
    }
    hits.sort_by(|a, b| a.time.total_cmp(&b.time));
    Ok(Truth { hits, ..Truth::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_document_with_both_names_for_its_hits_is_read_once() {
        let text = br#"{"hits":[{"time_seconds":1.0,"instrument":"kick","velocity":0.5,"bar":1,"beat":2,"frac":"1/2"}],
            "events":[{"time_seconds":1.0,"instrument":"kick"}],
            "beats":[{"time":1.0,"bar":1,"beat":1}],"bpm":90,"meter":"6/8"}"#;
        let truth = parse(text).unwrap();
        assert_eq!(truth.hits.len(), 1);
        assert_eq!(truth.slots[0].quarters, (9, 4));
        assert_eq!(truth.downbeats_s, [1.0]);
    }

    #[test]
    fn lists_and_lines_are_read_and_nonsense_is_not() {
        assert_eq!(parse(br#"[{"time_seconds":0.5,"instrument":"hh_open"}]"#).unwrap().hits.len(), 1);
        assert_eq!(parse_lines("0.5\tKD\t100\n1.0 snare\n").unwrap().hits.len(), 2);
        assert!(parse(b"{}").is_err());
        assert!(parse(br#"[{"time_seconds":1e300,"instrument":"kick"}]"#).is_err());
        assert!(parse_lines("now KD").is_err());
        assert!(parse_lines("1.0 theremin").is_err());
    }
}
