//! How to transcribe, option by option.
//!
//! Conventions: [`OPTIONS`] is the one list of what a user may say about the music and the notation; command line and
//! service take names and values from there through [`Options::set`]. How a file looks is in `export::OPTIONS`.

use drums::{Bpm, OptionInfo, SWITCH, Seconds, Values, option_named};
use listen::beats::{BeatOptions, LOCKS_MAX};
use score::NotationOptions;

/// How to transcribe. The default lets the music decide.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// How to listen.
    pub listen: listen::Options,
    /// Tempo, meter and beats the user knows; kept as they are.
    pub beats: BeatOptions,
    /// How to write.
    pub notation: NotationOptions,
    /// Time of the first sample in the recording's own clock; later than 0 where a passage was cut out.
    pub start: Seconds,
}

const TITLE_CHARS: usize = 200;

const fn switch(name: &'static str, description: &'static str) -> OptionInfo {
    OptionInfo { name, values: SWITCH, description, formats: &[] }
}

const fn times(name: &'static str, description: &'static str) -> OptionInfo {
    OptionInfo { name, values: Values::Times(LOCKS_MAX), description, formats: &[] }
}

/// Every option of the music and the notation by name.
pub static OPTIONS: &[OptionInfo] = &[
    OptionInfo {
        name: "tempo",
        values: Values::Number { min: 30.0, max: 400.0, whole: false, unit: "beats a minute" },
        description: "Tempo of the beat if you know it; it may drift by 3 %.",
        formats: &[],
    },
    OptionInfo {
        name: "meter",
        values: Values::Meter,
        description: "Meter if you know it, such as 4/4 or 7/8.",
        formats: &[],
    },
    times("beats", "Times at which a beat falls for certain, in seconds of the recording."),
    times("downbeats", "Times at which a bar begins for certain, in seconds of the recording."),
    OptionInfo {
        name: "title",
        values: Values::Text(TITLE_CHARS),
        description: "Title at the head of the first page; the file's name where nothing is said.",
        formats: &[],
    },
    OptionInfo {
        name: "subtitle",
        values: Values::Text(TITLE_CHARS),
        description: "Smaller line under the title; none where nothing is said.",
        formats: &[],
    },
    switch("one_voice", "Hands and feet on one row of stems; false where nothing is said."),
    switch("similes", "Signs instead of bars that repeat the one before; false where nothing is said."),
    switch("repeats", "Passages played again are written once, between repeat signs; false where nothing is said."),
    switch("sections", "Rehearsal letters where a section begins; true where nothing is said."),
    switch("dynamics", "Dynamic letters and hairpins; false where nothing is said."),
    switch("count_in", "Bars that only count in are written; true where nothing is said."),
];

impl Options {
    /// Sets an option by its name in [`OPTIONS`].
    ///
    /// # Errors
    /// [`drums::Error::UnknownOption`] where no option has the name, [`drums::Error::OptionValue`] where the value is not
    /// allowed.
    pub fn set(&mut self, name: &str, value: &str) -> drums::Result<()> {
        let option = option_named(OPTIONS, name)?;
        let (beats, notation) = (&mut self.beats, &mut self.notation);
        match option.name {
            "tempo" => beats.tempo = Some(Bpm::new(option.number(value)?)?),
            "meter" => beats.meter = Some(option.meter(value)?),
            "beats" => beats.beats = option.times(value)?,
            "downbeats" => beats.downbeats = option.times(value)?,
            "title" => notation.title = option.text(value)?,
            "subtitle" => notation.subtitle = option.text(value)?,
            "one_voice" => notation.one_voice = option.switch(value)?,
            "similes" => notation.similes = option.switch(value)?,
            "repeats" => notation.repeats = option.switch(value)?,
            "sections" => notation.sections = option.switch(value)?,
            "dynamics" => notation.dynamics = option.switch(value)?,
            _ => notation.count_in = option.switch(value)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_about_notation_knows_them_all() {
        let page = include_str!("../../../docs/notation.md");
        for option in OPTIONS {
            assert!(page.contains(&format!("`{}`", option.name)), "docs/notation.md lacks {}", option.name);
        }
    }

    #[test]
    fn every_option_changes_what_it_names() {
        for option in OPTIONS {
            let (good, bad) = match option.values {
                Values::Number { min, max, .. } => (min.to_string(), (max + 1.0).to_string()),
                Values::Words(_) => (String::new(), "perhaps".to_owned()),
                Values::Text(most) => ("a".repeat(most), "a".repeat(most + 1)),
                Values::Meter => ("7/8".to_owned(), "seven".to_owned()),
                Values::Times(_) => ("1.5,3".to_owned(), "-1".to_owned()),
            };
            let mut options = Options::default();
            if option.values.is_switch() {
                let set = |value| {
                    let mut options = Options::default();
                    options.set(option.name, value).unwrap();
                    options
                };
                assert_ne!(set("true"), set("false"), "{}", option.name);
            } else {
                options.set(&option.name.replace('_', "-"), &good).unwrap();
                assert_ne!(options, Options::default(), "{}", option.name);
            }
            assert!(matches!(options.set(option.name, &bad), Err(drums::Error::OptionValue { .. })), "{}", option.name);
            assert!(option.description.ends_with('.') && option.formats.is_empty());
        }
        let error = Options::default().set("colour", "red").unwrap_err().to_string();
        assert!(error.starts_with("there is no option called \"colour\", known are tempo, meter"), "{error}");
    }
}
