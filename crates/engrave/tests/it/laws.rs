//! What holds on every page, whatever the score: asked of handmade pages and of random ones.

use crate::build::{showcase, song};
use crate::random::{bars, score_of};
use engrave::{Class, Engraving, Mark, PageStyle, Paper, Rect, Segment, Shape, engrave};
use proptest::prelude::*;
use score::{BarRepeat, ElementId, Score};
use std::collections::HashMap;

/// Rounding and the overlap of a displaced head with its stem.
const TOUCH: f64 = 0.02;

fn marks(engraving: &Engraving) -> impl Iterator<Item = (usize, &Mark)> {
    engraving.pages.iter().enumerate().flat_map(|(page, marks)| marks.marks.iter().map(move |mark| (page, mark)))
}

/// The measure of every element below it.
fn measure_of(score: &Score) -> HashMap<ElementId, ElementId> {
    let mut found = HashMap::new();
    for measure in &score.measures {
        for event in measure.voices.iter().flat_map(|voice| &voice.events) {
            found.insert(event.id, measure.id);
            found.extend(event.tuplet.map(|tuplet| (tuplet.id, measure.id)));
            if let Some(chord) = event.chord() {
                found.extend(chord.notes.iter().map(|note| (note.id, measure.id)));
                found.extend(chord.graces.as_ref().map(|group| (group.id, measure.id)));
            }
        }
    }
    found
}

fn each_note_is_drawn_once(score: &Score, engraving: &Engraving) {
    let mut heads: HashMap<ElementId, usize> = HashMap::new();
    for (_, mark) in marks(engraving).filter(|(_, mark)| mark.class == Class::Notehead) {
        *heads.entry(mark.element.unwrap()).or_default() += 1;
    }
    for (index, measure) in score.measures.iter().enumerate() {
        let folded = score.repeats.iter().any(|repeat| (repeat.first..repeat.end()).contains(&index));
        let hidden = folded || index > 0 && measure.repeat == Some(BarRepeat::One);
        for event in measure.voices.iter().flat_map(|voice| &voice.events) {
            for note in event.chord().map_or(&[][..], |chord| &chord.notes) {
                let drawn = heads.remove(&note.id).unwrap_or(0);
                assert!(drawn == 1 || (drawn == 0 && (hidden || measure.repeat.is_some())), "{:?} {drawn}x", note.id);
            }
        }
    }
    assert!(heads.is_empty(), "heads without a note: {heads:?}");
}

fn nothing_leaves_the_margins(engraving: &Engraving, margin: f64) {
    for (number, mark) in marks(engraving) {
        let page = &engraving.pages[number];
        let ink = mark.bounds();
        let inside = ink.left >= margin - 0.1
            && ink.top >= margin - 0.1
            && ink.right <= page.width - margin + 0.1
            && ink.bottom <= page.height - margin + 0.1;
        assert!(inside, "{mark:?} at {ink:?} on {} x {}", page.width, page.height);
    }
}

fn measures_keep_to_themselves(score: &Score, engraving: &Engraving) {
    let spans: HashMap<_, _> =
        engraving.systems.iter().flat_map(|system| &system.measures).map(|span| (span.id, span)).collect();
    assert_eq!(spans.len(), score.measures.len());
    let measures = measure_of(score);
    for (_, mark) in marks(engraving) {
        let Some(measure) = mark.element.and_then(|element| measures.get(&element)) else { continue };
        let (span, ink) = (spans[measure], mark.bounds());
        assert!(ink.left >= span.left - TOUCH && ink.right <= span.right + TOUCH, "{mark:?} leaves {span:?}");
    }
    for system in &engraving.systems {
        assert!(system.measures.windows(2).all(|pair| (pair[0].right - pair[1].left).abs() < 1e-9));
    }
}

fn systems_keep_apart(engraving: &Engraving) {
    for pair in engraving.systems.windows(2) {
        let apart = pair[0].page < pair[1].page || pair[0].bottom <= pair[1].top;
        assert!(apart, "{} .. {} / {}", pair[0].staff_top, pair[0].bottom, pair[1].top);
    }
}

fn beams_are_flat(engraving: &Engraving) {
    for (_, mark) in marks(engraving).filter(|(_, mark)| mark.class == Class::Beam) {
        let Shape::Filled(path) = &mark.shape else { panic!("a beam is a filled outline") };
        let mut heights: Vec<f64> = path
            .iter()
            .filter_map(|segment| match segment {
                Segment::Move(p) | Segment::Line(p) => Some(p.y),
                _ => None,
            })
            .collect();
        heights.sort_by(f64::total_cmp);
        heights.dedup();
        assert_eq!(heights.len(), 2);
        assert!((heights[1] - heights[0] - 0.5).abs() < 1e-9);
    }
}

