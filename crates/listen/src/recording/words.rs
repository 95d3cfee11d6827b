//! What a listener would say about a recording, and how well it suits listening for drums.

use super::Recording;

/// The room in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Close microphones or a dead room.
    Dry,
    /// A room that is heard but not in the way.
    Room,
    /// Strokes run into each other.
    VeryRoomy,
}

impl Room {
    pub(super) fn of_decay(decay_s: f32) -> Self {
        match decay_s {
            s if s < 0.5 => Self::Dry,
            s if s < 1.0 => Self::Room,
            _ => Self::VeryRoomy,
        }
    }

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dry => "dry",
            Self::Room => "room",
            Self::VeryRoomy => "very roomy",
        }
    }
}

/// How well a recording suits listening for drums, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suitability {
    /// Nothing is in the way.
    Good,
    /// Soft strokes or the kinds of cymbals may be wrong.
    Fair,
    /// Expect to correct much.
    Poor,
}

impl Suitability {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

/// The suitability, and a sentence for each reason it is not better.
pub(super) fn remarks(recording: &Recording, hits: usize) -> (Suitability, Vec<String>) {
    if recording.duration_s == 0.0 {
        return (Suitability::Poor, vec!["There is no sound at all.".to_owned()]);
    }
    if recording.peak_db <= -90.0 {
        return (Suitability::Poor, vec!["The recording is silent.".to_owned()]);
    }
    let mut found: Vec<(Suitability, String)> = Vec::new();
    if hits == 0 {
        found.push((Suitability::Poor, "No drums were found in this recording.".to_owned()));
    }
    found.extend(level(recording));
    found.extend(overdriven(recording));
    found.extend(noise(recording, hits));
    found.extend(hum(recording));
    found.extend(room(recording));
    found.extend(bandwidth(recording));
    let worst = found.iter().map(|(suitability, _)| *suitability).max().unwrap_or(Suitability::Good);
    (worst, found.into_iter().map(|(_, sentence)| sentence).collect())
}

fn level(recording: &Recording) -> Option<(Suitability, String)> {
    let peak_db = recording.peak_db;
    let sentence = format!("The recording is very quiet: its peak is {peak_db:.0} dB. Record closer or louder.");
    (peak_db < -30.0).then_some((Suitability::Fair, sentence))
}

fn overdriven(recording: &Recording) -> Option<(Suitability, String)> {
    let count = recording.clipped_samples;
    let clipped_per_s = count as f64 / recording.duration_s;
    if count <= 20 || clipped_per_s <= 5.0 {
        return None;
    }
    let share = recording.clipped_share();
    let suitability = if share > 0.01 { Suitability::Poor } else { Suitability::Fair };
    let longest_ms = recording.longest_clip_samples as f64 / 44.1;
    let sentence = format!(
        "The recording is overdriven: {count} samples ({:.1} %) reach full scale, up to {longest_ms:.1} ms in a row, which \
         hides soft strokes. Record at a lower level.",
        100.0 * share
    );
    Some((suitability, sentence))
}

fn noise(recording: &Recording, hits: usize) -> Option<(Suitability, String)> {
    let above_db = recording.level_db - recording.noise_floor_db;
    let sentence = "There is hardly a quiet moment: noise, room or other instruments may hide soft strokes.".to_owned();
    (above_db < 6.0 && hits > 0).then_some((Suitability::Fair, sentence))
}

fn hum(recording: &Recording) -> Option<(Suitability, String)> {
    let hum = recording.hum?;
    let sentence = format!(
        "A mains hum of {:.0} Hz is under the music at {:.0} dB; soft kicks may be missed.",
        hum.frequency_hz, hum.level_db
    );
    (hum.level_db > -60.0).then_some((Suitability::Fair, sentence))
}

fn room(recording: &Recording) -> Option<(Suitability, String)> {
    let decay_s = recording.decay_s?;
    let sentence = format!(
        "The room is very live: strokes take {decay_s:.1} s to die away, so soft ones right after loud ones may be missed. A \
         microphone closer to the drums helps."
    );
    (recording.room() == Some(Room::VeryRoomy)).then_some((Suitability::Fair, sentence))
}

fn bandwidth(recording: &Recording) -> Option<(Suitability, String)> {
    let khz = recording.bandwidth_hz / 1000.0;
    let sentence = format!(
        "Nothing sounds above {khz:.1} kHz, as over a telephone or at a low bit rate: hi-hats and cymbals are hard to tell apart."
    );
    let suitability = if khz < 4.5 { Suitability::Poor } else { Suitability::Fair };
    (khz > 0.0 && khz < 9.0).then_some((suitability, sentence))
}
