//! From a performance to a score, pass by pass.
//!
//! Conventions: never fails and never panics; what could not be written well is written as well as possible and
//! remarked on. Work grows with hits and beats, both bounded by [`NotationOptions::measures_max`] bars.

use crate::model::{Measure, Score, Swing};
use crate::passes::bars::{Plan, lay};
use crate::passes::quantize::Placed;
use crate::passes::{
    chords, count_in, dynamics, grouping, kit, marks, quantize, repeats, similes, strokes, swing, tempo, voices,
};
use crate::remark::Remark;
use drums::{Hit, HitId, Performance};
use std::collections::BTreeSet;

/// How a performance is written.
#[derive(Debug, Clone, PartialEq)]
pub struct NotationOptions {
    /// Title at the head of the first page.
    pub title: String,
    /// Smaller line under it.
    pub subtitle: String,
    /// Everything in one voice with stems up, instead of hands and feet apart.
    pub one_voice: bool,
    /// Repeated bars get simile signs.
    pub similes: bool,
    /// Passages played several times are written once between repeat signs.
    pub repeats: bool,
    /// Greatest number of measures, at least 1; hits beyond are left out with a remark.
    pub measures_max: usize,
}

impl Default for NotationOptions {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            one_voice: false,
            similes: false,
            repeats: false,
            measures_max: 20_000,
        }
    }
}

/// Played this far off what is written, in milliseconds, a measure is unclear ...
const UNCLEAR_MS: f64 = 35.0;
/// ... if it has at least this many strokes.
const UNCLEAR_STROKES: usize = 4;

/// Writes a performance down. Every hit is in the score exactly once, as part of a note or of a grace group, or is
/// named in [`Remark::LeftOut`].
#[must_use]
pub fn notate(performance: &Performance, options: &NotationOptions) -> (Score, Vec<Remark>) {
    let measures_max = options.measures_max.max(1);
    let mut remarks = Vec::new();
    if performance.grid().is_empty() && !performance.hits().is_empty() {
        remarks.push(Remark::NoBeats);
    }
    let plan = lay(performance.grid(), performance.hits(), measures_max);
    let (hits, left_out) = within(performance.hits(), &plan);
    if !left_out.is_empty() {
        remarks.push(Remark::LeftOut { hits: left_out, measures_max });
    }
    let strokes = strokes::gather(&hits, &plan);
    let clusters = quantize::cluster(&strokes, &plan);
    let swing = swing::find(&plan, &clusters);
    let placed = quantize::quantize(strokes, &clusters, &plan, &swing);

    let cells = grouping::cells(&plan, &placed);
    let marks = dynamics::mark(&placed, &plan);
    let used: BTreeSet<_> = placed.iter().map(|placed| placed.stroke.instrument).collect();
    let numbers = Numbers::of(&plan, &placed);
    remarks.extend(doubts(&plan, &placed, &numbers));
    let lines = chords::gather(placed, &marks, &plan, options.one_voice);
    let counting = count_in::bars(&plan, &lines);

    let mut names = voices::Names::default();
    let bars = plan.bars.iter().zip(lines).zip(&cells).enumerate();
    let mut measures: Vec<Measure> = bars
        .map(|(index, ((bar, lines), cells))| voices::write(bar, lines, cells, numbers.of_bar(index), &mut names))
        .collect();
    trim(&mut measures);
    above_staff(&mut measures, &plan, &swing, counting);
    if options.similes {
        similes::mark(&mut measures);
    }
    let repeats = if options.repeats { repeats::find(&measures) } else { Vec::new() };
    let score = Score {
        title: options.title.clone(),
        subtitle: options.subtitle.clone(),
        kit: kit::arrange(&used),
        measures,
        timeline: plan.timeline,
        repeats,
    };
    (score, remarks)
}

/// Hits within the plan, and the names of the others.
fn within(hits: &[Hit], plan: &Plan) -> (Vec<Hit>, Vec<HitId>) {
    let inside = |hit: &&Hit| hit.time.get() >= plan.from_s && hit.time.get() < plan.to_s;
    let kept = hits.iter().filter(inside).copied().collect();
    (kept, hits.iter().filter(|hit| !inside(hit)).map(|hit| hit.id).collect())
}

/// Numbers of the measures as printed.
struct Numbers {
    first: u32,
}

impl Numbers {
    /// The first bar is a pick-up, number 0, where nothing sounds in its first half and more bars follow.
    fn of(plan: &Plan, placed: &[Placed]) -> Self {
        let half = plan.bars[0].meter.bar_ticks().get() / 2;
        let picked_up = placed.first().is_some_and(|first| first.bar == 0 && first.at.get() >= half);
        let goes_on = placed.last().is_some_and(|last| last.bar > 0);
        Self { first: if picked_up && goes_on { 0 } else { 1 } }
    }

    fn of_bar(&self, bar: usize) -> u32 {
        self.first + bar as u32
    }
}

fn doubts(plan: &Plan, placed: &[Placed], numbers: &Numbers) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut own = placed.iter().peekable();
    for (index, bar) in plan.bars.iter().enumerate() {
        let measure = numbers.of_bar(index);
        if bar.meter != bar.expected {
            remarks.push(Remark::BarDidNotFit { measure, expected: bar.expected, written: bar.meter });
        }
        let mut residuals_ms = Vec::new();
        while let Some(placed) = own.next_if(|placed| placed.bar <= index) {
            residuals_ms.push((placed.residual_s * 1000.0).abs());
        }
        residuals_ms.sort_by(f64::total_cmp);
        let middle = residuals_ms.get(residuals_ms.len() / 2).copied().unwrap_or(0.0);
        if residuals_ms.len() >= UNCLEAR_STROKES && middle > UNCLEAR_MS {
            remarks.push(Remark::UnclearRhythm { measure, residual_ms: middle });
        }
    }
    remarks
}

/// Empty bars at the end are not written.
fn trim(measures: &mut Vec<Measure>) {
    let sounds = |measure: &Measure| measure.voices.iter().flat_map(|voice| &voice.events).any(|e| e.chord().is_some());
    let last = measures.iter().rposition(sounds).unwrap_or(0);
    measures.truncate(last + 1);
}

/// Tempo, swing and words.
fn above_staff(measures: &mut [Measure], plan: &Plan, swing: &[Option<Swing>], counting: usize) {
    let tempos = tempo::marks(plan);
    for (index, measure) in measures.iter_mut().enumerate() {
        measure.tempo = tempos[index];
        measure.feel = swing[index];
    }
    marks::swing_words(measures);
    for measure in measures.iter_mut().take(counting) {
        "count-in".clone_into(&mut measure.text);
    }
}
