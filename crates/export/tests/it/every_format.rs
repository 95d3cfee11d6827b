//! Laws every format obeys; a new format is held to them without a line here.

use crate::scores::{Writer, kitchen, long, played, rock};
use drums::{Bpm, Performance};
use export::{FORMATS, Format, Material, OPTIONS, Options, find, write};
use score::Score;
use std::collections::HashSet;

const ODD_TITLES: [&str; 6] = [
    "",
    "  ",
    "Rock & <Roll> \"live\" ' ]]>",
    "🥁 Ünïcödé \u{202e}abc",
    "a\u{0}b\u{1}c\u{1b}[31m\r\nd\te",
    "%PDF-1.7 (\\",
];

fn file(format: Format, score: &Score) -> Vec<u8> {
    let performance = played(score);
    write(format, &Material::new(&performance, score), &Options::default())
        .unwrap_or_else(|error| panic!("{} of {:?}: {error}", format.id, score.title))
}

#[test]
fn ids_and_extensions_are_unique_and_found() {
    let ids: HashSet<_> = FORMATS.iter().map(|format| format.id).collect();
    let extensions: HashSet<_> = FORMATS.iter().map(|format| format.extension).collect();
    assert_eq!((ids.len(), extensions.len()), (FORMATS.len(), FORMATS.len()));
    for format in FORMATS {
        assert_eq!(find(format.id).unwrap().id, format.id);
        // An id wins over an extension: "json" is the score, though scoring programs want that extension too.
        let found = find(&format!(".{}", format.extension.to_uppercase())).unwrap();
        assert!(found.id == format.id || found.id == format.extension, "{} for {}", found.id, format.extension);
        assert!(format.description.ends_with('.') && format.media_type.contains('/'), "{}", format.id);
    }
    assert_eq!(find("gif").unwrap_err().to_string(), "there is no format called \"gif\"");
}

#[test]
fn the_same_score_gives_the_same_bytes() {
    for format in FORMATS {
        let first = file(format, &kitchen());
        assert!(!first.is_empty(), "{} is empty", format.id);
        assert!(first == file(format, &kitchen()), "{} differs from run to run", format.id);
    }
}

#[test]
fn another_score_gives_other_bytes() {
    for format in FORMATS {
        assert!(file(format, &rock()) != file(format, &kitchen()), "{}", format.id);
    }
}

#[test]
fn an_empty_score_is_still_a_file() {
    let (performance, score) = (Performance::default(), Score::default());
    for format in FORMATS {
        let bytes = write(format, &Material::new(&performance, &score), &Options::default()).unwrap();
        assert!(!bytes.is_empty(), "{}", format.id);
    }
}

#[test]
fn three_hundred_measures_fit() {
    let score = long(300);
    let performance = played(&score);
    let material = Material::new(&performance, &score);
    let options = Options { dpi: 40.0, ..Options::default() };
    for format in FORMATS {
        let bytes = write(format, &material, &options).unwrap();
        // Ten minutes of sound are 53 MB, alone and in the archive.
        let most = if ["wav", "zip"].contains(&format.id) { 80_000_000 } else { 20_000_000 };
        assert!((500..most).contains(&bytes.len()), "{}: {} bytes", format.id, bytes.len());
    }
}

#[test]
fn odd_titles_do_no_harm() {
    for title in ODD_TITLES {
        let mut score = rock();
        score.title = title.into();
        score.subtitle = title.into();
        score.measures[0].rehearsal = Some(title.into());
        score.measures[1].text = title.into();
        for format in FORMATS {
            let bytes = file(format, &score);
            let is_text = format.media_type.ends_with("+xml") || format.media_type.starts_with("text");
            if is_text {
                let text = String::from_utf8(bytes).unwrap();
                let control = text.chars().find(|c| c.is_control() && *c != '\n');
                assert_eq!(control, None, "{} of {title:?}", format.id);
            }
        }
    }
}

#[test]
fn extreme_tempi_do_no_harm() {
    for bpm in [1.0, 2000.0] {
        let mut score = Writer::new("Tempo", "12/8", 1.0).bar("1.:sd", "").done();
        score.measures[0].tempo.as_mut().unwrap().bpm = Bpm::new(bpm).unwrap();
        for format in FORMATS {
            file(format, &score);
        }
    }
}

#[test]
fn the_page_about_formats_knows_them_all() {
    let page = include_str!("../../../../docs/formats.md");
    for format in FORMATS {
        let row = format!("| `{}` | `.{}` |", format.id, format.extension);
        assert!(page.contains(&row), "docs/formats.md lacks the row {row}");
    }
    for option in OPTIONS {
        assert!(page.contains(&format!("`{}`", option.name)), "docs/formats.md lacks the option {}", option.name);
        let known = |id: &&&str| FORMATS.iter().any(|format| format.id == **id);
        assert!(option.formats.iter().all(|id| known(&id)), "{} is for a format that is not there", option.name);
    }
}
