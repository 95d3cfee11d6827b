//! Prints a crude SVG of a page, to look at: `cargo run -p engrave --example page -- showcase 0 > page.svg`.
//!
//! The first argument is `showcase`, a number of bars, or `drummer:SEED:BARS` for a made-up performance as the score crate
//! writes it; the second is the page, from 0.

#![expect(clippy::print_stdout, reason = "its purpose")]
#![allow(missing_docs, dead_code, unreachable_pub, clippy::unwrap_used)]

#[path = "../tests/it/build.rs"]
mod build;

use engrave::{Anchor, Page, PageStyle, Path, Point, Segment, Shape, engrave, font};

fn main() {
    let what = std::env::args().nth(1).unwrap_or_else(|| "showcase".to_owned());
    let number: usize = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(0);
    let score = match what.strip_prefix("drummer:").and_then(|rest| rest.split_once(':')) {
        Some((seed, bars)) => played(seed.parse().unwrap_or(1), bars.parse().unwrap_or(16)),
        None => what.parse().map_or_else(|_| build::showcase(), build::song),
    };
    let engraving = engrave(&score, &PageStyle::default());
    if let Some(page) = engraving.pages.get(number) {
        println!("{}", svg(page));
    }
}

fn played(seed: u64, bars: usize) -> score::Score {
    let take = testkit::Drummer::seeded(seed).play(bars);
    let options =
        score::NotationOptions { title: format!("Drummer {seed}"), similes: true, ..score::NotationOptions::default() };
    score::notate(&take.performance, &options).0
}

fn svg(page: &Page) -> String {
    let (width, height) = (page.width, page.height);
    let mut out = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{}' height='{}'><rect \
            width='100%' height='100%' fill='white'/>\n",
        width * 12.0,
        height * 12.0
    );
    for mark in &page.marks {
        match &mark.shape {
            Shape::Glyph { glyph, at, scale } => {
                out += &path(font::glyph(*glyph).unwrap_or(&Path::new()), *at, *scale);
            }
            Shape::Line { from, to, thickness } => {
                let (x1, y1, x2, y2) = (from.x, from.y, to.x, to.y);
                out += &format!(
                    "<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='black' stroke-width='{thickness}'/>\n"
                );
            }
            Shape::Filled(outline) => out += &path(outline, Point::default(), 1.0),
            Shape::Text { text, at, size, face, anchor } => {
                let share = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => 0.5,
                    Anchor::End => 1.0,
                };
                let x = at.x - share * font::text_width(text, *face, *size);
                out += &path(&font::text_outline(text, *face, *size), Point { x, y: at.y }, 1.0);
            }
        }
    }
    out + "</svg>"
}

fn path(outline: &Path, at: Point, scale: f64) -> String {
    let point = |p: &Point| format!("{:.3},{:.3}", at.x + p.x * scale, at.y + p.y * scale);
    let steps: Vec<String> = outline
        .iter()
        .map(|segment| match segment {
            Segment::Move(p) => format!("M{}", point(p)),
            Segment::Line(p) => format!("L{}", point(p)),
            Segment::Cubic(a, b, c) => format!("C{} {} {}", point(a), point(b), point(c)),
            Segment::Close => "Z".to_owned(),
        })
        .collect();
    format!("<path d='{}'/>\n", steps.join(""))
}
