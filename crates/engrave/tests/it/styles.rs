//! What a reader may choose: dialects, hands, overlays, loudness, where pages turn.

use crate::build::{Builder, showcase, song};
use drums::{Instrument, Meter, Ticks};
use engrave::{Class, Dialect, Engraving, Mark, Overlay, PageStyle, Shape, Tint, engrave, engrave_with};
use score::{Dynamic, DynamicMark, DynamicSign, ElementId, NotationOptions, Score, notate};
use std::collections::BTreeMap;
use testkit::Drummer;

fn marks(engraving: &Engraving) -> impl Iterator<Item = &Mark> {
    engraving.pages.iter().flat_map(|page| &page.marks)
}

fn glyph(mark: &Mark) -> Option<(char, f64)> {
    match mark.shape {
        Shape::Glyph { glyph, at, .. } => Some((glyph, at.y)),
        _ => None,
    }
}

/// Head and height below the top line of each instrument in a dialect.
fn heads(score: &Score, dialect: Dialect) -> BTreeMap<Instrument, (char, f64)> {
    let engraving = engrave(score, &PageStyle { dialect, ..PageStyle::default() });
    let of_note = |id: ElementId| {
        let events = score.measures.iter().flat_map(score::Measure::events);
        let mut notes = events.filter_map(score::Event::chord).flat_map(|chord| &chord.notes);
        notes.find(|note| note.id == id).map(|note| note.instrument)
    };
    let mut found = BTreeMap::new();
    for mark in marks(&engraving).filter(|mark| mark.class == Class::Notehead) {
        let (head, y) = glyph(mark).unwrap();
        let top =
            engraving.systems.iter().map(|system| system.staff_top).filter(|top| y > top - 5.0).fold(0.0, f64::max);
        let height = ((y - top) * 2.0).round() / 2.0;
        found.insert(of_note(mark.element.unwrap()).unwrap(), (head, height));
    }
    found
}

#[test]
fn dialects_put_sounds_where_their_readers_look_for_them() {
    let score = showcase();
    let [own, musescore, guitar_pro] =
        [Dialect::Backbeat, Dialect::MuseScore, Dialect::GuitarPro].map(|dialect| heads(&score, dialect));
    for dialect in [&own, &musescore, &guitar_pro] {
        assert_eq!((dialect[&Instrument::Snare].1, dialect[&Instrument::Kick].1), (1.5, 3.5));
    }
    assert_eq!(musescore[&Instrument::TomHigh].1, 0.0, "MuseScore has the high tom on the top line");
    assert_eq!(own[&Instrument::TomHigh].1, 0.5);
    assert_eq!(guitar_pro[&Instrument::HihatOpen].0, '\u{E0B3}', "a circled x is an open hi-hat in Guitar Pro");
    assert_ne!(own[&Instrument::HihatOpen].0, '\u{E0B3}');
    assert_eq!(guitar_pro[&Instrument::Crash].0, '\u{E0F8}');
}

#[test]
fn left_handed_players_lead_with_the_left() {
    let letters = |left_handed| -> String {
        let engraving = engrave(&showcase(), &PageStyle { left_handed, ..PageStyle::default() });
        let letters =
            marks(&engraving).filter(|mark| mark.class == Class::Sticking).filter_map(|mark| match &mark.shape {
                Shape::Text { text, .. } => Some(text.clone()),
                _ => None,
            });
        letters.collect()
    };
    let mirrored: String = letters(false).chars().map(|hand| if hand == 'R' { 'L' } else { 'R' }).collect();
    assert_eq!(letters(true), mirrored);
}

