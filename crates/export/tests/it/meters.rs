//! A meter that changes in the middle of a piece, in every format that can say so.

use crate::scores::{Writer, played};
use engrave::PageStyle;
use export::{Material, Options, find, midi, musicxml, tab, write};
use score::Score;

/// Reads a file back.
type Read = fn(&[u8]) -> Score;

const METERS: [&str; 8] = ["4/4", "4/4", "3/4", "7/8", "2/4", "6/8", "6/8", "4/4"];

fn changing() -> Score {
    let bar = |writer: Writer, meter: &str| {
        let writer = writer.meter(meter);
        match meter {
            "4/4" => writer.bar("4:hh 4:hh+sd 8:hh 8:hh 4:hh+sd^", "4:bd 4:- 8:bd 8:bd 4:-"),
            "3/4" => writer.bar("4:rd 8:rd 8:rd 4:rd+sd", "4:bd 2:-"),
            "7/8" => writer.bar("8:hh 8:hh 8:hh+sd 8:hh 8:hh+sd 8:hh 8:hh", "4:bd 4:bd 4.:bd"),
            "2/4" => writer.bar("4:cr 4:hh+sd", "4:bd 4:-"),
            _ => writer.bar("8:hh 8:hh 8:hh 8:hh+sd^ 8:hh 8:hh", "4.:bd 4.:-"),
        }
    };
    METERS.into_iter().fold(Writer::new("Changes", "4/4", 96.0), bar).done()
}

fn file(format: &str, score: &Score) -> Vec<u8> {
    let performance = played(score);
    write(find(format).unwrap(), &Material::new(&performance, score), &Options::default()).unwrap()
}

fn text(format: &str) -> String {
    String::from_utf8(file(format, &changing())).unwrap()
}

/// The words behind each `mark`, up to one of the ends.
fn after<'a>(text: &'a str, mark: &str, ends: &[char]) -> Vec<&'a str> {
    text.split(mark).skip(1).map(|rest| rest.split(|c| ends.contains(&c)).next().unwrap()).collect()
}

#[test]
fn every_reader_of_ours_finds_the_meters_at_their_bars() {
    let score = changing();
    let readers: [(&str, Read); 4] = [
        ("musicxml", |bytes| musicxml::read(bytes).unwrap()),
        ("mxl", |bytes| musicxml::read(bytes).unwrap()),
        ("midi", |bytes| midi::read(bytes).unwrap().score),
        ("tab", |bytes| tab::read(std::str::from_utf8(bytes).unwrap()).unwrap()),
    ];
    for (format, read) in readers {
        let meters = read(&file(format, &score)).measures.iter().map(|m| m.meter.to_string()).collect::<Vec<_>>();
        assert_eq!(meters, METERS, "{format}");
    }
}

#[test]
fn files_for_other_engravers_name_each_change_once_a_voice() {
    let changes = ["4/4", "3/4", "7/8", "2/4", "6/8", "4/4"];
    let times = text("lilypond");
    let times = after(&times, "\\time ", &[' ', '\n']);
    assert!(times.chunks(changes.len()).all(|voice| voice == changes), "{times:?}");
    let (head, body) = (text("abc"), text("abc"));
    assert_eq!(after(&head, "\nM:", &['\n']), ["4/4"]);
    let inside = after(&body, "[M:", &[']']);
    assert!(inside.chunks(changes.len() - 1).all(|voice| voice == &changes[1..]), "{inside:?}");
    assert!(!times.is_empty() && !inside.is_empty());
}

#[test]
fn pages_show_each_change() {
    let engraving = engrave::engrave(&changing(), &PageStyle::default());
    let digits = engraving.pages[0].marks.iter().filter(|mark| mark.class == engrave::Class::TimeSignature).count();
    // A numerator and a denominator for each of six; more where a line announces the next.
    assert!(digits >= 12, "{digits} digits");
}
