//! A line of music: clef, measures side by side, and what belongs to the whole line.

use crate::font::defaults;
use crate::mark::{Class, MeasureSpan, Stop};
use crate::overlay::Overlay;
use crate::passes::barlines;
use crate::passes::columns::Plan;
use crate::passes::notes::HEAD_WIDTH;
use crate::passes::{dynamics, line_breaks, measures, overlays, signatures, sticking, voltas, words};
use crate::sheet::Sheet;
use crate::style::{Frame, PageStyle};
use drums::Ticks;
use score::{Measure, Score, is_fill};
use std::ops::Range;

/// A line that is not yet on a page; its staff begins at y = 0.
pub(crate) struct Line {
    pub(crate) sheet: Sheet,
    pub(crate) right: f64,
    /// Its first measure has a rehearsal letter.
    pub(crate) begins_section: bool,
    /// Its last measure is a fill, after which no page is turned.
    pub(crate) ends_in_fill: bool,
    pub(crate) measures: Vec<MeasureSpan>,
    /// The system number is filled in when the page is known.
    pub(crate) stops: Vec<Stop>,
}

/// Bars a hairpin reaches over systems.
const HAIRPIN_BARS_MAX: usize = 64;
/// Beyond this stretch a short last line stays ragged.
const STRETCH_LAST_MAX: f64 = 1.25;

/// Width taken at the end of a line where the next one begins in another meter.
pub(crate) fn courtesy(plans: &[Plan<'_>], end: usize) -> f64 {
    plans.get(end).filter(|plan| plan.signature).map_or(0.0, |plan| signatures::width(plan.measure.meter) + 1.2)
}

/// A bar with its place in the line.
pub(crate) struct Placed<'a> {
    pub(crate) plan: &'a Plan<'a>,
    /// The x of each of its columns.
    pub(crate) columns: Vec<f64>,
    pub(crate) left: f64,
    pub(crate) right: f64,
}

pub(crate) fn line<'a>(
    score: &Score,
    plans: &'a [Plan<'a>],
    range: Range<usize>,
    frame: Frame,
    style: &PageStyle,
    overlay: &Overlay,
) -> Line {
    let mut sheet = Sheet::default();
    let own = &plans[range.clone()];
    let left = frame.left();
    let bars = bars(own, &widths(plans, &range, frame), left + signatures::CLEF_ROOM);
    let right = bars.last().map_or(left, |bar| bar.right);
    let announced = plans.get(range.end).filter(|plan| plan.signature);
    let staff_right = right + announced.map_or(0.0, |_| courtesy(plans, range.end));
    draw_staff(&mut sheet, left, staff_right);
    signatures::draw_clef(&mut sheet, left);
    for index in 0..bars.len() {
        draw_bar(&mut sheet, score, &bars, index, style);
    }
    if let Some(next) = announced {
        signatures::draw(&mut sheet, None, next.measure.meter, right + 0.6);
    }
    around_staff(&mut sheet, &plans[..range.start], &bars, frame, style);
    overlays::draw(&mut sheet, overlay);
    let (measures, stops) = cursor(score, &bars);
    Line {
        sheet,
        right: staff_right,
        begins_section: own[0].measure.rehearsal.is_some(),
        ends_in_fill: own.last().is_some_and(|plan| is_fill(plan.measure)),
        measures,
        stops,
    }
}

