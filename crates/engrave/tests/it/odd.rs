//! Scores nobody would write by hand: empty, endless, crowded, with strange titles and styles.

use crate::build::{Builder, song};
use drums::{Meter, Ticks};
use engrave::{Class, PageStyle, Paper, Shape, engrave};
use score::{BarRepeat, Beam, Content, Score, Tremolo};

#[test]
fn an_empty_score_is_one_page_with_its_title() {
    let empty = engrave(&Score::default(), &PageStyle::default());
    assert_eq!((empty.pages.len(), empty.systems.len()), (1, 0));
    let titled = engrave(&Score { title: "Nothing yet".into(), ..Score::default() }, &PageStyle::default());
    assert!(titled.pages[0].marks.iter().any(|mark| mark.class == Class::Title));
}

#[test]
fn three_hundred_measures_fill_pages_in_order() {
    let engraving = engrave(&song(300), &PageStyle::default());
    let measures: usize = engraving.systems.iter().map(|system| system.measures.len()).sum();
    assert_eq!(measures, 300);
    assert!((7..=12).contains(&engraving.pages.len()), "{}", engraving.pages.len());
    assert!(engraving.systems.is_sorted_by_key(|system| system.page));
}

#[test]
fn a_title_of_a_thousand_characters_stays_on_the_page() {
    for title in ["x".repeat(1000), "word ".repeat(200), "🥁🔥\u{0}\n\u{202E}".repeat(200), "Ω".repeat(1000)] {
        let score = Score { subtitle: title.clone(), title, ..song(4) };
        let engraving = engrave(&score, &PageStyle::default());
        let page = &engraving.pages[0];
        let titles = page.marks.iter().filter(|mark| mark.class == Class::Title);
        for ink in titles.map(engrave::Mark::bounds) {
            assert!(ink.left >= 7.9 && ink.right <= page.width - 7.9, "{ink:?}");
        }
        assert!(engraving.systems[0].staff_bottom < page.height / 2.0);
    }
}

#[test]
fn long_words_above_the_staff_are_cut_to_the_line() {
    let mut builder = Builder::new("", "");
    let measure = builder.measure(Meter::FOUR_FOUR, "4:snare 4:snare 4:snare 4:snare", "");
    measure.text = "slower ".repeat(100);
    measure.rehearsal = Some("Verse ".repeat(100));
    measure.tempo = Builder::tempo(1999.0);
    let engraving = engrave(&builder.finish(), &PageStyle::default());
    let page = &engraving.pages[0];
    assert!(page.marks.iter().all(|mark| mark.bounds().right <= page.width - 7.9));
}

/// The laws of the model are broken here on purpose: whoever calls the engraver with such a score still gets a page.
#[test]
fn a_score_that_breaks_its_own_laws_is_drawn_all_the_same() {
    let mut score = crate::build::showcase();
    for (index, measure) in score.measures.iter_mut().enumerate() {
        measure.start = Ticks(-5 * index as i64);
        measure.repeat = Some([BarRepeat::TwoSecond, BarRepeat::TwoFirst, BarRepeat::One][index % 3]);
        for event in measure.voices.iter_mut().flat_map(|voice| &mut voice.events) {
            event.offset = Ticks(event.offset.get() * 37 % 50_000 - 9_000);
            event.beams.reverse();
            event.beams.extend([Beam::Continue, Beam::HookForward]);
            if let Content::Chord(chord) = &mut event.content {
                chord.tremolo = Some(Tremolo::Slashes(200));
                chord.notes.truncate(index % 3);
            }
        }
        if index % 4 == 0 {
            measure.repeat = None;
        }
        if index % 5 == 0 {
            measure.voices.clear();
        }
    }
    let engraving = engrave(&score, &PageStyle::default());
    let finite = |mark: &engrave::Mark| {
        let ink = mark.bounds();
        [ink.left, ink.top, ink.right, ink.bottom].iter().all(|number| number.is_finite())
    };
    assert!(engraving.pages.iter().flat_map(|page| &page.marks).all(finite));
}

#[test]
fn a_bar_of_sixty_four_notes_is_squeezed_into_its_line() {
    let mut builder = Builder::new("", "");
    let bar = "64:snare+hihat_open>/R ".repeat(64);
    builder.measure(Meter::FOUR_FOUR, &bar, "r");
    builder.measure(Meter::new(32, 4).unwrap(), &"16:snare^3 ".repeat(128), &"4:kick ".repeat(32));
    let engraving = engrave(&builder.finish(), &PageStyle { space_mm: 3.0, ..PageStyle::default() });
    for page in &engraving.pages {
        let right = page.width - 14.0 / 3.0 + 0.2;
        let barlines = page.marks.iter().filter(|mark| mark.class == Class::Barline);
        assert!(barlines.map(engrave::Mark::bounds).all(|ink| ink.right <= right));
    }
}

#[test]
fn styles_out_of_range_are_held_within_it() {
    for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e9] {
        for measures_per_system in [0, 1, usize::MAX] {
            let style = PageStyle { space_mm: wrong, margin_mm: wrong, measures_per_system, ..PageStyle::default() };
            let engraving = engrave(&song(9), &style);
            assert!(engraving.pages.iter().all(|page| page.width.is_finite() && page.width > 50.0));
        }
    }
}

#[test]
fn paper_and_switches_do_what_they_say() {
    let classes = |style: &PageStyle| -> Vec<Class> {
        engrave(&song(12), style).pages.iter().flat_map(|page| &page.marks).map(|mark| mark.class).collect()
    };
    let all = classes(&PageStyle::default());
    let bare = classes(&PageStyle { drum_key: false, measure_numbers: false, title: false, ..PageStyle::default() });
    for class in [Class::Key, Class::MeasureNumber, Class::Title] {
        assert!(all.contains(&class) && !bare.contains(&class), "{class:?}");
    }
    let letter = engrave(&song(1), &PageStyle { paper: Paper::Letter, ..PageStyle::default() });
    assert!((letter.pages[0].width * letter.space_mm - 215.9).abs() < 1e-9);
}

#[test]
fn every_glyph_drawn_is_in_the_font() {
    let engraving = engrave(&crate::build::showcase(), &PageStyle::default());
    for mark in engraving.pages.iter().flat_map(|page| &page.marks) {
        if let Shape::Glyph { glyph, .. } = mark.shape {
            assert!(engrave::font::glyph(glyph).is_some(), "U+{:X}", glyph as u32);
        }
    }
}
