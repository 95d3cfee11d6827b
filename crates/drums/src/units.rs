//! Numbers with a unit: time, rates, loudness, certainty and musical length.
//!
//! Conventions: a newtype wherever two units could meet in one expression. The inner number is public through `get`, so
//! that arithmetic stays readable at the places that need it.

use crate::error::{Result, in_range};
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// A time or a duration in seconds, finite. As a time, 0 is the first sample of the sound.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Seconds(f64);

impl Seconds {
    /// The start of the sound, and the empty duration.
    pub const ZERO: Self = Self(0.0);
    /// Largest magnitude accepted: 1e6 s, more than eleven days.
    pub const MAX_S: f64 = 1e6;

    /// A time in seconds.
    ///
    /// # Errors
    /// [`crate::Error::OutOfRange`] where `seconds` is not finite or larger than [`Self::MAX_S`] either way.
    pub fn new(seconds: f64) -> Result<Self> {
        in_range("time in seconds", seconds, -Self::MAX_S, Self::MAX_S).map(Self)
    }

    /// A time in seconds, with anything that is not a number read as 0 and the rest held within the range.
    #[must_use]
    pub fn clamped(seconds: f64) -> Self {
        if seconds.is_nan() { Self(0.0) } else { Self(seconds.clamp(-Self::MAX_S, Self::MAX_S)) }
    }

    /// The bare number of seconds.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Order for sorting; total because the number is finite.
    #[must_use]
    pub fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Add for Seconds {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::clamped(self.0 + other.0)
    }
}

impl Sub for Seconds {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::clamped(self.0 - other.0)
    }
}

impl Mul<f64> for Seconds {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::clamped(self.0 * factor)
    }
}

/// Samples per second and channel, 1 to 768 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SampleRate(u32);

impl SampleRate {
    /// The rate everything is heard at: 44.1 kHz.
    pub const LISTENING: Self = Self(44_100);

    /// A sample rate in Hz.
    ///
    /// # Errors
    /// [`crate::Error::OutOfRange`] outside 1 to 768 000 Hz.
    pub fn new(hz: u32) -> Result<Self> {
        in_range("sample rate in Hz", f64::from(hz), 1.0, 768_000.0).map(|_| Self(hz))
    }

    /// Samples per second.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How long `samples` samples last.
    #[must_use]
    pub fn duration(self, samples: usize) -> Seconds {
        Seconds::clamped(samples as f64 / f64::from(self.0))
    }
}

/// Frames of features per second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct FrameRate(f64);

impl FrameRate {
    /// A frame rate in Hz.
    ///
    /// # Errors
    /// [`crate::Error::OutOfRange`] outside 1 to 10 000 frames a second.
    pub fn new(hz: f64) -> Result<Self> {
        in_range("frame rate in Hz", hz, 1.0, 10_000.0).map(Self)
    }

    /// Frames per second.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Time of the centre of a frame; frame 0 is centred on sample 0.
    #[must_use]
    pub fn time_of(self, frame: FrameIndex) -> Seconds {
        Seconds::clamped(frame.0 as f64 / self.0)
    }
}

/// Number of a frame of features, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FrameIndex(pub usize);

/// A tempo: beats per minute, 1 to 2000. Which note is the beat, the [`crate::Meter`] says.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bpm(f64);

impl Bpm {
    /// A tempo in beats per minute.
    ///
    /// # Errors
    /// [`crate::Error::OutOfRange`] outside 1 to 2000.
    pub fn new(bpm: f64) -> Result<Self> {
        in_range("tempo in beats per minute", bpm, 1.0, 2000.0).map(Self)
    }

    /// The tempo at which a beat lasts `period`, held within the range.
    #[must_use]
    pub fn from_period(period: Seconds) -> Self {
        Self((60.0 / period.get().max(1e-9)).clamp(1.0, 2000.0))
    }

    /// Beats per minute.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Length of a beat.
    #[must_use]
    pub fn period(self) -> Seconds {
        Seconds::clamped(60.0 / self.0)
    }
}

