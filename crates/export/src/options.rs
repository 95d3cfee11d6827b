//! How a file is written: every option with its unit, its limits and the formats it is for.
//!
//! Conventions: [`OPTIONS`] is the one list; command line and service take names and values from there through
//! [`Options::set`]. A value outside its limits is refused in words, never bent.

use crate::{Error, Result};
use drums::{OptionInfo, SWITCH, Values, option_named};
use engrave::{Dialect, PageStyle, Paper};
use score::Level;

/// How a file is written. The default suits most readers.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How much of what was played is written. All formats that show the score; what was played stays whole.
    pub level: Level,
    /// How pages look. SVG, PDF and PNG; the timemap names places on them.
    pub style: PageStyle,
    /// Page to draw, from 1; `None` draws all pages one under the other. SVG and PNG only.
    pub page: Option<usize>,
    /// Resolution of PNG in dots per inch, 20 to 600.
    pub dpi: f64,
    /// Longest line of a drum tab in characters, 20 to 1000.
    pub tab_width_chars: usize,
    /// A click on every beat of the sound. WAV only.
    pub click: bool,
    /// Notes the listener was not sure of are coloured and marked. SVG, PDF and PNG only.
    pub show_confidence: bool,
    /// Notes that were played early or late are coloured and marked. SVG, PDF and PNG only.
    pub show_timing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: Level::Five,
            style: PageStyle::default(),
            page: None,
            dpi: 150.0,
            tab_width_chars: 80,
            click: false,
            show_confidence: false,
            show_timing: false,
        }
    }
}

const fn whole(min: f64, max: f64, unit: &'static str) -> Values {
    Values::Number { min, max, whole: true, unit }
}

const fn number(min: f64, max: f64, unit: &'static str) -> Values {
    Values::Number { min, max, whole: false, unit }
}

const WRITTEN: &[&str] =
    &["musicxml", "mxl", "midi", "pdf", "svg", "png", "tab", "abc", "lilypond", "json", "timemap", "zip"];
const PAGED: &[&str] = &["pdf", "svg", "png", "timemap", "zip"];

/// Every option by name.
pub static OPTIONS: &[OptionInfo] = &[
    OptionInfo {
        name: "level",
        values: whole(1.0, 5.0, "as level of difficulty"),
        description: "How much of what was played is written, from 1, the pulse, to 5, everything; 5 where nothing is said.",
        formats: WRITTEN,
    },
    OptionInfo {
        name: "page",
        values: whole(1.0, 10_000.0, "as page number"),
        description: "Draws this page alone, counted from 1; without it all pages stand one under the other.",
        formats: &["svg", "png"],
    },
    OptionInfo {
        name: "dpi",
        values: number(20.0, 600.0, "dots per inch"),
        description: "Resolution of the picture; 150 where nothing is said.",
        formats: &["png", "zip"],
    },
    OptionInfo {
        name: "paper",
        values: Values::Words(&["a4", "letter"]),
        description: "Sheet of the pages; A4 where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "staff_space",
        values: number(1.0, 3.0, "mm"),
        description: "Distance between two staff lines; 1.75 mm where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "margin",
        values: number(5.0, 40.0, "mm"),
        description: "Empty border on all sides of a page; 14 mm where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "measures_per_system",
        values: whole(1.0, 16.0, "measures"),
        description: "How many measures a line should have where the music allows; 4 where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "drum_key",
        values: SWITCH,
        description: "Whether page one explains the noteheads used; true where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "joined_rests",
        values: SWITCH,
        description: "Whether silent measures in a row are one sign with their number; true where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "closed_marks",
        values: SWITCH,
        description: "Whether a plus stands over the first closed stroke behind an open hi-hat; false where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "dialect",
        values: Values::Words(&["backbeat", "musescore", "guitarpro"]),
        description: "Whose habits places and heads follow; backbeat where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "left_handed",
        values: SWITCH,
        description: "Right and left change places in the sticking; false where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "show_confidence",
        values: SWITCH,
        description: "Colours and marks notes the listener was not sure of; false where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "show_timing",
        values: SWITCH,
        description: "Colours and marks notes that were played early or late; false where nothing is said.",
        formats: PAGED,
    },
    OptionInfo {
        name: "tab_width",
        values: whole(20.0, 1_000.0, "characters"),
        description: "Longest line of a drum tab; 80 characters where nothing is said.",
        formats: &["tab", "zip"],
    },
    OptionInfo {
        name: "click",
        values: SWITCH,
        description: "A click on every beat of the sound; false where nothing is said.",
        formats: &["wav", "zip"],
    },
];

