//! SVG: pages for the screen, every element a group with its own name.
//!
//! Conventions: the user unit is a millimetre on paper; each page is a group scaled to 250ths of a staff space, so that all
//! its coordinates are whole numbers. Each element of the score is a `<g>` with `id` (as in MusicXML) and `data-element`,
//! its parts have the class of their mark. Everything is a filled path in the current colour, text included, so that no
//! font is needed and a style sheet colours what it wants. Music glyphs and letters are drawn once and used by reference.
//! An element that is drawn in several places has its `id` on the first only.

use crate::outline::{Outline, Symbol, UNITS_PER_SPACE, outline, stroke, units};
use crate::xml::escape;
use crate::{FormatInfo, Material, Options, Result, element_name};
use engrave::{Mark, Page, Path, Point, Segment};
use score::ElementId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "svg",
    extension: "svg",
    media_type: "image/svg+xml",
    name: "SVG",
    description: "The pages as a drawing for web pages and vector programs; every note can be found by its name.",
    pages: true,
    write,
};

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let engraving = material.pages_for(options);
    let pages = crate::material::chosen_pages(&engraving, options.page)?;
    let space_mm = engraving.space_mm;
    let width_mm = pages.iter().map(|page| page.width).fold(0.0, f64::max) * space_mm;
    let height_mm = pages.iter().map(|page| page.height).sum::<f64>() * space_mm;
    let (width, height) = (number(width_mm), number(height_mm));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" fill=\"currentColor\">\n"
    );
    let title = &material.score().title;
    if !title.trim().is_empty() {
        let _ = writeln!(svg, "<title>{}</title>", escape(title));
    }
    definitions(&mut svg, pages);
    let mut named = BTreeSet::new();
    let mut top_mm = 0.0;
    let scale = space_mm / UNITS_PER_SPACE;
    for page in pages {
        let _ = writeln!(svg, "<g class=\"page\" transform=\"translate(0 {}) scale({scale})\">", number(top_mm));
        write_page(&mut svg, page, &mut named);
        svg.push_str("</g>\n");
        top_mm += page.height * space_mm;
    }
    svg.push_str("</svg>\n");
    Ok(svg.into_bytes())
}

/// Each symbol the pages use, once.
fn definitions(svg: &mut String, pages: &[Page]) {
    let mut symbols = BTreeSet::new();
    for mark in pages.iter().flat_map(|page| &page.marks) {
        if let Outline::Row { symbols: row, .. } = outline(mark) {
            symbols.extend(row.into_iter().map(|(symbol, _)| symbol));
        }
    }
    svg.push_str("<defs>\n");
    for symbol in symbols {
        if let Some(path) = symbol.outline() {
            let _ = writeln!(svg, "<path id=\"{}\" d=\"{}\"/>", symbol.name(), path_data(&path));
        }
    }
    svg.push_str("</defs>\n");
}

/// Page furniture first, then one group per element in order of its first mark.
fn write_page(svg: &mut String, page: &Page, named: &mut BTreeSet<ElementId>) {
    let mut order: Vec<Option<ElementId>> = vec![None];
    let mut groups: BTreeMap<Option<ElementId>, Vec<&Mark>> = BTreeMap::new();
    for mark in &page.marks {
        let group = groups.entry(mark.element).or_insert_with(|| {
            if mark.element.is_some() {
                order.push(mark.element);
            }
            Vec::new()
        });
        group.push(mark);
    }
    for element in order {
        let marks = groups.get(&element).map(Vec::as_slice).unwrap_or_default();
        let Some(element) = element else {
            marks.iter().for_each(|mark| write_mark(svg, mark));
            continue;
        };
        svg.push_str("<g");
        if named.insert(element) {
            let _ = write!(svg, " id=\"{}\"", element_name(element));
        }
        let _ = writeln!(svg, " data-element=\"{}\">", element.0);
        marks.iter().for_each(|mark| write_mark(svg, mark));
        svg.push_str("</g>\n");
    }
}

fn write_mark(svg: &mut String, mark: &Mark) {
    // The class of a tint has a colour of its own, which a style sheet may change.
    let class = match mark.tint {
        None => mark.class.name().to_owned(),
        Some(tint) => {
            let [red, green, blue] = tint.rgb();
            format!("{} {}\" fill=\"#{red:02x}{green:02x}{blue:02x}", mark.class.name(), tint.name())
        }
    };
    let _ = match outline(mark) {
        Outline::Row { at, scale, symbols } => {
            write_row(svg, &class, at, scale, &symbols);
            Ok(())
        }
        Outline::Figure(path) => writeln!(svg, "<path class=\"{class}\" d=\"{}\"/>", path_data(path)),
        Outline::Line { from, to, thickness } => {
            writeln!(svg, "<path class=\"{class}\" d=\"{}\"/>", path_data(&stroke(from, to, thickness)))
        }
    };
}

fn write_row(svg: &mut String, class: &str, at: Point, scale: f64, symbols: &[(Symbol, f64)]) {
    let (x, y) = place(at);
    if let ([(symbol, _)], true) = (symbols, (scale - 1.0).abs() < 1e-9) {
        let _ = writeln!(svg, "<use class=\"{class}\" href=\"#{}\" x=\"{x}\" y=\"{y}\"/>", symbol.name());
        return;
    }
    let _ = write!(svg, "<g class=\"{class}\" transform=\"translate({x} {y}) scale({})\">", number(scale));
    for (symbol, distance) in symbols {
        match units(*distance) {
            0 => write!(svg, "<use href=\"#{}\"/>", symbol.name()),
            x => write!(svg, "<use href=\"#{}\" x=\"{x}\"/>", symbol.name()),
        }
        .expect("writing into a string cannot fail");
    }
    svg.push_str("</g>\n");
}

/// Path data in units, each step relative to where the pen stands.
fn path_data(path: &Path) -> String {
    let mut data = String::new();
    let mut pen = (0, 0);
    let mut start = (0, 0);
    for segment in path {
        match *segment {
            Segment::Move(to) => {
                steps(&mut data, 'm', pen, &[to]);
                pen = place(to);
                start = pen;
            }
            Segment::Line(to) => {
                steps(&mut data, 'l', pen, &[to]);
                pen = place(to);
            }
            Segment::Cubic(a, b, to) => {
                steps(&mut data, 'c', pen, &[a, b, to]);
                pen = place(to);
            }
            Segment::Close => {
                data.push('z');
                pen = start;
            }
        }
    }
    data
}

fn place(point: Point) -> (i32, i32) {
    (units(point.x), units(point.y))
}

fn steps(data: &mut String, command: char, pen: (i32, i32), points: &[Point]) {
    data.push(command);
    let numbers = points.iter().flat_map(|&point| {
        let (x, y) = place(point);
        [x - pen.0, y - pen.1]
    });
    for (index, number) in numbers.enumerate() {
        // A minus sign separates as well as a blank.
        if index > 0 && number >= 0 {
            data.push(' ');
        }
        let _ = write!(data, "{number}");
    }
}

/// Millimetres and scales to a thousandth.
fn number(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    // Minus zero would print its sign.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}
