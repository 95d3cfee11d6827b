//! What a user knows of the music and wants of the notation: the options of the command line, by name.
//!
//! Conventions: names and limits are those of `transcribe::OPTIONS`, the level that of `export::OPTIONS`; a passage is
//! seconds of the recording. Options are texts, so that a job can carry them and a notation remembers them.

use std::collections::BTreeMap;

use drums::{Alternative, Hit, OptionInfo, Performance, Seconds, Values, option_named};
use listen::beats::track_beats;
use score::Level;

use super::PipelineError;

/// Longest recording a passage can be of, seconds.
const PASSAGE_S_MAX: f64 = 1e6;

/// A passage of a recording.
static PASSAGE: [OptionInfo; 2] = [
    OptionInfo {
        name: "from_s",
        values: Values::Number { min: 0.0, max: PASSAGE_S_MAX, whole: false, unit: "seconds" },
        description: "Only what is played from this time of the recording on.",
        formats: &[],
    },
    OptionInfo {
        name: "to_s",
        values: Values::Number { min: 0.0, max: PASSAGE_S_MAX, whole: false, unit: "seconds" },
        description: "Only what is played before this time of the recording.",
        formats: &[],
    },
];

/// What a user knows of the music and wants of the notation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Values by the name of the option, see [`options`].
    pub options: BTreeMap<String, String>,
    /// Options said before that hold no more.
    pub dropped: Vec<String>,
    /// Whether they were said in the address rather than the body.
    pub in_query: bool,
}

/// A value that breaks a rule: the field, and what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wrong {
    /// No such value is taken.
    Value(String, String),
    /// Not together with the others.
    Together(String, String),
}

impl Wrong {
    /// The field, the kind of mistake with `of_value` for single values, and what is wrong.
    pub(crate) fn parts(self, of_value: &'static str) -> (String, &'static str, String) {
        match self {
            Self::Value(field, message) => (field, of_value, message),
            Self::Together(field, message) => (field, "rule", message),
        }
    }
}

/// What of it counts when a notation is written.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    pub(crate) options: transcribe::Options,
    pub(crate) level: Level,
    from: Option<f64>,
    to: Option<f64>,
    /// As they were said, for whoever writes this notation again.
    pub(crate) said: BTreeMap<String, String>,
}

/// Every option by name.
pub fn options() -> impl Iterator<Item = &'static OptionInfo> {
    let level = export::OPTIONS.iter().filter(|option| option.name == "level");
    transcribe::OPTIONS.iter().chain(level).chain(&PASSAGE)
}

impl Default for Wishes {
    fn default() -> Self {
        let options = transcribe::Options::default();
        Self { options, level: Level::Five, from: None, to: None, said: BTreeMap::new() }
    }
}

impl Known {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.options.is_empty() && self.dropped.is_empty()
    }

    /// The same on top of what was said before.
    pub(crate) fn after(&self, before: &BTreeMap<String, String>) -> Self {
        let mut all = before.clone();
        all.retain(|name, _| !self.dropped.contains(name));
        all.extend(self.options.clone());
        Self { options: all, dropped: Vec::new(), in_query: self.in_query }
    }

    /// Checks every value.
    pub(crate) fn read(&self) -> Result<Wishes, Wrong> {
        let mut wishes = Wishes { said: self.options.clone(), ..Wishes::default() };
        for (name, value) in &self.options {
            let field: String = name.chars().take(40).collect();
            wishes.set(name, value).map_err(|error| Wrong::Value(field, error.to_string()))?;
        }
        match (wishes.from, wishes.to) {
            (Some(from), Some(to)) if from >= to => {
                Err(Wrong::Together("to_s".to_owned(), format!("the passage from {from} to {to} s has no length")))
            }
            _ => Ok(wishes),
        }
    }
}

impl Wishes {
    fn set(&mut self, name: &str, value: &str) -> Result<(), drums::Error> {
        if !options().any(|option| option.name == name) {
            let known = options().map(|option| option.name).collect::<Vec<_>>().join(", ");
            return Err(drums::Error::UnknownOption { name: name.chars().take(40).collect(), known });
        }
        match name {
            "level" => {
                let mut files = export::Options::default();
                if let Err(export::Error::Option(error)) = files.set(name, value) {
                    return Err(error);
                }
                self.level = files.level;
            }
            "from_s" => self.from = Some(option_named(&PASSAGE, name)?.number(value)?),
            "to_s" => self.to = Some(option_named(&PASSAGE, name)?.number(value)?),
            _ => self.options.set(name, value)?,
        }
        Ok(())
    }

    /// Gives the page this title unless the user gave one.
    pub(crate) fn or_titled(mut self, title: &str) -> Self {
        if !self.said.contains_key("title") {
            title.clone_into(&mut self.options.notation.title);
        }
        self
    }

    /// What was heard, as far as it is wanted, with the beats that are known.
    pub(crate) fn of(&self, heard: &Performance) -> Result<Performance, PipelineError> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(transcribe::reread(heard, &self.options.beats).0);
        }
        self.within(heard)
    }

    /// What was heard in the passage that is wanted, with beats of its own where that is not all.
    pub(crate) fn within(&self, heard: &Performance) -> Result<Performance, PipelineError> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(heard.clone());
        }
        let from = self.from.unwrap_or(0.0);
        let to = self.to.unwrap_or(f64::INFINITY).min(heard.duration().get());
        let inside = heard.hits().iter().filter(|hit| (from..to).contains(&hit.time.get()));
        let (hits, alternatives): (Vec<Hit>, Vec<Vec<Alternative>>) =
            inside.map(|hit| (*hit, heard.alternatives(hit.id).to_vec())).unzip();
        let duration = Seconds::clamped(to.max(from));
        let beats = self.options.beats.from(Seconds::clamped(from));
        let grid = track_beats(&hits, duration, &beats, None).grid;
        Performance::new(duration, hits, grid)
            .and_then(|cut| cut.with_alternatives(alternatives))
            .map_err(PipelineError::Performance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(options: &[(&str, &str)]) -> Known {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Known { options, ..Known::default() }
    }

    #[test]
    fn every_option_of_the_command_line_is_taken() {
        let wishes = known(&[("similes", "true"), ("level", "2"), ("meter", "7/8"), ("downbeats", "1,2.5")]).read();
        let wishes = wishes.unwrap();
        assert!(wishes.options.notation.similes);
        assert_eq!((wishes.level.number(), wishes.options.beats.downbeats.len()), (2, 2));
        for option in options() {
            let refused = known(&[(option.name, "\u{7}")]).read().unwrap_err();
            let (field, kind, message) = refused.parts("option");
            assert_eq!((field.as_str(), kind), (option.name, "option"), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_name() {
        let field = |options: &[(&str, &str)]| known(options).read().unwrap_err().parts("option");
        assert_eq!(field(&[("tempo", "4000")]).0, "tempo");
        assert!(field(&[("colour", "red")]).2.contains("known are tempo, meter"));
        let (_, kind, message) = field(&[("from_s", "3"), ("to_s", "2")]);
        assert_eq!((kind, message.contains("no length")), ("rule", true));
    }

    #[test]
    fn later_words_come_on_top_of_earlier_ones() {
        let before = known(&[("tempo", "96"), ("similes", "true")]).options;
        let later = Known { dropped: vec!["tempo".to_owned()], ..known(&[("level", "3")]) };
        assert_eq!(later.after(&before), known(&[("level", "3"), ("similes", "true")]));
    }
}
