//! Which systems share a page, and how far apart they stand.

use crate::mark::{Anchor, Class, Engraving, Face, Page, System};
use crate::passes::drum_key;
use crate::passes::systems::Line;
use crate::passes::text;
use crate::sheet::{STAFF_HEIGHT, Sheet};
use crate::style::{Frame, PageStyle};
use score::Score;

/// Free space between the ink of neighbouring systems.
const SYSTEM_GAP: f64 = 2.2;
/// Least distance from a staff's top line to the next.
const STAFF_DISTANCE_MIN: f64 = 10.5;
/// Most that is added to each distance to fill a page.
const SPREAD_MAX: f64 = 3.5;
/// The same on the last page, which need not be full.
const SPREAD_LAST: f64 = 1.2;
/// A page emptier than this is not filled.
const FULL_ENOUGH: f64 = 0.72;

/// Lines given to the next page at most, so that the turn is not in a fill.
const TURN_LINES: usize = 2;

const TITLE_SIZE: f64 = 4.2;
const TITLE_LINES_MAX: usize = 3;
const SUBTITLE_SIZE: f64 = 2.3;
const NUMBER_SIZE: f64 = 1.7;

/// Title and drum key of page one, from y = 0 downwards; returns the height.
fn heading(score: &Score, frame: Frame, style: &PageStyle) -> (Sheet, f64) {
    let mut sheet = Sheet::default();
    let (left, right) = (frame.left(), frame.right());
    let (middle, width) = (f64::midpoint(left, right), right - left);
    let mut y = 0.0;
    if style.title {
        // A long title is set smaller before it is broken.
        let whole = crate::font::text_width(score.title.trim(), Face::Bold, TITLE_SIZE);
        let size = if whole > width { (TITLE_SIZE * width / whole).max(TITLE_SIZE * 0.65) } else { TITLE_SIZE };
        for line in text::wrapped(&score.title, Face::Bold, size, width, TITLE_LINES_MAX) {
            y += size * 0.95;
            sheet.words(None, Class::Title, &line, middle, y, size, Face::Bold, Anchor::Middle);
            y += size * 0.25;
        }
        for line in text::wrapped(&score.subtitle, Face::Italic, SUBTITLE_SIZE, width, 2) {
            y += SUBTITLE_SIZE;
            sheet.words(None, Class::Title, &line, middle, y, SUBTITLE_SIZE, Face::Italic, Anchor::Middle);
            y += SUBTITLE_SIZE * 0.3;
        }
    }
    if style.drum_key {
        let key = drum_key::draw(score, left, right, style);
        if let Some(ink) = key.ink() {
            let drop = y + if y > 0.0 { 1.6 } else { 0.0 } - ink.top;
            y = drop + ink.bottom;
            sheet.append(key, 0.0, drop);
        }
    }
    (sheet, if y > 0.0 { y + 2.4 } else { 0.0 })
}

/// Lays the lines on pages and finishes the engraving.
pub(crate) fn stack(score: &Score, lines: Vec<Line>, frame: Frame, style: &PageStyle) -> Engraving {
    let (heading, heading_height) = heading(score, frame, style);
    let pages = deal(&lines, frame, heading_height);
    let mut engraving =
        Engraving { pages: Vec::new(), space_mm: frame.space_mm, systems: Vec::new(), stops: Vec::new() };
    let mut heading = Some(heading);
    let mut lines = lines.into_iter();
    for (number, staffs) in pages.iter().enumerate() {
        let mut sheet = Sheet::default();
        if let Some(heading) = heading.take() {
            sheet.append(heading, 0.0, frame.margin);
        }
        for &y in staffs {
            let Some(line) = lines.next() else { break };
            place(&mut engraving, &mut sheet, line, number, y, frame);
        }
        draw_page_number(&mut sheet, score, number, pages.len(), frame);
        engraving.pages.push(Page { width: frame.width, height: frame.height, marks: sheet.marks });
    }
    // A passage that is played again lies behind in time what stands after it on paper.
    engraving.stops.sort_by_key(|stop| stop.ticks);
    engraving
}