/// Bars side by side from `left` on.
fn bars<'a>(plans: &'a [Plan<'a>], widths: &[Vec<f64>], left: f64) -> Vec<Placed<'a>> {
    let mut left = left;
    let mut bars = Vec::with_capacity(plans.len());
    for (plan, widths) in plans.iter().zip(widths) {
        let (columns, right) = place(plan, widths, left);
        bars.push(Placed { plan, columns, left, right });
        left = right;
    }
    bars
}

/// Meter, repeat sign, music and bar line.
fn draw_bar(sheet: &mut Sheet, score: &Score, bars: &[Placed<'_>], index: usize, style: &PageStyle) {
    let Placed { plan, ref columns, left, right } = bars[index];
    if plan.signature {
        let x = left + if index == 0 { 0.3 } else { 0.9 };
        signatures::draw(sheet, Some(plan.measure.id), plan.measure.meter, x);
    }
    let after_signature = left + if plan.signature { plan_signature_room(plan) } else { 0.0 };
    let music_left = after_signature + if plan.bar.opens { barlines::OPENING_WIDTH } else { 0.0 };
    if plan.bar.opens {
        let follows = index > 0 && bars[index - 1].plan.bar.closes && !plan.signature;
        // On a bar line of its own the sign takes its place; after clef or meter it stands free.
        let inside = if index > 0 && !plan.signature && !follows { defaults::THIN_BARLINE_THICKNESS } else { 0.0 };
        barlines::draw_opening(sheet, plan.measure.id, after_signature - inside, follows);
    }
    measures::draw(sheet, score, plan, columns, (music_left, right), style.dialect);
    barlines::draw(sheet, plan.measure.id, plan.ending, right);
}

/// What stands under and over the staff, from the music outwards.
fn around_staff(sheet: &mut Sheet, before: &[Plan<'_>], bars: &[Placed<'_>], frame: Frame, style: &PageStyle) {
    let letters = bars.iter().flat_map(|bar| {
        let x_of = |offset: Ticks| bar.columns[bar.plan.column_at(offset)];
        bar.plan.stands.iter().filter_map(move |stand| sticking::letter(stand, x_of(stand.event.offset)))
    });
    sticking::draw(sheet, &letters.collect::<Vec<_>>(), style.left_handed);
    dynamics::draw(sheet, &before[before.len().saturating_sub(HAIRPIN_BARS_MAX)..], bars);
    voltas::draw(sheet, bars);
    let first = bars[0].plan.measure;
    if style.measure_numbers && (!before.is_empty() || first.number > 1) {
        words::draw_number(sheet, first, frame.left());
    }
    let drawn_from = |index: usize, left: f64| if index == 0 { frame.left() } else { left };
    let rows = bars.iter().enumerate().map(|(index, bar)| (bar.plan.measure, drawn_from(index, bar.left)));
    words::draw_rows(sheet, &rows.collect::<Vec<_>>(), frame.left(), frame.right());
}

/// Where every measure stands that these bars are played for, and every onset in it.
fn cursor(score: &Score, bars: &[Placed<'_>]) -> (Vec<MeasureSpan>, Vec<Stop>) {
    let (mut spans, mut stops) = (Vec::with_capacity(bars.len()), Vec::new());
    for bar in bars {
        let all = std::iter::once(bar.plan.bar.measure).chain(bar.plan.bar.played_for.iter().copied());
        for (turn, measure) in all.map(|measure| &score.measures[measure]).enumerate() {
            let span = span_of(measure, bar.left, bar.right);
            stops.extend(stops_of(bar.plan, measure, turn, &bar.columns, span));
            spans.push(span);
        }
    }
    (spans, stops)
}

fn plan_signature_room(plan: &Plan<'_>) -> f64 {
    signatures::width(plan.measure.meter) + 0.9
}

/// Widths of every measure's columns.
fn widths(plans: &[Plan<'_>], range: &Range<usize>, frame: Frame) -> Vec<Vec<f64>> {
    let own = &plans[range.clone()];
    let columns = || own.iter().flat_map(|plan| &plan.columns);
    let naturals: Vec<f64> = columns().map(|column| column.natural).collect();
    let minima: Vec<f64> = columns().map(|column| column.minimum).collect();
    let fixed: f64 = own.iter().map(|plan| plan.lead).sum();
    let mut room = frame.line_width() - signatures::CLEF_ROOM - courtesy(plans, range.end) - fixed;
    let natural: f64 = naturals.iter().sum();
    if range.end == plans.len() && room > natural * STRETCH_LAST_MAX && range.start > 0 {
        room = natural * STRETCH_LAST_MAX;
    }
    let all = line_breaks::fill(&naturals, &minima, room);
    let mut rest = all.as_slice();
    own.iter()
        .map(|plan| {
            let (mine, others) = rest.split_at(plan.columns.len());
            rest = others;
            mine.to_vec()
        })
        .collect()
}

/// The x of every column, and of the right bar line.
fn place(plan: &Plan<'_>, widths: &[f64], left: f64) -> (Vec<f64>, f64) {
    let mut x = left + plan.lead;
    let mut columns = Vec::with_capacity(widths.len());
    for width in widths {
        columns.push(x);
        x += width;
    }
    (columns, x)
}

fn draw_staff(sheet: &mut Sheet, left: f64, right: f64) {
    for line in 0..5 {
        let y = f64::from(line);
        sheet.line(None, Class::Staff, [(left, y), (right, y)], defaults::STAFF_LINE_THICKNESS);
    }
}

fn span_of(measure: &Measure, left: f64, right: f64) -> MeasureSpan {
    MeasureSpan { id: measure.id, left, right, start: measure.start, length: measure.length() }
}

/// Cursor stops of a measure that a bar is played for, as its `turn`-th. Where the bar shows no notes they are spread
/// evenly.
fn stops_of(plan: &Plan<'_>, measure: &Measure, turn: usize, columns: &[f64], span: MeasureSpan) -> Vec<Stop> {
    let mut offsets: Vec<Ticks> = measure.events().map(|event| event.offset).collect();
    offsets.sort();
    offsets.dedup();
    let music_left = columns.first().copied().unwrap_or(span.left) + HEAD_WIDTH / 2.0;
    let bars = plan.bar.silent.max(1) as f64;
    let x_at = |offset: Ticks| {
        if plan.stands.is_empty() || plan.columns.iter().all(|column| column.offset != offset) {
            let share = offset.get() as f64 / (span.length.get() as f64).max(1.0);
            let share = if plan.bar.silent > 1 { (turn as f64 + share) / bars } else { share };
            music_left + share.clamp(0.0, 1.0) * (span.right - music_left)
        } else {
            columns[plan.column_at(offset)] + HEAD_WIDTH / 2.0
        }
    };
    let first = |offset: Ticks| measure.events().find(|event| event.offset == offset).map(|event| event.id);
    let stop =
        |offset| Some(Stop { element: first(offset)?, ticks: measure.start + offset, system: 0, x: x_at(offset) });
    offsets.into_iter().filter_map(stop).collect()
}
