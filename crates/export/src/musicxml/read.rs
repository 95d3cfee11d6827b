//! MusicXML read back, plain or compressed.
//!
//! Conventions: a file we wrote gives the score it was written from, names included, see [`crate::as_written`]. Of any
//! other file, and of one of ours that no longer obeys the laws of the model, the strokes of the first part with drums are
//! read with their places and marks and written down anew. Repeats are not unfolded. Sizes have limits, and nothing in a
//! document can make reading panic.

use super::read_notes::{Raw, read_measure_notes};
use crate::written::{largest_name, timeline_of_marks};
use crate::{Error, Result, folds};
use drums::{Bpm, Instrument, Meter, StaffPlace, Step, TICKS_PER_QUARTER, Ticks};
use roxmltree::{Document, Node, ParsingOptions};
use score::{
    Dynamic, DynamicMark, DynamicSign, ElementId, KitPiece, Measure, NoteValue, Repeat, Score, Sketch, SketchBar,
    Swing, SwingUnit, TempoMark,
};
use std::collections::{BTreeMap, BTreeSet};

/// Largest document read, in bytes, unpacked: 64 MiB.
pub const BYTES_MAX: usize = 64 << 20;
/// Most XML nodes read.
pub const NODES_MAX: usize = 8_000_000;
/// Most measures read.
pub const MEASURES_MAX: usize = 20_000;
/// Longest title, word or letter read, in characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// Reads a MusicXML document (`.musicxml`, `.xml`) or a compressed one (`.mxl`).
///
/// # Errors
/// - [`Error::Xml`], [`Error::Malformed`] where it is not a partwise MusicXML document or a number in it makes no sense;
/// - [`Error::LimitReached`] beyond [`BYTES_MAX`], [`NODES_MAX`] or [`MEASURES_MAX`];
/// - [`Error::NoDrums`] where no part has a note of a drum of ours and it is none of our own empty scores.
pub fn read(bytes: &[u8]) -> Result<Score> {
    crate::limit("MusicXML document", bytes.len(), BYTES_MAX, "bytes")?;
    let unpacked;
    let bytes = if bytes.starts_with(b"PK") {
        unpacked = crate::mxl::unpack(bytes, BYTES_MAX)?;
        &unpacked
    } else {
        bytes
    };
    let text =
        std::str::from_utf8(bytes).map_err(|error| malformed("document", format!("it is not UTF-8: {error}")))?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: NODES_MAX as u32, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)?;
    let root = document.root_element();
    if root.tag_name().name() != "score-partwise" {
        return Err(malformed("document", format!("expected score-partwise, found {:.40}", root.tag_name().name())));
    }
    let (index, part) = drum_part(root).ok_or(Error::NoDrums { what: "MusicXML document" })?;
    let reader = Reader { instruments: instruments(root, index), is_ours: is_ours(root) };
    reader.read(root, part)
}

pub(super) fn malformed(place: impl Into<String>, why: impl Into<String>) -> Error {
    Error::Malformed { place: place.into(), why: why.into() }
}

/// The first child element of a name.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The text of a child element, trimmed.
pub(super) fn text_of<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).and_then(|child| child.text()).map(str::trim)
}

/// A number in a child element.
pub(super) fn number<T: std::str::FromStr>(node: Node<'_, '_>, name: &str) -> Option<T> {
    text_of(node, name)?.parse().ok()
}

/// The name in an `id` that we wrote, such as `n12`.
pub(super) fn name_of(node: Node<'_, '_>) -> Option<ElementId> {
    node.attribute("id")?.strip_prefix('n')?.parse().ok().map(ElementId)
}

/// What a document prints on its first page as this.
fn credited<'a>(root: Node<'a, '_>, kind: &str) -> Option<&'a str> {
    let mut credits = root.children().filter(|node| node.has_tag_name("credit"));
    credits
        .find(|credit| text_of(*credit, "credit-type") == Some(kind))
        .and_then(|credit| text_of(credit, "credit-words"))
}

