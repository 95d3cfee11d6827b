//! MIDI read back by another program's reader.

use crate::scores::{Writer, kitchen, played, rock};
use drums::{Hit, Performance, Seconds};
use export::{Material, Options, find, write};
use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};
use score::Score;

/// A note read back: seconds, key and velocity; and how long it lasts in seconds.
#[derive(Debug, Clone, Copy)]
struct Sound {
    time_s: f64,
    key: u8,
    velocity: u8,
}

fn bytes(score: &Score, performance: &Performance, performed: bool) -> Vec<u8> {
    let format = if performed { "midi-played" } else { "midi" };
    write(find(format).unwrap(), &Material::new(performance, score), &Options::default()).unwrap()
}

fn sounds(bytes: &[u8]) -> Vec<Sound> {
    let file = Smf::parse(bytes).unwrap();
    let midly::Timing::Metrical(per_quarter) = file.header.timing else { panic!("not metrical") };
    let mut now = 0;
    let mut tempi = vec![(0_u32, 500_000.0_f64)];
    for event in &file.tracks[0] {
        now += event.delta.as_int();
        if let TrackEventKind::Meta(MetaMessage::Tempo(micros)) = event.kind {
            tempi.push((now, f64::from(micros.as_int())));
        }
    }
    let time_s = |at: u32| {
        let ends = tempi.iter().skip(1).map(|(from, _)| *from).chain([u32::MAX]);
        let spans = tempi.iter().zip(ends).filter(|((from, _), _)| *from < at);
        let micros = spans.map(|((from, micros), end)| f64::from(end.min(at) - from) * micros);
        micros.sum::<f64>() / f64::from(per_quarter.as_int()) / 1e6
    };
    let mut now = 0;
    let mut sounds = Vec::new();
    for event in &file.tracks[1] {
        now += event.delta.as_int();
        if let TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, vel } } = event.kind {
            assert_eq!(channel.as_int(), 9);
            sounds.push(Sound { time_s: time_s(now), key: key.as_int(), velocity: vel.as_int() });
        }
    }
    sounds
}

fn expected(performance: &Performance, shift_s: f64) -> Vec<(f64, u8, u8)> {
    let hits = performance.hits().iter();
    let mut expected: Vec<_> =
        hits.map(|hit| (hit.time.get() + shift_s, hit.instrument.row().midi_key, hit.velocity.to_midi())).collect();
    expected.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    expected
}

fn assert_same(mut read: Vec<Sound>, expected: &[(f64, u8, u8)]) {
    read.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.key.cmp(&b.key)));
    assert_eq!(read.len(), expected.len());
    for (sound, (time_s, key, velocity)) in read.iter().zip(expected) {
        assert!((sound.time_s - time_s).abs() < 0.001, "{sound:?}, expected {time_s} s");
        assert_eq!((sound.key, sound.velocity), (*key, *velocity), "at {time_s} s");
    }
}

#[test]
fn written_notes_come_back_from_the_first_bar_line_on() {
    let score = rock();
    let performance = played(&score);
    assert_same(sounds(&bytes(&score, &performance, false)), &expected(&performance, -0.5));
}

#[test]
fn performed_hits_keep_their_times() {
    let score = rock();
    let played = played(&score);
    // Hits at one time move together, so that they keep their names.
    let late = |hit: &Hit| Seconds::clamped((hit.time.get() * 9.0).sin() * 0.007 + 0.007);
    let shifted = played.hits().iter().map(|hit| Hit { time: hit.time + late(hit), ..*hit });
    let performance = Performance::new(played.duration(), shifted.collect(), played.grid().clone()).unwrap();
    assert_same(sounds(&bytes(&score, &performance, true)), &expected(&performance, 0.0));
}

#[test]
fn a_tempo_that_changes_is_followed() {
    let mut score = rock();
    let anchor = |quarters: i64, seconds: f64| score::Anchor {
        ticks: drums::Ticks::QUARTER * quarters,
        time: Seconds::clamped(seconds),
    };
    score.timeline = score::Timeline::new([anchor(0, 2.0), anchor(1, 2.5), anchor(3, 3.3), anchor(6, 5.0)]);
    let performance = played(&score);
    assert_same(sounds(&bytes(&score, &performance, true)), &expected(&performance, 0.0));
    assert_same(sounds(&bytes(&score, &performance, false)), &expected(&performance, -2.0));
}

#[test]
fn graces_sound_before_their_note_and_rolls_are_played_out() {
    let score = Writer::new("", "4/4", 60.0).bar("4:- 4:sd/d 4:sd/2 4:sd/z", "").done();
    let times: Vec<f64> = sounds(&bytes(&score, &played(&score), false)).iter().map(|sound| sound.time_s).collect();
    // Two graces and their note, four sixteenths, eight thirty-seconds.
    assert_eq!(times.len(), 3 + 4 + 8, "{times:?}");
    // Graces lie 30 ms apart, to a tick of the file.
    for (time, expected) in times.iter().zip([0.94, 0.97, 1.0, 2.0, 2.25]) {
        assert!((time - expected).abs() < 0.0011, "{times:?}");
    }
}

#[test]
fn every_note_ends_and_never_inside_the_next() {
    let score = kitchen();
    let bytes = bytes(&score, &played(&score), false);
    let mut sounding = [false; 128];
    for event in &Smf::parse(&bytes).unwrap().tracks[1] {
        match event.kind {
            TrackEventKind::Midi { message: MidiMessage::NoteOn { key, .. }, .. } => {
                assert!(!std::mem::replace(&mut sounding[usize::from(key.as_int())], true), "key {key}");
            }
            TrackEventKind::Midi { message: MidiMessage::NoteOff { key, .. }, .. } => {
                sounding[usize::from(key.as_int())] = false;
            }
            _ => {}
        }
    }
    assert!(!sounding.contains(&true));
}

#[test]
fn meters_and_names_are_in_the_file() {
    let score = kitchen();
    let bytes = bytes(&score, &played(&score), false);
    let file = Smf::parse(&bytes).unwrap();
    let messages: Vec<_> = file.tracks[0].iter().map(|event| event.kind).collect();
    let meters: Vec<_> = messages
        .iter()
        .filter_map(|kind| match kind {
            TrackEventKind::Meta(MetaMessage::TimeSignature(numerator, denominator, clocks, _)) => {
                Some((*numerator, 1 << denominator, *clocks))
            }
            _ => None,
        })
        .collect();
    assert_eq!(meters, [(4, 4, 24), (6, 8, 36), (7, 8, 12), (3, 4, 24)]);
    assert!(messages.contains(&TrackEventKind::Meta(MetaMessage::TrackName(b"Kitchen sink"))));
    assert!(messages.contains(&TrackEventKind::Meta(MetaMessage::Marker(b"A"))));
}