macro_rules! unit_interval {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $name(f32);

        impl $name {
            /// The largest value, 1.
            pub const MAX: Self = Self(1.0);

            /// A value in 0..=1.
            ///
            /// # Errors
            /// [`crate::Error::OutOfRange`] outside 0..=1 or where it is not a number.
            pub fn new(value: f32) -> Result<Self> {
                in_range($what, f64::from(value), 0.0, 1.0).map(|_| Self(value))
            }

            /// The value held within 0..=1; not a number reads as 0.
            #[must_use]
            pub fn clamped(value: f32) -> Self {
                if value.is_nan() { Self(0.0) } else { Self(value.clamp(0.0, 1.0)) }
            }

            /// The bare number, 0..=1.
            #[must_use]
            pub const fn get(self) -> f32 {
                self.0
            }
        }
    };
}

unit_interval!(
    /// How hard a stroke was, 0 (inaudible) to 1 (as hard as it goes). MIDI velocity is 127 times this.
    Velocity,
    "velocity"
);
unit_interval!(
    /// How sure we are, 0 to 1, meant as a probability.
    Confidence,
    "confidence"
);

impl Velocity {
    /// MIDI velocity, 1..=127.
    #[must_use]
    pub fn to_midi(self) -> u8 {
        (self.0 * 127.0).round().clamp(1.0, 127.0) as u8
    }

    /// From a MIDI velocity, 0..=127.
    #[must_use]
    pub fn from_midi(velocity: u8) -> Self {
        Self(f32::from(velocity.min(127)) / 127.0)
    }
}

/// [`Ticks`] in a quarter note: divisible by 2^5, 3^2, 5 and 7, so that thirty-seconds, triplets, sextuplets,
/// quintuplets and septuplets are all exact.
pub const TICKS_PER_QUARTER: i64 = 10_080;

/// A place or a length in musical time; a quarter note has [`TICKS_PER_QUARTER`] of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticks(pub i64);

impl Ticks {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// A quarter note.
    pub const QUARTER: Self = Self(TICKS_PER_QUARTER);

    /// `numerator / denominator` of a quarter note.
    ///
    /// # Panics
    /// Where the fraction is not a whole number of ticks; callers pass literals.
    #[must_use]
    pub const fn quarters(numerator: i64, denominator: i64) -> Self {
        assert!((numerator * TICKS_PER_QUARTER) % denominator == 0, "not a whole number of ticks");
        Self(numerator * TICKS_PER_QUARTER / denominator)
    }

    /// The bare number of ticks.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// As quarter notes, for display and for tempo arithmetic.
    #[must_use]
    pub fn in_quarters(self) -> f64 {
        self.0 as f64 / TICKS_PER_QUARTER as f64
    }

    /// `self / other` as a reduced fraction (numerator, denominator); (0, 1) where `other` is zero.
    #[must_use]
    pub fn fraction_of(self, other: Self) -> (i64, i64) {
        if other.0 == 0 {
            return (0, 1);
        }
        let divisor = gcd(self.0.unsigned_abs(), other.0.unsigned_abs()).max(1) as i64;
        let sign = other.0.signum();
        (sign * self.0 / divisor, sign * other.0 / divisor)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Add for Ticks {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Ticks {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Ticks {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul<i64> for Ticks {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0 * factor)
    }
}

impl Neg for Ticks {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_not_a_number_is_refused() {
        assert!(Seconds::new(f64::NAN).is_err());
        assert!(Seconds::new(f64::INFINITY).is_err());
        assert_eq!(Seconds::new(1.5).map(Seconds::get), Ok(1.5));
    }

    #[test]
    fn midi_velocity_survives_the_round_trip() {
        for midi in 1..=127 {
            assert_eq!(Velocity::from_midi(midi).to_midi(), midi);
        }
    }

    #[test]
    fn ticks_hold_every_tuplet_we_write() {
        for parts in [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 24, 32] {
            assert_eq!(TICKS_PER_QUARTER % parts, 0, "{parts} to the quarter");
        }
        assert_eq!(Ticks::quarters(2, 3).fraction_of(Ticks::QUARTER), (2, 3));
    }
}
