//! One-to-one matching of events within a window, and the counts that come of it.
//!
//! Source: mir_eval `util.match_events` asks for a matching of the greatest size. On a line with one window for all,
//! walking both lists once and pairing whatever meets first is such a matching, in linear time.

/// True positives, false positives, false negatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Estimates that match a reference.
    pub true_positives: usize,
    /// Estimates that match nothing.
    pub false_positives: usize,
    /// References that nothing matches.
    pub false_negatives: usize,
}

impl Counts {
    /// Counts from the sizes of both lists and of the matching.
    #[must_use]
    pub fn of(references: usize, estimates: usize, matches: usize) -> Self {
        Self { true_positives: matches, false_positives: estimates - matches, false_negatives: references - matches }
    }

    /// Sums two counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
        }
    }

    /// Share of the estimates that are right; 1 where there are none.
    #[must_use]
    pub fn precision(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the references that were found; 1 where there are none.
    #[must_use]
    pub fn recall(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of precision and recall; 1 where both lists are empty.
    #[must_use]
    pub fn f_measure(self) -> f64 {
        let all = 2 * self.true_positives + self.false_positives + self.false_negatives;
        share(2 * self.true_positives, all)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Pairs (reference index, estimate index) no further apart than `window_s`, as many as possible. Both lists sorted.
#[must_use]
pub fn match_events(references: &[f64], estimates: &[f64], window_s: f64) -> Vec<(usize, usize)> {
    let (mut r, mut e) = (0, 0);
    let mut pairs = Vec::with_capacity(references.len().min(estimates.len()));
    while r < references.len() && e < estimates.len() {
        // The two comparisons are written as mir_eval computes them, so that ties at the window's edge fall alike.
        if estimates[e] < references[r] - window_s {
            e += 1;
        } else if estimates[e] > references[r] + window_s {
            r += 1;
        } else {
            pairs.push((r, e));
            r += 1;
            e += 1;
        }
    }
    pairs
}