fn clipped(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

fn is_ours(root: Node<'_, '_>) -> bool {
    root.descendants().filter(|node| node.has_tag_name("software")).any(|node| node.text() == Some("Backbeat"))
}

/// The first part with unpitched notes; in a document without any the first part, if we wrote it.
fn drum_part<'a, 'input>(root: Node<'a, 'input>) -> Option<(usize, Node<'a, 'input>)> {
    let parts = || root.children().filter(|node| node.has_tag_name("part")).enumerate();
    let has_drums = |part: &(usize, Node<'_, '_>)| part.1.descendants().any(|node| node.has_tag_name("unpitched"));
    parts().find(has_drums).or_else(|| parts().next().filter(|_| is_ours(root)))
}

/// What the instruments of a part are: by our own name, by MIDI key, by name.
fn instruments<'a>(root: Node<'a, '_>, part: usize) -> BTreeMap<&'a str, Instrument> {
    let mut found = BTreeMap::new();
    let parts = child(root, "part-list").into_iter().flat_map(|list| list.children());
    let Some(part) = parts.filter(|node| node.has_tag_name("score-part")).nth(part) else { return found };
    for node in part.children() {
        let Some(id) = node.attribute("id") else { continue };
        let own = id.split_once('-').and_then(|(_, name)| name.parse().ok());
        let known = match node.tag_name().name() {
            "score-instrument" => own.or_else(|| text_of(node, "instrument-name")?.parse().ok()),
            // Counted from 1 here, from 0 in MIDI.
            "midi-instrument" => own.or_else(|| {
                let key = number::<u8>(node, "midi-unpitched")?.checked_sub(1)?;
                Instrument::from_midi_key(key)
            }),
            _ => None,
        };
        found.extend(known.map(|instrument| (id, instrument)));
    }
    found
}

struct Reader<'a> {
    instruments: BTreeMap<&'a str, Instrument>,
    is_ours: bool,
}

/// What goes on from measure to measure.
pub(super) struct State {
    pub(super) divisions: i64,
    meter: Meter,
    feel: Option<Swing>,
    /// Where the measure stands, in divisions.
    now: i64,
    open_hairpins: Vec<(usize, usize, Ticks)>,
}

impl State {
    /// Divisions of the document as ticks.
    pub(super) fn ticks(&self, divisions: i64) -> Option<Ticks> {
        let exact = i128::from(divisions) * i128::from(TICKS_PER_QUARTER);
        let ticks = (exact + i128::from(self.divisions) / 2).div_euclid(i128::from(self.divisions));
        i64::try_from(ticks).ok().filter(|ticks| ticks.abs() < i64::from(u32::MAX)).map(Ticks)
    }
}

impl Reader<'_> {
    fn read(&self, root: Node<'_, '_>, part: Node<'_, '_>) -> Result<Score> {
        let mut state = State { divisions: 1, meter: Meter::FOUR_FOUR, feel: None, now: 0, open_hairpins: Vec::new() };
        let (mut measures, mut raw): (Vec<Measure>, Vec<Vec<Raw>>) = (Vec::new(), Vec::new());
        let mut repeats: Vec<Repeat> = Vec::new();
        for node in part.children().filter(|node| node.has_tag_name("measure")) {
            crate::limit("MusicXML document", measures.len() + 1, MEASURES_MAX, "measures")?;
            let start = measures.last().map_or(Ticks::ZERO, |before: &Measure| before.start + before.length());
            attributes(node, &mut state)?;
            let number = node.attribute("number").and_then(|number| number.parse().ok());
            let number = number.unwrap_or(measures.len() as u32 + 1);
            let id = name_of(node).unwrap_or(ElementId(0));
            let mut measure = Measure::new(id, number, start, state.meter);
            measure.feel = state.feel;
            state.now = 0;
            for child in node.children() {
                if self.is_ours && child.is_pi() {
                    folded(child, &mut measure, measures.len(), &mut repeats);
                }
                above(child, &mut measure, &mut state, &mut measures);
                state.now = super::read_notes::after(state.now, child);
            }
            raw.push(read_measure_notes(node, &state, &self.instruments, measures.len())?);
            measures.push(measure);
        }
        let title = child(root, "work").and_then(|work| text_of(work, "work-title")).unwrap_or_default();
        let movement = text_of(root, "movement-title");
        // Others name a movement where there is no work.
        let title = if title.is_empty() { movement.unwrap_or_default() } else { title };
        let other = movement.filter(|movement| *movement != title);
        let subtitle = credited(root, "subtitle").or(other).unwrap_or_default();
        let (title, subtitle) = (clipped(title), clipped(subtitle));
        let empty = Score { title, subtitle, kit: self.kit(&raw), ..Score::default() };
        if self.is_ours {
            let own = super::read_notes::as_ours(&measures, &raw);
            let own = own.map(|measures| Score { measures, repeats, ..empty.clone() });
            if let Some(score) = own.map(finished).filter(is_lawful) {
                return Ok(score);
            }
        }
        anew(empty, measures, &raw)
    }

    /// The instruments listed, each where its first note stands.
    fn kit(&self, raw: &[Vec<Raw>]) -> Vec<KitPiece> {
        let mut places: BTreeMap<Instrument, StaffPlace> = BTreeMap::new();
        for note in raw.iter().flatten() {
            if let (Some(instrument), Some(place)) = (note.instrument, note.place) {
                places.entry(instrument).or_insert(place);
            }
        }
        if places.is_empty() {
            // A document lists an instrument even where none plays.
            return Vec::new();
        }
        let listed: BTreeSet<Instrument> = self.instruments.values().copied().collect();
        let place = |instrument: Instrument| places.get(&instrument).copied().unwrap_or(instrument.row().place);
        listed.into_iter().map(|instrument| KitPiece { instrument, place: place(instrument) }).collect()
    }
}

