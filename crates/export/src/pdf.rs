//! PDF: pages for paper, drawn as vectors.
//!
//! Conventions: points with y upwards, as PDF has them, and inside it a frame of 250ths of a staff space with y downwards.
//! Music glyphs and letters are form objects used by reference, so that no font is needed for what is seen; words lie
//! over their outlines once more, invisible, to be searched and copied. Bookmarks lead to rehearsal letters. Title and
//! program are in the document's information, a date is not: the same score gives the same file.

mod bookmarks;
mod words;

use crate::outline::{Outline, Symbol, UNITS_PER_SPACE, outline};
use crate::{FormatInfo, Material, Options, Result};
use bookmarks::Bookmark;
use engrave::{Engraving, Page, Path, Point, Segment};
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, TextStr, types::NumberingStyle};
use std::collections::{BTreeMap, BTreeSet};

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "pdf",
    extension: "pdf",
    media_type: "application/pdf",
    name: "PDF",
    description: "The pages to print and to read on a stand.",
    pages: false,
    write,
};

const POINTS_PER_MM: f64 = 72.0 / 25.4;
const COMPRESSION: u8 = 6;
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFORMATION: Ref = Ref::new(3);
const LABEL: Ref = Ref::new(4);
const WORDS: Ref = Ref::new(5);
const BOOKMARKS: Ref = Ref::new(6);
const FIRST_FREE: i32 = 7;

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let engraving = material.pages_for(options);
    let mut free = (FIRST_FREE..).map(Ref::new);
    let mut new_ref = || free.next().expect("no score fills two thousand million objects");
    let forms: BTreeMap<Symbol, Ref> = symbols(&engraving).into_iter().map(|symbol| (symbol, new_ref())).collect();
    let pages: Vec<(&Page, Ref, Ref)> = engraving.pages.iter().map(|page| (page, new_ref(), new_ref())).collect();
    let bookmarks = bookmarks::of(material.score(), &engraving).into_iter().map(|bookmark| (bookmark, new_ref()));
    let bookmarks: Vec<(Bookmark, Ref)> = bookmarks.collect();

    let mut pdf = Pdf::new();
    head(&mut pdf, &material.score().title, pages.len(), !bookmarks.is_empty());
    if !bookmarks.is_empty() {
        let pages: Vec<Ref> = pages.iter().map(|(_, page, _)| *page).collect();
        bookmarks::write(&mut pdf, BOOKMARKS, &bookmarks, &pages);
    }
    pdf.type1_font(WORDS).base_font(Name(b"Courier")).encoding_predefined(Name(b"WinAnsiEncoding"));
    pdf.pages(PAGES).kids(pages.iter().map(|(_, page, _)| *page)).count(pages.len() as i32);
    for (symbol, id) in &forms {
        write_form(&mut pdf, *symbol, *id);
    }
    for (page, page_id, content_id) in pages {
        write_page(&mut pdf, page, engraving.space_mm, page_id, content_id, &forms);
    }
    Ok(pdf.finish())
}

/// Text without control characters, trimmed.
fn printable(text: &str) -> String {
    let kept: String = text.chars().filter(|character| !character.is_control()).collect();
    kept.trim().to_owned()
}

fn head(pdf: &mut Pdf, title: &str, pages: usize, has_bookmarks: bool) {
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGES);
    if has_bookmarks {
        catalog.outlines(BOOKMARKS);
    }
    catalog.lang(TextStr("en"));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.page_labels().nums().insert(0, LABEL);
    catalog.finish();
    pdf.indirect(LABEL).start::<pdf_writer::writers::PageLabel<'_>>().style(NumberingStyle::Arabic).offset(1);
    let title = printable(title);
    let title = if title.is_empty() { "Drum set" } else { title.as_str() };
    let mut information = pdf.document_info(INFORMATION);
    information.title(TextStr(title));
    information.creator(TextStr("Backbeat"));
    information.subject(TextStr(if pages == 1 { "Drum notation, one page" } else { "Drum notation" }));
}

/// The symbols with an outline that the pages use.
fn symbols(engraving: &Engraving) -> BTreeSet<Symbol> {
    let mut symbols = BTreeSet::new();
    for mark in engraving.pages.iter().flat_map(|page| &page.marks) {
        if let Outline::Row { symbols: row, .. } = outline(mark) {
            symbols.extend(row.into_iter().map(|(symbol, _)| symbol));
        }
    }
    symbols.retain(|symbol| symbol.outline().is_some());
    symbols
}

