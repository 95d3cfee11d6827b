//! Changes of meter at bar lines, once the main meter of a piece is known.
//!
//! Where bars fit the pattern of the piece badly, a second pattern is learnt from them: in each meter with the same beat, and at
//! each place of its bar line. A Viterbi path over beats then says where each pattern holds; patterns change at bar lines
//! only, at a price. A second pattern in the same meter is tried as well: another groove, or a solo, is no change of meter,
//! so a change must explain the strokes better than that does.
//!
//! Conventions: beats count from the first bar line of the reading; scores in nats. The work grows with the beats.

use super::onsets::CLASSES;
use super::rates::SLOTS;
use super::reading::{Counted, Scored};
use drums::{Meter, MeterSpan};

/// Numbers of beats that a bar in another meter may have.
const BEATS: std::ops::RangeInclusive<u8> = 2..=5;
/// Price of each change, in nats.
const CHANGE_NATS: f32 = 8.0;
/// A change of meter must be so much likelier than another groove in the same meter, in nats.
const MARGIN_NATS: f32 = 8.0;
/// Bars must fit the piece's pattern so much worse than no pattern before anything else is tried, in nats.
const MISFIT_NATS: f32 = 5.0;
/// Fewest bars in another meter.
const BARS_MIN: usize = 2;
/// Bars that what is usual in the piece is worth against what a pattern shows.
const PRIOR_BARS: f32 = 1.5;
/// Rates are kept from 0 and 1.
const RATE_MIN: f32 = 0.03;
/// How much strokes of each class count; they are not independent.
const WEIGHTS: [f32; CLASSES] = [0.5, 0.5, 0.2, 0.15, 0.7, 0.3];
/// Worth of a network's downbeat, in nats, at full strength.
const HEARD_NATS: f32 = 2.0;
/// Classes times slots.
const CELLS: usize = CLASSES * SLOTS;
/// Rounds of learning the patterns and finding where they hold.
const ROUNDS: usize = 2;

/// A bar as rates of each class and slot, beat by beat, as log-odds, with what silence everywhere scores.
struct Pattern(Vec<([f32; CELLS], f32)>);

/// The strokes of each beat, and how strong a downbeat a network heard there, less the mean.
struct Piece {
    beats: Vec<Vec<(usize, f32)>>,
    heard: Vec<f32>,
    usual: [f32; CELLS],
}

/// The meters of a reading from its first bar line on; one where nothing else is clearly better.
pub(super) fn find(grid: &Counted, reading: &Scored, heard: Option<Vec<f32>>) -> Vec<MeterSpan> {
    let main = vec![MeterSpan { first_beat: 0, meter: reading.meter }];
    if !BEATS.contains(&reading.meter.beats_per_bar()) {
        return main;
    }
    let piece = Piece::new(grid, reading, heard);
    let length = usize::from(reading.meter.beats_per_bar());
    let whole = Assignment {
        second: vec![false; piece.beats.len()],
        places: (0..piece.beats.len()).map(|b| b % length).collect(),
    };
    let Some(misfit) = piece.misfit(&whole, length) else { return main };
    let plain: f32 = {
        let scores = piece.scores(&piece.pattern(&whole, false, length));
        scores.iter().zip(&whole.places).map(|(row, place)| row[*place]).sum()
    };
    let null = (0..length).map(|phase| piece.split(length, (length, phase), &misfit).0).fold(plain, f32::max);
    let others = BEATS.filter(|beats| usize::from(*beats) != length).filter_map(|beats| of_beats(reading.meter, beats));
    let mut best: Option<(f32, Assignment, Meter)> = None;
    for meter in others {
        let other = usize::from(meter.beats_per_bar());
        for phase in 0..other {
            let (score, path) = piece.split(length, (other, phase), &misfit);
            let beats = path.second.iter().filter(|second| **second).count();
            if beats >= BARS_MIN * other && best.as_ref().is_none_or(|best| score > best.0) {
                best = Some((score, path, meter));
            }
        }
    }
    match best {
        Some((score, path, meter)) if score > null + MARGIN_NATS => path.spans(reading.meter, meter),
        _ => main,
    }
}

