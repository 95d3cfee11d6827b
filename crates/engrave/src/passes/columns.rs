//! How much room every onset of a measure needs, and how much it would like.
//!
//! Conventions: a column is the union of both voices' onsets at one place. `width(d) = 2.2 (1 + 0.62 log2(d / sixteenth))`
//! staff spaces to the next column, at least 1.9 — the slope of the spike's formula on a base that lets four bars of
//! eighths share a line of A4.

use crate::dialect::Dialect;
use crate::font::glyphs;
use crate::passes::barlines::{self, Ending};
use crate::passes::notes::{self, HEAD_WIDTH, Stand};
use crate::passes::written::{self, Bar};
use crate::passes::{closing, flags, graces, rests, signatures, sticking};
use crate::style::PageStyle;
use drums::Ticks;
use score::{Content, Measure, Score};

/// Distance of a sixteenth.
const SIXTEENTH_SPACES: f64 = 2.2;
/// How much each doubling of the length adds, as a share of [`SIXTEENTH_SPACES`].
const DOUBLING: f64 = 0.62;
/// No two columns are closer unless the paper ends.
const COLUMN_MIN: f64 = 1.9;
/// Free space between the ink of neighbouring columns.
const GAP: f64 = 0.35;
/// What a column that is wider than most would like beyond its ink.
const LOOSE: f64 = 0.5;
/// From a bar line to the first ink, and from the last ink to the bar line.
const BAR_PADDING: f64 = 1.0;
/// Measures without columns: whole-bar rests and similes.
const EMPTY_WIDTH: f64 = 9.0;

/// An onset of the measure.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) offset: Ticks,
    /// Width wanted up to the next column or to the bar line.
    pub(crate) natural: f64,
    /// Width below which ink would touch.
    pub(crate) minimum: f64,
}

/// A measure ready to be dealt to a system.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) measure: &'a Measure,
    pub(crate) stands: Vec<Stand<'a>>,
    pub(crate) rests: Vec<Option<rests::Rest>>,
    /// The meter is written at its start.
    pub(crate) signature: bool,
    /// What the bar stands for on paper.
    pub(crate) bar: Bar,
    pub(crate) ending: Ending,
    /// From the bar line to the first column.
    pub(crate) lead: f64,
    pub(crate) columns: Vec<Column>,
}

impl Plan<'_> {
    pub(crate) fn natural(&self) -> f64 {
        self.columns.iter().map(|column| column.natural).sum()
    }

    pub(crate) fn minimum(&self) -> f64 {
        self.lead + self.columns.iter().map(|column| column.minimum).sum::<f64>()
    }

    /// Index of the column at an offset.
    pub(crate) fn column_at(&self, offset: Ticks) -> usize {
        self.columns.partition_point(|column| column.offset < offset).min(self.columns.len().saturating_sub(1))
    }
}

/// Plans of all bars that stand on paper.
pub(crate) fn plans<'a>(score: &'a Score, style: &PageStyle) -> Vec<Plan<'a>> {
    let bars = written::bars(score, style.joined_rests);
    let mut plans = Vec::with_capacity(bars.len());
    let mut before = None;
    for index in 0..bars.len() {
        let measure = &score.measures[bars[index].measure];
        let signature = before != Some(measure.meter);
        before = Some(measure.meter);
        let next = bars.get(index + 1);
        let ending = match next {
            _ if bars[index].closes => Ending::Repeat,
            // The sign that opens a repeat takes the place of the bar line.
            Some(next) if next.opens => Ending::Thin,
            next => Ending::before(next.map(|next| &score.measures[next.measure])),
        };
        plans.push(plan(score, measure, signature, bars[index].clone(), ending, style.dialect));
    }
    if style.closed_marks {
        let closing = closing::notes(score);
        let stands = plans.iter_mut().flat_map(|plan| &mut plan.stands);
        for head in stands.flat_map(|stand| &mut stand.heads).filter(|head| closing.contains(&head.note.id)) {
            head.mark = Some(glyphs::NOTEHEAD_PLUS_BLACK);
        }
    }
    plans
}