fn write_form(pdf: &mut Pdf, symbol: Symbol, id: Ref) {
    let Some(path) = symbol.outline() else { return };
    let Some(ink) = engrave::Rect::of_path(&path) else { return };
    let mut content = Content::new();
    draw_path(&mut content, &path);
    content.fill_nonzero();
    let bytes = compress_to_vec_zlib(content.finish().as_slice(), COMPRESSION);
    let mut form = pdf.form_xobject(id, &bytes);
    form.filter(Filter::FlateDecode);
    // A little larger than the ink: readers clip at the box.
    let grow = 0.1;
    form.bbox(Rect::new(unit(ink.left - grow), unit(ink.top - grow), unit(ink.right + grow), unit(ink.bottom + grow)));
    form.resources();
}

fn write_page(pdf: &mut Pdf, page: &Page, space_mm: f64, id: Ref, content_id: Ref, forms: &BTreeMap<Symbol, Ref>) {
    let points_per_space = space_mm * POINTS_PER_MM;
    let (width, height) = (page.width * points_per_space, page.height * points_per_space);
    let mut content = Content::new();
    let scale = (points_per_space / UNITS_PER_SPACE) as f32;
    content.transform([scale, 0.0, 0.0, -scale, 0.0, height as f32]);
    for mark in &page.marks {
        words::write(&mut content, mark);
        if let Some(tint) = mark.tint {
            let [red, green, blue] = tint.rgb().map(|part| f32::from(part) / 255.0);
            content.save_state();
            content.set_fill_rgb(red, green, blue).set_stroke_rgb(red, green, blue);
        }
        match outline(mark) {
            Outline::Row { at, scale, symbols } => write_row(&mut content, at, scale, &symbols, forms),
            Outline::Figure(path) => {
                draw_path(&mut content, path);
                content.fill_nonzero();
            }
            Outline::Line { from, to, thickness } => {
                content.set_line_width(unit(thickness));
                content.move_to(unit(from.x), unit(from.y));
                content.line_to(unit(to.x), unit(to.y));
                content.stroke();
            }
        }
        if mark.tint.is_some() {
            content.restore_state();
        }
    }
    let bytes = compress_to_vec_zlib(content.finish().as_slice(), COMPRESSION);
    pdf.stream(content_id, &bytes).filter(Filter::FlateDecode);
    let mut dictionary = pdf.page(id);
    dictionary.parent(PAGES).contents(content_id);
    dictionary.media_box(Rect::new(0.0, 0.0, width as f32, height as f32));
    let mut resources = dictionary.resources();
    resources.fonts().pair(words::FONT, WORDS);
    let mut objects = resources.x_objects();
    for (symbol, id) in forms {
        objects.pair(Name(symbol.name().as_bytes()), *id);
    }
}

/// Symbols in a row, the pen moving on from each to the next.
fn write_row(content: &mut Content, at: Point, scale: f64, symbols: &[(Symbol, f64)], forms: &BTreeMap<Symbol, Ref>) {
    let scale = ((scale * 1000.0).round() / 1000.0) as f32;
    content.save_state();
    content.transform([scale, 0.0, 0.0, scale, unit(at.x), unit(at.y)]);
    let mut pen = 0.0;
    for (symbol, distance) in symbols.iter().filter(|(symbol, _)| forms.contains_key(symbol)) {
        let to = unit(*distance);
        if to != pen {
            content.transform([1.0, 0.0, 0.0, 1.0, to - pen, 0.0]);
            pen = to;
        }
        content.x_object(Name(symbol.name().as_bytes()));
    }
    content.restore_state();
}

fn draw_path(content: &mut Content, path: &Path) {
    for segment in path {
        match *segment {
            Segment::Move(to) => content.move_to(unit(to.x), unit(to.y)),
            Segment::Line(to) => content.line_to(unit(to.x), unit(to.y)),
            Segment::Cubic(a, b, to) => {
                content.cubic_to(unit(a.x), unit(a.y), unit(b.x), unit(b.y), unit(to.x), unit(to.y))
            }
            Segment::Close => content.close_path(),
        };
    }
}

/// Staff spaces in whole units of the frame.
fn unit(spaces: f64) -> f32 {
    crate::outline::units(spaces) as f32
}
