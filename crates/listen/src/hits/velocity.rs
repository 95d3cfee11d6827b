//! How hard a stroke was, from how loud it is: for models that say nothing about velocity themselves.
//!
//! The classic judge has a velocity of its own, which follows the truth better (on unseen kits r = .42 against .31 for
//! half of each).

use drums::Velocity;

/// Level below the loudest stroke of the same instrument at which a stroke counts as inaudible, dB.
const RANGE_DB: f32 = 40.0;

/// Velocity of a stroke from its level and the level of the loudest strokes of its instrument, both in dB.
///
/// Monotone in the level: the loudest are 1, strokes 40 dB below are close to 0 (at least 1/127, since they were
/// heard).
#[must_use]
pub fn estimate_velocity(level_db: f32, loudest_db: f32) -> Velocity {
    let share = 1.0 + (level_db - loudest_db) / RANGE_DB;
    Velocity::clamped(share.clamp(1.0 / 127.0, 1.0))
}
