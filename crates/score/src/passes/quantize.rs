//! Quantising: how each beat is divided, and so which place every stroke is written at.
//!
//! For each pulse a subdivision is chosen by dynamic programming over the whole song. Cost of a choice, in nats:
//! distance of the strokes from its places (normal, with long tails), its complexity, changing between straight and
//! triplet feel, two strokes of a drum at one place; cheaper what the song and the bar before do. The deviation of
//! the player's timing is learnt from the song in between rounds.
//!
//! Conventions: a place within a pulse is 0..1; the place 1 is the next pulse's 0.

use crate::model::SwingUnit;
use crate::passes::bars::{Plan, Pulse};
use crate::passes::strokes::{Stroke, drum_of};
use crate::passes::swing::Lean;
use drums::{Instrument, Ticks};
use std::collections::BTreeMap;

/// Strokes of different drums within this time are meant together...
const TOGETHER_S: f64 = 0.03;
/// ... or within this share of a quarter, where that is less.
const TOGETHER_QUARTERS: f64 = 0.07;
/// Deviation of the timing before it is learnt, and its limits, in seconds.
const SIGMA_S: f64 = 0.014;
const SIGMA_MIN_S: f64 = 0.005;
const SIGMA_MAX_S: f64 = 0.03;
/// The deviation is at most this share of a pulse.
const SIGMA_MAX_PULSES: f64 = 0.06;
/// Strokes softer than this, and those of the hi-hat foot, are placed less exactly ...
const SOFT: f32 = 0.3;
/// ... and weigh this much where nothing else is struck with them.
const VAGUE: f64 = 0.6;
/// They may miss their place by this much more.
const VAGUE_SPREAD: f64 = 2.5;
/// Strokes less sure than this weigh less, down to ...
const SURE: f64 = 0.6;
/// ... this.
const DOUBT_MIN: f64 = 0.25;
/// Beyond this many deviations the cost grows evenly instead of with the square.
const TAIL: f64 = 2.5;
/// Two strokes of a drum on one place.
const COLLISION: f64 = 6.0;
/// From straight to triplet feel or back between two neighbouring pulses.
const SWITCH: f64 = 0.8;
/// What a subdivision gains where the bar before has it too.
const LIKE_BEFORE: f64 = 0.8;
/// What quintuplets and septuplets gain where every one of their places is struck.
const ODD_FULL: f64 = 6.0;
/// Where a single stroke wants twelfths of a quarter: more likely it was played or heard out of place.
const LONE_TWELFTH: f64 = 8.0;
/// Sixteenths in a beat whose eighths swing: more likely triplets.
const SWUNG_SIXTEENTHS: f64 = 5.0;
/// Rounds of learning and choosing.
const ROUNDS: usize = 3;

/// Strokes that sound together.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// Indices into the list of strokes.
    pub strokes: std::ops::Range<usize>,
    pub pulse: usize,
    /// Place in the pulse.
    pub place: f64,
    pub weight: f64,
    /// How much wider than others it may miss its place.
    pub spread: f64,
}

/// A stroke and where it is written.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub stroke: Stroke,
    /// From the start of the score.
    pub at: Ticks,
    /// Smallest step of the pulse it was placed in.
    pub step: Ticks,
    /// Distance from played to written, in seconds; early is negative.
    pub residual_s: f64,
    pub bar: usize,
}

/// The feel of a subdivision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feel {
    Plain,
    Straight,
    Triplet,
    Odd,
}

/// A way to divide a pulse.
#[derive(Debug, Clone, Copy)]
struct Division {
    parts: u8,
    feel: Feel,
    /// In nats.
    complexity: f64,
    /// In nats for each cluster at a place that half as many parts would not have.
    fine: f64,
}

const fn division(parts: u8, feel: Feel, complexity: f64, fine: f64) -> Division {
    Division { parts, feel, complexity, fine }
}

