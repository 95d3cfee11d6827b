//! SVG, PDF and PNG: one page, all pages, the names of elements.

use crate::scores::{kitchen, long, played, rock};
use drums::{BeatGrid, Confidence, Hit, Performance, Seconds};
use export::{Error, Material, Options, PageStyle, Paper, find, write};
use std::collections::HashSet;

fn file(format: &str, score: &score::Score, options: &Options) -> Vec<u8> {
    let performance = played(score);
    write(find(format).unwrap(), &Material::new(&performance, score), options).unwrap()
}

fn svg(score: &score::Score, options: &Options) -> String {
    String::from_utf8(file("svg", score, options)).unwrap()
}

#[test]
fn every_note_of_a_score_has_its_name_in_the_drawing_once() {
    let score = kitchen();
    let svg = svg(&score, &Options::default());
    let ids: Vec<&str> = svg.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "an id stands twice");
    let events = score.measures.iter().flat_map(|measure| &measure.voices).flat_map(|voice| &voice.events);
    for note in events.filter_map(score::Event::chord).flat_map(|chord| &chord.notes) {
        let name = format!("n{}", note.id.0);
        assert!(ids.contains(&name.as_str()), "{name} is missing");
    }
}

#[test]
fn a_page_is_as_large_as_its_paper() {
    let a4 = svg(&rock(), &Options::default());
    assert!(a4.contains("width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\""), "{}", &a4[..200]);
    let style = PageStyle { paper: Paper::Letter, ..PageStyle::default() };
    let letter = svg(&rock(), &Options { style, ..Options::default() });
    assert!(letter.contains("viewBox=\"0 0 215.9 279.4\""), "{}", &letter[..200]);
}

#[test]
fn pages_are_stacked_or_picked() {
    let score = long(120);
    let performance = played(&score);
    let material = Material::new(&performance, &score);
    let pages = material.pages(&Options::default());
    assert!(pages > 1);
    let all = svg(&score, &Options::default());
    assert_eq!(all.matches("class=\"page\"").count(), pages);
    let second = svg(&score, &Options { page: Some(2), ..Options::default() });
    assert_eq!(second.matches("class=\"page\"").count(), 1);
    for page in [0, pages + 1] {
        let options = Options { page: Some(page), ..Options::default() };
        let error = write(find("svg").unwrap(), &material, &options).unwrap_err();
        assert!(matches!(error, Error::NoSuchPage { .. }), "{error}");
    }
}

#[test]
fn a_picture_has_its_resolution_and_some_ink() {
    let bytes = file("png", &rock(), &Options { dpi: 100.0, page: Some(1), ..Options::default() });
    let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut grey).unwrap();
    assert_eq!((frame.width, frame.height), (827, 1169));
    let (white, black) = (grey.iter().filter(|&&v| v == 255).count(), grey.iter().filter(|&&v| v == 0).count());
    assert!(white > grey.len() * 8 / 10, "{white} of {} pixels are white", grey.len());
    assert!(black > 500, "{black} pixels are black");
}

#[test]
fn a_picture_beyond_all_bounds_is_refused() {
    let score = long(1500);
    let performance = played(&score);
    let options = Options { dpi: 600.0, ..Options::default() };
    let error = write(find("png").unwrap(), &Material::new(&performance, &score), &options).unwrap_err();
    assert!(matches!(error, Error::LimitReached { unit: "pixels", .. }), "{error}");
}

#[test]
fn a_pdf_has_its_pages_and_its_title() {
    let bytes = file("pdf", &long(120), &Options::default());
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("%PDF-1.7") && text.contains("%%EOF"));
    assert!(text.contains("/Title (Long)"), "no title");
    assert!(text.matches("/Type /Page\n").count() > 1, "one page only");
    assert!(!text.contains("/CreationDate"));
    // Without letters, bookmarks lead to pages.
    assert!(text.contains("/Title (Page 2)") && text.contains("/Outlines"), "no bookmarks");
}

#[test]
fn bookmarks_lead_to_letters() {
    let bytes = file("pdf", &kitchen(), &Options::default());
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("/Title (A, measure 1)") && !text.contains("/Title (Page 1)"), "no bookmark");
    assert!(text.contains("/BaseFont /Courier"), "no words to search");
}

#[test]
fn a_resolution_outside_its_limits_is_refused() {
    let performance = played(&rock());
    let score = rock();
    let options = Options { dpi: 5_000.0, ..Options::default() };
    let error = write(find("png").unwrap(), &Material::new(&performance, &score), &options).unwrap_err();
    assert_eq!(error.to_string(), "the option dpi cannot be \"5000\", it takes 20 to 600 dots per inch");
}

#[test]
fn doubts_and_timing_are_coloured_when_asked_for() {
    let score = rock();
    let played = played(&score);
    // Every other stroke uncertain, and all of them 30 ms late.
    let doubtful = |hit: &Hit| Hit {
        time: hit.time + Seconds::clamped(0.03),
        confidence: Confidence::clamped(if hit.id.0.is_multiple_of(2) { 0.3 } else { 1.0 }),
        ..*hit
    };
    let hits = played.hits().iter().map(doubtful).collect();
    let performance = Performance::new(played.duration(), hits, BeatGrid::default()).unwrap();
    let material = Material::new(&performance, &score);
    let file = |format: &str, options: &Options| write(find(format).unwrap(), &material, options).unwrap();
    let plain = Options::default();
    let shown = Options { show_confidence: true, show_timing: true, ..Options::default() };
    let svg = |options| String::from_utf8(file("svg", options)).unwrap();
    assert!(!svg(&plain).contains("fill=\"#"));
    let (coloured, timing) = (svg(&shown), svg(&Options { show_timing: true, ..Options::default() }));
    assert!(coloured.contains("doubtful\" fill=\"#c01c4b\"") && coloured.contains(" late\""));
    assert!(!timing.contains("doubtful") && timing.contains(" late\""));
    // What is laid over the notes takes room, so places on the page move as well.
    for format in ["pdf", "png", "timemap"] {
        assert!(file(format, &plain) != file(format, &shown), "{format}");
    }
    let bytes = file("png", &shown);
    let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    assert_eq!(reader.next_frame(&mut pixels).unwrap().color_type, png::ColorType::Rgb);
    assert!(pixels.chunks_exact(3).any(|pixel| pixel == [0xC0, 0x1C, 0x4B]));
}
