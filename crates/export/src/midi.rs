//! Standard MIDI file, type 1: a track of tempo and meter, and a track of General MIDI percussion.
//!
//! Conventions: channel 10, key and velocity as in the table of instruments. As written, notes stand where the score has
//! them and the tempo map follows the recording from the first bar line on; as performed, every hit stands at its own
//! time and bars of lead-in bring the first bar line to the time it has in the recording. A note ends after a sixteenth,
//! or earlier where the key is struck again. 480 ticks to the quarter, or as many as the score needs.

mod strokes;
mod tempo;

use crate::walk::chords;
use crate::{FormatInfo, Material, Options, Result};
use drums::{TICKS_PER_QUARTER, Ticks};
use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind};
use score::Score;
use strokes::Stroke;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "midi",
    extension: "mid",
    media_type: "audio/midi",
    name: "MIDI",
    description: "The notes for sequencers and drum machines, with tempo map and General MIDI percussion keys.",
    pages: false,
    write,
};

/// Channel 10, counted from 0.
const PERCUSSION: u4 = u4::new(9);

fn write(material: &Material<'_>, options: &Options) -> Result<Vec<u8>> {
    let score = material.score();
    let lead = if options.performed { tempo::Lead::of(score) } else { tempo::Lead::NONE };
    let strokes = if options.performed { strokes::performed(material, lead) } else { strokes::written(material) };
    let resolution = Resolution::of(score, options.performed);
    let title = printable(&score.title);
    let mut bytes = Vec::new();
    let file = Smf {
        header: Header::new(Format::Parallel, Timing::Metrical(u15::new(resolution.per_quarter))),
        tracks: vec![conductor(score, lead, resolution, &title), percussion(&strokes, resolution)],
    };
    file.write_std(&mut bytes).expect("writing into memory cannot fail");
    Ok(bytes)
}

/// Ticks of the file in a quarter.
#[derive(Clone, Copy)]
struct Resolution {
    per_quarter: u16,
}

impl Resolution {
    fn of(score: &Score, performed: bool) -> Self {
        let step = TICKS_PER_QUARTER / 480;
        let fits = chords(score).all(|(_, event, _)| event.offset.get() % step == 0);
        let per_quarter = if performed {
            960
        } else if fits {
            480
        } else {
            TICKS_PER_QUARTER as u16
        };
        Self { per_quarter }
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

    fn into_track(mut self) -> Track<'a> {
        self.list.sort_by_key(|(at, _)| *at);
        let mut now = 0;
        let mut track: Track<'a> = Vec::with_capacity(self.list.len() + 1);
        for (at, kind) in self.list {
            let delta = u28::new((at - now).min(u64::from(u28::max_value().as_int())) as u32);
            track.push(TrackEvent { delta, kind });
            now = at;
        }
        track.push(TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
        track
    }
}

fn conductor<'a>(score: &'a Score, lead: tempo::Lead, resolution: Resolution, title: &'a str) -> Track<'a> {
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
    for change in tempo::changes(score, lead) {
        events.meta(resolution.at(change.at), MetaMessage::Tempo(change.micros_a_quarter));
    }
    events.into_track()
}

fn percussion(strokes: &[Stroke], resolution: Resolution) -> Track<'static> {
    let mut events = Events::default();
    events.meta(0, MetaMessage::TrackName(b"Drums"));
    let sixteenth = u64::from(resolution.per_quarter) / 4;
    // The last place of each key, to end a note before the next stroke on it.
    let mut next = [u64::MAX; 128];
    let mut notes = Vec::with_capacity(strokes.len());
    for stroke in strokes.iter().rev() {
        let (at, key) = (resolution.at(stroke.at), usize::from(stroke.key));
        if next[key] == at {
            continue;
        }
        notes.push((at, (at + sixteenth).min(next[key]), stroke));
        next[key] = at;
    }
    notes.reverse();
    // Ends first, so that at one place a note ends before the next begins.
    for (_, end, stroke) in &notes {
        let (key, vel) = (u7::new(stroke.key), u7::new(64));
        let message = MidiMessage::NoteOff { key, vel };
        events.push(*end, TrackEventKind::Midi { channel: PERCUSSION, message });
    }
    for (at, _, stroke) in &notes {
        let message = MidiMessage::NoteOn { key: u7::new(stroke.key), vel: u7::new(stroke.velocity) };
        events.push(*at, TrackEventKind::Midi { channel: PERCUSSION, message });
    }
    events.into_track()
}

/// A title as MIDI players can show it: no control characters, not endless.
fn printable(title: &str) -> String {
    title.chars().filter(|character| !character.is_control()).take(200).collect()
}
