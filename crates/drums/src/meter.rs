//! Meter: how many of which note fill a bar, and which of them is the beat.
//!
//! Conventions: the beat is the quarter in x/4, the dotted quarter in 6/8, 9/8 and 12/8, the half in x/2, and the eighth
//! in every other x/8.

use crate::error::{Error, Result};
use crate::units::{TICKS_PER_QUARTER, Ticks};
use std::fmt;
use std::str::FromStr;

/// A meter such as 4/4 or 6/8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Meter {
    numerator: u8,
    denominator: u8,
}

impl Meter {
    /// 4/4.
    pub const FOUR_FOUR: Self = Self { numerator: 4, denominator: 4 };
    /// 3/4.
    pub const THREE_FOUR: Self = Self { numerator: 3, denominator: 4 };
    /// 2/4.
    pub const TWO_FOUR: Self = Self { numerator: 2, denominator: 4 };
    /// 6/8.
    pub const SIX_EIGHT: Self = Self { numerator: 6, denominator: 8 };
    /// 12/8.
    pub const TWELVE_EIGHT: Self = Self { numerator: 12, denominator: 8 };

    /// A meter of `numerator` notes of value 1/`denominator`.
    ///
    /// # Errors
    /// [`Error::NotAMeter`] unless the numerator is 1..=32 and the denominator 2, 4, 8 or 16.
    pub fn new(numerator: u8, denominator: u8) -> Result<Self> {
        if (1..=32).contains(&numerator) && matches!(denominator, 2 | 4 | 8 | 16) {
            Ok(Self { numerator, denominator })
        } else {
            Err(Error::NotAMeter { text: format!("{numerator}/{denominator}") })
        }
    }

    /// The upper number.
    #[must_use]
    pub const fn numerator(self) -> u8 {
        self.numerator
    }

    /// The lower number.
    #[must_use]
    pub const fn denominator(self) -> u8 {
        self.denominator
    }

    /// Whether the beat is a dotted note: 6/8, 9/8, 12/8 and their like in sixteenths.
    #[must_use]
    pub const fn is_compound(self) -> bool {
        self.denominator >= 8 && self.numerator > 3 && self.numerator.is_multiple_of(3)
    }

    /// Length of a bar.
    #[must_use]
    pub const fn bar_ticks(self) -> Ticks {
        Ticks(self.numerator as i64 * TICKS_PER_QUARTER * 4 / self.denominator as i64)
    }

    /// Length of a beat.
    #[must_use]
    pub const fn beat_ticks(self) -> Ticks {
        let unit = TICKS_PER_QUARTER * 4 / self.denominator as i64;
        Ticks(if self.is_compound() { unit * 3 } else { unit })
    }

    /// Beats in a bar, at least 1.
    #[must_use]
    pub const fn beats_per_bar(self) -> u8 {
        if self.is_compound() { self.numerator / 3 } else { self.numerator }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl FromStr for Meter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = || Error::NotAMeter { text: text.chars().take(40).collect() };
        let (numerator, denominator) = text.trim().split_once('/').ok_or_else(refuse)?;
        let numerator = numerator.trim().parse().map_err(|_| refuse())?;
        let denominator = denominator.trim().parse().map_err(|_| refuse())?;
        Self::new(numerator, denominator).map_err(|_| refuse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_of_simple_and_compound_meters() {
        let beats = |text: &str| {
            let meter: Meter = text.parse().unwrap();
            (meter.beats_per_bar(), meter.beat_ticks().fraction_of(Ticks::QUARTER))
        };
        assert_eq!(beats("4/4"), (4, (1, 1)));
        assert_eq!(beats("3/4"), (3, (1, 1)));
        assert_eq!(beats("6/8"), (2, (3, 2)));
        assert_eq!(beats("12/8"), (4, (3, 2)));
        assert_eq!(beats("7/8"), (7, (1, 2)));
        assert_eq!(beats("3/8"), (3, (1, 2)));
    }

    #[test]
    fn nonsense_is_no_meter() {
        for text in ["", "4", "0/4", "4/3", "4/0", "99/4", "a/b", "-3/4"] {
            assert!(text.parse::<Meter>().is_err(), "{text:?}");
        }
    }
}