const QUARTER: &[Division] = &[
    division(1, Feel::Plain, 0.0, 0.0),
    division(2, Feel::Straight, 0.4, 0.1),
    division(4, Feel::Straight, 1.0, 0.4),
    division(3, Feel::Triplet, 2.0, 0.2),
    division(6, Feel::Triplet, 3.5, 0.8),
    division(8, Feel::Straight, 4.0, 1.8),
    division(5, Feel::Odd, 7.0, 1.0),
    division(7, Feel::Odd, 9.0, 1.2),
    division(12, Feel::Triplet, 13.0, 2.0),
];
const COMPOUND: &[Division] = &[
    division(1, Feel::Plain, 0.0, 0.0),
    division(3, Feel::Triplet, 0.4, 0.1),
    division(6, Feel::Triplet, 1.0, 0.4),
    division(2, Feel::Straight, 3.0, 0.2),
    division(12, Feel::Triplet, 3.5, 1.5),
    division(4, Feel::Straight, 5.0, 0.8),
];
const EIGHTH: &[Division] = &[
    division(1, Feel::Plain, 0.0, 0.0),
    division(2, Feel::Straight, 0.5, 0.2),
    division(4, Feel::Straight, 2.5, 1.2),
    division(3, Feel::Triplet, 4.0, 0.5),
];
const SIXTEENTH: &[Division] = &[division(1, Feel::Plain, 0.0, 0.0), division(2, Feel::Straight, 1.5, 0.8)];

fn divisions(pulse: &Pulse) -> &'static [Division] {
    const QUARTER_TICKS: i64 = Ticks::QUARTER.get();
    const DOTTED_QUARTER: i64 = QUARTER_TICKS * 3 / 2;
    const DOTTED_EIGHTH: i64 = QUARTER_TICKS * 3 / 4;
    const EIGHTH_TICKS: i64 = QUARTER_TICKS / 2;
    const SIXTEENTH_TICKS: i64 = QUARTER_TICKS / 4;
    match pulse.length.get() {
        DOTTED_QUARTER | DOTTED_EIGHTH => COMPOUND,
        EIGHTH_TICKS => EIGHTH,
        SIXTEENTH_TICKS => SIXTEENTH,
        _ => QUARTER,
    }
}

/// Gathers strokes (in order of time) into clusters.
pub(crate) fn cluster(strokes: &[Stroke], plan: &Plan) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    let mut start = 0;
    while start < strokes.len() {
        let from_s = strokes[start].time_s;
        let window_s = TOGETHER_S.min(TOGETHER_QUARTERS * plan.quarter_s(plan.locate(from_s).0));
        let mut drums = vec![drum_of(strokes[start].instrument)];
        let mut end = start + 1;
        while end < strokes.len() && strokes[end].time_s - from_s <= window_s {
            let drum = drum_of(strokes[end].instrument);
            if drums.contains(&drum) {
                break;
            }
            drums.push(drum);
            end += 1;
        }
        clusters.push(locate(strokes, start..end, plan));
        start = end;
    }
    clusters
}

fn locate(strokes: &[Stroke], range: std::ops::Range<usize>, plan: &Plan) -> Cluster {
    let own = &strokes[range.clone()];
    // Soft strokes are played and heard less exactly.
    let trust = |stroke: &Stroke| f64::from(stroke.confidence.max(0.05) * (0.3 + stroke.velocity));
    let total: f64 = own.iter().map(trust).sum();
    let time_s = own.iter().map(|stroke| trust(stroke) * stroke.time_s).sum::<f64>() / total;
    let (pulse, place) = plan.locate(time_s);
    // A foot alone, or a ghost alone, says little about how the beat is divided.
    let vague = |stroke: &Stroke| stroke.velocity < SOFT || drum_of(stroke.instrument) == Instrument::HihatPedal;
    let (alone, spread) = if own.iter().all(vague) { (VAGUE, VAGUE_SPREAD) } else { (1.0, 1.0) };
    let surest = own.iter().map(|stroke| f64::from(stroke.confidence)).fold(0.0, f64::max);
    let sure = (surest / SURE).clamp(DOUBT_MIN, 1.0);
    let weight = alone * sure * (1.0 + 0.4 * (own.len() - 1).min(3) as f64);
    Cluster { weight, spread, strokes: range, pulse, place: place.clamp(-0.5, 1.5) }
}

