//! The timemap: when each element of the score sounds, for cursors that follow a recording.
//!
//! Conventions: times in seconds from the start of the sound, places in ticks (10 080 to the quarter). Elements are named
//! as in SVG and MusicXML. `from` is included, `to` is not. Places on the page are millimetres from the top left corner of
//! their page, the user unit of the SVG; pages and systems count from 0.

use crate::{FormatInfo, Material, Options, Result, element_name};
use engrave::{Stop, System};
use score::{Event, Measure, Score};
use serde::Serialize;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "timemap",
    extension: "timemap.json",
    media_type: "application/json",
    name: "Timemap",
    description: "When each measure and each note sounds, in seconds, to move a cursor with a recording.",
    pages: false,
    write,
};

#[derive(Serialize)]
struct Document {
    format: &'static str,
    version: u32,
    ticks_per_quarter: i64,
    measures: Vec<MeasureEntry>,
    pages: Vec<PageEntry>,
    systems: Vec<SystemEntry>,
    stops: Vec<StopEntry>,
}

#[derive(Serialize)]
struct PageEntry {
    width_mm: f64,
    height_mm: f64,
}

#[derive(Serialize)]
struct SystemEntry {
    page: usize,
    left_mm: f64,
    right_mm: f64,
    top_mm: f64,
    bottom_mm: f64,
    measures: Vec<BarEntry>,
}

#[derive(Serialize)]
struct BarEntry {
    id: String,
    left_mm: f64,
    right_mm: f64,
}

/// Where a cursor stands at an onset.
#[derive(Serialize)]
struct StopEntry {
    time_s: f64,
    ticks: i64,
    element: String,
    system: usize,
    x_mm: f64,
}

#[derive(Serialize)]
struct MeasureEntry {
    id: String,
    number: u32,
    ticks: i64,
    from_s: f64,
    to_s: f64,
    events: Vec<EventEntry>,
}

#[derive(Serialize)]
struct EventEntry {
    id: String,
    ticks: i64,
    from_s: f64,
    to_s: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let score = material.score();
    let engraving = material.pages_for(options);
    let mm = |spaces: f64| (spaces * engraving.space_mm * 1000.0).round() / 1000.0;
    let pages = engraving.pages.iter();
    let document = Document {
        format: "backbeat-timemap",
        version: 1,
        ticks_per_quarter: drums::TICKS_PER_QUARTER,
        measures: score.measures.iter().map(|measure| measure_entry(score, measure)).collect(),
        pages: pages.map(|page| PageEntry { width_mm: mm(page.width), height_mm: mm(page.height) }).collect(),
        systems: engraving.systems.iter().map(|system| system_entry(system, mm)).collect(),
        stops: engraving.stops.iter().map(|stop| stop_entry(score, stop, mm)).collect(),
    };
    Ok(serde_json::to_vec(&document)?)
}

fn measure_entry(score: &Score, measure: &Measure) -> MeasureEntry {
    let mut events: Vec<EventEntry> = measure
        .voices
        .iter()
        .flat_map(|voice| &voice.events)
        .filter(|event| event.chord().is_some())
        .map(|event| event_entry(score, measure, event))
        .collect();
    events.sort_by_key(|event| event.ticks);
    MeasureEntry {
        id: element_name(measure.id),
        number: measure.number,
        ticks: measure.start.get(),
        from_s: score.timeline.time_at(measure.start).get(),
        to_s: score.timeline.time_at(measure.start + measure.length()).get(),
        events,
    }
}

fn event_entry(score: &Score, measure: &Measure, event: &Event) -> EventEntry {
    EventEntry {
        id: element_name(event.id),
        ticks: (measure.start + event.offset).get(),
        from_s: score.timeline.time_at(measure.start + event.offset).get(),
        to_s: score.timeline.time_at(measure.start + event.end()).get(),
        notes: event.chord().into_iter().flat_map(|chord| &chord.notes).map(|note| element_name(note.id)).collect(),
    }
}

fn system_entry(system: &System, mm: impl Fn(f64) -> f64) -> SystemEntry {
    let bars = system.measures.iter();
    SystemEntry {
        page: system.page,
        left_mm: mm(system.left),
        right_mm: mm(system.right),
        top_mm: mm(system.top),
        bottom_mm: mm(system.bottom),
        measures: bars
            .map(|bar| BarEntry { id: element_name(bar.id), left_mm: mm(bar.left), right_mm: mm(bar.right) })
            .collect(),
    }
}

fn stop_entry(score: &Score, stop: &Stop, mm: impl Fn(f64) -> f64) -> StopEntry {
    StopEntry {
        time_s: score.timeline.time_at(stop.ticks).get(),
        ticks: stop.ticks.get(),
        element: element_name(stop.element),
        system: stop.system,
        x_mm: mm(stop.x),
    }
}
