//! Who watches a transcription, and the stages there are to see.

/// Part of the work, in order. Reading the file happens outside, and shares its time with listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Sound is read and listened to.
    Listening,
    /// Strokes are told from noise, and instruments from each other.
    Strokes,
    /// Beats, bars and tempo are found.
    Beat,
    /// The notation is written.
    Writing,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 4] = [Self::Listening, Self::Strokes, Self::Beat, Self::Writing];

    /// What a person reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Strokes => "finding strokes",
            Self::Beat => "finding the beat",
            Self::Writing => "writing",
        }
    }

    /// Share of the whole time, summing to 1; measured on the demo and on half an hour of it.
    #[must_use]
    pub const fn weight(self) -> f64 {
        match self {
            Self::Listening => 0.90,
            Self::Strokes => 0.06,
            Self::Beat => 0.02,
            Self::Writing => 0.02,
        }
    }

    /// Share of the whole that is done once `fraction` (0..=1) of this stage is.
    #[must_use]
    pub fn overall(self, fraction: f64) -> f64 {
        let before: f64 = Self::ALL.iter().take_while(|stage| **stage < self).map(|stage| stage.weight()).sum();
        (before + self.weight() * fraction.clamp(0.0, 1.0)).min(1.0)
    }
}

/// Watches a transcription and may end it.
pub trait Observer {
    /// Called as each stage begins; `false` ends the work with [`crate::Error::Stopped`].
    fn enter(&mut self, stage: Stage) -> bool;
}

impl<F: FnMut(Stage) -> bool> Observer for F {
    fn enter(&mut self, stage: Stage) -> bool {
        self(stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_starts_at_nothing_ends_at_one_and_never_runs_back() {
        let steps = Stage::ALL.iter().flat_map(|stage| [stage.overall(0.0), stage.overall(0.5), stage.overall(1.0)]);
        let steps: Vec<f64> = steps.collect();
        assert!(steps[0].abs() < 1e-12 && (steps[11] - 1.0).abs() < 1e-12);
        assert!(steps.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
    }
}
