//! Doubts and advice in plain language.
//!
//! Conventions: a sentence says what was found, with its numbers, and what to do about it.

use drums::Bpm;
use listen::Recording;
use listen::beats::BeatRemark;

/// What a remark is about, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemarkKind {
    /// The recording itself: level, noise, nothing to hear.
    Recording,
    /// The beat, tempo or meter could be read another way.
    BeatUncertain,
    /// A place where the notation had to compromise.
    Notation,
}

impl RemarkKind {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::BeatUncertain => "beat_uncertain",
            Self::Notation => "notation",
        }
    }
}

/// A doubt or a piece of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is about.
    pub kind: RemarkKind,
    /// The sentence.
    pub text: String,
}

impl Remark {
    /// The sentence of a doubt about the notation.
    #[must_use]
    pub fn from_notation(remark: &score::Remark) -> Self {
        Self { kind: RemarkKind::Notation, text: remark.to_string() }
    }
}

/// All remarks on a transcription: the recording first, then the beat, then single measures.
pub(crate) fn collect(
    recording: &Recording,
    tempo: Option<Bpm>,
    beats: &[BeatRemark],
    notation: &[score::Remark],
) -> Vec<Remark> {
    let heard = recording.remarks.iter().map(|text| Remark { kind: RemarkKind::Recording, text: text.clone() });
    heard.chain(of_beats(tempo, beats)).chain(notation.iter().map(Remark::from_notation)).collect()
}

/// Remarks on the beat of a piece of this tempo.
pub(crate) fn of_beats(tempo: Option<Bpm>, beats: &[BeatRemark]) -> Vec<Remark> {
    let sentence = |remark| Remark { kind: RemarkKind::BeatUncertain, text: beat_sentence(remark, tempo) };
    beats.iter().map(sentence).collect()
}

fn beat_sentence(remark: &BeatRemark, tempo: Option<Bpm>) -> String {
    match remark {
        BeatRemark::TooFewHits { onsets } => {
            format!(
                "Only {onsets} separate strokes were heard, too few to find a beat; bars are drawn at an even pace."
            )
        }
        BeatRemark::MeterUncertain { other, .. } => {
            format!("The meter could also be {other}. If it is, set the meter to {other}.")
        }
        BeatRemark::TempoUncertain { other, .. } => {
            let written = tempo.map_or_else(String::new, |tempo| format!("; {:.0} was written", tempo.get()));
            format!("The tempo could also be {0:.0} BPM{written}. If it is, set the tempo to {0:.0}.", other.get())
        }
        BeatRemark::GridCutShort { end } => {
            format!("Bars are drawn up to {:.0} s; what comes after is not followed.", end.get())
        }
        _ => "The beat is uncertain.".to_owned(),
    }
}