/// Heads never cover heads, and marks outside the staff never cover anything.
fn nothing_collides(engraving: &Engraving) {
    const OUTSIDE: [Class; 8] = [
        Class::Dynamic,
        Class::Articulation,
        Class::Tuplet,
        Class::Sticking,
        Class::Tempo,
        Class::Rehearsal,
        Class::MeasureNumber,
        Class::Text,
    ];
    let shrunk = |rect: Rect, by: f64| Rect {
        left: rect.left + by,
        top: rect.top + by,
        right: rect.right - by,
        bottom: rect.bottom - by,
    };
    for page in &engraving.pages {
        let all: Vec<(usize, &Mark, Rect)> =
            page.marks.iter().enumerate().map(|(index, mark)| (index, mark, mark.bounds())).collect();
        let heads: Vec<_> = all.iter().filter(|(_, mark, _)| mark.class == Class::Notehead).collect();
        for (at, head) in heads.iter().enumerate() {
            for other in &heads[at + 1..] {
                // A slashed head's stroke reaches over its neighbour's corner.
                let by = if matches!(head.1.shape, Shape::Glyph { glyph: '\u{E0CF}'..='\u{E0D3}', .. })
                    || matches!(other.1.shape, Shape::Glyph { glyph: '\u{E0CF}'..='\u{E0D3}', .. })
                {
                    0.35
                } else {
                    0.08
                };
                let met = shrunk(head.2, by).overlaps(shrunk(other.2, by));
                assert!(!met, "heads meet: {:?} {:?}", head.1, other.1);
            }
        }
        for (_, barline, ink) in all.iter().filter(|(_, mark, _)| mark.class == Class::Barline) {
            for head in &heads {
                assert!(!ink.overlaps(head.2), "{barline:?} meets {:?}", head.1);
            }
        }
        let beside = |mark: &Mark| matches!(mark.class, Class::Rest | Class::Dot | Class::Grace);
        for (_, mark, ink) in all.iter().filter(|(_, mark, _)| beside(mark)) {
            // A slur may end under its head.
            let is_slur = mark.class == Class::Grace && matches!(mark.shape, Shape::Filled(_));
            for head in heads.iter().filter(|_| !is_slur) {
                assert!(!shrunk(*ink, 0.08).overlaps(shrunk(head.2, 0.08)), "{mark:?} meets {:?}", head.1);
            }
        }
        for (index, mark, ink) in all.iter().filter(|(_, mark, _)| OUTSIDE.contains(&mark.class)) {
            for (other, neighbour, taken) in &all {
                let same = index == other || (mark.class == neighbour.class && mark.element == neighbour.element);
                let met = !same && shrunk(*ink, TOUCH).overlaps(shrunk(*taken, TOUCH));
                assert!(!met, "{mark:?} meets {neighbour:?}");
            }
        }
    }
}

fn the_cursor_moves_on(score: &Score, engraving: &Engraving) {
    let onsets: usize = score
        .measures
        .iter()
        .map(|measure| {
            let events = measure.voices.iter().flat_map(|voice| &voice.events);
            events.map(|event| event.offset).collect::<std::collections::BTreeSet<_>>().len()
        })
        .sum();
    assert_eq!(engraving.stops.len(), onsets);
    for pair in engraving.stops.windows(2) {
        assert!(pair[0].ticks < pair[1].ticks);
        let forward = pair[0].system < pair[1].system || pair[0].x < pair[1].x;
        assert!(forward || !score.repeats.is_empty(), "{pair:?}");
    }
    for stop in &engraving.stops {
        let spans = &engraving.systems[stop.system].measures;
        let span = spans.iter().find(|span| span.start <= stop.ticks && stop.ticks < span.start + span.length).unwrap();
        assert!(span.left < stop.x && stop.x < span.right);
    }
}

fn all_laws(score: &Score, style: &PageStyle) -> Engraving {
    let engraving = engrave(score, style);
    each_note_is_drawn_once(score, &engraving);
    nothing_leaves_the_margins(&engraving, style.margin_mm / style.space_mm);
    measures_keep_to_themselves(score, &engraving);
    systems_keep_apart(&engraving);
    beams_are_flat(&engraving);
    nothing_collides(&engraving);
    the_cursor_moves_on(score, &engraving);
    assert!(engraving == engrave(score, style), "the same score gives the same page");
    engraving
}

#[test]
fn a_page_with_every_sign_obeys_all_laws() {
    all_laws(&showcase(), &PageStyle::default());
    all_laws(&showcase(), &PageStyle { paper: Paper::Letter, space_mm: 2.1, ..PageStyle::default() });
}

#[test]
fn a_song_stands_four_bars_a_line() {
    let engraving = all_laws(&song(64), &PageStyle::default());
    assert!(engraving.systems.iter().all(|system| system.measures.len() == 4));
    assert_eq!(engraving.pages.len(), 2);
}

#[test]
fn boxes_find_every_note_of_the_page() {
    let score = song(8);
    let boxes = engrave::boxes(&engrave(&score, &PageStyle::default()));
    for (note, _) in measure_of(&score) {
        let found = boxes.iter().find(|found| found.element == note);
        let plain_rest = found.is_none();
        assert!(plain_rest || found.is_some_and(|found| found.bounds.left < found.bounds.right));
    }
    let kicks = score.measures[0].voices[1].events[0].chord().unwrap();
    assert!(boxes.iter().any(|found| found.element == kicks.notes[0].id && found.page == 0));
}

#[test]
fn performances_as_the_score_crate_writes_them_obey_all_laws() {
    for seed in 0..16 {
        let take = testkit::Drummer::seeded(seed).play(20);
        let (one_voice, similes, repeats) = (seed % 3 == 0, seed % 2 == 0, seed % 4 < 2);
        let dynamics = seed % 5 < 3;
        let base = score::NotationOptions { one_voice, similes, ..score::NotationOptions::default() };
        let options = score::NotationOptions { repeats, dynamics, ..base };
        all_laws(&score::notate(&take.performance, &options).0, &PageStyle::default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_score_obeys_all_laws(bars in bars(), letter in any::<bool>()) {
        let paper = if letter { Paper::Letter } else { Paper::A4 };
        all_laws(&score_of(&bars), &PageStyle { paper, ..PageStyle::default() });
    }
}
