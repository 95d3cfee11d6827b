//! A groove that travels in a link: a few bars of drum tab, read, engraved and written in every format, kept nowhere.
//!
//! Conventions: time begins with the first bar, at the tempo the tab names. Nothing was heard, so there are no hits.

use drums::{Beat, BeatGrid, Confidence, MeterSpan, Performance};
use export::{Material, Options};
use score::Score;

use crate::error::{Refusal, refusal, sentence};
use crate::{Error, Exported, Result};

/// Longest tab that a link may carry, bytes.
pub const TAB_BYTES_MAX: usize = 8 * 1024;
/// Most bars that a link may carry.
pub const BARS_MAX: usize = 16;

/// A groove as its tab says it.
#[derive(Debug)]
pub struct Groove {
    score: Score,
    performance: Performance,
}

impl Groove {
    /// Reads a tab.
    ///
    /// # Errors
    /// `Rule` for what is no tab, and beyond [`TAB_BYTES_MAX`] or [`BARS_MAX`].
    pub fn read(tab: &str) -> Result<Self> {
        if tab.len() > TAB_BYTES_MAX {
            let message = format!("The groove has {} bytes, a link carries up to {TAB_BYTES_MAX}.", tab.len());
            return Err(Error::Rule(unfit(message)));
        }
        let score = export::tab::read(tab).map_err(|error| Error::Rule(unfit(sentence(&error))))?;
        if score.measures.len() > BARS_MAX {
            let message = format!("The groove has {} bars, a link carries up to {BARS_MAX}.", score.measures.len());
            return Err(Error::Rule(unfit(message)));
        }
        let performance = in_time(&score).map_err(Error::internal)?;
        Ok(Self { score, performance })
    }

    /// The groove in a format, named by id or extension, with options by name.
    ///
    /// # Errors
    /// `Rule` for a format or option that there is not.
    pub fn export(&self, format: &str, options: &[(String, String)]) -> Result<Exported> {
        write(&self.performance, &self.score, format, options)
    }
}

fn unfit(message: String) -> Refusal {
    refusal("groove_invalid", message, "Make the link anew from the bars it should carry.")
}

/// Nothing but the beats of a score.
fn in_time(score: &Score) -> drums::Result<Performance> {
    let mut beats = Vec::new();
    let mut meters: Vec<MeterSpan> = Vec::new();
    for measure in &score.measures {
        if meters.last().is_none_or(|span| span.meter != measure.meter) {
            meters.push(MeterSpan { first_beat: beats.len(), meter: measure.meter });
        }
        for position in 0..measure.meter.beats_per_bar() {
            let ticks = measure.start + measure.meter.beat_ticks() * i64::from(position);
            let time = score.timeline.time_at(ticks);
            beats.push(Beat { time, position: position + 1, confidence: Confidence::MAX });
        }
    }
    let end = score.timeline.time_at(score.length());
    Performance::new(end, Vec::new(), BeatGrid::new(beats, meters)?)
}

/// What is played and written, in a format with options by name.
pub(crate) fn write(
    performance: &Performance,
    score: &Score,
    format: &str,
    options: &[(String, String)],
) -> Result<Exported> {
    let format = export::find(format).map_err(|error| wrong("format_unknown", &error))?;
    let mut chosen = Options::default();
    for (name, value) in options {
        chosen.set(name, value).map_err(|error| wrong("option_invalid", &error))?;
    }
    let material = Material::new(performance, score);
    let bytes = export::write(format, &material, &chosen).map_err(|error| wrong("option_invalid", &error))?;
    Ok(Exported { bytes, media_type: format.media_type, extension: format.extension })
}

fn wrong(code: &'static str, error: &export::Error) -> Error {
    Error::Rule(refusal(code, sentence(error), "Formats and options are listed in the documents at /docs."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAB: &str = "Money\n4/4, quarter = 120\n\nHH|x-x-x-x-x-x-x-x-|x-x-x-x-x-x-x-x-|\n\
                       SD|----o-------o---|----o-------o---|\nBD|o-------o-------|o-------o-o-----|\n";

    #[test]
    fn a_tab_becomes_a_score_in_time() {
        let groove = Groove::read(TAB).unwrap();
        assert_eq!((groove.score.title.as_str(), groove.score.measures.len()), ("Money", 2));
        let beats = groove.performance.grid().beats();
        assert_eq!((beats.len(), beats[5].position, beats[5].time.get()), (8, 2, 2.5));
        assert_eq!(groove.performance.duration().get(), 4.0);
        let svg = groove.export("svg", &[("measures_per_system".into(), "2".into())]).unwrap();
        assert!(svg.bytes.starts_with(b"<svg") || svg.bytes.starts_with(b"<?xml"));
    }

    #[test]
    fn what_a_link_does_not_carry_is_refused_in_words() {
        let said = |tab: &str| match Groove::read(tab) {
            Err(Error::Rule(refusal)) => refusal.message,
            other => panic!("{other:?}"),
        };
        assert_eq!(said("la la la"), "There are no drum notes in the drum tab.");
        let bar = "x-x-x-x-|".repeat(BARS_MAX + 1);
        assert_eq!(said(&format!("HH|{bar}\n")), "The groove has 17 bars, a link carries up to 16.");
        let long = format!("HH|{}|\n", "x-".repeat(TAB_BYTES_MAX / 2));
        assert_eq!(said(&long), format!("The groove has {} bytes, a link carries up to 8192.", long.len()));
    }
}