/// The meter with the same beat and so many of them in a bar.
fn of_beats(meter: Meter, beats: u8) -> Option<Meter> {
    let units = if meter.is_compound() { beats * 3 } else { beats };
    Meter::new(units, meter.denominator()).ok().filter(|other| other.beats_per_bar() == beats)
}

/// Which pattern holds at each beat, and at which of its beats.
struct Assignment {
    second: Vec<bool>,
    places: Vec<usize>,
}

impl Assignment {
    fn spans(&self, first: Meter, second: Meter) -> Vec<MeterSpan> {
        let mut spans: Vec<MeterSpan> = Vec::new();
        for (beat, is_second) in self.second.iter().enumerate() {
            let meter = if *is_second { second } else { first };
            if spans.last().is_none_or(|span| span.meter != meter) {
                spans.push(MeterSpan { first_beat: beat, meter });
            }
        }
        spans
    }
}

impl Piece {
    fn new(grid: &Counted, reading: &Scored, heard: Option<Vec<f32>>) -> Self {
        let count = (reading.last_slot - reading.first_slot) as usize / SLOTS + 1;
        let mut beats: Vec<Vec<(usize, f32)>> = vec![Vec::new(); count];
        let mut usual = [0.0; CELLS];
        for stroke in &grid.strokes {
            let at = (stroke.slot - reading.first_slot).max(0) as usize;
            let (beat, cell) = (at / SLOTS, usize::from(stroke.class) * SLOTS + at % SLOTS);
            let Some(beat) = beats.get_mut(beat) else { continue };
            let strokes = f32::from(stroke.halves) / 2.0;
            beat.push((cell, strokes));
            usual[cell] += strokes / count as f32;
        }
        let mut heard = heard.unwrap_or_default();
        heard.resize(count, 0.0);
        let mean = heard.iter().sum::<f32>() / count as f32;
        heard.iter_mut().for_each(|strength| *strength -= mean);
        Self { beats, heard, usual }
    }

    /// The pattern of the beats that an assignment gives to one of two.
    fn pattern(&self, path: &Assignment, second: bool, length: usize) -> Pattern {
        let mut rates = vec![([0.0; CELLS], 0.0); length];
        for (beat, strokes) in self.beats.iter().enumerate().filter(|(beat, _)| path.second[*beat] == second) {
            let place = &mut rates[path.places[beat]];
            place.1 += 1.0;
            strokes.iter().for_each(|(cell, strokes)| place.0[*cell] += strokes);
        }
        Pattern(rates.iter().map(|(counts, bars)| self.row(counts, *bars)).collect())
    }

    /// Log-odds of a row of counts over so many bars, and the score of silence.
    fn row(&self, counts: &[f32; CELLS], bars: f32) -> ([f32; CELLS], f32) {
        let mut silent = 0.0;
        let odds = std::array::from_fn(|cell| {
            let rate = (counts[cell] + PRIOR_BARS * self.usual[cell]) / (bars + PRIOR_BARS);
            let rate = rate.clamp(RATE_MIN, 1.0 - RATE_MIN);
            let weight = WEIGHTS[cell / SLOTS];
            silent += weight * (1.0 - rate).ln();
            weight * (rate / (1.0 - rate)).ln()
        });
        (odds, silent)
    }

    /// Score of each beat at each place of a pattern.
    fn scores(&self, pattern: &Pattern) -> Vec<Vec<f32>> {
        let score = |strokes: &[(usize, f32)], row: &([f32; CELLS], f32)| {
            row.1 + strokes.iter().map(|(cell, strokes)| row.0[*cell] * strokes).sum::<f32>()
        };
        let heard = |beat: usize, place: usize| if place == 0 { HEARD_NATS * self.heard[beat] } else { 0.0 };
        let places = |(beat, strokes): (usize, &Vec<(usize, f32)>)| {
            pattern.0.iter().enumerate().map(|(place, row)| score(strokes, row) + heard(beat, place)).collect()
        };
        self.beats.iter().enumerate().map(places).collect()
    }

