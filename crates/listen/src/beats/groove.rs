//! What the strokes alone say of beats and bar lines: a small network that has learnt how drummers play looks at twenty
//! seconds at a time.
//!
//! Conventions: a frame is 40 ms; it holds two halves of [`CHANNELS`] values each, the strength of a stroke of each kind
//! in that half, shared between two halves where the stroke falls between their centres. What the network believes is
//! drawn at a hundred frames a second, straight from frame to frame.
//!
//! Source: `groove.onnx`, made by `training/beats/learn_groove.py` from the Groove MIDI Dataset (Gillick et al. 2019, CC BY
//! 4.0, train split) and pieces composed by rule; dilated convolutions as in Davies and Böck 2019.

use super::{BeatActivations, SPAN_MAX_S};
use crate::neural::{Contract, Engine, Limits, Output, ThreadPool, Trial, Windows};
use drums::{FrameRate, Hit, Instrument, Piece, Seconds};
use std::sync::{Arc, LazyLock};

/// Kinds of strokes told apart.
const CHANNELS: usize = 12;
/// Values a frame.
const WIDTH: usize = 2 * CHANNELS;
/// Halves of a frame a second.
const HALVES_PER_S: f64 = 50.0;
/// Frames drawn for each frame of the network: a hundred a second.
const DRAWN_PER_FRAME: usize = 4;
/// Silence before the first stroke, in seconds.
const LEAD_S: f64 = 0.5;
/// Frames on each side that the network looks at.
const CONTEXT_FRAMES: usize = 257;
/// Frames it answers for in one run (82 s).
const WINDOW_FRAMES: usize = 2048;
/// What the softest stroke counts.
const STRENGTH_MIN: f32 = 0.3;
/// Columns of the answer: a beat, and a downbeat.
const ANSWERS: usize = 2;

static WEIGHTS: &[u8] = include_bytes!("groove.onnx");

/// The network made ready; nothing if the engine does not take it, which a test would notice.
static NETWORK: LazyLock<Option<Engine>> = LazyLock::new(|| ready().ok());

fn ready() -> Result<Engine, String> {
    let beat = Output { name: "beat", columns: ANSWERS, range: Some((0.0, 1.0)) };
    let contract = Contract {
        input: "strokes",
        width: WIDTH,
        outputs: vec![beat],
        listed: "answers",
        context_frames: CONTEXT_FRAMES,
        window_frames: WINDOW_FRAMES,
        limits: Limits { numbers_per_frame_max: 10_000, work_per_frame_max: 1_000_000 },
        trial: Trial { silence: 0.0, noise: |chance| if chance > 0.95 { chance } else { 0.0 } },
    };
    let graph = contract.read(WEIGHTS)?;
    Engine::new(contract, graph, WEIGHTS)
}

/// Where drummers would have beats and bar lines; nothing without strokes.
pub(super) fn believed(hits: &[Hit]) -> Option<BeatActivations> {
    let network = NETWORK.as_ref()?;
    let first_s = hits.iter().map(|hit| hit.time.get()).min_by(f64::total_cmp)?;
    let start_s = (first_s - LEAD_S).max(0.0);
    let halves = halves(hits, start_s);
    let answers = run(network, &halves).ok()?;
    let rate = FrameRate::new(HALVES_PER_S / 2.0 * DRAWN_PER_FRAME as f64).ok()?;
    Some(drawn(&answers, rate).starting_at(Seconds::clamped(start_s)))
}

