//! How a file is written: every option with its unit, its limits and the formats it is for.
//!
//! Conventions: [`OPTIONS`] is the one list; command line and service take names and values from there through
//! [`Options::set`]. A value outside its limits is refused in words, never bent.

use crate::{Error, Result};
use engrave::{Dialect, PageStyle, Paper};

/// How a file is written. The default suits most readers.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
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

/// An option that is a number or a word, one row of [`OPTIONS`].
#[derive(Debug)]
pub struct OptionInfo {
    /// Short name, as `--set` and the service take it.
    pub name: &'static str,
    /// What values it takes.
    pub values: Values,
    /// One sentence: what it does.
    pub description: &'static str,
    /// Ids of the formats it changes.
    pub formats: &'static [&'static str],
}

/// What values an option takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values {
    /// A number within limits, both included.
    Number {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Whether only whole numbers make sense.
        whole: bool,
        /// What is counted.
        unit: &'static str,
    },
    /// One of a few words.
    Words(&'static [&'static str]),
}

const fn whole(min: f64, max: f64, unit: &'static str) -> Values {
    Values::Number { min, max, whole: true, unit }
}

const fn number(min: f64, max: f64, unit: &'static str) -> Values {
    Values::Number { min, max, whole: false, unit }
}

const PAGED: &[&str] = &["pdf", "svg", "png", "timemap", "zip"];
const SWITCH: Values = Values::Words(&["true", "false"]);

/// Every option by name.
pub static OPTIONS: &[OptionInfo] = &[
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

fn info(name: &str) -> Result<&'static OptionInfo> {
    let wanted = name.trim().to_ascii_lowercase().replace('-', "_");
    OPTIONS.iter().find(|option| option.name == wanted).ok_or_else(|| Error::UnknownOption {
        name: name.chars().take(40).collect(),
        known: OPTIONS.iter().map(|option| option.name).collect::<Vec<_>>().join(", "),
    })
}

impl OptionInfo {
    fn refuse(&self, value: &str) -> Error {
        Error::OptionValue {
            option: self.name,
            value: value.chars().take(40).collect(),
            allowed: match self.values {
                Values::Number { min, max, whole, unit } => {
                    let kind = if whole { "a whole number from " } else { "" };
                    format!("{kind}{min} to {max} {unit}")
                }
                Values::Words(words) => words.join(" or "),
            },
        }
    }

    fn number(&self, text: &str) -> Result<f64> {
        let Values::Number { min, max, whole, .. } = self.values else { return Err(self.refuse(text)) };
        let value: f64 = text.trim().parse().map_err(|_| self.refuse(text))?;
        let fits = (min..=max).contains(&value) && (!whole || value.fract() == 0.0);
        if fits { Ok(value) } else { Err(self.refuse(text)) }
    }

    fn word(&self, text: &str) -> Result<&'static str> {
        let Values::Words(words) = self.values else { return Err(self.refuse(text)) };
        let wanted = text.trim().to_ascii_lowercase();
        words.iter().copied().find(|word| *word == wanted).ok_or_else(|| self.refuse(text))
    }
}

impl Options {
    /// Sets an option by its name in [`OPTIONS`].
    ///
    /// # Errors
    /// [`Error::UnknownOption`] where no option has the name, [`Error::OptionValue`] where the value is not allowed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let option = info(name)?;
        match option.name {
            "page" => self.page = Some(option.number(value)? as usize),
            "dpi" => self.dpi = option.number(value)?,
            "paper" => self.style.paper = if option.word(value)? == "a4" { Paper::A4 } else { Paper::Letter },
            "staff_space" => self.style.space_mm = option.number(value)?,
            "margin" => self.style.margin_mm = option.number(value)?,
            "measures_per_system" => self.style.measures_per_system = option.number(value)? as usize,
            "drum_key" => self.style.drum_key = option.word(value)? == "true",
            "joined_rests" => self.style.joined_rests = option.word(value)? == "true",
            "dialect" => {
                self.style.dialect = match option.word(value)? {
                    "musescore" => Dialect::MuseScore,
                    "guitarpro" => Dialect::GuitarPro,
                    _ => Dialect::Backbeat,
                }
            }
            "left_handed" => self.style.left_handed = option.word(value)? == "true",
            "show_confidence" => self.show_confidence = option.word(value)? == "true",
            "show_timing" => self.show_timing = option.word(value)? == "true",
            "tab_width" => self.tab_width_chars = option.number(value)? as usize,
            _ => self.click = option.word(value)? == "true",
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
        numbers.into_iter().try_for_each(|(name, value)| info(name)?.number(&value.to_string()).map(|_| ()))
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
            };
            let mut options = Options::default();
            options.set(option.name, &good).unwrap();
            options.check().unwrap();
            assert!(matches!(options.set(option.name, &bad), Err(Error::OptionValue { .. })), "{}", option.name);
            assert!(option.description.ends_with('.') && !option.formats.is_empty());
        }
        let words = |name, value| Options::default().set(name, value).unwrap_err().to_string();
        assert_eq!(words("dpi", "5000"), "the option dpi cannot be \"5000\", it takes 20 to 600 dots per inch");
        assert_eq!(
            words("page", "1.5"),
            "the option page cannot be \"1.5\", it takes a whole number from 1 to 10000 as page number"
        );
        assert!(words("colour", "red").starts_with("there is no option called \"colour\", known are page, dpi"));
    }
}