/// The staff tops of every page; at least one page.
fn deal(lines: &[Line], frame: Frame, heading_height: f64) -> Vec<Vec<f64>> {
    let extents: Vec<(f64, f64)> = lines.iter().map(|line| line.sheet.bounds()).map(|b| (b.top, b.bottom)).collect();
    let mut pages = Vec::new();
    let mut start = 0;
    let mut top = frame.margin + heading_height;
    while start < lines.len() || pages.is_empty() {
        let mut page = fill(&extents[start..], top, frame);
        if start + page.len() < lines.len() {
            page.truncate(turn(lines, start, page.len()));
        }
        start += page.len();
        if let Some(last) = start.checked_sub(1) {
            spread(&mut page, extents[last].1, frame, start < lines.len());
        }
        pages.push(page);
        top = frame.margin;
    }
    pages
}

/// How many of the lines that fit a page stay on it, so that nobody turns in the middle of a fill, nor a section's first
/// line stands alone at the foot.
fn turn(lines: &[Line], start: usize, fitting: usize) -> usize {
    let least = fitting.saturating_sub(TURN_LINES).max(3).min(fitting);
    let calm = |&count: &usize| !lines[start + count - 1].ends_in_fill;
    let alone = |count: usize| {
        let next_begins = lines.get(start + count).is_none_or(|next| next.begins_section);
        lines[start + count - 1].begins_section && !next_begins
    };
    let kept = || (least..=fitting).rev();
    kept().filter(|count| !alone(*count)).find(calm).or_else(|| kept().find(calm)).unwrap_or_else(|| {
        let orphan = fitting >= 3 && alone(fitting);
        if orphan { fitting - 1 } else { fitting }
    })
}

/// The staff tops of as many systems as a page holds, at least one if there is any.
fn fill(extents: &[(f64, f64)], top: f64, frame: Frame) -> Vec<f64> {
    let mut page: Vec<f64> = Vec::new();
    for (index, &(above, below)) in extents.iter().enumerate() {
        let y = match page.last() {
            None => top - above,
            Some(last) => {
                let clear = last + extents[index - 1].1 + SYSTEM_GAP - above;
                clear.max(last + STAFF_DISTANCE_MIN)
            }
        };
        if y + below > frame.bottom() && !page.is_empty() {
            break;
        }
        page.push(y);
    }
    page
}

/// Moves the systems of a page apart: until it is full, within reason, or a little where it is the last.
fn spread(page: &mut [f64], below: f64, frame: Frame, goes_on: bool) {
    let Some(&last) = page.last() else { return };
    let free = frame.bottom() - last - below;
    let full_enough = free < (frame.bottom() - frame.margin) * (1.0 - FULL_ENOUGH);
    if page.len() < 2 || (goes_on && !full_enough) {
        return;
    }
    let most = if goes_on { SPREAD_MAX } else { SPREAD_LAST };
    let each = (free / (page.len() - 1) as f64).clamp(0.0, most);
    for (index, y) in page.iter_mut().enumerate() {
        *y += each * index as f64;
    }
}

fn place(engraving: &mut Engraving, sheet: &mut Sheet, line: Line, page: usize, y: f64, frame: Frame) {
    let bounds = line.sheet.bounds();
    let index = engraving.systems.len();
    engraving.systems.push(System {
        page,
        left: frame.left(),
        right: line.right,
        top: y + bounds.top,
        bottom: y + bounds.bottom,
        staff_top: y,
        staff_bottom: y + STAFF_HEIGHT,
        measures: line.measures,
    });
    engraving.stops.extend(line.stops.into_iter().map(|stop| crate::mark::Stop { system: index, ..stop }));
    sheet.append(line.sheet, 0.0, y);
}

fn draw_page_number(sheet: &mut Sheet, score: &Score, number: usize, count: usize, frame: Frame) {
    if count < 2 {
        return;
    }
    let y = frame.height - frame.margin - 0.4;
    let middle = frame.width / 2.0;
    let text = format!("{} / {count}", number + 1);
    sheet.words(None, Class::Text, &text, middle, y, NUMBER_SIZE, Face::Regular, Anchor::Middle);
    if number > 0 && !score.title.trim().is_empty() {
        let title = text::cut(score.title.trim(), Face::Italic, NUMBER_SIZE, frame.line_width() * 0.4);
        sheet.words(None, Class::Text, &title, frame.left(), y, NUMBER_SIZE, Face::Italic, Anchor::Start);
    }
}
