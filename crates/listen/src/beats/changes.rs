//! Changes of meter at bar lines, once the main meter of a piece is known.
//!
//! The piece is cut into sections of whole bars, each with a groove of its own: its strokes on the slots of a bar are scored as
//! beta-binomial counts, so that bars that repeat themselves are likely whatever they hold. A dynamic programme over beats
//! finds the best cutting in the main meter alone, and the best that may also use one other meter with the same beat. Both
//! may begin a new groove wherever they like, so that a solo is no change of meter; the other meter must explain the strokes
//! better than new grooves do.
//!
//! Conventions: beats count from the first bar line of the reading; scores in nats. The work grows with the beats, not faster.

use super::onsets::{CLASSES, CRASH};
use super::rates::{SLOTS, rising};
use super::reading::{Counted, Scored};
use drums::{Meter, MeterSpan};

/// Numbers of beats that a bar may have, where the beat is a plain one and where it has three parts.
const BEATS: std::ops::RangeInclusive<u8> = 2..=5;
const COMPOUND_BEATS: std::ops::RangeInclusive<u8> = 2..=4;
/// Bars of a section, fewest and most; a longer one is cut.
const BARS_MIN: usize = 2;
const BARS_MAX: usize = 16;
/// Price of a section, of another meter than before on top, and what a crash at its start gives or its lack takes, in nats.
const SECTION_NATS: f32 = 2.0;
const CHANGE_NATS: f32 = 2.0;
const CRASH_NATS: f32 = 1.5;
/// Two meters must be so much likelier than one, in nats.
const MARGIN_NATS: f32 = 5.0;
/// Bars that what is usual in the piece is worth against what a section shows.
const PRIOR_BARS: f64 = 1.0;
/// Beats that what is usual on any beat is worth against what is usual on first beats.
const PLACE_BEATS: f64 = 3.0;
/// Rates are kept from 0 and 1.
const RATE_MIN: f64 = 0.03;
/// How much strokes of each class count; they are not independent.
const WEIGHTS: [f32; CLASSES] = [0.7, 0.7, 0.3, 0.2, 0.7, 0.4];
/// Worth of a network's downbeat, in nats, at full strength.
const HEARD_NATS: f32 = 2.0;
/// Classes times slots.
const CELLS: usize = CLASSES * SLOTS;

/// The meters of a reading from its first bar line on; one where nothing else is clearly better.
pub(super) fn find(grid: &Counted, reading: &Scored, heard: Option<Vec<f32>>) -> Vec<MeterSpan> {
    let main = vec![MeterSpan { first_beat: 0, meter: reading.meter }];
    let others: Vec<Meter> = others(reading.meter);
    if others.is_empty() {
        return main;
    }
    let piece = Piece::new(grid, reading, heard);
    let length = |meter: Meter| usize::from(meter.beats_per_bar());
    let mut courses = vec![Course::new(&piece, vec![length(reading.meter)])];
    courses.extend(others.iter().map(|other| Course::new(&piece, vec![length(reading.meter), length(*other)])));
    piece.run(&mut courses);
    let plain = courses[0].score();
    let best = (1..courses.len()).max_by(|a, b| courses[*a].score().total_cmp(&courses[*b].score()));
    match best {
        Some(best) if courses[best].score() > plain + MARGIN_NATS => {
            courses[best].spans(&[reading.meter, others[best - 1]])
        }
        _ => main,
    }
}

/// Other meters with the same beat; none whose bars are parts or multiples of the meter's own, which nothing tells apart.
fn others(meter: Meter) -> Vec<Meter> {
    let (own, known) = (meter.beats_per_bar(), if meter.is_compound() { COMPOUND_BEATS } else { BEATS });
    if !known.contains(&own) {
        return Vec::new();
    }
    let apart = |beats: &u8| !beats.is_multiple_of(own) && !own.is_multiple_of(*beats);
    known.filter(apart).filter_map(|beats| of_beats(meter, beats)).collect()
}

/// The meter with the same beat and so many of them in a bar.
fn of_beats(meter: Meter, beats: u8) -> Option<Meter> {
    let units = if meter.is_compound() { beats * 3 } else { beats };
    Meter::new(units, meter.denominator()).ok().filter(|other| other.beats_per_bar() == beats)
}

/// Log scores of counts on one slot, by halves of a stroke.
struct Chances {
    heard: Vec<f32>,
    silent: Vec<f32>,
}