/// Strengths by half of a frame and kind, from a time on; whole frames.
fn halves(hits: &[Hit], start_s: f64) -> Vec<f32> {
    let place = |hit: &Hit| (hit.time.get() - start_s) * HALVES_PER_S;
    let within = |hit: &&Hit| hit.time.get() - start_s < SPAN_MAX_S;
    let last = hits.iter().filter(within).map(place).fold(0.0, f64::max);
    let frames = (last + HALVES_PER_S) as usize / 2 + 1;
    let mut halves = vec![0.0_f32; frames * WIDTH];
    for hit in hits.iter().filter(within) {
        let place = place(hit).max(0.0);
        let strength = hit.confidence.get() * (STRENGTH_MIN + (1.0 - STRENGTH_MIN) * hit.velocity.get());
        let late = place.fract() as f32;
        for (half, share) in [(place as usize, 1.0 - late), (place as usize + 1, late)] {
            if let Some(value) = halves.get_mut(half * CHANNELS + kind(hit.instrument)) {
                *value = value.max(share * strength);
            }
        }
    }
    halves
}

/// Which kind an instrument is; the order is that of the training.
fn kind(instrument: Instrument) -> usize {
    match (instrument, instrument.row().piece) {
        (Instrument::CrossStick, _) => 2,
        (Instrument::Clap, _) | (_, Piece::Snare) => 1,
        (_, Piece::Kick) => 0,
        (Instrument::HihatClosed, _) => 3,
        (Instrument::HihatPedal | Instrument::HihatFootSplash, _) => 5,
        (_, Piece::Hihat) => 4,
        (Instrument::TomHigh, _) => 6,
        (Instrument::TomFloor | Instrument::TomFloorLow, _) => 8,
        (_, Piece::Tom) => 7,
        (_, Piece::Ride) => 9,
        (_, Piece::Cymbal) => 10,
        (_, Piece::Percussion) => 11,
    }
}

/// Probabilities of a beat and a downbeat, frame by frame.
fn run(network: &Engine, halves: &[f32]) -> Result<Vec<f32>, String> {
    let pool = Arc::new(ThreadPool::with_num_threads(1));
    let frames = halves.len() / WIDTH;
    let mut windows = Windows::new(WINDOW_FRAMES, CONTEXT_FRAMES);
    let mut answers = Vec::with_capacity(frames * ANSWERS);
    while let Some(window) = windows.next_of(frames as i64) {
        let seen = window.seen.start as usize * WIDTH..window.seen.end as usize * WIDTH;
        let mut lists = network.run(halves[seen].to_vec(), &pool)?;
        let mut list = lists.swap_remove(0);
        window.keep(&mut list, ANSWERS);
        answers.append(&mut list);
    }
    Ok(answers)
}