fn plan<'a>(
    score: &Score,
    measure: &'a Measure,
    signature: bool,
    bar: Bar,
    ending: Ending,
    dialect: Dialect,
) -> Plan<'a> {
    let opening = if bar.opens { barlines::OPENING_WIDTH } else { 0.0 };
    let hidden = bar.simile.is_some() || bar.silent > 1;
    let stands = if hidden { Vec::new() } else { notes::stands(score, measure, dialect) };
    let rests = rests::settle(&stands);
    let mut offsets: Vec<Ticks> =
        stands.iter().filter(|stand| !is_whole_rest(stand)).map(|stand| stand.event.offset).collect();
    offsets.sort();
    offsets.dedup();
    let before = opening + if signature { signatures::width(measure.meter) + BAR_PADDING } else { 0.0 };
    if offsets.is_empty() {
        let natural = EMPTY_WIDTH + if bar.silent > 1 { EMPTY_WIDTH * 0.5 } else { 0.0 } + ending.width();
        let column = Column { offset: Ticks::ZERO, natural, minimum: natural * 0.6 };
        return Plan { measure, stands, rests, signature, bar, ending, lead: before, columns: vec![column] };
    }
    let extents: Vec<(f64, f64)> = offsets.iter().map(|&offset| extent(&stands, offset)).collect();
    let mut columns = Vec::with_capacity(offsets.len());
    for (index, &offset) in offsets.iter().enumerate() {
        let next = offsets.get(index + 1).copied();
        let length = next.unwrap_or(measure.length()) - offset;
        let ink = match extents.get(index + 1) {
            Some((left, _)) => extents[index].1 + left + GAP,
            None => extents[index].1 + BAR_PADDING * 0.7 + ending.width(),
        };
        let minimum = if next.is_some() { ink.max(COLUMN_MIN) } else { ink };
        let bar_line = if next.is_some() { 0.0 } else { ending.width() };
        // Graces and signs need more than not to touch.
        let loose = if minimum > COLUMN_MIN { minimum + LOOSE } else { minimum };
        columns.push(Column { offset, natural: (wanted(length) + bar_line).max(loose), minimum });
    }
    let lead = before + BAR_PADDING + extents[0].0;
    Plan { measure, stands, rests, signature, bar, ending, lead, columns }
}

fn is_whole_rest(stand: &Stand<'_>) -> bool {
    matches!(stand.event.content, Content::Rest { whole_measure: true })
}

fn wanted(length: Ticks) -> f64 {
    let sixteenths = length.in_quarters() * 4.0;
    if sixteenths <= 0.0 {
        return COLUMN_MIN;
    }
    (SIXTEENTH_SPACES * (1.0 + DOUBLING * sixteenths.log2())).max(COLUMN_MIN)
}

/// How far ink reaches to the left and to the right of a column, both from its x and positive.
fn extent(stands: &[Stand<'_>], offset: Ticks) -> (f64, f64) {
    let here = stands.iter().filter(|stand| stand.event.offset == offset && !is_whole_rest(stand));
    here.fold((0.0, HEAD_WIDTH), |(left, right), stand| {
        let (head_left, head_right) = stand.head_extent();
        let dots = f64::from(stand.event.value.dots) * 0.6;
        let mut reach = head_right.max(flags::reach(stand)) + if dots > 0.0 { dots + 0.15 } else { 0.0 };
        let mut back = graces::room(stand) - head_left;
        if sticking::is_written(stand) {
            reach = reach.max(HEAD_WIDTH / 2.0 + sticking::HALF_WIDTH);
            back = back.max(sticking::HALF_WIDTH - HEAD_WIDTH / 2.0);
        }
        (f64::max(left, back), f64::max(right, reach))
    })
}