    /// The stretch of beats that fits the pattern worst in comparison with what is usual, if it does.
    fn misfit(&self, whole: &Assignment, length: usize) -> Option<std::ops::Range<usize>> {
        let scores = self.scores(&self.pattern(whole, false, length));
        let usual = Pattern(vec![self.row(&[0.0; CELLS], 0.0)]);
        let usual = self.scores(&usual);
        let (mut worst, mut range) = (0.0, 0..0);
        let (mut sum, mut from) = (0.0_f32, 0);
        for beat in 0..self.beats.len() {
            // A beat may lie a little under what is usual without harm.
            sum += usual[beat][0] - scores[beat][whole.places[beat]] - HEARD_NATS * self.heard[beat];
            if sum < 0.0 {
                (sum, from) = (0.0, beat + 1);
            } else if sum > worst {
                (worst, range) = (sum, from..beat + 1);
            }
        }
        (worst > MISFIT_NATS && range.len() >= 2 * BARS_MIN).then_some(range)
    }

    /// Best path over two patterns, the second learnt from a stretch that begins at `phase` of its bar; and its score.
    fn split(
        &self,
        length: usize,
        (other, phase): (usize, usize),
        stretch: &std::ops::Range<usize>,
    ) -> (f32, Assignment) {
        let inside = |beat: usize| stretch.contains(&beat);
        let place = |beat: usize| {
            if inside(beat) { (beat - stretch.start + phase) % other } else { beat % length }
        };
        let beats = 0..self.beats.len();
        let mut path = Assignment { second: beats.clone().map(inside).collect(), places: beats.map(place).collect() };
        let mut score = f32::NEG_INFINITY;
        for _ in 0..ROUNDS {
            let patterns = [self.pattern(&path, false, length), self.pattern(&path, true, other)];
            let scores = patterns.map(|pattern| self.scores(&pattern));
            (score, path) = walk(&scores, [length, other]);
        }
        (score, path)
    }
}

/// Viterbi path over (pattern, place): begins with the first pattern's bar line, changes at bar lines.
fn walk(scores: &[Vec<Vec<f32>>; 2], lengths: [usize; 2]) -> (f32, Assignment) {
    let beats = scores[0].len();
    let mut now = [vec![f32::NEG_INFINITY; lengths[0]], vec![f32::NEG_INFINITY; lengths[1]]];
    now[0][0] = scores[0][0][0];
    // Whether the bar line at a beat, of either pattern, came from the other pattern.
    let mut crossed = vec![[false; 2]; beats];
    for beat in 1..beats {
        let mut next = now.clone();
        for which in 0..2 {
            let (own, other) = (now[which][lengths[which] - 1], now[1 - which][lengths[1 - which] - 1] - CHANGE_NATS);
            crossed[beat][which] = other > own;
            next[which][0] = own.max(other) + scores[which][beat][0];
            for place in 1..lengths[which] {
                next[which][place] = now[which][place - 1] + scores[which][beat][place];
            }
        }
        now = next;
    }
    let ends = (0..2).flat_map(|which| (0..lengths[which]).map(move |place| (which, place)));
    let (mut which, mut place) = ends.max_by(|a, b| now[a.0][a.1].total_cmp(&now[b.0][b.1])).unwrap_or((0, 0));
    let score = now[which][place];
    let mut path = Assignment { second: vec![false; beats], places: vec![0; beats] };
    for beat in (0..beats).rev() {
        (path.second[beat], path.places[beat]) = (which == 1, place);
        if place > 0 {
            place -= 1;
        } else if beat > 0 {
            which = if crossed[beat][which] { 1 - which } else { which };
            place = lengths[which] - 1;
        }
    }
    (score, path)
}