fn drawn(answers: &[f32], rate: FrameRate) -> BeatActivations {
    let mut drawn = BeatActivations::new(rate);
    let (frames, _) = answers.as_chunks::<ANSWERS>();
    for (index, &[beat, downbeat]) in frames.iter().enumerate() {
        let [next_beat, next_downbeat] = frames.get(index + 1).copied().unwrap_or([beat, downbeat]);
        for step in 0..DRAWN_PER_FRAME {
            let share = step as f32 / DRAWN_PER_FRAME as f32;
            drawn.push(beat + share * (next_beat - beat), downbeat + share * (next_downbeat - downbeat));
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use drums::{Confidence, Velocity};

    fn hit(time_s: f64, instrument: Instrument, velocity: f32) -> Hit {
        Hit::new(Seconds::clamped(time_s), instrument, Velocity::clamped(velocity))
    }

    /// Bars of eighths at 120 beats a minute: kick on one and after three, snare on two and four, from `start_s` on.
    fn rock(start_s: f64, bars: usize) -> Vec<Hit> {
        let eighth = |i: usize| {
            let time_s = start_s + 0.25 * i as f64;
            let drum = match i % 8 {
                0 | 5 => Some(hit(time_s, Instrument::Kick, 0.9)),
                2 | 6 => Some(hit(time_s, Instrument::Snare, 0.9)),
                _ => None,
            };
            let cymbal = if i.is_multiple_of(32) { Instrument::Crash } else { Instrument::HihatClosed };
            drum.into_iter().chain([hit(time_s, cymbal, 0.6)])
        };
        (0..8 * bars).flat_map(eighth).collect()
    }

    #[test]
    fn the_network_in_the_tree_is_one_that_we_can_run() {
        assert_eq!(ready().err(), None);
    }

    #[test]
    fn a_stroke_lies_in_the_half_of_a_frame_it_falls_in() {
        let unsure = Hit { confidence: Confidence::clamped(0.5), ..hit(0.3, Instrument::TomHighMid, 1.0) };
        let strokes = [hit(0.10, Instrument::Snare, 1.0), hit(0.115, Instrument::Crash, 0.0), unsure];
        let halves = halves(&strokes, 0.0);
        assert_eq!(halves.len() % WIDTH, 0);
        let struck: Vec<(usize, usize)> =
            (0..halves.len()).filter(|&i| halves[i] > 1e-3).map(|i| (i / CHANNELS, i % CHANNELS)).collect();
        assert_eq!(struck, [(5, 1), (5, 10), (6, 10), (15, 7)]);
        let strength = |half: usize, kind: usize| (halves[half * CHANNELS + kind] * 1e3).round() / 1e3;
        assert_eq!([strength(5, 1), strength(5, 10), strength(6, 10), strength(15, 7)], [1.0, 0.075, 0.225, 0.5]);
    }

    #[test]
    fn bars_of_rock_begin_at_their_kicks_and_crashes() {
        let believed = believed(&rock(3.0, 8)).unwrap();
        let beats: Vec<f64> = (0..32).map(|i| 3.0 + 0.5 * f64::from(i)).collect();
        let every_fourth = |first: usize| beats.iter().skip(first).step_by(4).copied().collect::<Vec<f64>>();
        let [at_beats, share] = believed.beat_peaks().met_by(&beats, 0.07, (3.0, 18.5));
        assert!(at_beats > 0.8 && share > 0.8, "beats {at_beats} {share}");
        let strength = |first: usize| believed.downbeat_peaks().met_by(&every_fourth(first), 0.07, (3.0, 18.5))[0];
        assert!((1..4).all(|other| strength(0) > strength(other) + 0.2), "{:?}", [0, 1, 2, 3].map(strength));
    }

    #[test]
    fn the_answers_are_those_of_the_training() {
        let halves = halves(&rock(3.0, 8), 2.5);
        let answers = run(NETWORK.as_ref().unwrap(), &halves).unwrap();
        assert_eq!(answers.len(), 432 * ANSWERS);
        // PyTorch's, by `learn_groove.py`'s own `halves`.
        let known = [
            (0, 0.4469, 0.0445),
            (12, 0.7561, 0.8571),
            (25, 0.9556, 0.0002),
            (62, 0.8554, 0.9217),
            (431, 0.0045, 0.0030),
        ];
        for (frame, beat, downbeat) in known {
            let said = [answers[frame * ANSWERS], answers[frame * ANSWERS + 1]];
            let off = (said[0] - beat).abs().max((said[1] - downbeat).abs());
            assert!(off < 1e-3, "frame {frame}: {said:?}, not {beat} and {downbeat}");
        }
    }

    #[test]
    fn a_long_piece_is_read_window_by_window_as_if_at_once() {
        let network = NETWORK.as_ref().unwrap();
        let halves = halves(&rock(0.5, 120), 0.0);
        let frames = halves.len() / WIDTH;
        assert!(frames > 2 * WINDOW_FRAMES);
        let pool = Arc::new(ThreadPool::with_num_threads(1));
        let whole = network.run(halves.clone(), &pool).unwrap().swap_remove(0);
        let windows = run(network, &halves).unwrap();
        assert_eq!(windows.len(), whole.len());
        assert!(windows.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn nothing_is_believed_of_nothing_and_odd_hits_do_no_harm() {
        assert_eq!(believed(&[]), None);
        let apart = [hit(0.0, Instrument::Kick, 1.0), hit(2.0 * SPAN_MAX_S, Instrument::Snare, 1.0)];
        assert!(believed(&apart).unwrap().kept_bytes() < 1000);
    }
}
