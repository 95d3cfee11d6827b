//! Is the meter right, bar by bar?

use drums::{BeatGrid, Meter, Seconds};

/// Share of the reference's beats at which the estimate has the same meter; 1 where the reference is empty.
#[must_use]
pub fn agreement(reference: &BeatGrid, estimate: &BeatGrid) -> f64 {
    if reference.is_empty() {
        return 1.0;
    }
    let agrees = |(index, time): (usize, Seconds)| meter_at(estimate, time) == Some(reference.meter_at(index));
    let times = reference.beats().iter().map(|beat| beat.time).enumerate();
    times.filter(|&beat| agrees(beat)).count() as f64 / reference.beats().len() as f64
}

/// The meter in force at a time; half a hundredth of a second early still counts as the beat that follows.
fn meter_at(grid: &BeatGrid, time: Seconds) -> Option<Meter> {
    let beat = grid.beat_at(time + Seconds::clamped(0.005))?;
    Some(grid.meter_at(beat.max(0.0) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use drums::Bpm;

    #[test]
    fn a_waltz_is_not_a_march() {
        let grid = |meter| BeatGrid::steady(Seconds::ZERO, Bpm::new(120.0).unwrap(), meter, 24).unwrap();
        assert!((agreement(&grid(Meter::THREE_FOUR), &grid(Meter::THREE_FOUR)) - 1.0).abs() < 1e-12);
        assert!(agreement(&grid(Meter::THREE_FOUR), &grid(Meter::FOUR_FOUR)).abs() < 1e-12);
    }
}
