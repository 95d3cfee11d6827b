//! A part of a score to be put back, as a document's entry.

use super::entries::{AnchorEntry, KitEntry, MeasureEntry, RepeatEntry};
use super::{kit_entry, measure_entry, read_kit, read_measure, read_repeats, read_timeline, repeat_entry, text};
use crate::json::MEASURES_MAX;
use crate::{Result, limit};
use drums::Ticks;
use score::{Measure, Restored, Timeline};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What [`score::Restored`] holds; what does not differ is left out.
#[derive(Serialize, Deserialize)]
pub(in crate::json) struct PartEntry {
    first: usize,
    removed: usize,
    measures: Vec<MeasureEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kit: Option<Vec<KitEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeline: Option<Vec<AnchorEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeats: Option<Vec<RepeatEntry>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subtitle: Option<String>,
}

/// A part as an entry.
pub(in crate::json) fn part_entry(part: &Restored) -> PartEntry {
    PartEntry {
        first: part.first,
        removed: part.removed,
        measures: part.measures.iter().map(measure_entry).collect(),
        kit: part.kit.as_ref().map(|kit| kit.iter().map(kit_entry).collect()),
        timeline: part.timeline.as_ref().map(timeline_entries),
        repeats: part.repeats.as_ref().map(|repeats| repeats.iter().map(repeat_entry).collect()),
        title: part.title.clone(),
        subtitle: part.subtitle.clone(),
    }
}

/// Reads an entry; whether it fits a score is for [`score::apply`] to say.
pub(in crate::json) fn read_part(place: &str, entry: &PartEntry) -> Result<Restored> {
    limit("part of a score", entry.measures.len(), MEASURES_MAX, "measures")?;
    let mut ids = BTreeSet::new();
    let mut measures: Vec<Measure> = Vec::with_capacity(entry.measures.len());
    for (index, measure) in entry.measures.iter().enumerate() {
        let place = format!("{place}.measures[{index}]");
        let start = measures.last().map_or(Ticks(measure.start), |before| before.start + before.length());
        super::bounded_ticks(&place, start.get())?;
        measures.push(read_measure(&place, measure, start, &mut ids)?);
    }
    Ok(Restored {
        first: entry.first,
        removed: entry.removed,
        measures,
        kit: entry.kit.as_deref().map(read_kit).transpose()?,
        timeline: entry.timeline.as_deref().map(read_timeline).transpose()?,
        repeats: entry.repeats.as_deref().map(read_repeats).transpose()?,
        title: entry.title.as_deref().map(|title| text("title", title)).transpose()?,
        subtitle: entry.subtitle.as_deref().map(|subtitle| text("subtitle", subtitle)).transpose()?,
    })
}

/// The anchors of a timeline.
pub(super) fn timeline_entries(timeline: &Timeline) -> Vec<AnchorEntry> {
    let anchors = timeline.anchors().iter();
    anchors.map(|anchor| AnchorEntry { ticks: anchor.ticks.get(), time_s: anchor.time.get() }).collect()
}
