//! MusicXML 4.0, partwise: the file that notation programs open.
//!
//! Conventions: one part with a percussion clef; voice 1 is hands with stems up, voice 2 is feet with stems down. Every
//! sound with a symbol of its own is an instrument of the part, even where two share a MIDI key. What readers tend to
//! guess wrongly is always written out: notehead, stem, voice, beam and the side a mark stands on. No signs for similes and
//! repeats: the measures are written in full, and instructions of our own (`<?backbeat ...?>`) say where our pages have
//! signs. Nothing in the file depends on when or where it was written.
//!
//! Source: W3C Community Group, MusicXML 4.0 (element order from its schema).

mod above;
mod notes;
mod read;
mod read_notes;

use crate::feel::feels;
use crate::xml::Xml;
use crate::{FormatInfo, Material, Options, Result, element_name, folds};
use drums::{Instrument, Meter, TICKS_PER_QUARTER, Ticks, VoiceRole};
use score::{Base, Measure, Score, Swing, Voice};
use std::collections::BTreeSet;

pub use read::{BYTES_MAX, MEASURES_MAX, NODES_MAX, read};

/// The row of this format.
pub(crate) const PLAIN: FormatInfo = FormatInfo {
    id: "musicxml",
    extension: "musicxml",
    media_type: "application/vnd.recordare.musicxml+xml",
    name: "MusicXML",
    description: "The score for notation programs such as MuseScore, Sibelius, Finale, Dorico and Guitar Pro.",
    pages: false,
    write,
};

const DOCTYPE: &str = "<!DOCTYPE score-partwise PUBLIC \"-//Recordare//DTD MusicXML 4.0 Partwise//EN\" \
                       \"http://www.musicxml.org/dtds/partwise.dtd\">";
const PART: &str = "P1";
/// Instructions to ourselves: similes and repeats that the file writes out.
const FOLDS: &str = "backbeat";

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    Ok(document(material.score()).into_bytes())
}

/// The whole document.
pub(crate) fn document(score: &Score) -> String {
    let mut xml = Xml::document(DOCTYPE);
    xml.open("score-partwise", &[("version", "4.0")]);
    head(&mut xml, score);
    part_list(&mut xml, score);
    xml.within("part", &[("id", PART)], |xml| {
        let divisions = Divisions::of(score);
        let feels = feels(score);
        let ends = above::hairpin_ends(score);
        for (index, measure) in score.measures.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| (&score.measures[before], feels[before]));
            let is_last = index + 1 == score.measures.len();
            let own = Own { measure, feel: feels[index], hairpin_ends: &ends[index], index, is_last };
            write_measure(xml, score, &own, before, divisions);
        }
        if score.measures.is_empty() {
            silent_measure(xml);
        }
    });
    xml.finish()
}

/// Ticks in one division of the file.
#[derive(Clone, Copy)]
struct Divisions {
    per_quarter: i64,
}

impl Divisions {
    /// 480 to the quarter where every place in the score is a whole number of those, otherwise our own ticks.
    fn of(score: &Score) -> Self {
        let coarse = Self { per_quarter: 480 };
        let step = TICKS_PER_QUARTER / coarse.per_quarter;
        let mut events = score.measures.iter().flat_map(Measure::events);
        let mut marks = score.measures.iter().flat_map(|measure| &measure.dynamics);
        let fits = events.all(|event| event.offset.get() % step == 0 && event.length().get() % step == 0)
            && marks.all(|mark| mark.offset.get() % step == 0 && above::length_of(mark).get() % step == 0);
        if fits { coarse } else { Self { per_quarter: TICKS_PER_QUARTER } }
    }

    fn text(self, length: Ticks) -> String {
        (length.get() * self.per_quarter / TICKS_PER_QUARTER).to_string()
    }
}

fn head(xml: &mut Xml, score: &Score) {
    if !score.title.trim().is_empty() {
        xml.within("work", &[], |xml| xml.leaf("work-title", &[], &score.title));
    }
    xml.within("identification", &[], |xml| {
        xml.within("encoding", &[], |xml| {
            xml.leaf("software", &[], "Backbeat");
            for element in ["beam", "stem"] {
                xml.empty("supports", &[("element", element), ("type", "yes")]);
            }
        });
    });
    // Readers print the title of a movement instead of that of the work, so a subtitle is none; and where anything is
    // credited they print nothing else.
    if !score.subtitle.trim().is_empty() {
        credit(xml, "title", &score.title);
        credit(xml, "subtitle", &score.subtitle);
    }
}

fn credit(xml: &mut Xml, kind: &str, words: &str) {
    if !words.trim().is_empty() {
        xml.within("credit", &[("page", "1")], |xml| {
            xml.leaf("credit-type", &[], kind);
            xml.leaf("credit-words", &[], words);
        });
    }
}

fn part_list(xml: &mut Xml, score: &Score) {
    let instruments = used_instruments(score);
    xml.open("part-list", &[]);
    xml.open("score-part", &[("id", PART)]);
    xml.leaf("part-name", &[], "Drum set");
    xml.leaf("part-abbreviation", &[], "Dr.");
    for instrument in &instruments {
        xml.within("score-instrument", &[("id", &instrument_name(*instrument))], |xml| {
            xml.leaf("instrument-name", &[], instrument.name());
        });
    }
    for instrument in &instruments {
        xml.within("midi-instrument", &[("id", &instrument_name(*instrument))], |xml| {
            xml.leaf("midi-channel", &[], "10");
            xml.leaf("midi-program", &[], "1");
            // Counted from 1 here, from 0 in MIDI.
            xml.leaf("midi-unpitched", &[], &(instrument.row().midi_key + 1).to_string());
        });
    }
    xml.close();
    xml.close();
}