/// The strokes of each beat, and what is usual.
struct Piece {
    /// Cells that sound (places in `chances`) and halves of a stroke.
    beats: Vec<Vec<(usize, u8)>>,
    crashes: Vec<bool>,
    /// How strong a downbeat a network heard at each beat, less the mean.
    heard: Vec<f32>,
    /// By sounding cell: on the first beat of a bar, and on others.
    chances: [Vec<Chances>; 2],
    /// By sounding cell.
    weights: Vec<f32>,
    /// By twice the number of bars.
    total: Vec<f32>,
}

impl Piece {
    fn new(grid: &Counted, reading: &Scored, heard: Option<Vec<f32>>) -> Self {
        let count = (reading.last_slot - reading.first_slot) as usize / SLOTS + 1;
        let length = usize::from(reading.meter.beats_per_bar());
        let mut strokes: Vec<Vec<(usize, u8)>> = vec![Vec::new(); count];
        // Halves on first beats and on others, by cell.
        let mut halves = [[0.0_f64; CELLS]; 2];
        for stroke in &grid.strokes {
            let at = (stroke.slot - reading.first_slot).max(0) as usize;
            let (beat, cell) = (at / SLOTS, usize::from(stroke.class) * SLOTS + at % SLOTS);
            if let Some(strokes) = strokes.get_mut(beat) {
                strokes.push((cell, stroke.halves));
                halves[usize::from(!beat.is_multiple_of(length))][cell] += f64::from(stroke.halves) / 2.0;
            }
        }
        let sounding: Vec<usize> = (0..CELLS).filter(|cell| halves[0][*cell] + halves[1][*cell] > 0.0).collect();
        let place = |cell: usize| sounding.partition_point(|sounds| *sounds < cell);
        let firsts = count.div_ceil(length) as f64;
        let beats_of = [firsts, count as f64 - firsts];
        let chances = std::array::from_fn(|kind| {
            let chances = |cell: &usize| {
                let usual = (halves[0][*cell] + halves[1][*cell]) / count as f64;
                let rate = (halves[kind][*cell] + PLACE_BEATS * usual) / (beats_of[kind] + PLACE_BEATS);
                Chances::new(rate.clamp(RATE_MIN, 1.0 - RATE_MIN))
            };
            sounding.iter().map(chances).collect()
        });
        let on_beat = |strokes: &Vec<(usize, u8)>| strokes.iter().any(|(cell, _)| *cell == CRASH * SLOTS);
        let crashes = strokes.iter().map(on_beat).collect();
        strokes.iter_mut().flatten().for_each(|(cell, _)| *cell = place(*cell));
        let mut heard = heard.unwrap_or_default();
        heard.resize(count, 0.0);
        let mean = heard.iter().sum::<f32>() / count as f32;
        heard.iter_mut().for_each(|strength| *strength -= mean);
        let weights = sounding.iter().map(|cell| WEIGHTS[cell / SLOTS]).collect();
        Self { beats: strokes, crashes, heard, chances, weights, total: logs(PRIOR_BARS) }
    }

    /// Lets all courses take every section.
    fn run(&self, courses: &mut [Course]) {
        let mut lengths: Vec<usize> = courses.iter().flat_map(|course| course.lengths.clone()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        for start in 0..self.beats.len() {
            for &length in &lengths {
                let entries: Vec<Option<Entry>> = courses.iter().map(|course| course.entry(start, length)).collect();
                if entries.iter().all(Option::is_none) {
                    continue;
                }
                let mut section = Section::new(self, start, length);
                while let Some((end, score)) = section.grow() {
                    for (course, entry) in courses.iter_mut().zip(&entries) {
                        course.take(entry.as_ref(), start, end, score);
                    }
                }
            }
        }
    }
}

impl Chances {
    fn new(rate: f64) -> Self {
        Self { heard: logs(PRIOR_BARS * rate), silent: logs(PRIOR_BARS * (1.0 - rate)) }
    }
}

/// `ln Γ(x + j / 2) - ln Γ(x)` for all halves a section may count.
fn logs(x: f64) -> Vec<f32> {
    rising(x, 2 * (BARS_MAX + 1) + 1).into_iter().map(|nats| nats as f32).collect()
}

/// A section that grows bar by bar.
struct Section<'p> {
    piece: &'p Piece,
    start: usize,
    length: usize,
    bars: usize,
    /// Halves by place in the bar and sounding cell.
    halves: Vec<u8>,
    heard: f32,
}

impl<'p> Section<'p> {
    fn new(piece: &'p Piece, start: usize, length: usize) -> Self {
        let halves = vec![0; length * piece.weights.len()];
        Self { piece, start, length, bars: 0, halves, heard: 0.0 }
    }

