//! Standard MIDI file, type 1: a track of tempo and meter, and a track of General MIDI percussion; and back to a score.
//!
//! Conventions: channel 10, key and velocity as in the table of instruments. As written (`midi`), notes stand where the
//! score has them, swing, graces and rolls sound as they are played, and the tempo map follows the recording from the
//! first bar line on. As played (`midi-played`), every hit stands at its own time, and bars of lead-in bring the first bar
//! line to the time it has in the recording. A note ends after a sixteenth, or earlier where the key is struck again. 480
//! ticks to the quarter, or as many as the score needs.
//!
//! What MIDI has no event for is kept where players do not mind it, so that [`read`] finds the score again: words above the
//! staff, dynamics, similes and repeats as text events, sticking as lyrics, a choke as pressure on the key, half-open and
//! splashed hi-hats as pedal (controller 4), and whether a stroke is a ghost, accented, graced or rolled as the velocity of
//! its note-off.

mod marks;
mod read;
mod strokes;
mod tempo;
mod words;

use crate::walk::chords;
use crate::{FormatInfo, Material, Options, Result};
use drums::{TICKS_PER_QUARTER, Ticks};
use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind};
use score::Score;
use strokes::Stroke;

pub use read::{BYTES_MAX, MEASURES_MAX, NOTES_MAX, Reading, read};

/// The row of the file as written.
pub(crate) const WRITTEN: FormatInfo = FormatInfo {
    id: "midi",
    extension: "mid",
    media_type: "audio/midi",
    name: "MIDI, as written",
    description: "The notes on the grid for sequencers and drum machines, with tempo map and General MIDI keys.",
    pages: false,
    write: |material: &Material<'_>, _: &Options| {
        let score = material.score();
        let strokes = strokes::written(score, Resolution::of(score));
        Ok(file(score, tempo::Lead::NONE, Resolution::of(score), &strokes, true))
    },
};

/// The row of the file as played.
pub(crate) const PLAYED: FormatInfo = FormatInfo {
    id: "midi-played",
    extension: "played.mid",
    media_type: "audio/midi",
    name: "MIDI, as played",
    description: "Every hit at the time it was played, beside a tempo map that follows the recording.",
    pages: false,
    write: |material: &Material<'_>, _: &Options| -> Result<Vec<u8>> {
        let score = material.score();
        let lead = tempo::Lead::of(score);
        Ok(file(score, lead, Resolution::PLAYED, &strokes::played(material, lead), false))
    },
};

/// Channel 10, counted from 0.
const PERCUSSION: u4 = u4::new(9);
/// How far the hi-hat pedal is down; 0 is open, 127 closed.
const PEDAL: u7 = u7::new(4);

fn file(score: &Score, lead: tempo::Lead, resolution: Resolution, strokes: &[Stroke], is_written: bool) -> Vec<u8> {
    let title = printable(&score.title);
    let words = if is_written { words::of(score) } else { Vec::new() };
    let file = Smf {
        header: Header::new(Format::Parallel, Timing::Metrical(u15::new(resolution.per_quarter))),
        tracks: vec![
            conductor(score, lead, resolution, &title, &words),
            percussion(strokes, resolution, lead.length + score.length()),
        ],
    };
    let mut bytes = Vec::new();
    file.write_std(&mut bytes).expect("writing into memory cannot fail");
    bytes
}

/// Ticks of the file in a quarter.
#[derive(Clone, Copy)]
struct Resolution {
    per_quarter: u16,
}

impl Resolution {
    /// Of a file as played, a tick at 120 is half a millisecond.
    const PLAYED: Self = Self { per_quarter: 960 };

    /// Of a file as written: 480 where they hold every place, otherwise our own ticks.
    fn of(score: &Score) -> Self {
        let step = TICKS_PER_QUARTER / 480;
        let mut marks = score.measures.iter().flat_map(|measure| &measure.dynamics);
        let fits = chords(score).all(|(_, event, _)| event.offset.get() % step == 0)
            && marks.all(|mark| mark.offset.get() % step == 0);
        Self { per_quarter: if fits { 480 } else { TICKS_PER_QUARTER as u16 } }
    }

    /// A place of the score in ticks of the file, held to what is not negative.
    fn at(self, place: Ticks) -> u64 {
        let exact = i128::from(place.get()) * i128::from(self.per_quarter) * 2 + i128::from(TICKS_PER_QUARTER);
        exact.div_euclid(2 * i128::from(TICKS_PER_QUARTER)).max(0) as u64
    }
}

/// Events with their places in ticks of the file; put into a track in order of place, and as they came at one place.
#[derive(Default)]
struct Events<'a> {
    list: Vec<(u64, TrackEventKind<'a>)>,
}

impl<'a> Events<'a> {
    fn push(&mut self, at: u64, kind: TrackEventKind<'a>) {
        self.list.push((at, kind));
    }