fn is_lawful(score: &Score) -> bool {
    score.measures.is_empty() || score::check(score).is_empty()
}

/// Gives the score its timeline. A document of an empty score holds a silent measure.
fn finished(mut score: Score) -> Score {
    folds::keep_true(&mut score);
    let silent = score.measures.len() == 1 && score.measures[0].id == ElementId(0) && score.measures[0].tempo.is_none();
    if silent && score.measures[0].events().all(|event| event.chord().is_none()) {
        score.measures.clear();
        score.kit.clear();
    }
    score.timeline = timeline_of_marks(&score);
    score
}

/// The strokes of a document, written down anew.
fn anew(empty: Score, measures: Vec<Measure>, raw: &[Vec<Raw>]) -> Result<Score> {
    let mut sketch = Sketch { title: empty.title, subtitle: empty.subtitle, ..Sketch::default() };
    sketch.pick_up = measures.first().is_some_and(|measure| measure.number == 0);
    for (index, notes) in raw.iter().enumerate() {
        sketch.strokes.extend(super::read_notes::strokes(index, notes));
    }
    if sketch.strokes.is_empty() {
        return Err(Error::NoDrums { what: "MusicXML document" });
    }
    let mut dynamics = Vec::with_capacity(measures.len());
    for measure in measures {
        sketch.bars.push(SketchBar {
            tempo: measure.tempo,
            swing: measure.swing,
            feel: measure.feel,
            rehearsal: measure.rehearsal,
            text: measure.text,
            ..SketchBar::plain(measure.meter)
        });
        dynamics.push(measure.dynamics);
    }
    let mut score = sketch.write();
    let mut next = largest_name(&score);
    for (measure, marks) in score.measures.iter_mut().zip(dynamics) {
        let length = measure.length();
        measure.dynamics =
            marks.into_iter().filter(|mark| mark.offset >= Ticks::ZERO && mark.offset < length).collect();
        for mark in &mut measure.dynamics {
            next += 1;
            mark.id = ElementId(next);
        }
    }
    Ok(score)
}

fn attributes(measure: Node<'_, '_>, state: &mut State) -> Result<()> {
    let number_attribute = measure.attribute("number").unwrap_or("?");
    let place = || format!("measure {number_attribute:.20}");
    for node in measure.children().filter(|node| node.has_tag_name("attributes")) {
        if let Some(text) = text_of(node, "divisions") {
            let divisions = text.parse().ok().filter(|divisions| (1..=1_000_000).contains(divisions));
            state.divisions =
                divisions.ok_or_else(|| malformed(place(), format!("{text:.20} divisions to a quarter")))?;
        }
        if let Some(time) = child(node, "time").filter(|time| child(*time, "beats").is_some()) {
            let beats = text_of(time, "beats").unwrap_or_default();
            // 3+2+2 is a 7.
            let sum = beats
                .split('+')
                .map(|part| part.trim().parse::<u8>().ok())
                .try_fold(0_u8, |sum, part| sum.checked_add(part?));
            let meter = sum.zip(number(time, "beat-type")).and_then(|(beats, unit)| Meter::new(beats, unit).ok());
            state.meter =
                meter.ok_or_else(|| malformed(place(), format!("the meter {beats:.20} cannot be written")))?;
        }
    }
    Ok(())
}

/// Takes up a direction or a sound.
fn above(node: Node<'_, '_>, measure: &mut Measure, state: &mut State, before: &mut [Measure]) {
    let sound = if node.has_tag_name("sound") { Some(node) } else { child(node, "sound") };
    let swing = sound.and_then(|sound| child(sound, "swing"));
    if let Some(swing) = swing {
        state.feel = read_swing(swing);
        measure.feel = state.feel;
    }
    if !node.has_tag_name("direction") {
        return;
    }
    let offset = number::<f64>(node, "offset").map_or(0, |offset| offset.round() as i64);
    let offset = state.ticks(state.now.saturating_add(offset)).unwrap_or(Ticks::ZERO);
    for kind in node.children().filter(|child| child.has_tag_name("direction-type")).flat_map(|kind| kind.children()) {
        match kind.tag_name().name() {
            "metronome" => {
                let tempo = sound.and_then(|sound| sound.attribute("tempo")?.parse::<f64>().ok());
                measure.tempo = read_tempo(kind, tempo).or(measure.tempo);
            }
            "words" => words(kind.text().unwrap_or_default(), swing.is_some(), measure),
            "rehearsal" => measure.rehearsal = kind.text().map(|text| clipped(text.trim())),
            "dynamics" => {
                let letters = kind.children().find(Node::is_element).map(|letters| letters.tag_name().name());
                let level = Dynamic::ALL.into_iter().find(|level| Some(level.letters()) == letters);
                measure.dynamics.extend(level.map(|level| mark(kind, offset, DynamicSign::Level(level))));
            }
            "wedge" => wedge(kind, offset, measure, state, before),
            _ => {}
        }
    }
}