/// Where a part of a division is played, 0 to 1 inclusive; straight parts lean with the swing, triplets with the last.
fn place_of(slot: usize, division: Division, lean: Lean) -> f64 {
    let even = slot as f64 / f64::from(division.parts);
    match (division.feel, lean.swing, lean.last_triplet) {
        (Feel::Straight, Some(swing), _) => swing.bend(even),
        (Feel::Triplet, _, Some(late)) => {
            let third = 1.0 / 3.0;
            let from_two = |place: f64| late + (place - 2.0 * third) * (1.0 - late) / third;
            match even {
                even if even <= third => even,
                even if even <= 2.0 * third => third + (even - third) * (late - third) / third,
                even => from_two(even),
            }
        }
        _ => even,
    }
}

/// Nearest slot of a place, 0..=parts, and its signed distance in pulses.
fn nearest(place: f64, division: Division, lean: Lean) -> (usize, f64) {
    let parts = usize::from(division.parts);
    let guess = (place * parts as f64).round().clamp(0.0, parts as f64) as usize;
    let candidates = guess.saturating_sub(2)..=(guess + 2).min(parts);
    candidates
        .map(|slot| (slot, place - place_of(slot, division, lean)))
        .min_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
        .unwrap_or((0, place))
}

/// What the choices of a round depend on.
struct Song<'a> {
    plan: &'a Plan,
    strokes: &'a [Stroke],
    clusters: &'a [Cluster],
    /// Clusters of each pulse.
    by_pulse: Vec<std::ops::Range<usize>>,
    /// How each bar leans.
    leans: &'a [Lean],
    sigma_s: f64,
    /// Extra cost of each feel in this song: plain, straight, triplet, odd.
    feel_costs: [f64; 4],
    /// Choice of the round before, an index into the divisions of the pulse.
    chosen: Vec<usize>,
}

/// Chooses the subdivisions and places every stroke. `leans` has an entry per bar.
pub(crate) fn quantize(strokes: Vec<Stroke>, clusters: &[Cluster], plan: &Plan, leans: &[Lean]) -> Vec<Placed> {
    let mut song = Song {
        plan,
        strokes: &strokes,
        clusters,
        by_pulse: by_pulse(clusters, plan.pulses.len()),
        leans,
        sigma_s: SIGMA_S,
        feel_costs: [0.0; 4],
        chosen: Vec::new(),
    };
    for _ in 0..ROUNDS {
        song.chosen = song.choose();
        song.learn();
    }
    let places: Vec<(Ticks, Ticks, f64)> = clusters.iter().map(|cluster| song.place(cluster)).collect();
    let mut place_of_stroke = vec![(Ticks::ZERO, Ticks::ZERO, 0.0); strokes.len()];
    for (cluster, place) in clusters.iter().zip(places) {
        place_of_stroke[cluster.strokes.clone()].fill(place);
    }
    let placed = strokes.into_iter().zip(place_of_stroke).map(|(stroke, (at, step, time_s))| {
        let bar = plan.bars.partition_point(|bar| bar.start <= at).saturating_sub(1);
        Placed { residual_s: stroke.time_s - time_s, stroke, at, step, bar }
    });
    part_collisions(placed.collect(), plan)
}

fn by_pulse(clusters: &[Cluster], pulses: usize) -> Vec<std::ops::Range<usize>> {
    let mut ranges = vec![0..0; pulses];
    let mut start = 0;
    while start < clusters.len() {
        let pulse = clusters[start].pulse;
        let count = clusters[start..].iter().take_while(|cluster| cluster.pulse == pulse).count();
        ranges[pulse] = start..start + count;
        start += count;
    }
    ranges
}

