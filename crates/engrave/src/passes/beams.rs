//! Beams: always horizontal, above the hands and below the feet.
//!
//! Conventions: the outer beam is level 0 (the eighth); further levels lie between it and the heads.

use crate::font::defaults;
use crate::mark::{Class, Path, Point, Segment};
use crate::passes::notes::Stand;
use crate::passes::stems::{self, Stem};
use crate::sheet::Sheet;
use score::Beam;

/// Length of a beam that joins nothing.
const HOOK: f64 = 1.1;

/// Chords under one beam, by index into the measure's stands; at least two.
pub(crate) type Group = Vec<usize>;

/// Finds the groups of each voice. A beam that is not closed properly joins nothing.
pub(crate) fn groups(stands: &[Stand<'_>]) -> Vec<Group> {
    let mut found = Vec::new();
    for up in [true, false] {
        let mut open: Option<Group> = None;
        for (index, stand) in stands.iter().enumerate().filter(|(_, stand)| stand.up() == up) {
            if stand.heads.is_empty() {
                continue;
            }
            match stand.event.beams.first() {
                Some(Beam::Begin) => open = Some(vec![index]),
                Some(Beam::Continue) => open.iter_mut().for_each(|group| group.push(index)),
                Some(Beam::End) => {
                    if let Some(mut group) = open.take() {
                        group.push(index);
                        found.push(group);
                    }
                }
                _ => open = None,
            }
        }
    }
    found
}

/// Neighbouring groups whose beams differ by no more than this share one height.
const LEVELLED: f64 = 0.8;

/// Gives all stems of a group the same end, and groups of nearly the same height one height.
pub(crate) fn settle(groups: &[Group], stands: &[Stand<'_>], stems: &mut [Option<Stem>]) {
    for up in [true, false] {
        let own: Vec<&Group> = groups.iter().filter(|group| stands[group[0]].up() == up).collect();
        // Measured away from the staff, so that the larger number is always the farther one.
        let away = if up { -1.0 } else { 1.0 };
        let ends: Vec<f64> = own.iter().map(|group| end_of(group, stands) * away).collect();
        for (group, end) in own.iter().zip(&ends) {
            let level = ends.iter().copied().filter(|other| other - end <= LEVELLED).fold(*end, f64::max);
            for &index in *group {
                if let Some(stem) = &mut stems[index] {
                    stem.to = level * away;
                }
            }
        }
    }
}

/// Where the outer edge of a group's beam lies.
fn end_of(group: &Group, stands: &[Stand<'_>]) -> f64 {
    let levels = group.iter().map(|&index| stands[index].event.beams.len()).max().unwrap_or(1);
    let ends = group.iter().filter_map(|&index| {
        let stand = &stands[index];
        let length = stems::beamed_length(stand, levels);
        Some(if stand.up() { stand.top()? - length } else { stand.bottom()? + length })
    });
    // Never inside the staff, where beam and lines would run together.
    if stands[group[0]].up() { ends.fold(-1.5, f64::min) } else { ends.fold(5.5, f64::max) }
}

pub(crate) fn draw(sheet: &mut Sheet, group: &Group, stands: &[Stand<'_>], stems: &[Option<Stem>]) {
    let first = &stands[group[0]];
    let members: Vec<(&[Beam], Stem)> =
        group.iter().filter_map(|&index| Some((stands[index].event.beams.as_slice(), stems[index]?))).collect();
    let levels = members.iter().map(|(beams, _)| beams.len()).max().unwrap_or(0);
    for level in 0..levels {
        for (from, to) in strokes(&members, level) {
            let inward = if first.up() { 1.0 } else { -1.0 };
            let outer = members[0].1.to + inward * level as f64 * (defaults::BEAM_THICKNESS + defaults::BEAM_SPACING);
            let bar = rectangle(from, outer, to, outer + inward * defaults::BEAM_THICKNESS);
            sheet.filled(Some(first.event.id), Class::Beam, bar);
        }
    }
}

/// Left and right end of every stroke of a level.
fn strokes(members: &[(&[Beam], Stem)], level: usize) -> Vec<(f64, f64)> {
    let half = defaults::STEM_THICKNESS / 2.0;
    let mut found = Vec::new();
    let mut open: Option<f64> = None;
    for (index, (beams, stem)) in members.iter().enumerate() {
        let neighbour = |index: Option<usize>| index.and_then(|index| members.get(index)).map(|(_, other)| other.x);
        let hook = |other: Option<f64>| other.map_or(HOOK, |other| HOOK.min((other - stem.x).abs() * 0.6));
        match beams.get(level) {
            Some(Beam::Begin) => open = Some(stem.x - half),
            Some(Beam::Continue) => open = open.or(Some(stem.x - half)),
            Some(Beam::End) => {
                if let Some(from) = open.take() {
                    found.push((from, stem.x + half));
                }
            }
            Some(Beam::HookForward) => found.push((stem.x - half, stem.x + hook(neighbour(Some(index + 1))))),
            Some(Beam::HookBackward) => found.push((stem.x - hook(neighbour(index.checked_sub(1))), stem.x + half)),
            None => open = None,
        }
    }
    found
}

/// A filled rectangle.
pub(crate) fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Path {
    let at = |x, y| Point { x, y };
    vec![
        Segment::Move(at(left, top)),
        Segment::Line(at(right, top)),
        Segment::Line(at(right, bottom)),
        Segment::Line(at(left, bottom)),
        Segment::Close,
    ]
}
