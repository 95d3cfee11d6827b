//! From a performance to a score, pass by pass.
//!
//! Conventions: never fails and never panics; what could not be written well is written as well as possible and
//! remarked on. Work grows with hits and beats, both bounded by [`NotationOptions::measures_max`] bars.

use crate::model::{Event, Measure, Score};
use crate::passes::bars::{Plan, lay};
use crate::passes::quantize::Placed;
use crate::passes::swing::Lean;
use crate::passes::{
    chords, count_in, dynamics, grouping, kit, loudness, marks, quantize, repeats, sections, similes, strokes, swing,
    tempo, voices,
};
use crate::remark::Remark;
use crate::timeline::{Anchor, Timeline};
use drums::{Hit, HitId, Performance, Ticks};
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
    /// Sections begin with a rehearsal letter.
    pub sections: bool,
    /// Dynamic letters and hairpins are written.
    pub dynamics: bool,
    /// Bars that only count in are written, under these words; otherwise the score begins with the music and
    /// [`Remark::CountIn`] names their hits.
    pub count_in: bool,
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
            sections: true,
            dynamics: false,
            count_in: true,
            measures_max: 20_000,
        }
    }
}

/// Played this far off what is written, in milliseconds, a measure is unclear ...
const UNCLEAR_MS: f64 = 35.0;
/// ... if it has at least this many strokes.
const UNCLEAR_STROKES: usize = 4;

/// Writes a performance down. Every hit is in the score exactly once, as part of a note or of a grace group, or is
/// named in [`Remark::LeftOut`] or [`Remark::CountIn`].
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
    let leans = swing::find(&plan, &clusters);
    let placed = quantize::quantize(strokes, &clusters, &plan, &leans);

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
    above_staff(&mut measures, &plan, &leans, counting);
    let mut score = Score {
        title: options.title.clone(),
        subtitle: options.subtitle.clone(),
        kit: kit::arrange(&used),
        measures,
        timeline: plan.timeline,
        repeats: Vec::new(),
    };
    let mut music_from = counting;
    if counting > 0 && !options.count_in {
        leave_out_count_in(&mut score, &mut remarks, counting);
        music_from = 0;
    }
    add_signs(&mut score, options, music_from, &mut names);
    (score, remarks)
}

/// What a reader may have or not: letters, dynamics, signs that save room.
fn add_signs(score: &mut Score, options: &NotationOptions, music_from: usize, names: &mut voices::Names) {
    if options.sections {
        sections::letter(&mut score.measures, music_from);
    }
    if options.dynamics {
        loudness::mark(&mut score.measures, names);
    }
    if options.similes {
        similes::mark(&mut score.measures);
    }
    if options.repeats {
        score.repeats = repeats::find(&score.measures);
    }
}

/// Takes the bars off that count in; the score begins with the music.
fn leave_out_count_in(score: &mut Score, remarks: &mut Vec<Remark>, bars: usize) {
    let counted: Vec<Measure> = score.measures.drain(..bars).collect();
    let notes = counted.iter().flat_map(Measure::events).filter_map(Event::chord).flat_map(|chord| &chord.notes);
    let mut hits: Vec<HitId> = notes.flat_map(|note| note.hits.iter().copied()).collect();
    hits.sort();
    let by = score.measures.first().map_or(Ticks::ZERO, |measure| measure.start);
    for (number, measure) in (1..).zip(score.measures.iter_mut()) {
        measure.start = measure.start - by;
        measure.number = number;
    }
    if let Some(first) = score.measures.first_mut() {
        first.tempo = first.tempo.or_else(|| counted.iter().rev().find_map(|measure| measure.tempo));
    }
    marks::swing_words(&mut score.measures);
    let anchors = score.timeline.anchors().iter().filter(|anchor| anchor.ticks >= by);
    score.timeline = Timeline::new(anchors.map(|anchor| Anchor { ticks: anchor.ticks - by, time: anchor.time }));
    score.kit = crate::rewrite::kit_of(score);
    remarks.retain_mut(|remark| remark.renumber(bars as u32));
    remarks.push(Remark::CountIn { hits, bars });
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
fn above_staff(measures: &mut [Measure], plan: &Plan, leans: &[Lean], counting: usize) {
    let tempos = tempo::marks(plan);
    for (index, measure) in measures.iter_mut().enumerate() {
        measure.tempo = tempos[index];
        measure.feel = leans[index].swing;
    }
    marks::swing_words(measures);
    for measure in measures.iter_mut().take(counting) {
        "count-in".clone_into(&mut measure.text);
    }
}