#[test]
fn an_overlay_tells_doubt_and_timing_by_tint_and_shape() {
    let take = Drummer::seeded(3).play(8);
    let mut hits = take.performance.hits().to_vec();
    for (index, hit) in hits.iter_mut().enumerate() {
        hit.confidence = drums::Confidence::clamped([0.95, 0.65, 0.3][index % 3]);
        let late = [0.0, 0.025, -0.025][index % 3];
        hit.time = hit.time + drums::Seconds::clamped(late);
    }
    let played = drums::Performance::new(take.performance.duration(), hits, take.performance.grid().clone()).unwrap();
    let score = notate(&played, &NotationOptions::default()).0;
    let overlay = Overlay::of(&score, &played);
    let engraving = engrave_with(&score, &PageStyle::default(), &overlay);
    let with = |tint| marks(&engraving).filter(|mark| mark.tint == Some(tint)).count();
    assert!([Tint::Unsure, Tint::Doubtful, Tint::Early, Tint::Late].into_iter().all(|tint| with(tint) > 3));
    let questions =
        marks(&engraving).filter(|mark| mark.class == Class::Overlay && matches!(mark.shape, Shape::Text { .. }));
    let doubtful = overlay.confidence.values().filter(|confidence| **confidence < 0.5).count();
    assert_eq!(questions.count(), doubtful);
    let plain = engrave(&score, &PageStyle::default());
    assert!(marks(&plain).all(|mark| mark.tint.is_none() && mark.class != Class::Overlay));
}

#[test]
fn letters_and_hairpins_stand_under_the_staff() {
    let mut builder = Builder::new("", "");
    for _ in 0..10 {
        builder.measure(Meter::FOUR_FOUR, "4:snare 4:snare 4:snare 4:snare", "4:kick 4:r 2:r");
    }
    let mut score = builder.finish();
    let mark = |id, sign| DynamicMark { id: ElementId(id), offset: Ticks::ZERO, sign };
    score.measures[0].dynamics = vec![mark(9001, DynamicSign::Level(Dynamic::Mp))];
    score.measures[2].dynamics = vec![mark(9002, DynamicSign::Crescendo(Ticks::QUARTER * 16))];
    assert_eq!(score::check(&score), []);
    let engraving = engrave(&score, &PageStyle::default());
    let of = |id| -> Vec<&Mark> { marks(&engraving).filter(|mark| mark.element == Some(ElementId(id))).collect() };
    assert_eq!(of(9001).len(), 2, "m and p");
    assert_eq!(of(9002).len() % 2, 0, "two lines for each system it crosses");
    for mark in of(9001).into_iter().chain(of(9002)) {
        let under = |system: &&engrave::System| {
            mark.bounds().top > system.staff_bottom && mark.bounds().bottom <= system.bottom + 1e-9
        };
        assert!(engraving.systems.iter().any(|system| under(&system)), "{mark:?}");
    }
}

#[test]
fn pages_do_not_turn_after_a_fill_where_that_can_be_helped() {
    // Fills end every second line, so there is always a calm line to turn after.
    let score = song(120);
    let engraving = engrave(&score, &PageStyle::default());
    let last_of_page = |page: usize| engraving.systems.iter().rfind(|system| system.page == page).unwrap();
    for page in 0..engraving.pages.len() - 1 {
        let last = last_of_page(page).measures.last().unwrap().id;
        let measure = score.measures.iter().find(|measure| measure.id == last).unwrap();
        assert!(!score::is_fill(measure), "page {page} turns in a fill");
    }
}

#[test]
fn a_plus_closes_an_open_hihat_where_readers_want_it() {
    let mut builder = Builder::new("", "");
    // The second open one is closed by the foot, the third in the next bar.
    let hands = "8:hihat_closed 8:hihat_open 8:hihat_closed 8:hihat_closed 8:hihat_open 8:snare 4:hihat_open";
    builder.measure(Meter::FOUR_FOUR, hands, "2:r 8:r 8:hihat_pedal 4:r");
    builder.measure(Meter::FOUR_FOUR, "4:hihat_closed 4:hihat_closed 2:r", "r");
    let score = builder.finish();
    let pluses = |closed_marks| {
        let engraving = engrave(&score, &PageStyle { closed_marks, drum_key: false, ..PageStyle::default() });
        marks(&engraving).filter(|mark| glyph(mark).is_some_and(|(glyph, _)| glyph == '\u{E0AF}')).count()
    };
    assert_eq!((pluses(true), pluses(false)), (2, 0));
}
