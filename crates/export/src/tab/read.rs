//! A drum tab read back: ours, or one from a forum as far as it keeps to the usual signs.
//!
//! Conventions: lines that begin with a known label and `|` are music, blocks of them are systems, everything else is head,
//! count or legend. Where a line of counts stands above, it says how wide each beat is; otherwise all beats of a bar are
//! alike. A tab says neither lengths nor loudness: strokes are written down anew, ghosts and accents get a usual velocity.

use super::strokes::{Sign, label_of, sign_of};
use crate::words::parse_tempo;
use crate::{Error, Result};
use drums::{Meter, Ticks, Velocity};
use score::{GraceKind, Score, Sketch, SketchBar, SketchStroke, TempoMark, Tremolo};

/// Largest tab read, in bytes: 4 MiB.
pub const BYTES_MAX: usize = 4 << 20;
/// Most measures read.
pub const MEASURES_MAX: usize = 20_000;
/// Most columns of a bar.
const COLUMNS_MAX: usize = 512;

/// Velocities that a tab stands for: plain, accented, ghost.
const VELOCITIES: [u8; 3] = [90, 115, 40];

/// Reads a drum tab.
///
/// # Errors
/// - [`Error::Malformed`] where the bars of a system differ in width, or a sign means no stroke of its line;
/// - [`Error::LimitReached`] beyond [`BYTES_MAX`] or [`MEASURES_MAX`];
/// - [`Error::NoDrums`] where no line is music.
pub fn read(text: &str) -> Result<Score> {
    crate::limit("drum tab", text.len(), BYTES_MAX, "bytes")?;
    let lines: Vec<&str> = text.lines().collect();
    let mut tab = Tab { sketch: Sketch::default(), meter: Meter::FOUR_FOUR, tempo: None };
    let mut above: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let system = lines[at..].iter().take_while(|line| music(line).is_some()).count();
        if system > 0 {
            tab.system(&above, &lines[at..at + system], at)?;
            above.clear();
            at += system;
            continue;
        }
        if lines[at].trim().is_empty() && tab.sketch.bars.is_empty() && !above.is_empty() {
            tab.head(&above);
            above.clear();
        } else if !lines[at].trim().is_empty() {
            above.push(lines[at]);
        }
        at += 1;
    }
    if tab.sketch.bars.is_empty() {
        return Err(Error::NoDrums { what: "drum tab" });
    }
    Ok(tab.sketch.write())
}

/// A line of music: its label, the column where its bars begin, and the bars.
fn music(line: &str) -> Option<(&'static str, usize, Vec<Vec<char>>)> {
    let (label, bars) = line.split_once('|')?;
    let own = label_of(label.trim())?;
    let mut bars: Vec<Vec<char>> = bars.trim_end().split('|').map(|bar| bar.chars().collect()).collect();
    // What stands behind the last bar line is a remark.
    bars.pop();
    let is_music = !bars.is_empty() && bars.iter().all(|bar| !bar.is_empty());
    is_music.then(|| (own, label.chars().count() + 1, bars))
}

struct Tab {
    sketch: Sketch,
    meter: Meter,
    tempo: Option<TempoMark>,
}

impl Tab {
    /// Title, subtitle, and a line such as "4/4, quarter = 104".
    fn head(&mut self, lines: &[&str]) {
        let Some((last, titles)) = lines.split_last() else { return };
        let (meter, tempo) = last.split_once(',').unwrap_or((last, ""));
        let titles = match meter.trim().parse() {
            Ok(meter) => {
                self.meter = meter;
                self.tempo = parse_tempo(tempo);
                titles
            }
            Err(_) => lines,
        };
        let mut titles = titles.iter().map(|title| title.trim().chars().take(200).collect::<String>());
        self.sketch.title = titles.next().unwrap_or_default();
        self.sketch.subtitle = titles.next().unwrap_or_default();
    }

    fn system(&mut self, above: &[&str], lines: &[&str], first_line: usize) -> Result<()> {
        let lines: Vec<_> = lines.iter().filter_map(|line| music(line)).collect();
        let Some((_, left, first)) = lines.first() else { return Ok(()) };
        let widths: Vec<usize> = first.iter().map(Vec::len).collect();
        for (index, (label, _, bars)) in lines.iter().enumerate() {
            let place = || format!("line {}", first_line + index + 1);
            if !bars.iter().map(Vec::len).eq(widths.iter().copied()) {
                let why = format!("the bars of {label} are not as wide as those of the line above");
                return Err(Error::Malformed { place: place(), why });
            }
        }
        let counts = above.iter().rposition(|line| is_counts(line));
        let words = match counts {
            Some(counts) => counts.checked_sub(1).map(|words| above[words]),
            None => above.last().copied(),
        };
        let mut from = *left;
        for (index, &width) in widths.iter().enumerate() {
            crate::limit("drum tab", self.sketch.bars.len() + 1, MEASURES_MAX, "measures")?;
            crate::limit("bar of a drum tab", width, COLUMNS_MAX, "columns")?;
            let slice = |line: &str| line.chars().skip(from).take(width).collect::<String>();
            self.begin_bar(&words.map(slice).unwrap_or_default());
            let counted = counts.map(|counts| slice(above[counts])).unwrap_or_default();
            let places = places(self.meter, width, &counted);
            for (line, (label, _, bars)) in lines.iter().enumerate() {
                let place = || format!("line {}, bar {}", first_line + line + 1, index + 1);
                self.strokes(label, &bars[index], &places, place)?;
            }
            from += width + 1;
        }
        Ok(())
    }