/// What the kit lists and what the notes name, in score order; never empty.
fn used_instruments(score: &Score) -> BTreeSet<Instrument> {
    let mut used: BTreeSet<Instrument> = score.kit.iter().map(|piece| piece.instrument).collect();
    for (_, _, chord) in crate::walk::chords(score) {
        used.extend(chord.notes.iter().map(|note| note.instrument));
        used.extend(chord.graces.iter().map(|graces| graces.instrument));
    }
    if used.is_empty() {
        used.insert(Instrument::Snare);
    }
    used
}

fn instrument_name(instrument: Instrument) -> String {
    format!("{PART}-{}", instrument.id())
}

/// A measure and what its neighbours make of it.
struct Own<'a> {
    measure: &'a Measure,
    feel: Option<Swing>,
    hairpin_ends: &'a [Ticks],
    index: usize,
    is_last: bool,
}

fn write_measure(
    xml: &mut Xml,
    score: &Score,
    own: &Own<'_>,
    before: Option<(&Measure, Option<Swing>)>,
    divisions: Divisions,
) {
    let measure = own.measure;
    let (number, id) = (measure.number.to_string(), element_name(measure.id));
    let mut attributes = vec![("number", number.as_str()), ("id", id.as_str())];
    if measure.number == 0 {
        attributes.push(("implicit", "yes"));
    }
    xml.open("measure", &attributes);
    if let Some(repeat) = measure.repeat {
        xml.instruction(FOLDS, &format!("bar: {}", folds::bar_words(repeat)));
    }
    if let Some(repeat) = score.repeats.iter().find(|repeat| repeat.first == own.index) {
        xml.instruction(FOLDS, &format!("repeat: {}", folds::repeat_words(repeat)));
    }
    match before {
        None => first_attributes(xml, measure.meter, divisions),
        Some((before, _)) if before.meter != measure.meter => {
            xml.within("attributes", &[], |xml| time(xml, measure.meter));
        }
        Some(_) => {}
    }
    above::write(xml, own, before.and_then(|(_, feel)| feel));
    let mut below = above::Below::new(own, divisions);
    for (index, voice) in measure.voices.iter().enumerate() {
        if index > 0 {
            let written = measure.voices[index - 1].events.iter();
            let written = written.fold(Ticks::ZERO, |sum, event| sum + notes::sounding_length(event, measure));
            xml.within("backup", &[], |xml| xml.leaf("duration", &[], &divisions.text(written)));
        }
        write_voice(xml, score, measure, voice, &mut below, divisions);
    }
    below.write(xml, Ticks::ZERO, None);
    if own.is_last {
        xml.within("barline", &[("location", "right")], |xml| xml.leaf("bar-style", &[], "light-heavy"));
    }
    xml.close();
}

/// Writes the events of a voice and what stands below them.
fn write_voice(
    xml: &mut Xml,
    score: &Score,
    measure: &Measure,
    voice: &Voice,
    below: &mut above::Below<'_>,
    divisions: Divisions,
) {
    let (side, mut now) = (Side::of(voice.role), Ticks::ZERO);
    for event in &voice.events {
        let end = now + notes::sounding_length(event, measure);
        below.write(xml, now, Some(end));
        notes::write_event(xml, score, measure, event, side, divisions);
        now = end;
    }
    below.write(xml, now, None);
}

/// What follows from hands or feet.
#[derive(Clone, Copy)]
struct Side {
    voice: &'static str,
    stem: &'static str,
    placement: &'static str,
}

impl Side {
    fn of(role: VoiceRole) -> Self {
        match role {
            VoiceRole::Hands => Self { voice: "1", stem: "up", placement: "above" },
            VoiceRole::Feet => Self { voice: "2", stem: "down", placement: "below" },
        }
    }
}

fn first_attributes(xml: &mut Xml, meter: Meter, divisions: Divisions) {
    xml.within("attributes", &[], |xml| {
        xml.leaf("divisions", &[], &divisions.per_quarter.to_string());
        xml.within("key", &[], |xml| xml.leaf("fifths", &[], "0"));
        time(xml, meter);
        xml.within("clef", &[], |xml| {
            xml.leaf("sign", &[], "percussion");
            xml.leaf("line", &[], "2");
        });
        xml.within("staff-details", &[], |xml| xml.leaf("staff-lines", &[], "5"));
    });
}

fn time(xml: &mut Xml, meter: Meter) {
    xml.within("time", &[], |xml| {
        xml.leaf("beats", &[], &meter.numerator().to_string());
        xml.leaf("beat-type", &[], &meter.denominator().to_string());
    });
}

/// A score has at least one measure in MusicXML.
fn silent_measure(xml: &mut Xml) {
    let divisions = Divisions { per_quarter: 480 };
    xml.within("measure", &[("number", "1")], |xml| {
        first_attributes(xml, Meter::FOUR_FOUR, divisions);
        xml.within("note", &[], |xml| {
            xml.empty("rest", &[("measure", "yes")]);
            xml.leaf("duration", &[], &divisions.text(Meter::FOUR_FOUR.bar_ticks()));
            xml.leaf("voice", &[], "1");
        });
    });
}

const fn type_name(base: Base) -> &'static str {
    match base {
        Base::Whole => "whole",
        Base::Half => "half",
        Base::Quarter => "quarter",
        Base::Eighth => "eighth",
        Base::Sixteenth => "16th",
        Base::ThirtySecond => "32nd",
        Base::SixtyFourth => "64th",
    }
}

/// The value of a MusicXML type name.
fn base_of(name: &str) -> Option<Base> {
    Base::ALL.into_iter().find(|base| type_name(*base) == name)
}
