//! The transcription as plain lists of hits and beats, for programs that measure how good it is.
//!
//! Conventions: times in seconds from the start of the sound, velocities and confidences 0 to 1, bars and beats from 1,
//! `frac` the exact place inside the beat; `bpm` counts the beat of the meter (the dotted quarter in 6/8). The list of
//! hits stands there twice, as `hits` and as `events`, and the extension is plain `json`, because scorers look for these.

use crate::walk::{chords, grace_name};
use crate::{FormatInfo, Material, Options, Result};
use drums::{Bpm, Hit, HitId, Meter, Ticks};
use score::{GraceKind, Placement, Score, placements};
use serde::Serialize;
use std::collections::BTreeMap;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "judge",
    extension: "json",
    media_type: "application/json",
    name: "Judge JSON",
    description: "Hits with their places, beats, tempo and meter as plain lists for scoring programs.",
    pages: false,
    write,
};

#[derive(Serialize)]
struct Document<'a> {
    bpm: Option<f64>,
    meter: Option<String>,
    beat_unit_quarters: Option<String>,
    meters: Vec<MeterEntry>,
    beats: Vec<BeatEntry>,
    hits: &'a [HitEntry],
    events: &'a [HitEntry],
}

#[derive(Serialize)]
struct MeterEntry {
    bar: u32,
    meter: String,
}

#[derive(Serialize)]
struct BeatEntry {
    time: f64,
    bar: u32,
    beat: i64,
}

#[derive(Serialize)]
struct HitEntry {
    time_seconds: f64,
    instrument: &'static str,
    velocity: f32,
    confidence: f32,
    #[serde(flatten)]
    place: Option<PlaceEntry>,
}

#[derive(Serialize)]
struct PlaceEntry {
    bar: u32,
    beat: i64,
    frac: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ornament: Option<&'static str>,
    grace: bool,
}

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    let score = material.score();
    let places: BTreeMap<HitId, Placement> =
        placements(score, material.performance()).into_iter().map(|place| (place.hit, place)).collect();
    let led = led_by_graces(score);
    let entry = |hit: &Hit| hit_entry(hit, places.get(&hit.id), led.get(&hit.id).copied());
    let hits: Vec<HitEntry> = material.performance().hits().iter().map(entry).collect();
    let meter = score.measures.first().map(|measure| measure.meter);
    let document = Document {
        bpm: meter.and_then(|meter| Some(beats_per_minute(score, meter)?.get())),
        meter: meter.map(|meter| meter.to_string()),
        beat_unit_quarters: meter.map(|meter| fraction(meter.beat_ticks().fraction_of(Ticks::QUARTER))),
        meters: meter_entries(score),
        beats: beat_entries(score),
        hits: &hits,
        events: &hits,
    };
    Ok(serde_json::to_vec(&document)?)
}

/// The main strokes of flams, drags and ruffs.
fn led_by_graces(score: &Score) -> BTreeMap<HitId, GraceKind> {
    let mut led = BTreeMap::new();
    for (_, _, chord) in chords(score) {
        let Some(graces) = &chord.graces else { continue };
        let main = chord.notes.iter().filter(|note| note.instrument == graces.instrument);
        led.extend(main.flat_map(|note| &note.hits).map(|&hit| (hit, graces.kind)));
    }
    led
}

fn hit_entry(hit: &Hit, place: Option<&Placement>, led_by: Option<GraceKind>) -> HitEntry {
    HitEntry {
        time_seconds: hit.time.get(),
        instrument: hit.instrument.id(),
        velocity: hit.velocity.get(),
        confidence: hit.confidence.get(),
        place: place.map(|place| PlaceEntry {
            bar: place.measure,
            beat: i64::from(place.beat),
            frac: fraction(place.fraction),
            ornament: place.grace.or(led_by).map(grace_name).or(place.ghost.then_some("ghost")),
            grace: place.grace.is_some(),
        }),
    }
}

fn fraction((numerator, denominator): (i64, i64)) -> String {
    if denominator == 1 { numerator.to_string() } else { format!("{numerator}/{denominator}") }
}

/// The first tempo mark, counted in beats of `meter`.
fn beats_per_minute(score: &Score, meter: Meter) -> Option<Bpm> {
    let mark = score.tempo()?;
    Bpm::new(mark.bpm.get() * mark.beat.ticks().in_quarters() / meter.beat_ticks().in_quarters()).ok()
}

fn meter_entries(score: &Score) -> Vec<MeterEntry> {
    let mut entries: Vec<MeterEntry> = Vec::new();
    for measure in &score.measures {
        let meter = measure.meter.to_string();
        if entries.last().is_none_or(|last| last.meter != meter) {
            entries.push(MeterEntry { bar: measure.number, meter });
        }
    }
    entries
}

fn beat_entries(score: &Score) -> Vec<BeatEntry> {
    let beats = score.measures.iter().flat_map(|measure| {
        let length = measure.meter.beat_ticks();
        (0..i64::from(measure.meter.beats_per_bar())).map(move |beat| BeatEntry {
            time: score.timeline.time_at(measure.start + length * beat).get(),
            bar: measure.number,
            beat: beat + 1,
        })
    });
    beats.collect()
}
