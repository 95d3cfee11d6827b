//! MusicXML against golden files; the schema and other readers are asked by `scripts/check_readers.py`.

use crate::scores::{Writer, kitchen, played};
use drums::Ticks;
use export::{Material, Options, find, write};
use score::{Dynamic, DynamicMark, DynamicSign, ElementId, Score};

fn musicxml(score: &Score) -> String {
    let performance = played(score);
    let material = Material::new(&performance, score);
    String::from_utf8(write(find("musicxml").unwrap(), &material, &Options::default()).unwrap()).unwrap()
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn a_small_groove() {
    let score = Writer::new("Small & neat", "4/4", 104.0)
        .bar("8:hh 8:ho 8:hh+sd^ 16:hh 16:(sd) 8t:sd/f 8t:sd 8t:sd 4:-", "4:bd 4:hf 2:-")
        .done();
    insta::assert_snapshot!(musicxml(&score));
}

#[test]
fn every_note_says_how_it_looks() {
    let xml = musicxml(&kitchen());
    let notes = count(&xml, "<unpitched>");
    assert_eq!(notes, count(&xml, "<notehead"));
    assert_eq!(notes, count(&xml, "<stem>"));
    assert_eq!(notes, count(&xml, "<instrument id="));
    assert_eq!(count(&xml, "<note id="), count(&xml, "<voice>"));
}

#[test]
fn septuplets_need_finer_divisions() {
    let plain = Writer::new("", "2/4", 100.0).bar("16q:sd 16q:sd 16q:sd 16q:sd 16q:sd 4:sd", "").done();
    let seven = Writer::new("", "2/4", 100.0).bar("16u:sd 16u:sd 16u:sd 16u:sd 16u:sd 16u:sd 16u:sd 4:sd", "").done();
    assert!(musicxml(&plain).contains("<divisions>480</divisions>"));
    assert!(musicxml(&seven).contains("<divisions>10080</divisions>"));
}

#[test]
fn a_tempo_in_dotted_quarters_sounds_in_quarters() {
    let xml = musicxml(&Writer::new("", "6/8", 80.0).bar("4.:sd 4.:sd", "").done());
    assert!(xml.contains("<beat-unit-dot/>") && xml.contains("<per-minute>80</per-minute>"), "{xml}");
    assert!(xml.contains("<sound tempo=\"120\"/>"), "{xml}");
}

#[test]
fn a_pick_up_bar_is_not_counted() {
    let xml = musicxml(&Writer::new("", "4/4", 80.0).bar("1:sd", "").with(|bar| bar.number = 0).done());
    assert!(xml.contains("<measure number=\"0\" id=\"n1\" implicit=\"yes\">"), "{xml}");
}

/// MuseScore passes over the offsets of directions.
#[test]
fn dynamics_stand_before_the_notes_they_belong_to() {
    let mark = |id, quarter, sign| DynamicMark { id: ElementId(id), offset: Ticks::QUARTER * quarter, sign };
    let score = Writer::new("", "4/4", 80.0)
        .bar("4:sd 4:hh 4:rd 4:cr", "2.:bd 4:bd")
        .with(|bar| {
            let crescendo = DynamicSign::Crescendo(Ticks::QUARTER * 2);
            bar.dynamics = vec![mark(90, 1, crescendo), mark(91, 3, DynamicSign::Level(Dynamic::F))];
        })
        .done();
    let xml = musicxml(&score);
    let words = ["<note ", "\"crescendo\"", "\"stop\"", "<f/>", "<backup>"];
    let order = xml.lines().filter_map(|line| words.iter().position(|word| line.contains(word)));
    assert_eq!(order.collect::<Vec<_>>(), [0, 1, 0, 0, 2, 3, 0, 4, 0, 0], "{xml}");
    assert!(!xml.contains("<offset>"), "{xml}");
}
