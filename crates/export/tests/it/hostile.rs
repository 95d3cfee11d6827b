//! Readers against whatever comes: damage, nonsense, and files made to hurt.

use crate::generated::anything;
use crate::scores::{kitchen, played};
use export::{Error, Material, Options, find, midi, musicxml, tab, write};
use proptest::prelude::*;
use score::Score;

fn file(format: &str, score: &Score) -> Vec<u8> {
    let performance = played(&kitchen());
    write(find(format).unwrap(), &Material::new(&performance, score), &Options::default()).unwrap()
}

/// Whatever is read obeys the laws and can be written again.
fn check(read: Result<Score, Error>) {
    let Ok(score) = read else { return };
    assert!(score.measures.is_empty() || score::check(&score).is_empty(), "{:?}", score::check(&score));
    for format in ["musicxml", "midi", "tab", "abc", "lilypond", "json"] {
        file(format, &score);
    }
}

fn read_midi(bytes: &[u8]) {
    check(midi::read(bytes).map(|reading| reading.score));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_midi(at in any::<prop::sample::Index>(), byte in any::<u8>(), ours in any::<bool>()) {
        let mut bytes = file("midi", &kitchen());
        if !ours {
            let mark = bytes.windows(10).position(|window| window == b"Backbeat 1").unwrap();
            bytes[mark] = b'b';
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_midi(&bytes);
    }

    #[test]
    fn damaged_musicxml(at in any::<prop::sample::Index>(), byte in 0x20..0x7f_u8, ours in any::<bool>()) {
        let mut bytes = file("musicxml", &anything(7, 4));
        if !ours {
            let mark = bytes.windows(8).position(|window| window == b"Backbeat").unwrap();
            bytes[mark] = b'b';
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(musicxml::read(&bytes));
    }

    #[test]
    fn damaged_archives(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = file("mxl", &kitchen());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(musicxml::read(&bytes));
    }

    #[test]
    fn damaged_tabs(
        at in any::<prop::sample::Index>(),
        letter in prop::sample::select(vec!['|', '-', 'x', '\n', '9', 'é', '=', '/']),
    ) {
        let text = String::from_utf8(file("tab", &kitchen())).unwrap();
        let at = at.index(text.chars().count());
        let text: String = text.chars().enumerate().map(|(i, c)| if i == at { letter } else { c }).collect();
        check(tab::read(&text));
    }

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_midi(&bytes);
        read_midi(&[b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0MTrk".as_slice(), &bytes].concat());
        check(musicxml::read(&bytes));
        check(musicxml::read(&[b"PK".as_slice(), &bytes].concat()));
        check(tab::read(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn anything_in_the_lines_of_a_tab(lines in prop::collection::vec("(HH|SD|BD|  )\\|[-xogfdrzXO=#|1234 ]{0,40}\\|", 0..12)) {
        check(tab::read(&lines.join("\n")));
    }
}

#[test]
fn the_ends_of_files_may_be_missing() {
    let (midi, xml, mxl) = (file("midi", &kitchen()), file("musicxml", &kitchen()), file("mxl", &kitchen()));
    for end in (0..midi.len()).step_by(7) {
        read_midi(&midi[..end]);
    }
    for end in (0..xml.len()).step_by(997) {
        check(musicxml::read(&xml[..end]));
    }
    for end in (0..mxl.len()).step_by(31) {
        check(musicxml::read(&mxl[..end]));
    }
}

#[test]
fn xml_that_grows_or_nests_without_end_is_refused() {
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\
                  <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]><a>&e;</a>";
    assert!(musicxml::read(laughs.as_bytes()).is_err());
    let outside = "<!DOCTYPE a [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><score-partwise>&a;</score-partwise>";
    assert!(musicxml::read(outside.as_bytes()).is_err());
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    assert!(musicxml::read(deep.as_bytes()).is_err());
}

fn message<T: std::fmt::Debug>(read: Result<T, Error>) -> String {
    read.unwrap_err().to_string()
}

/// A file of ours whose notes, tempi and end lie as far out as a file can say.
#[test]
fn places_far_out_do_no_harm() {
    let mut far = b"MThd\0\0\0\x06\0\x01\0\x01\x7f\xffMTrk".to_vec();
    let mut track = b"\0\xff\x01\x0aBackbeat 1".to_vec();
    for _ in 0..40_000 {
        track.extend(b"\xff\xff\xff\x7f\x99\x26\x40\xff\xff\xff\x7f\xff\x51\x03\0\0\x01");
    }
    far.extend((track.len() as u32).to_be_bytes());
    far.extend(track);
    read_midi(&far);
    let other: Vec<u8> = far.iter().map(|byte| if *byte == b'B' { b'b' } else { *byte }).collect();
    read_midi(&other);
}

#[test]
fn limits_have_names_and_units() {
    let large = vec![b' '; midi::BYTES_MAX + 1];
    assert_eq!(message(midi::read(&large)), "MIDI file is 16777217 bytes, at most 16777216 are allowed");
    let large = vec![b' '; musicxml::BYTES_MAX + 1];
    assert_eq!(message(musicxml::read(&large)), "MusicXML document is 67108865 bytes, at most 67108864 are allowed");
    let large = "-".repeat(tab::BYTES_MAX + 1);
    assert_eq!(message(tab::read(&large)), "drum tab is 4194305 bytes, at most 4194304 are allowed");
    let bars = "HH|x|\n\n".repeat(tab::MEASURES_MAX + 1);
    assert_eq!(message(tab::read(&bars)), "drum tab is 20001 measures, at most 20000 are allowed");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    assert_eq!(
        message(tab::read("HH|x-x-|x-x-|\nSD|--o-|--o|\n")),
        "line 2: the bars of SD are not as wide as those of the line above"
    );
    assert_eq!(message(tab::read("HH|x-q-|\n")), "line 1, bar 1, column 3: the sign 'q' is no stroke of HH");
    assert_eq!(message(tab::read("nothing here")), "there are no drum notes in the drum tab");
    assert!(message(midi::read(b"RIFF")).starts_with("the file is not a MIDI file: invalid midi"));
    assert_eq!(message(musicxml::read(b"<html/>")), "document: expected score-partwise, found html");
    let piano = "<score-partwise><part id=\"P1\"><measure number=\"1\"/></part></score-partwise>";
    assert_eq!(message(musicxml::read(piano.as_bytes())), "there are no drum notes in the MusicXML document");
}
