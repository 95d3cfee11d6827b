//! Drum tab: the score in plain characters, one line per drum.
//!
//! Conventions: a column is a sixteenth; a beat whose notes do not fall on sixteenths has as many columns as they need, so
//! that a triplet has three among beats of four. The line of numbers above counts them. Above that stand changes of meter
//! and tempo, letters and words, as far as there is room.
//! Hands are above feet, `|` is a bar line, `-` is silence. Strokes: see the legend at the end of a tab.

mod grid;
mod read;
mod strokes;

use crate::words::value_name;
use crate::{FormatInfo, Material, Options, Result};
use grid::BarGrid;
use score::{Measure, Score};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use read::{BYTES_MAX, MEASURES_MAX, read};

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "tab",
    extension: "txt",
    media_type: "text/plain; charset=utf-8",
    name: "Drum tab",
    description: "The score in plain characters, for mails, forums and terminals.",
    pages: false,
    write,
};

const BARS_A_LINE_MAX: usize = 4;
const WIDTH_MIN_CHARS: usize = 20;
/// Width of a label and the bar line after it.
const LABEL_CHARS: usize = 3;

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    Ok(page(material.score(), options.tab_width_chars).into_bytes())
}

/// The first `bars` measures as tab without head and legend, no line longer than `width_chars` where a bar fits it.
/// Empty for an empty score.
#[must_use]
pub fn first_bars(score: &Score, bars: usize, width_chars: usize) -> String {
    let measures = &score.measures[..bars.min(score.measures.len())];
    systems(measures, width_chars).join("\n")
}

/// The whole score with head and legend.
fn page(score: &Score, width_chars: usize) -> String {
    let mut text = head(score);
    let systems = systems(&score.measures, width_chars);
    for system in systems {
        text.push('\n');
        text.push_str(&system);
    }
    let legend = strokes::legend(score);
    if !legend.is_empty() {
        text.push('\n');
        text.push_str(&legend);
    }
    text
}

fn head(score: &Score) -> String {
    let mut head = String::new();
    for line in [&score.title, &score.subtitle] {
        let printable: String = line.chars().filter(|character| !character.is_control()).collect();
        if !printable.trim().is_empty() {
            head.push_str(printable.trim());
            head.push('\n');
        }
    }
    if let Some(measure) = score.measures.first() {
        let _ = write!(head, "{}", measure.meter);
        if let Some(tempo) = score.tempo() {
            let _ = write!(head, ", {}", tempo_words(tempo));
        }
    } else {
        head.push_str("No measures");
    }
    head.push('\n');
    head
}

fn tempo_words(tempo: score::TempoMark) -> String {
    format!("{} = {}", value_name(tempo.beat), tempo.bpm.get().round())
}

/// Lines of up to four bars, each a block of text.
fn systems(measures: &[Measure], width_chars: usize) -> Vec<String> {
    let before = [None].into_iter().chain(measures.iter().map(|measure| Some(measure.meter)));
    let bars = measures.iter().zip(before).map(|(measure, before)| {
        let grid = BarGrid::of(measure);
        let words = strokes::words(measure, before, grid.columns());
        Bar { measure, grid, words }
    });
    let bars: Vec<Bar<'_>> = bars.collect();
    let room = width_chars.max(WIDTH_MIN_CHARS) - LABEL_CHARS;
    let mut systems = Vec::new();
    let mut rest = bars.as_slice();
    while !rest.is_empty() {
        let mut used = 0;
        let fits = rest.iter().take(BARS_A_LINE_MAX).take_while(|bar| {
            used += bar.grid.columns() + 1;
            used <= room
        });
        let (line, after) = rest.split_at(fits.count().max(1));
        systems.push(system(line));
        rest = after;
    }
    systems
}

/// A measure with its columns and what stands above it.
struct Bar<'a> {
    measure: &'a Measure,
    grid: BarGrid,
    words: String,
}

fn system(bars: &[Bar<'_>]) -> String {
    let mut words = String::from("   ");
    let mut counts = String::from("   ");
    let mut lines: BTreeMap<strokes::Line, String> = BTreeMap::new();
    for line in bars.iter().flat_map(|bar| strokes::lines_of(bar.measure)) {
        lines.insert(line, format!("{:<2}|", line.label()));
    }
    if lines.is_empty() {
        // Silence has a line too, so that its bars are counted.
        lines.insert(strokes::Line::SILENT, format!("{:<2}|", ""));
    }
    for bar in bars {
        let width = bar.grid.columns() + 1;
        let _ = write!(words, "{:<width$}", bar.words);
        let _ = write!(counts, "{} ", bar.grid.counts());
        for (line, text) in &mut lines {
            text.extend(strokes::cells(bar.measure, &bar.grid, *line));
            text.push('|');
        }
    }
    let mut block = String::new();
    for line in [&words, &counts].into_iter().chain(lines.values()) {
        if !line.trim().is_empty() {
            block.push_str(line.trim_end());
            block.push('\n');
        }
    }
    block
}
