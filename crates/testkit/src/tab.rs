//! Drum tab in and out.
//!
//! Conventions: one line per label (`HH`, `SD`, `BD`, ... as in the drum table), bars between `|`, one column per equal
//! part of the bar; each bar may have its own number of columns. `-` is silence. Strokes are those of the table;
//! upper case is an accent; `g` is a ghost, `f` a flam, `d` a drag on the label's plain sound.

use drums::{BeatGrid, Bpm, Hit, Instrument, Meter, Performance, Row, Seconds, Velocity, instruments};

/// How hard strokes of a tab are.
const PLAIN: f32 = 0.7;
const ACCENT: f32 = 0.95;
const GHOST: f32 = 0.25;
const GRACE: f32 = 0.35;
/// How far apart the strokes of a flam or drag are.
const GRACE_GAP_S: f64 = 0.03;

/// How tab is played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tab {
    /// Meter of every bar.
    pub meter: Meter,
    /// Beats per minute.
    pub tempo: f64,
    /// Time of the first bar line in seconds.
    pub start_s: f64,
    /// Place of the off-beat in the beat: 0.5 is straight, 2/3 a full shuffle.
    pub swing: f64,
}

impl Default for Tab {
    fn default() -> Self {
        Self { meter: Meter::FOUR_FOUR, tempo: 120.0, start_s: 0.5, swing: 0.5 }
    }
}

/// Plays tab in 4/4 at 120 beats a minute, first bar line at 0.5 s.
///
/// # Panics
/// As [`Tab::play`].
#[must_use]
pub fn groove(text: &str) -> Performance {
    Tab::default().play(text)
}

impl Tab {
    /// Plays tab exactly in time.
    ///
    /// # Panics
    /// Where a line has no known label, a column holds an unknown stroke, or lines differ in their bars.
    #[must_use]
    pub fn play(&self, text: &str) -> Performance {
        let mut hits = Vec::new();
        let mut bars = 0;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (label, rest) = line.split_once('|').unwrap_or_else(|| panic!("no | in tab line {line:?}"));
            let label = label.trim();
            let columns: Vec<&str> = rest.trim_end_matches('|').split('|').collect();
            assert!(bars == 0 || bars == columns.len(), "{label} has {} bars, not {bars}", columns.len());
            bars = columns.len();
            for (bar, strokes) in columns.iter().enumerate() {
                self.play_bar(label, bar, strokes, &mut hits);
            }
        }
        let beats = bars * usize::from(self.meter.beats_per_bar()) + 1;
        let tempo = Bpm::new(self.tempo).expect("the tempo of a test is possible");
        let grid = BeatGrid::steady(Seconds::clamped(self.start_s), tempo, self.meter, beats);
        let end = Seconds::clamped(self.time_of(bars, 0.0) + 1.0);
        Performance::new(end, hits, grid.expect("a steady grid is a grid")).expect("time is positive")
    }

    fn play_bar(&self, label: &str, bar: usize, strokes: &str, hits: &mut Vec<Hit>) {
        let count = strokes.chars().count();
        for (column, stroke) in strokes.chars().enumerate().filter(|&(_, stroke)| stroke != '-') {
            let beat = column as f64 / count as f64 * f64::from(self.meter.beats_per_bar());
            let time = self.time_of(bar, beat);
            let (instrument, velocity, graces) = read_stroke(label, stroke);
            for grace in (1..=graces).rev() {
                let early = Seconds::clamped(time - grace as f64 * GRACE_GAP_S);
                hits.push(Hit::new(early, instrument, Velocity::clamped(GRACE)));
            }
            hits.push(Hit::new(Seconds::clamped(time), instrument, Velocity::clamped(velocity)));
        }
    }

    /// Time of a place in seconds; `beat` counts from 0 within the bar.
    fn time_of(&self, bar: usize, beat: f64) -> f64 {
        let (whole, part) = (beat.floor(), beat.fract());
        let swung = if part < 0.5 { part * 2.0 * self.swing } else { 1.0 - (1.0 - part) * 2.0 * (1.0 - self.swing) };
        let beats = bar as f64 * f64::from(self.meter.beats_per_bar()) + whole + swung;
        self.start_s + beats * 60.0 / self.tempo
    }
}

/// Instrument, velocity and number of grace strokes.
fn read_stroke(label: &str, stroke: char) -> (Instrument, f32, usize) {
    let rows: Vec<&Row> = instruments().iter().filter(|row| row.tab_label == label).collect();
    let plain = rows.iter().find(|row| row.tab_stroke == 'o').filter(|_| label != "HH" && label != "HF");
    let plain = plain.or(rows.iter().find(|row| row.tab_stroke == 'x')).or(rows.first());
    let plain = plain.unwrap_or_else(|| panic!("no drum is labelled {label:?}")).instrument;
    let named = |wanted: char| rows.iter().find(|row| row.tab_stroke == wanted).map(|row| row.instrument);
    match stroke {
        'g' => (plain, GHOST, 0),
        'f' => (plain, PLAIN, 1),
        'd' => (plain, PLAIN, 2),
        _ => {
            let accented = || named(stroke.to_ascii_lowercase()).map(|instrument| (instrument, ACCENT, 0));
            let exact = named(stroke).map(|instrument| (instrument, PLAIN, 0));
            exact.or_else(accented).unwrap_or_else(|| panic!("{label} has no stroke {stroke:?}"))
        }
    }
}

/// Prints a performance as tab with `per_beat` columns to the beat, each hit in its nearest column; lines are in score
/// order. Bars follow the grid's first meter from its first downbeat; hits before it are left out. Empty where there is
/// no grid.
#[must_use]
pub fn tab(performance: &Performance, per_beat: usize) -> String {
    let grid = performance.grid();
    let Some(first) = grid.beats().iter().position(drums::Beat::is_downbeat) else { return String::new() };
    let per_bar = usize::from(grid.meter_at(first).beats_per_bar()) * per_beat.max(1);
    let column_of = |hit: &Hit| {
        let beat = grid.beat_at(hit.time)? - first as f64;
        let column = (beat * per_beat.max(1) as f64).round();
        (column >= 0.0).then_some(column as usize)
    };
    let placed: Vec<(usize, &Hit)> = performance.hits().iter().filter_map(|hit| Some((column_of(hit)?, hit))).collect();
    let bars = placed.iter().map(|(column, _)| column / per_bar + 1).max().unwrap_or(0);
    let mut labels: Vec<&str> = Vec::new();
    for row in instruments() {
        let used = placed.iter().any(|(_, hit)| hit.instrument.row().tab_label == row.tab_label);
        if used && !labels.contains(&row.tab_label) {
            labels.push(row.tab_label);
        }
    }
    let mut text = String::new();
    for label in labels {
        let mut columns = vec!['-'; bars * per_bar];
        for (column, hit) in placed.iter().filter(|(_, hit)| hit.instrument.row().tab_label == label) {
            columns[*column] = stroke_of(hit);
        }
        text.push_str(label);
        for bar in columns.chunks(per_bar) {
            text.push('|');
            text.extend(bar);
        }
        text.push_str("|\n");
    }
    text
}

fn stroke_of(hit: &Hit) -> char {
    let stroke = hit.instrument.row().tab_stroke;
    if hit.instrument == Instrument::Snare && hit.velocity.get() < 0.3 {
        'g'
    } else if hit.velocity.get() >= 0.9 {
        stroke.to_ascii_uppercase()
    } else {
        stroke
    }
}
