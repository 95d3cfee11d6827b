//! The gallery's pages compared with those that were looked at, mark by mark.

use crate::gallery::{Picture, drawn, pictures};
use engrave::{Class, Engraving, Mark, MeasureSpan, Rect, Shape, System};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Pages beyond these are kept as an outline only.
const PAGES_WHOLE_MAX: usize = 2;

#[test]
fn pages_look_as_they_did() {
    for picture in pictures() {
        assert_eq!(score::check(&picture.score), [], "{}", picture.name);
        let engraving = drawn(&picture);
        let text = if engraving.pages.len() > PAGES_WHOLE_MAX { outline(&engraving) } else { whole(&engraving) };
        insta::with_settings!({ snapshot_path => "../gallery", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(picture.name, text);
        });
    }
}

/// Ink of different kinds that must not touch: heads, letters and signs over and under the staff.
#[test]
fn no_sign_stands_in_another() {
    let mut found = Vec::new();
    for picture in pictures() {
        let Picture { name, .. } = &picture;
        for (number, page) in drawn(&picture).pages.iter().enumerate() {
            let signs: Vec<(&Mark, Rect)> = page.marks.iter().filter(|m| is_sign(m)).map(|m| (m, m.bounds())).collect();
            for (index, (mark, ink)) in signs.iter().enumerate() {
                let touched = signs[index + 1..].iter().find(|(other, box_)| {
                    // Heads of a chord lean on each other.
                    let own =
                        other.class == mark.class && (other.element == mark.element || mark.class == Class::Notehead);
                    !own && shrunk(*ink).overlaps(*box_)
                });
                if let Some((other, _)) = touched {
                    found.push(format!("{name}, page {}: {} in {}", number + 1, line_of(mark), line_of(other)));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Boxes are a little larger than curved ink.
fn shrunk(ink: Rect) -> Rect {
    Rect { left: ink.left + 0.08, top: ink.top + 0.08, right: ink.right - 0.08, bottom: ink.bottom - 0.08 }
}

fn is_sign(mark: &Mark) -> bool {
    use Class as C;
    matches!(
        mark.class,
        C::Notehead
            | C::Articulation
            | C::Tuplet
            | C::Sticking
            | C::Tempo
            | C::Rehearsal
            | C::MeasureNumber
            | C::Repeat
            | C::Text
            | C::Rest
            | C::Dynamic
            | C::Title
    )
}

fn line_of(mark: &Mark) -> String {
    format!("{} {} of {:?}", mark.class.name(), shape_of(mark, 0.0), mark.element)
}

/// Pages, systems and bars.
fn outline(engraving: &Engraving) -> String {
    let mut text = String::new();
    for (number, page) in engraving.pages.iter().enumerate() {
        let _ = writeln!(text, "page {}, {:.1} x {:.1}", number + 1, page.width, page.height);
        for system in engraving.systems.iter().filter(|system| system.page == number) {
            let bars: Vec<String> = bars_of(system).iter().map(|bar| format!("{:.1}", bar.right)).collect();
            let _ = writeln!(text, "  {} bars to {}", head_of(system), bars.join(" "));
        }
    }
    text
}

/// Every mark but staff lines.
fn whole(engraving: &Engraving) -> String {
    let mut text = String::new();
    for (number, page) in engraving.pages.iter().enumerate() {
        let _ = writeln!(text, "page {}, {:.1} x {:.1}", number + 1, page.width, page.height);
        let systems: Vec<&System> = engraving.systems.iter().filter(|system| system.page == number).collect();
        let inside = |system: &System, mark: &Mark| {
            let ink = mark.bounds();
            let middle = f64::midpoint(ink.top, ink.bottom);
            system.top <= middle && middle <= system.bottom
        };
        let (own, free): (Vec<&Mark>, Vec<&Mark>) =
            page.marks.iter().partition(|mark| systems.iter().any(|system| inside(system, mark)));
        list(&mut text, "  ", &free, 0.0);
        for system in systems {
            let _ = writeln!(text, "  {}", head_of(system));
            let marks: Vec<&Mark> = own.iter().copied().filter(|mark| inside(system, mark)).collect();
            let mut left = f64::MIN;
            for (index, bar) in bars_of(system).iter().enumerate() {
                let here = |mark: &&Mark| {
                    let ink = mark.bounds();
                    let middle = f64::midpoint(ink.left, ink.right);
                    left <= middle && (middle < bar.right || index + 1 == bars_of(system).len())
                };
                let _ = writeln!(text, "    bar to {:.1}", bar.right);
                let marks: Vec<&Mark> = marks.iter().copied().filter(here).collect();
                list(&mut text, "      ", &marks, system.staff_top);
                left = bar.right;
            }
        }
    }
    text
}

fn head_of(system: &System) -> String {
    let System { staff_top, top, bottom, left, right, .. } = system;
    format!(
        "system at {staff_top:.1}, ink {:.1} to {:.1}, {left:.1} to {right:.1}:",
        top - staff_top,
        bottom - staff_top
    )
}

/// Bars of a system as they stand on paper.
fn bars_of(system: &System) -> Vec<MeasureSpan> {
    let mut bars = system.measures.clone();
    bars.dedup_by(|next, bar| next.right <= bar.right);
    bars
}

/// One line for each class, in order of the classes' names.
fn list(text: &mut String, indent: &str, marks: &[&Mark], top: f64) {
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.class != Class::Staff) {
        let tint = mark.tint.map(|tint| format!(" {}", tint.name())).unwrap_or_default();
        classes.entry(mark.class.name()).or_default().push(format!("{}{tint}", shape_of(mark, top)));
    }
    for (class, shapes) in classes {
        let _ = writeln!(text, "{indent}{class}: {}", shapes.join("; "));
    }
}

fn shape_of(mark: &Mark, top: f64) -> String {
    // Minus zero would print its sign.
    let at = |value: f64| (value * 10.0).round() / 10.0 + 0.0;
    match &mark.shape {
        Shape::Glyph { glyph, at: place, .. } => {
            format!("{:X} {} {}", *glyph as u32, at(place.x), at(place.y - top))
        }
        Shape::Line { from, to, .. } => {
            format!("{} {} to {} {}", at(from.x), at(from.y - top), at(to.x), at(to.y - top))
        }
        Shape::Filled(_) => {
            let ink = mark.bounds();
            format!("{} {} to {} {}", at(ink.left), at(ink.top - top), at(ink.right), at(ink.bottom - top))
        }
        Shape::Text { text, at: place, .. } => format!("{text:?} {} {}", at(place.x), at(place.y - top)),
    }
}