    fn meta(&mut self, at: u64, message: MetaMessage<'a>) {
        self.push(at, TrackEventKind::Meta(message));
    }

    fn midi(&mut self, at: u64, message: MidiMessage) {
        self.push(at, TrackEventKind::Midi { channel: PERCUSSION, message });
    }

    /// A track that ends at `end`, or with its last event where that is later.
    fn into_track(mut self, end: u64) -> Track<'a> {
        let last = self.list.iter().map(|(at, _)| *at).max().unwrap_or(0);
        self.meta(end.max(last), MetaMessage::EndOfTrack);
        self.list.sort_by_key(|(at, _)| *at);
        let mut now = 0;
        let mut track: Track<'a> = Vec::with_capacity(self.list.len());
        for (at, kind) in self.list {
            let delta = u28::new((at - now).min(u64::from(u28::max_value().as_int())) as u32);
            track.push(TrackEvent { delta, kind });
            now = at;
        }
        track
    }
}

fn conductor<'a>(
    score: &'a Score,
    lead: tempo::Lead,
    resolution: Resolution,
    title: &'a str,
    words: &'a [(Ticks, String)],
) -> Track<'a> {
    let mut events = Events::default();
    events.meta(0, MetaMessage::TrackName(title.as_bytes()));
    let mut meter_before = None;
    for measure in &score.measures {
        let is_first = meter_before.is_none();
        let at = if is_first { 0 } else { resolution.at(lead.length + measure.start) };
        if meter_before != Some(measure.meter) {
            let clocks_a_beat = (24 * measure.meter.beat_ticks().get() / TICKS_PER_QUARTER) as u8;
            let denominator_log2 = measure.meter.denominator().trailing_zeros() as u8;
            let numerator = measure.meter.numerator();
            events.meta(at, MetaMessage::TimeSignature(numerator, denominator_log2, clocks_a_beat, 8));
            meter_before = Some(measure.meter);
        }
        if let Some(letter) = &measure.rehearsal {
            events.meta(resolution.at(lead.length + measure.start), MetaMessage::Marker(letter.as_bytes()));
        }
    }
    for (at, text) in words {
        events.meta(resolution.at(lead.length + *at), MetaMessage::Text(text.as_bytes()));
    }
    for change in tempo::changes(score, lead) {
        events.meta(resolution.at(change.at), MetaMessage::Tempo(change.micros_a_quarter));
    }
    events.into_track(resolution.at(lead.length + score.length()))
}

fn percussion(strokes: &[Stroke], resolution: Resolution, end: Ticks) -> Track<'static> {
    let mut events = Events::default();
    events.meta(0, MetaMessage::TrackName(b"Drums"));
    let sixteenth = u64::from(resolution.per_quarter) / 4;
    // The last place of each key, to end a note before the next stroke on it.
    let mut next = [u64::MAX; 128];
    let mut notes = Vec::with_capacity(strokes.len());
    let mut placed: Vec<(u64, &Stroke)> = strokes.iter().map(|stroke| (resolution.at(stroke.at), stroke)).collect();
    placed.sort_by_key(|(at, stroke)| (*at, stroke.key, stroke.off, stroke.velocity));
    for (at, stroke) in placed.into_iter().rev() {
        let key = usize::from(stroke.key);
        if next[key] == at {
            continue;
        }
        notes.push((at, (at + sixteenth).min(next[key]), stroke));
        next[key] = at;
    }
    notes.reverse();
    // Ends first, so that at one place a note ends before the next begins.
    for (_, end, stroke) in &notes {
        let (key, vel) = (u7::new(stroke.key), u7::new(stroke.off));
        if stroke.choke {
            events.midi(*end, MidiMessage::Aftertouch { key, vel: u7::max_value() });
        }
        events.midi(*end, MidiMessage::NoteOff { key, vel });
        if stroke.choke {
            events.midi(*end, MidiMessage::Aftertouch { key, vel: u7::new(0) });
        }
    }
    let mut pedal = None;
    let pedalled = notes.iter().any(|(_, _, stroke)| strokes::needs_pedal(stroke.instrument));
    for (at, _, stroke) in &notes {
        let wanted = strokes::pedal(stroke.instrument).filter(|wanted| pedalled && pedal != Some(*wanted));
        if let Some(value) = wanted {
            events.midi(*at, MidiMessage::Controller { controller: PEDAL, value: u7::new(value) });
            pedal = Some(value);
        }
        if let Some(lyric) = stroke.lyric {
            events.meta(*at, MetaMessage::Lyric(lyric.as_bytes()));
        }
        events.midi(*at, MidiMessage::NoteOn { key: u7::new(stroke.key), vel: u7::new(stroke.velocity) });
    }
    events.into_track(resolution.at(end))
}

/// A title as MIDI players can show it: no control characters, not endless.
fn printable(title: &str) -> String {
    title.chars().filter(|character| !character.is_control()).take(200).collect()
}