impl Song<'_> {
    /// The best subdivision of every pulse.
    fn choose(&self) -> Vec<usize> {
        let mut costs: Vec<f64> = vec![0.0];
        let mut feels: Vec<Feel> = vec![Feel::Plain];
        let mut back: Vec<Vec<u8>> = Vec::with_capacity(self.plan.pulses.len());
        for (index, pulse) in self.plan.pulses.iter().enumerate() {
            let options = divisions(pulse);
            let options = if self.by_pulse[index].is_empty() { &options[..1] } else { options };
            let mut next = Vec::with_capacity(options.len());
            let mut from = Vec::with_capacity(options.len());
            for (option, division) in options.iter().enumerate() {
                let own = self.cost(index, option, *division);
                let (best, cost) = costs
                    .iter()
                    .zip(&feels)
                    .map(|(cost, feel)| cost + switch(*feel, division.feel))
                    .enumerate()
                    .min_by(|a, b| a.1.total_cmp(&b.1))
                    .unwrap_or((0, 0.0));
                next.push(cost + own);
                from.push(best as u8);
            }
            costs = next;
            feels = options.iter().map(|division| division.feel).collect();
            back.push(from);
        }
        let mut state = costs.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(state, _)| state);
        let mut chosen = vec![0; back.len()];
        for (index, from) in back.iter().enumerate().rev() {
            chosen[index] = state;
            state = usize::from(from[state]);
        }
        chosen
    }

    /// Cost of dividing a pulse in a way, apart from its neighbours.
    fn cost(&self, index: usize, option: usize, division: Division) -> f64 {
        let pulse = self.plan.pulses[index];
        let clusters = &self.clusters[self.by_pulse[index].clone()];
        if clusters.is_empty() {
            return 0.0;
        }
        let lean = self.leans[pulse.bar];
        let length_s = (pulse.end_s - pulse.time_s).max(1e-9);
        let sigma = (self.sigma_s / length_s).min(SIGMA_MAX_PULSES);
        let mut cost = division.complexity + self.feel_costs[division.feel as usize];
        if division.parts > 2
            && division.feel == Feel::Straight
            && lean.swing.is_some_and(|s| s.unit == SwingUnit::Eighths)
        {
            cost += SWUNG_SIXTEENTHS;
        }
        let mut last: Option<(usize, &Cluster)> = None;
        let mut between = 0;
        for cluster in clusters {
            let (slot, distance) = nearest(cluster.place, division, lean);
            cost += cluster.weight * long_tailed(distance / (sigma * cluster.spread));
            between += slot % 2;
            if !slot.is_multiple_of(2) && division.parts > 1 || division.feel == Feel::Odd && slot > 0 {
                cost += division.fine;
            }
            if last.is_some_and(|(before, other)| before == slot && self.collide(other, cluster)) {
                cost += COLLISION;
            }
            last = Some((slot, cluster));
        }
        // Five or seven even strokes in a beat are meant; fewer of them are more likely something else played unevenly.
        if division.feel == Feel::Odd && clusters.len() == usize::from(division.parts) {
            cost -= ODD_FULL;
        }
        if division.parts == 12 && between == 1 && pulse.length == Ticks::QUARTER {
            cost += LONE_TWELFTH;
        }
        if self.chosen_before(index) == Some(option) {
            cost -= LIKE_BEFORE;
        }
        cost
    }

    fn collide(&self, a: &Cluster, b: &Cluster) -> bool {
        let drums = |cluster: &Cluster| self.strokes[cluster.strokes.clone()].iter().map(|s| drum_of(s.instrument));
        drums(a).any(|drum| drums(b).any(|other| other == drum))
    }

    /// Choice of the last round at the same place in the bar before, where that bar has the same meter.
    fn chosen_before(&self, index: usize) -> Option<usize> {
        let bar = self.plan.pulses[index].bar;
        let (own, before) = (self.plan.bars[bar], self.plan.bars[bar.checked_sub(1)?]);
        if own.meter != before.meter {
            return None;
        }
        let there = before.first_pulse + index - own.first_pulse;
        // An empty beat says nothing about how the beat is divided.
        if self.by_pulse[there].is_empty() { None } else { self.chosen.get(there).copied() }
    }

    fn division(&self, pulse: usize) -> Division {
        divisions(&self.plan.pulses[pulse])[self.chosen[pulse]]
    }

    /// Learns the deviation of the timing and how common each feel is.
    fn learn(&mut self) {
        let mut distances: Vec<f64> = Vec::with_capacity(self.clusters.len());
        let mut counts = [0.0f64; 4];
        for cluster in self.clusters {
            let pulse = self.plan.pulses[cluster.pulse];
            let division = self.division(cluster.pulse);
            let (_, distance) = nearest(cluster.place, division, self.leans[pulse.bar]);
            distances.push((distance * (pulse.end_s - pulse.time_s)).abs());
        }
        for (pulse, clusters) in self.by_pulse.iter().enumerate().filter(|(_, clusters)| !clusters.is_empty()) {
            let division = self.division(pulse);
            counts[division.feel as usize] += clusters.len().min(4) as f64;
        }
        if distances.len() >= 8 {
            distances.sort_by(f64::total_cmp);
            // The median of the distance of a normal variable is 0.6745 deviations.
            self.sigma_s = (distances[distances.len() / 2] / 0.6745).clamp(SIGMA_MIN_S, SIGMA_MAX_S);
        }
        let divided: f64 = counts[1..].iter().sum();
        for feel in [Feel::Straight, Feel::Triplet, Feel::Odd] {
            let share = (counts[feel as usize] + 4.0) / (divided + 12.0);
            self.feel_costs[feel as usize] = (-0.7 * share.ln()).min(2.5);
        }
    }

    /// Place of a cluster, the step of its pulse, and when that place sounds.
    fn place(&self, cluster: &Cluster) -> (Ticks, Ticks, f64) {
        let pulse = self.plan.pulses[cluster.pulse];
        let division = self.division(cluster.pulse);
        let lean = self.leans[pulse.bar];
        let (slot, _) = nearest(cluster.place, division, lean);
        let last = cluster.pulse + 1 == self.plan.pulses.len();
        let slot = if last { slot.min(usize::from(division.parts) - 1) } else { slot };
        let step = Ticks(pulse.length.get() / i64::from(division.parts));
        let time_s = pulse.time_s + place_of(slot, division, lean) * (pulse.end_s - pulse.time_s);
        (pulse.start + step * slot as i64, step, time_s)
    }
}

