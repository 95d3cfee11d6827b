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

pub(crate) fn line(
    score: &Score,
    plans: &[Plan<'_>],
    range: Range<usize>,
    frame: Frame,
    style: &PageStyle,
    overlay: &Overlay,
) -> Line {
    let mut sheet = Sheet::default();
    let own = &plans[range.clone()];
    let left = frame.left();
    let widths = widths(plans, &range, frame);
    let mut spans = Vec::with_capacity(own.len());
    let mut stops = Vec::new();
    let mut letters = Vec::new();
    let mut measures_played = Vec::with_capacity(own.len());
    let mut x = left + signatures::CLEF_ROOM;
    let drawn_from = |index: usize, x: f64| if index == 0 { left } else { x };
    let mut columns_of = Vec::with_capacity(own.len());
    for (plan, widths) in own.iter().zip(&widths) {
        let (columns, right) = place(plan, widths, x);
        spans.push(span_of(plan.measure, x, right));
        columns_of.push(columns);
        x = right;
    }
    let right = x;
    let announced = plans.get(range.end).filter(|plan| plan.signature);
    let staff_right = right + announced.map_or(0.0, |_| courtesy(plans, range.end));
    draw_staff(&mut sheet, left, staff_right);
    signatures::draw_clef(&mut sheet, left);
    for (index, plan) in own.iter().enumerate() {
        let span = spans[index];
        if plan.signature {
            let x = span.left + if index == 0 { 0.3 } else { 0.9 };
            signatures::draw(&mut sheet, Some(plan.measure.id), plan.measure.meter, x);
        }
        let after_signature = span.left + if plan.signature { plan_signature_room(plan) } else { 0.0 };
        let music_left = after_signature + if plan.bar.opens { barlines::OPENING_WIDTH } else { 0.0 };
        if plan.bar.opens {
            let follows = index > 0 && own[index - 1].bar.closes && !plan.signature;
            // On a bar line of its own the sign takes its place; after clef or meter it stands free.
            let inside = if index > 0 && !plan.signature && !follows { defaults::THIN_BARLINE_THICKNESS } else { 0.0 };
            barlines::draw_opening(&mut sheet, plan.measure.id, after_signature - inside, follows);
        }
        measures::draw(&mut sheet, score, plan, &columns_of[index], (music_left, span.right), style.dialect);
        barlines::draw(&mut sheet, plan.measure.id, plan.ending, span.right);
        let xs = &columns_of[index];
        let x_of = |offset: Ticks| xs[plan.column_at(offset)];
        letters.extend(plan.stands.iter().filter_map(|stand| sticking::letter(stand, x_of(stand.event.offset))));
        let all = std::iter::once(plan.bar.measure).chain(plan.bar.played_for.iter().copied());
        for (turn, measure) in all.enumerate() {
            let measure = &score.measures[measure];
            measures_played.push(span_of(measure, span.left, span.right));
            stops.extend(stops_of(plan, measure, turn, xs, span));
        }
    }
    if let Some(next) = announced {
        signatures::draw(&mut sheet, None, next.measure.meter, right + 0.6);
    }
    sticking::draw(&mut sheet, &letters, style.left_handed);
    let placed: Vec<_> = own
        .iter()
        .enumerate()
        .map(|(index, plan)| dynamics::Placed { plan, columns: &columns_of[index], right: spans[index].right })
        .collect();
    let near = range.start.saturating_sub(HAIRPIN_BARS_MAX)..range.start;
    dynamics::draw(&mut sheet, &plans[near], &placed);
    let bars: Vec<_> = own.iter().zip(&spans).map(|(plan, span)| (plan, span.left, span.right)).collect();
    voltas::draw(&mut sheet, &bars);
    let first = own[0].measure;
    if style.measure_numbers && (range.start > 0 || first.number > 1) {
        words::draw_number(&mut sheet, first, left);
    }
    let rows: Vec<_> =
        own.iter().enumerate().map(|(index, plan)| (plan.measure, drawn_from(index, spans[index].left))).collect();
    words::draw_rows(&mut sheet, &rows, left, frame.right());
    overlays::draw(&mut sheet, overlay);
    let ends_in_fill = own.last().is_some_and(|plan| is_fill(plan.measure));
    Line {
        sheet,
        ends_in_fill,
        right: staff_right,
        begins_section: first.rehearsal.is_some(),
        measures: measures_played,
        stops,
    }
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