    /// Takes bars in, one or the fewest at first; its end and score then. The last bar of the piece may be a part of one, and a
    /// piece of a bar or two is a section whatever its length.
    fn grow(&mut self) -> Option<(usize, f32)> {
        let last = self.piece.beats.len();
        loop {
            let from = self.start + self.bars * self.length;
            if self.bars >= BARS_MAX || from >= last {
                return None;
            }
            let to = (from + self.length).min(last);
            for (place, strokes) in self.piece.beats[from..to].iter().enumerate() {
                for (cell, halves) in strokes {
                    self.halves[place * self.piece.weights.len() + cell] += halves;
                }
            }
            self.heard += self.piece.heard[from];
            self.bars += 1;
            let whole = to - self.start >= BARS_MIN * self.length || (self.start == 0 && to == last);
            if whole {
                return Some((to, self.score(to - from) + HEARD_NATS * self.heard));
            }
        }
    }

    /// Log score of its counts, where the last bar has so many beats.
    fn score(&self, beats: usize) -> f32 {
        let piece = self.piece;
        let mut score = 0.0;
        for (place, counts) in self.halves.chunks(piece.weights.len().max(1)).enumerate() {
            let bars = 2 * if place < beats { self.bars } else { self.bars - 1 };
            let total = piece.total[bars];
            let chances = &piece.chances[usize::from(place > 0)];
            for ((halves, chances), weight) in counts.iter().zip(chances).zip(&piece.weights) {
                let halves = usize::from(*halves).min(bars);
                score += weight * (chances.heard[halves] + chances.silent[bars - halves] - total);
            }
        }
        score
    }
}

/// How a course may begin a section.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    score: f32,
    /// Place of the section's meter in the course, and of the meter before.
    meter: usize,
    before: usize,
}

/// Best way to a beat.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    score: f32,
    start: usize,
    before: usize,
}

/// The best cuttings in one meter or two.
struct Course {
    /// Beats in a bar of each meter.
    lengths: Vec<usize>,
    /// By beat and meter of the section that ends there.
    best: Vec<[Option<Step>; 2]>,
    /// What a section gains or loses by what sounds at its start.
    starts: Vec<f32>,
}

impl Course {
    fn new(piece: &Piece, lengths: Vec<usize>) -> Self {
        let start = |(beat, crash): (usize, &bool)| match (beat, crash) {
            (0, _) => -SECTION_NATS,
            (_, true) => CRASH_NATS - SECTION_NATS,
            (_, false) => -CRASH_NATS - SECTION_NATS,
        };
        let starts = piece.crashes.iter().enumerate().map(start).collect();
        Self { lengths, best: vec![[None; 2]; piece.beats.len() + 1], starts }
    }

    /// The best way into a section of bars of a length.
    fn entry(&self, start: usize, length: usize) -> Option<Entry> {
        let meter = self.lengths.iter().position(|own| *own == length)?;
        let price = |before: usize| if before == meter { 0.0 } else { CHANGE_NATS };
        if start == 0 {
            return Some(Entry { score: self.starts[0] - price(0), meter, before: meter });
        }
        let ways = self.best[start].iter().enumerate().filter_map(|(before, step)| Some((before, (*step)?.score)));
        let ways =
            ways.map(|(before, score)| Entry { score: score - price(before) + self.starts[start], meter, before });
        ways.max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// Takes a section, where it is the best that ends there.
    fn take(&mut self, entry: Option<&Entry>, start: usize, end: usize, score: f32) {
        let Some(entry) = entry else { return };
        let step = Step { score: entry.score + score, start, before: entry.before };
        let best = &mut self.best[end][entry.meter];
        if best.is_none_or(|best| step.score > best.score) {
            *best = Some(step);
        }
    }

    /// Meter of the last section and the way to it.
    fn end(&self) -> Option<(usize, Step)> {
        let ways = self.best.last()?.iter().enumerate().filter_map(|(meter, step)| Some((meter, (*step)?)));
        ways.max_by(|a, b| a.1.score.total_cmp(&b.1.score))
    }

    fn score(&self) -> f32 {
        self.end().map_or(f32::NEG_INFINITY, |(_, step)| step.score)
    }

    /// The meters along the best cutting.
    fn spans(&self, meters: &[Meter]) -> Vec<MeterSpan> {
        let mut spans: Vec<MeterSpan> = Vec::new();
        let mut way = self.end();
        while let Some((meter, step)) = way {
            let meter = meters[meter];
            match spans.last_mut() {
                Some(next) if next.meter == meter => next.first_beat = step.start,
                _ => spans.push(MeterSpan { first_beat: step.start, meter }),
            }
            way = if step.start == 0 { None } else { self.best[step.start][step.before].map(|s| (step.before, s)) };
        }
        spans.reverse();
        spans
    }
}
