//! Is the tempo right?
//!
//! Source: Accuracy 1 and 2 of F. Gouyon et al., *An Experimental Comparison of Audio Tempo Induction Algorithms*, IEEE
//! TASLP 2006, with 4 % tolerance.

use drums::Bpm;

/// Tolerance as a share of the reference tempo.
pub const TOLERANCE: f64 = 0.04;

/// Whether the estimate lies within 4 % of the reference.
#[must_use]
pub fn accuracy1(reference: Bpm, estimate: Bpm) -> bool {
    near(reference.get(), estimate.get())
}

/// The same, also at two, three, half or a third of the reference.
#[must_use]
pub fn accuracy2(reference: Bpm, estimate: Bpm) -> bool {
    [1.0, 2.0, 3.0, 1.0 / 2.0, 1.0 / 3.0].iter().any(|factor| near(reference.get() * factor, estimate.get()))
}

fn near(reference: f64, estimate: f64) -> bool {
    (estimate / reference - 1.0).abs() <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_tempo_is_an_octave_error() {
        let bpm = |value| Bpm::new(value).unwrap();
        assert!(accuracy1(bpm(100.0), bpm(103.9)));
        assert!(!accuracy1(bpm(100.0), bpm(200.0)));
        assert!(accuracy2(bpm(100.0), bpm(200.0)));
        assert!(!accuracy2(bpm(100.0), bpm(133.0)));
    }
}
