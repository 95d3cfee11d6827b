//! What is marked on a stroke as a velocity of its note-off, which no drum machine listens to.
//!
//! Conventions: 64 is a plain stroke, as most programs write it, and 1 a stroke that belongs to another: a grace or the
//! second, third, ... of a roll. Above 64, sums of what is marked; a ghost note has no roll of its own. Anything else is a
//! plain stroke too.

use score::{GraceKind, Tremolo};

/// A stroke that belongs to another.
pub(super) const PART_OF_ANOTHER: u8 = 1;
/// A stroke with nothing marked on it.
pub(super) const PLAIN: u8 = 64;
const GHOST: u8 = 48;
const PER_TREMOLO: u8 = 4;
const PER_ACCENT: u8 = 24;

/// The marks of a stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    pub(super) ghost: bool,
    pub(super) accent: bool,
    pub(super) graces: Option<GraceKind>,
    pub(super) tremolo: Option<Tremolo>,
}

const GRACES: [Option<GraceKind>; 4] = [None, Some(GraceKind::Flam), Some(GraceKind::Drag), Some(GraceKind::Ruff)];
const TREMOLOS: [Option<Tremolo>; 6] = [
    None,
    Some(Tremolo::Slashes(1)),
    Some(Tremolo::Slashes(2)),
    Some(Tremolo::Slashes(3)),
    Some(Tremolo::Slashes(4)),
    Some(Tremolo::Buzz),
];

impl Marks {
    pub(super) fn code(self) -> u8 {
        let graces = GRACES.iter().position(|kind| *kind == self.graces).unwrap_or(0) as u8;
        let tremolo = TREMOLOS.iter().position(|tremolo| *tremolo == self.tremolo).unwrap_or(0) as u8;
        let accent = u8::from(self.accent);
        if self.ghost {
            PLAIN + GHOST + accent * PER_TREMOLO + graces
        } else {
            PLAIN + accent * PER_ACCENT + tremolo * PER_TREMOLO + graces
        }
    }

    pub(super) fn of_code(code: u8) -> Self {
        let Some(sum) = code.checked_sub(PLAIN) else { return Self::default() };
        if let Some(rest) = sum.checked_sub(GHOST) {
            let accent = rest / PER_TREMOLO == 1;
            return Self { ghost: true, accent, graces: GRACES[usize::from(rest % PER_TREMOLO)], tremolo: None };
        }
        let (accent, rest) = (sum / PER_ACCENT == 1, sum % PER_ACCENT);
        let tremolo = TREMOLOS[usize::from(rest / PER_TREMOLO)];
        Self { ghost: false, accent, graces: GRACES[usize::from(rest % PER_TREMOLO)], tremolo }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back() {
        for graces in GRACES {
            for tremolo in TREMOLOS {
                for accent in [false, true] {
                    let marks = Marks { ghost: false, accent, graces, tremolo };
                    assert!(marks.code() < 128);
                    assert_eq!(Marks::of_code(marks.code()), marks);
                }
            }
            let ghost = Marks { ghost: true, accent: false, graces, tremolo: None };
            assert_eq!(Marks::of_code(ghost.code()), ghost);
        }
        for code in 0..128 {
            let _ = Marks::of_code(code);
        }
        assert_eq!(Marks::of_code(0), Marks::default());
    }
}
