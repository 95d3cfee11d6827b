//! Columns: how finely each beat of a bar is divided, and how its columns are counted.

use drums::{Meter, Ticks};
use score::Measure;

/// Divisions of a beat tried in order where the usual one does not hold its notes.
const OTHERS: [i64; 13] = [3, 6, 4, 8, 12, 5, 7, 9, 10, 16, 24, 32, 48];

/// Columns of one bar.
#[derive(Debug, Clone)]
pub(super) struct BarGrid {
    meter: Meter,
    columns_a_beat: Vec<i64>,
}

/// Sixteenths, where they hold the notes.
fn usual_columns(meter: Meter) -> i64 {
    (meter.beat_ticks().get() * 4 / drums::TICKS_PER_QUARTER).max(1)
}

/// Whether every chord of a beat falls on one of its columns.
fn fits(measure: &Measure, beat: u8, columns: i64) -> bool {
    let length = measure.meter.beat_ticks().get();
    let (from, to) = (length * i64::from(beat), length * (i64::from(beat) + 1));
    let mut events = measure.voices.iter().flat_map(|voice| &voice.events);
    events.all(|event| {
        let offset = event.offset.get();
        event.chord().is_none() || !(from..to).contains(&offset) || (offset - from) * columns % length == 0
    })
}

impl BarGrid {
    /// The columns a measure needs.
    pub(super) fn of(measure: &Measure) -> Self {
        let usual = usual_columns(measure.meter);
        let columns = (0..measure.meter.beats_per_bar()).map(|beat| {
            let mut tried = [usual].into_iter().chain(OTHERS);
            tried.find(|&columns| fits(measure, beat, columns)).unwrap_or(48)
        });
        Self { meter: measure.meter, columns_a_beat: columns.collect() }
    }

    pub(super) fn columns(&self) -> usize {
        self.columns_a_beat.iter().sum::<i64>() as usize
    }

    /// The column of a place in the bar, from 0; the nearest to the left where none is exact.
    pub(super) fn column(&self, offset: Ticks) -> usize {
        let length = self.meter.beat_ticks().get();
        let beat = (offset.get() / length).clamp(0, self.columns_a_beat.len() as i64 - 1);
        let before: i64 = self.columns_a_beat[..beat as usize].iter().sum();
        let inside = (offset.get() - beat * length) * self.columns_a_beat[beat as usize] / length;
        (before + inside).clamp(0, self.columns() as i64 - 1) as usize
    }

    /// A character above each column: numbers on the beats, and how drummers count between them.
    pub(super) fn counts(&self) -> String {
        let beats = (1..).zip(&self.columns_a_beat);
        beats.map(|(beat, &columns)| counts_of_beat(self.meter, beat, columns as usize)).collect()
    }
}

fn counts_of_beat(meter: Meter, beat: usize, columns: usize) -> String {
    let names: Vec<String> = if meter.is_compound() {
        // Eighths are counted through the bar: 1 2 3 4 5 6.
        (0..3).map(|eighth| ((beat - 1) * 3 + eighth + 1).to_string()).collect()
    } else {
        let between: &[&str] = match columns {
            _ if columns.is_multiple_of(4) => &["e", "&", "a"],
            _ if columns.is_multiple_of(3) => &["t", "l"],
            _ if columns.is_multiple_of(2) => &["&"],
            _ => &[],
        };
        std::iter::once(beat.to_string()).chain(between.iter().map(ToString::to_string)).collect()
    };
    if !columns.is_multiple_of(names.len()) {
        return format!("{:<columns$}", last_digit(&names[0]));
    }
    let share = columns / names.len();
    names.iter().map(|name| format!("{:<share$}", last_digit(name))).collect()
}

/// One column is one character wide, so 10 counts as 0.
fn last_digit(name: &str) -> &str {
    &name[name.len() - 1..]
}
