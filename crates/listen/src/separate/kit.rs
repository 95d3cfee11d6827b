//! How the instruments of a recording sound: a spectrogram per instrument, and when each is struck.
//!
//! Conventions: templates are magnitudes, frames x bands, and begin [`LEAD_FRAMES`] before the frame of the hit,
//! because a window sees a stroke before it is centred on it.

use super::bands::Bands;
use super::settings::MaskSettings;
use super::spectra::{HOP_SAMPLES, frame_at};
use drums::{Family, Hit, Instrument, Piece, SampleRate};

/// Frames of a template before the hit.
pub(super) const LEAD_FRAMES: i64 = 2;
/// A closed hi-hat ends an open one this long after its hit, frames.
const CHOKE_FRAMES: i64 = 1;
/// Hi-hat strokes nearer than this belong together, seconds.
const TOGETHER_S: f64 = 0.02;
/// Frames after a hit from which on a template only falls.
const FALL_FRAMES: usize = 4;
/// Least and greatest gain of a hit against the middle of its instrument.
const GAIN: (f32, f32) = (0.02, 8.0);

/// How an instrument sounds here.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Timbre {
    pub(super) instrument: Instrument,
    /// Frames x bands.
    pub(super) template: Vec<f32>,
}

/// One hit as frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    /// Which timbre.
    pub(super) timbre: usize,
    /// First frame of its template.
    pub(super) from: i64,
    /// One past the last frame it may sound in.
    pub(super) end: i64,
    /// How loud.
    pub(super) gain: f32,
}

/// What was learnt of a recording: ready to split it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kit {
    pub(super) settings: MaskSettings,
    pub(super) bands: Bands,
    pub(super) timbres: Vec<Timbre>,
    /// Every hit, in order of time.
    pub(super) strokes: Vec<Stroke>,
}

/// How long an instrument rings at most, seconds.
fn ring_s(instrument: Instrument) -> f64 {
    match (instrument, instrument.row().family) {
        (Instrument::HihatOpen | Instrument::HihatFootSplash | Instrument::Splash, _) => 1.2,
        (Instrument::HihatHalfOpen, _) => 0.8,
        (_, Some(Family::Hihat)) => 0.3,
        (_, Some(Family::Toms)) => 0.9,
        (_, Some(Family::Kick)) => 0.5,
        (_, Some(Family::Snare)) => 0.6,
        (Instrument::Ride | Instrument::Ride2 | Instrument::RideBell, _) => 1.8,
        (_, Some(Family::Cymbals)) => 2.5,
        (_, None) => 0.5,
    }
}

impl Kit {
    /// Hits as strokes on silent templates.
    pub(super) fn new(hits: &[Hit], settings: &MaskSettings) -> Self {
        let bands = Bands::new();
        let mut hits: Vec<&Hit> = hits.iter().collect();
        hits.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
        let mut instruments: Vec<Instrument> = hits.iter().map(|hit| hit.instrument).collect();
        instruments.sort_unstable();
        instruments.dedup();
        let rate_hz = f64::from(SampleRate::LISTENING.get()) / HOP_SAMPLES as f64;
        let timbre = |&instrument: &Instrument| {
            let frames = (ring_s(instrument) * rate_hz) as usize + LEAD_FRAMES as usize + 1;
            Timbre { instrument, template: vec![0.0; frames * bands.len()] }
        };
        let timbres: Vec<Timbre> = instruments.iter().map(timbre).collect();
        let hats: Vec<f64> =
            hits.iter().filter(|hit| hit.instrument.row().piece == Piece::Hihat).map(|hit| hit.time.get()).collect();
        let strokes = hits.iter().filter_map(|hit| {
            let timbre = instruments.binary_search(&hit.instrument).ok()?;
            let from = frame_at(hit.time.get()) - LEAD_FRAMES;
            let mut end = from + (timbres[timbre].template.len() / bands.len()) as i64;
            if hit.instrument.row().piece == Piece::Hihat {
                let next = hats.partition_point(|time| *time <= hit.time.get() + TOGETHER_S);
                end = hats.get(next).map_or(end, |time| end.min(frame_at(*time) + CHOKE_FRAMES));
            }
            Some(Stroke { timbre, from, end, gain: hit.velocity.get().max(0.05).powf(1.2) })
        });
        let strokes = strokes.collect();
        Self { settings: settings.clone(), bands, timbres, strokes }
    }

    /// Frames of the template of a timbre.
    pub(super) fn frames(&self, timbre: usize) -> usize {
        self.timbres[timbre].template.len() / self.bands.len()
    }

    /// Frames of the longest template.
    pub(super) fn frames_max(&self) -> i64 {
        (0..self.timbres.len()).map(|timbre| self.frames(timbre)).max().unwrap_or(0) as i64
    }
}

/// Makes a template fall once it has spoken: strokes die away, what grows there is something else.
pub(super) fn let_fall(template: &mut [f32], bands: usize) {
    let first = (LEAD_FRAMES as usize + FALL_FRAMES - 2) * bands;
    for at in (first + bands)..template.len() {
        template[at] = template[at].min(template[at - bands]);
    }
}

/// A gain within its bounds.
pub(super) fn bounded(gain: f32) -> f32 {
    gain.clamp(GAIN.0, GAIN.1)
}