    /// A new bar under its words.
    fn begin_bar(&mut self, words: &str) {
        let mut bar = SketchBar { tempo: self.tempo.take(), ..SketchBar::plain(self.meter) };
        let mut rest = words.trim();
        if let Some(meter) = rest.split(' ').next().and_then(|word| word.parse().ok()) {
            self.meter = meter;
            bar.meter = meter;
            rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
        }
        // "dotted quarter = 80": words, a sign, a number.
        if let Some((_, after)) = rest.split_once(" = ") {
            let number = after.split(' ').next().unwrap_or_default();
            let end = rest.len() - after.len() + number.len();
            if let Some(tempo) = rest.get(..end).and_then(parse_tempo) {
                bar.tempo = Some(tempo);
                rest = rest[end..].trim_start();
            }
        }
        if let Some((letter, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            bar.rehearsal = Some(letter.to_owned());
            rest = after.trim_start();
        }
        for (word, swings) in [("Swing", true), ("Straight", false)] {
            let after = rest.strip_prefix(word).filter(|after| after.is_empty() || after.starts_with(' '));
            if let Some(after) = after.filter(|_| bar.swing.is_none()) {
                bar.swing = Some(swings);
                rest = after.trim_start();
            }
        }
        bar.text = rest.to_owned();
        self.sketch.bars.push(bar);
    }

    fn strokes(&mut self, label: &str, cells: &[char], places: &[Ticks], place: impl Fn() -> String) -> Result<()> {
        let bar = self.sketch.bars.len() - 1;
        for (column, &cell) in cells.iter().enumerate().filter(|(_, cell)| !matches!(cell, '-' | ' ' | '.')) {
            let Some(sign) = sign_of(label, cell) else {
                let why = format!("the sign {cell:?} is no stroke of {label}");
                return Err(Error::Malformed { place: format!("{}, column {}", place(), column + 1), why });
            };
            self.sketch.strokes.push(stroke(bar, places[column], sign));
        }
        Ok(())
    }
}

fn stroke(bar: usize, offset: Ticks, sign: Sign) -> SketchStroke {
    let (instrument, ghost, accent) =
        (sign.instrument(), matches!(sign, Sign::Ghost(_)), matches!(sign, Sign::Accent(_)));
    let velocity = match (ghost, accent) {
        (true, _) => VELOCITIES[2],
        (_, true) => VELOCITIES[1],
        _ => VELOCITIES[0],
    };
    SketchStroke {
        ghost,
        accent,
        choke: matches!(sign, Sign::Choke(_)),
        graces: match sign {
            Sign::Flam(_) => Some(GraceKind::Flam),
            Sign::Drag(_) => Some(GraceKind::Drag),
            Sign::Ruff(_) => Some(GraceKind::Ruff),
            _ => None,
        },
        tremolo: match sign {
            Sign::Roll(_) => Some(Tremolo::Slashes(3)),
            Sign::Buzz(_) => Some(Tremolo::Buzz),
            _ => None,
        },
        ..SketchStroke::plain(bar, offset, instrument, Velocity::from_midi(velocity))
    }
}

fn is_counts(line: &str) -> bool {
    line.trim_start().starts_with('1') && line.chars().all(|c| c.is_ascii_digit() || "e&atl+ ".contains(c))
}

/// The place of every column of a bar.
fn places(meter: Meter, width: usize, counts: &str) -> Vec<Ticks> {
    let beats = usize::from(meter.beats_per_bar());
    let length = meter.beat_ticks().get();
    let starts = counted_beats(meter, counts).unwrap_or_default();
    if starts.len() != beats || starts.iter().any(|start| *start >= width) {
        let whole = meter.bar_ticks().get();
        return (0..width).map(|column| Ticks(whole * column as i64 / width as i64)).collect();
    }
    let place = |column: usize| {
        let beat = starts.partition_point(|start| *start <= column) - 1;
        let end = starts.get(beat + 1).copied().unwrap_or(width);
        let (inside, columns) = ((column - starts[beat]) as i64, (end - starts[beat]) as i64);
        Ticks(length * beat as i64 + length * inside / columns)
    };
    (0..width).map(place).collect()
}

/// The columns where beats begin, found by their numbers in order; the first is column 0.
fn counted_beats(meter: Meter, counts: &str) -> Option<Vec<usize>> {
    let counts: Vec<char> = counts.chars().collect();
    let mut starts: Vec<usize> = Vec::new();
    for beat in 0..u32::from(meter.beats_per_bar()) {
        // In compound meters eighths are counted through the bar. One column is one character wide.
        let number = if meter.is_compound() { beat * 3 + 1 } else { beat + 1 };
        let digit = char::from_digit(number % 10, 10)?;
        let from = starts.last().map_or(0, |last| last + 1);
        let found = counts.get(from..)?.iter().position(|c| *c == digit)?;
        starts.push(from + found);
    }
    (starts.first() == Some(&0)).then_some(starts)
}
