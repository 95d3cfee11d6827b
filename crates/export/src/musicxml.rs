//! MusicXML 4.0, partwise: the file that notation programs open.
//!
//! Conventions: one part with a percussion clef; voice 1 is hands with stems up, voice 2 is feet with stems down. Every
//! sound with a symbol of its own is an instrument of the part, even where two share a MIDI key. What readers tend to
//! guess wrongly is always written out: notehead, stem, voice, beam and the side a mark stands on. No simile signs: the
//! measures are written in full. Nothing in the file depends on when or where it was written.
//!
//! Source: W3C Community Group, MusicXML 4.0 (element order from its schema).

mod notes;

use crate::xml::Xml;
use crate::{FormatInfo, Material, Options, Result, element_name};
use drums::{Instrument, Meter, TICKS_PER_QUARTER, Ticks, VoiceRole};
use score::{Base, Measure, Score, TempoMark, Voice};
use std::collections::BTreeSet;

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
        for (index, measure) in score.measures.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &score.measures[before]);
            let is_last = index + 1 == score.measures.len();
            write_measure(xml, score, measure, before, divisions, is_last);
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
        let mut events = score.measures.iter().flat_map(|measure| &measure.voices).flat_map(|voice| &voice.events);
        let fits = events.all(|event| event.offset.get() % step == 0 && event.length().get() % step == 0);
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
    if !score.subtitle.trim().is_empty() {
        xml.leaf("movement-title", &[], &score.subtitle);
    }
    xml.within("identification", &[], |xml| {
        xml.within("encoding", &[], |xml| {
            xml.leaf("software", &[], "Backbeat");
            for element in ["beam", "stem"] {
                xml.empty("supports", &[("element", element), ("type", "yes")]);
            }
        });
    });
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

fn write_measure(
    xml: &mut Xml,
    score: &Score,
    measure: &Measure,
    before: Option<&Measure>,
    divisions: Divisions,
    is_last: bool,
) {
    let (number, id) = (measure.number.to_string(), element_name(measure.id));
    let mut attributes = vec![("number", number.as_str()), ("id", id.as_str())];
    if measure.number == 0 {
        attributes.push(("implicit", "yes"));
    }
    xml.open("measure", &attributes);
    match before {
        None => first_attributes(xml, measure.meter, divisions),
        Some(before) if before.meter != measure.meter => xml.within("attributes", &[], |xml| time(xml, measure.meter)),
        Some(_) => {}
    }
    directions(xml, measure);
    for (index, voice) in measure.voices.iter().enumerate() {
        if index > 0 {
            let written = measure.voices[index - 1].events.iter().fold(Ticks::ZERO, |sum, event| sum + event.length());
            xml.within("backup", &[], |xml| xml.leaf("duration", &[], &divisions.text(written)));
        }
        write_voice(xml, score, voice, divisions);
    }
    if is_last {
        xml.within("barline", &[("location", "right")], |xml| xml.leaf("bar-style", &[], "light-heavy"));
    }
    xml.close();
}

fn write_voice(xml: &mut Xml, score: &Score, voice: &Voice, divisions: Divisions) {
    let side = Side::of(voice.role);
    for event in &voice.events {
        notes::write_event(xml, score, event, side, divisions);
    }
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

fn directions(xml: &mut Xml, measure: &Measure) {
    if let Some(mark) = measure.tempo {
        direction(xml, |xml| metronome(xml, mark), |xml| xml.empty("sound", &[("tempo", &quarters_a_minute(mark))]));
    }
    if let Some(swings) = measure.swing {
        let words = if swings { "Swing" } else { "Straight" };
        direction(xml, |xml| xml.leaf("words", &[], words), |xml| xml.within("sound", &[], |xml| swing(xml, swings)));
    }
    if let Some(letter) = measure.rehearsal.as_deref().filter(|letter| !letter.trim().is_empty()) {
        direction(xml, |xml| xml.leaf("rehearsal", &[("enclosure", "square")], letter), |_| {});
    }
    if !measure.text.trim().is_empty() {
        direction(xml, |xml| xml.leaf("words", &[], &measure.text), |_| {});
    }
}

fn direction(xml: &mut Xml, kind: impl FnOnce(&mut Xml), sound: impl FnOnce(&mut Xml)) {
    xml.within("direction", &[("placement", "above")], |xml| {
        xml.within("direction-type", &[], kind);
        sound(xml);
    });
}

fn metronome(xml: &mut Xml, mark: TempoMark) {
    xml.within("metronome", &[("parentheses", "no")], |xml| {
        xml.leaf("beat-unit", &[], type_name(mark.beat.base));
        for _ in 0..mark.beat.dots {
            xml.empty("beat-unit-dot", &[]);
        }
        xml.leaf("per-minute", &[], &mark.bpm.get().round().to_string());
    });
}

fn swing(xml: &mut Xml, swings: bool) {
    xml.within("swing", &[], |xml| {
        if swings {
            xml.leaf("first", &[], "2");
            xml.leaf("second", &[], "1");
            xml.leaf("swing-type", &[], "eighth");
        } else {
            xml.empty("straight", &[]);
        }
    });
}

/// A tempo in quarters per minute, whatever note its mark counts, to a thousandth.
fn quarters_a_minute(mark: TempoMark) -> String {
    let quarters = mark.bpm.get() * mark.beat.ticks().in_quarters();
    ((quarters * 1000.0).round() / 1000.0).to_string()
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