fn switch(from: Feel, to: Feel) -> f64 {
    if from == to || from == Feel::Plain || to == Feel::Plain { 0.0 } else { SWITCH }
}

fn long_tailed(deviations: f64) -> f64 {
    let x = deviations.abs();
    if x <= TAIL { 0.5 * x * x } else { TAIL * x - 0.5 * TAIL * TAIL }
}

/// Sees to it that no two strokes of a drum stand at one place: the later one moves on a step where it was played well
/// after the place and the step is free to take, otherwise the two become one note.
fn part_collisions(placed: Vec<Placed>, plan: &Plan) -> Vec<Placed> {
    let end = plan.bars.last().map_or(Ticks::ZERO, |bar| bar.start + bar.meter.bar_ticks());
    let mut kept: Vec<Placed> = Vec::with_capacity(placed.len());
    let mut last_of: BTreeMap<Instrument, usize> = BTreeMap::new();
    for mut stroke in placed {
        let drum = drum_of(stroke.stroke.instrument);
        let last = last_of.get(&drum).copied().filter(|&last| kept[last].at >= stroke.at);
        if let Some(last) = last {
            let free = kept[last].at == stroke.at && stroke.at + stroke.step < end;
            let step_s = plan.timeline.time_at(stroke.at + stroke.step) - plan.timeline.time_at(stroke.at);
            if free && stroke.residual_s > 0.3 * step_s.get() {
                stroke.at += stroke.step;
                stroke.residual_s -= step_s.get();
                stroke.bar = plan.bars.partition_point(|bar| bar.start <= stroke.at).saturating_sub(1);
            } else {
                kept[last].stroke.absorb(stroke.stroke);
                continue;
            }
        }
        last_of.insert(drum, kept.len());
        kept.push(stroke);
    }
    kept.sort_by(|a, b| a.at.cmp(&b.at).then(a.stroke.instrument.cmp(&b.stroke.instrument)));
    kept
}
