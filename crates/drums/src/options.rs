//! Options by name: what is called how, what values it takes, and how a value is read from text.
//!
//! Lists of [`OptionInfo`] say what a user may choose; command line and service offer the same lists. A value outside its
//! limits is refused in words, never bent.
//!
//! Conventions: names are lower case with underscores; a hyphen or upper case is forgiven. A switch takes `true` or
//! `false`.

use crate::error::{Error, Result};
use crate::meter::Meter;
use crate::units::Seconds;

/// An option, one row of a list.
#[derive(Debug)]
pub struct OptionInfo {
    /// Short name, as `--set` and the service take it.
    pub name: &'static str,
    /// What values it takes.
    pub values: Values,
    /// One sentence: what it does, and what holds where nothing is said.
    pub description: &'static str,
    /// Ids of the formats it changes; empty where it says what is written rather than how a file looks.
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
    /// A line of text of at most so many characters.
    Text(usize),
    /// A meter such as `7/8`.
    Meter,
    /// At most so many times in seconds, separated by commas.
    Times(usize),
}

/// Yes or no.
pub const SWITCH: Values = Values::Words(&["true", "false"]);

impl Values {
    /// What is allowed, for a message or a manual.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self {
            Self::Number { min, max, whole, unit } => {
                let kind = if *whole { "a whole number from " } else { "" };
                format!("{kind}{min} to {max} {unit}")
            }
            Self::Words(words) => words.join(" or "),
            Self::Text(most) => format!("a line of up to {most} characters"),
            Self::Meter => "a meter such as 4/4 or 7/8".to_owned(),
            Self::Times(most) => {
                format!("up to {most} times in seconds from 0 to {}, separated by commas", Seconds::MAX_S)
            }
        }
    }

    /// Whether it is yes or no.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        *self == SWITCH
    }
}

/// The row of a name.
///
/// # Errors
/// [`Error::UnknownOption`] where no row has it.
pub fn option_named(options: &'static [OptionInfo], name: &str) -> Result<&'static OptionInfo> {
    let wanted = name.trim().to_ascii_lowercase().replace('-', "_");
    options.iter().find(|option| option.name == wanted).ok_or_else(|| Error::UnknownOption {
        name: name.chars().take(40).collect(),
        known: options.iter().map(|option| option.name).collect::<Vec<_>>().join(", "),
    })
}

impl OptionInfo {
    fn refuse(&self, value: &str) -> Error {
        Error::OptionValue {
            option: self.name,
            value: value.chars().take(40).collect(),
            allowed: self.values.allowed(),
        }
    }

    /// Reads a number.
    ///
    /// # Errors
    /// [`Error::OptionValue`] where it is none, outside its limits or not whole.
    pub fn number(&self, text: &str) -> Result<f64> {
        let Values::Number { min, max, whole, .. } = self.values else { return Err(self.refuse(text)) };
        let value: f64 = text.trim().parse().map_err(|_| self.refuse(text))?;
        let fits = (min..=max).contains(&value) && (!whole || value.fract() == 0.0);
        if fits { Ok(value) } else { Err(self.refuse(text)) }
    }

    /// Reads one of the words.
    ///
    /// # Errors
    /// [`Error::OptionValue`] where it is another one.
    pub fn word(&self, text: &str) -> Result<&'static str> {
        let Values::Words(words) = self.values else { return Err(self.refuse(text)) };
        let wanted = text.trim().to_ascii_lowercase();
        words.iter().copied().find(|word| *word == wanted).ok_or_else(|| self.refuse(text))
    }

    /// Reads yes or no.
    ///
    /// # Errors
    /// [`Error::OptionValue`] where it is neither.
    pub fn switch(&self, text: &str) -> Result<bool> {
        self.word(text).map(|word| word == "true")
    }

    /// Reads a line of text.
    ///
    /// # Errors
    /// [`Error::OptionValue`] where it is too long or holds a control character.
    pub fn text(&self, text: &str) -> Result<String> {
        let Values::Text(most) = self.values else { return Err(self.refuse(text)) };
        let fits = text.chars().count() <= most && !text.chars().any(char::is_control);
        if fits { Ok(text.trim().to_owned()) } else { Err(self.refuse(text)) }
    }

    /// Reads a meter.
    ///
    /// # Errors
    /// [`Error::OptionValue`] where it is none.
    pub fn meter(&self, text: &str) -> Result<Meter> {
        text.parse().map_err(|_| self.refuse(text))
    }

    /// Reads times, in the order given; an empty text is none.
    ///
    /// # Errors
    /// [`Error::OptionValue`] where one is no time or there are too many.
    pub fn times(&self, text: &str) -> Result<Vec<Seconds>> {
        let Values::Times(most) = self.values else { return Err(self.refuse(text)) };
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let time = |part: &str| {
            let seconds: f64 = part.trim().parse().map_err(|_| self.refuse(text))?;
            let fits = seconds >= 0.0;
            if fits { Seconds::new(seconds).map_err(|_| self.refuse(text)) } else { Err(self.refuse(text)) }
        };
        let times: Vec<Seconds> = text.split(',').map(time).collect::<Result<_>>()?;
        if times.len() <= most { Ok(times) } else { Err(self.refuse(text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(values: Values) -> OptionInfo {
        OptionInfo { name: "thing", values, description: "A thing.", formats: &[] }
    }

    #[test]
    fn values_are_read_or_refused_in_words() {
        let times = row(Values::Times(2));
        assert_eq!(times.times("1.5, 2").unwrap().iter().map(|t| t.get()).collect::<Vec<_>>(), [1.5, 2.0]);
        assert_eq!(times.times(" ").unwrap(), []);
        for bad in ["1,2,3", "soon", "-1", "nan", "inf", "1,,2"] {
            assert!(times.times(bad).is_err(), "{bad}");
        }
        assert_eq!(
            times.times("x").unwrap_err().to_string(),
            "the option thing cannot be \"x\", it takes up to 2 times in seconds from 0 to 1000000, separated by commas"
        );
        assert_eq!(row(Values::Meter).meter("7/8").unwrap().to_string(), "7/8");
        assert!(row(Values::Meter).meter("seven").is_err());
        assert_eq!(row(Values::Text(5)).text(" abc ").unwrap(), "abc");
        assert!(row(Values::Text(5)).text("abcdef").is_err() && row(Values::Text(5)).text("a\nb").is_err());
        assert!(row(SWITCH).switch("TRUE").unwrap() && row(SWITCH).switch("yes").is_err());
        assert!(row(SWITCH).number("1").is_err());
    }
}
