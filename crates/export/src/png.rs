//! PNG: pages as pictures, black on white.
//!
//! Conventions: one grey channel of eight bits, three of colour where something is coloured; the resolution is
//! written into the file. Pages are drawn and compressed one after the other, so that memory holds one page however
//! many there are.

use crate::material::chosen_pages;
use crate::outline::{Outline, Symbol, outline, placed, stroke};
use crate::{Error, FormatInfo, Material, Options, Result};
use engrave::{Page, Path, Point, Segment, Tint};
use std::collections::BTreeSet;
use std::io::Write as _;
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "png",
    extension: "png",
    media_type: "image/png",
    name: "PNG",
    description: "The pages as a picture for messages and slides.",
    pages: true,
    write,
};

/// Most pixels in a picture; 40 pages of A4 at 300 dots per inch.
const PIXELS_MAX: u64 = 350_000_000;
const MM_PER_INCH: f64 = 25.4;

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let engraving = material.pages_for(options);
    let pages = chosen_pages(&engraving, options.page)?;
    let dpi = options.dpi;
    let pixels_per_space = engraving.space_mm / MM_PER_INCH * dpi;
    let size = |page: &Page| (pixels(page.width, pixels_per_space), pixels(page.height, pixels_per_space));
    let width = pages.iter().map(|page| size(page).0).max().unwrap_or(1);
    let height: u64 = pages.iter().map(|page| u64::from(size(page).1)).sum();
    let count = u64::from(width) * height;
    if count > PIXELS_MAX {
        return Err(Error::LimitReached { what: "picture", value: count, limit: PIXELS_MAX, unit: "pixels" });
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height as u32);
    let tints: BTreeSet<Tint> = pages.iter().flat_map(|page| &page.marks).filter_map(|mark| mark.tint).collect();
    encoder.set_color(if tints.is_empty() { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    let pixels_a_metre = (dpi / MM_PER_INCH * 1000.0).round() as u32;
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: pixels_a_metre, yppu: pixels_a_metre, unit }));
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer()?;
    for page in pages {
        let grey = draw(page, None, width, size(page).1, pixels_per_space);
        let picture = if tints.is_empty() {
            grey
        } else {
            let mut picture: Vec<u8> = grey.iter().flat_map(|grey| [*grey; 3]).collect();
            for tint in &tints {
                lay(&mut picture, *tint, &draw(page, Some(*tint), width, size(page).1, pixels_per_space));
            }
            picture
        };
        stream.write_all(&picture).map_err(png::EncodingError::IoError)?;
    }
    stream.finish()?;
    writer.finish()?;
    Ok(bytes)
}

fn pixels(spaces: f64, pixels_per_space: f64) -> u32 {
    (spaces * pixels_per_space).round().clamp(1.0, 50_000.0) as u32
}

/// Lays a tint over a picture of three channels wherever its marks are not white.
fn lay(picture: &mut [u8], tint: Tint, grey: &[u8]) {
    for (pixel, grey) in picture.chunks_exact_mut(3).zip(grey).filter(|(_, grey)| **grey < 255) {
        let ink = u16::from(255 - grey);
        for (channel, colour) in pixel.iter_mut().zip(tint.rgb()) {
            *channel = ((u16::from(*channel) * (255 - ink) + u16::from(colour) * ink) / 255) as u8;
        }
    }
}

/// The grey values of the marks of a page that have this tint, row by row.
fn draw(page: &Page, tint: Option<Tint>, width: u32, height: u32, pixels_per_space: f64) -> Vec<u8> {
    let Some(mut ink) = Mask::new(width, height) else { return Vec::new() };
    let pixels = Transform::from_scale(pixels_per_space as f32, pixels_per_space as f32);
    for mark in page.marks.iter().filter(|mark| mark.tint == tint) {
        let paths = match outline(mark) {
            Outline::Row { at, scale, symbols } => row(at, scale, &symbols),
            Outline::Figure(path) => vec![path.clone()],
            Outline::Line { from, to, thickness } => vec![stroke(from, to, thickness)],
        };
        for path in paths.iter().filter_map(skia_path) {
            ink.fill_path(&path, FillRule::Winding, true, pixels);
        }
    }
    ink.data().iter().map(|coverage| 255 - coverage).collect()
}

fn row(at: Point, scale: f64, symbols: &[(Symbol, f64)]) -> Vec<Path> {
    let place = |(symbol, distance): &(Symbol, f64)| {
        let at = Point { x: at.x + distance * scale, y: at.y };
        Some(placed(&*symbol.outline()?, at, scale))
    };
    symbols.iter().filter_map(place).collect()
}

fn skia_path(path: &Path) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for segment in path {
        match *segment {
            Segment::Move(to) => builder.move_to(to.x as f32, to.y as f32),
            Segment::Line(to) => builder.line_to(to.x as f32, to.y as f32),
            Segment::Cubic(a, b, to) => {
                builder.cubic_to(a.x as f32, a.y as f32, b.x as f32, b.y as f32, to.x as f32, to.y as f32);
            }
            Segment::Close => builder.close(),
        }
    }
    builder.finish()
}