/// Takes up what we wrote for ourselves: a simile or a repeat of which the file writes every bar.
fn folded(node: Node<'_, '_>, measure: &mut Measure, index: usize, repeats: &mut Vec<Repeat>) {
    let Some(pi) = node.pi().filter(|pi| pi.target == super::FOLDS) else { return };
    match pi.value.and_then(|words| words.trim().split_once(": ")) {
        Some(("bar", words)) => measure.repeat = folds::parse_bar(words),
        Some(("repeat", words)) => repeats.extend(folds::parse_repeat(index, words)),
        _ => {}
    }
}

fn mark(node: Node<'_, '_>, offset: Ticks, sign: DynamicSign) -> DynamicMark {
    DynamicMark { id: name_of(node).unwrap_or(ElementId(0)), offset, sign }
}

/// A hairpin begins with no length; its end finds it.
fn wedge(node: Node<'_, '_>, offset: Ticks, measure: &mut Measure, state: &mut State, before: &mut [Measure]) {
    let sign = match node.attribute("type") {
        Some("crescendo") => DynamicSign::Crescendo(Ticks(1)),
        Some("diminuendo") => DynamicSign::Diminuendo(Ticks(1)),
        Some("stop") if !state.open_hairpins.is_empty() => {
            let (bar, index, start) = state.open_hairpins.remove(0);
            let length = Ticks((measure.start + offset - start).get().max(1));
            let own = if bar == before.len() { Some(measure) } else { before.get_mut(bar) };
            if let Some(mark) = own.and_then(|measure| measure.dynamics.get_mut(index)) {
                mark.sign = match mark.sign {
                    DynamicSign::Crescendo(_) => DynamicSign::Crescendo(length),
                    DynamicSign::Diminuendo(_) => DynamicSign::Diminuendo(length),
                    level => level,
                };
            }
            return;
        }
        _ => return,
    };
    state.open_hairpins.push((before.len(), measure.dynamics.len(), measure.start + offset));
    measure.dynamics.push(mark(node, offset, sign));
}

fn words(text: &str, is_swing: bool, measure: &mut Measure) {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "" => {}
        "swing" if is_swing => measure.swing = Some(true),
        "straight" if is_swing => measure.swing = Some(false),
        _ if measure.text.is_empty() => measure.text = clipped(text),
        _ => measure.text = clipped(&format!("{} {text}", measure.text)),
    }
}

fn read_swing(node: Node<'_, '_>) -> Option<Swing> {
    let (first, second): (f64, f64) = (number(node, "first")?, number(node, "second")?);
    let ratio = first / (first + second);
    let unit = if text_of(node, "swing-type") == Some("16th") { SwingUnit::Sixteenths } else { SwingUnit::Eighths };
    (0.5..=0.8).contains(&ratio).then_some(Swing { unit, ratio })
}

fn read_tempo(metronome: Node<'_, '_>, sound: Option<f64>) -> Option<TempoMark> {
    let base = super::base_of(text_of(metronome, "beat-unit")?)?;
    let dots = metronome.children().filter(|child| child.has_tag_name("beat-unit-dot")).count().min(2);
    let beat = NoteValue::dotted(base, dots as u8);
    let printed = number::<f64>(metronome, "per-minute");
    // What sounds is more exact than what is printed.
    let heard = sound.map(|quarters| quarters / beat.ticks().in_quarters().max(1e-3));
    let bpm = heard.or(printed)?;
    Bpm::new((bpm * 1000.0).round() / 1000.0).ok().map(|bpm| TempoMark { beat, bpm })
}

/// A place such as C5, within eight octaves.
pub(super) fn staff_place(unpitched: Node<'_, '_>) -> Option<StaffPlace> {
    let letter = text_of(unpitched, "display-step")?;
    let steps = [Step::C, Step::D, Step::E, Step::F, Step::G, Step::A, Step::B];
    let step = steps.into_iter().find(|step| letter == step.letter().to_string())?;
    let octave = number(unpitched, "display-octave").filter(|octave| (1..=8).contains(octave))?;
    Some(StaffPlace::new(step, octave))
}