impl Options {
    /// The level a format is written at: all of it where the format shows what was played.
    pub(crate) fn level_of(&self, format: &str) -> Level {
        if WRITTEN.contains(&format) && format != "zip" { self.level } else { Level::Five }
    }

    /// Sets an option by its name in [`OPTIONS`].
    ///
    /// # Errors
    /// [`Error::Option`] where no option has the name or the value is not allowed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        self.set_named(name, value).map_err(Error::Option)
    }

    fn set_named(&mut self, name: &str, value: &str) -> drums::Result<()> {
        let option = option_named(OPTIONS, name)?;
        match option.name {
            "level" => self.level = Level::of(option.number(value)? as u8).unwrap_or(Level::Five),
            "page" => self.page = Some(option.number(value)? as usize),
            "dpi" => self.dpi = option.number(value)?,
            "paper" => self.style.paper = if option.word(value)? == "a4" { Paper::A4 } else { Paper::Letter },
            "staff_space" => self.style.space_mm = option.number(value)?,
            "margin" => self.style.margin_mm = option.number(value)?,
            "measures_per_system" => self.style.measures_per_system = option.number(value)? as usize,
            "drum_key" => self.style.drum_key = option.switch(value)?,
            "closed_marks" => self.style.closed_marks = option.switch(value)?,
            "joined_rests" => self.style.joined_rests = option.switch(value)?,
            "dialect" => {
                self.style.dialect = match option.word(value)? {
                    "musescore" => Dialect::MuseScore,
                    "guitarpro" => Dialect::GuitarPro,
                    _ => Dialect::Backbeat,
                }
            }
            "left_handed" => self.style.left_handed = option.switch(value)?,
            "show_confidence" => self.show_confidence = option.switch(value)?,
            "show_timing" => self.show_timing = option.switch(value)?,
            "tab_width" => self.tab_width_chars = option.number(value)? as usize,
            _ => self.click = option.switch(value)?,
        }
        Ok(())
    }

    /// Checks the numbers, however they were set.
    pub(crate) fn check(&self) -> Result<()> {
        let numbers = [
            ("dpi", self.dpi),
            ("staff_space", self.style.space_mm),
            ("margin", self.style.margin_mm),
            ("measures_per_system", self.style.measures_per_system as f64),
            ("tab_width", self.tab_width_chars as f64),
        ];
        let number = |(name, value): (&str, f64)| option_named(OPTIONS, name)?.number(&value.to_string()).map(|_| ());
        numbers.into_iter().try_for_each(number).map_err(Error::Option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_can_be_set_and_says_what_it_takes() {
        for option in OPTIONS {
            let (good, bad) = match option.values {
                Values::Number { min, max, .. } => (min.to_string(), (max + 1.0).to_string()),
                Values::Words(words) => (words[0].to_uppercase(), "perhaps".to_owned()),
                other => panic!("{other:?} is not for files"),
            };
            let mut options = Options::default();
            options.set(option.name, &good).unwrap();
            options.check().unwrap();
            assert!(matches!(options.set(option.name, &bad), Err(Error::Option(_))), "{}", option.name);
            assert!(option.description.ends_with('.') && !option.formats.is_empty());
        }
        let words = |name, value| Options::default().set(name, value).unwrap_err().to_string();
        assert_eq!(words("dpi", "5000"), "the option dpi cannot be \"5000\", it takes 20 to 600 dots per inch");
        assert_eq!(
            words("page", "1.5"),
            "the option page cannot be \"1.5\", it takes a whole number from 1 to 10000 as page number"
        );
        assert!(words("colour", "red").starts_with("there is no option called \"colour\", known are level, page"));
    }
}
