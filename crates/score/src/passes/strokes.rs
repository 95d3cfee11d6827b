//! Strokes: hits gathered into what one sign on paper stands for — a note, a note with graces, a roll.
//!
//! Conventions: the grace strokes of flam, drag and ruff come 12 to 60 ms apart and softer than 0.7 of their main
//! stroke; four or more strokes on a drum less than 60 ms apart are a roll, one sign per beat. At quick tempi the
//! limits shrink with the beat, so that fast sixteenths stay notes.

use crate::model::{GraceKind, Tremolo};
use crate::passes::bars::Plan;
use drums::{Hit, HitId, Instrument, Piece};
use std::collections::BTreeMap;

/// Two hits of a drum closer than this are one stroke heard twice.
const SAME_S: f64 = 0.012;
/// Longest gap from a flam's grace stroke to its main stroke.
const FLAM_MAX_S: f64 = 0.045;
/// Longest gap within drags, ruffs and rolls.
const ROLL_MAX_S: f64 = 0.06;
/// ... and that as a share of a quarter note.
const ROLL_MAX_QUARTERS: f64 = 0.2;
/// A grace stroke is softer than this share of its main stroke.
const GRACE_LEVEL: f32 = 0.7;
/// Fewest strokes of a roll.
const ROLL_STROKES: usize = 4;

/// Strokes closer than this on the mean are no open strokes but a buzz: sticks bouncing.
const BUZZ_MAX_S: f64 = 0.034;
/// An open roll has this sign.
const OPEN_ROLL: Tremolo = Tremolo::Slashes(3);

/// What one sign stands for.
#[derive(Debug, Clone)]
pub(crate) struct Stroke {
    pub time_s: f64,
    pub instrument: Instrument,
    pub velocity: f32,
    pub confidence: f32,
    pub hits: Vec<HitId>,
    pub graces: Option<(GraceKind, Vec<HitId>)>,
    pub roll: Option<Tremolo>,
}

impl Stroke {
    fn of(hit: &Hit) -> Self {
        Self {
            time_s: hit.time.get(),
            instrument: hit.instrument,
            velocity: hit.velocity.get(),
            confidence: hit.confidence.get(),
            hits: vec![hit.id],
            graces: None,
            roll: None,
        }
    }

    /// Takes over the hits of another stroke of the same drum; the louder one says what was struck.
    pub(crate) fn absorb(&mut self, other: Self) {
        if other.velocity > self.velocity {
            self.velocity = other.velocity;
            self.instrument = other.instrument;
        }
        self.confidence = self.confidence.max(other.confidence);
        self.roll = self.roll.or(other.roll);
        self.hits.extend(other.hits);
        match (&mut self.graces, other.graces) {
            (Some((_, hits)), Some((_, more))) => hits.extend(more),
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
    }
}

/// What is struck, as far as two strokes at the same moment exclude each other: sounds that share a line of the staff
/// because they share a surface share a drum.
pub(crate) fn drum_of(instrument: Instrument) -> Instrument {
    match (instrument.row().piece, instrument) {
        (Piece::Hihat, Instrument::HihatPedal | Instrument::HihatFootSplash) => Instrument::HihatPedal,
        (Piece::Hihat, _) => Instrument::HihatClosed,
        (Piece::Snare, _) => Instrument::Snare,
        (Piece::Ride, Instrument::RideBell) => Instrument::Ride,
        _ => instrument,
    }
}

/// Whether graces and rolls are written on it.
pub(crate) fn takes_graces(instrument: Instrument) -> bool {
    matches!(instrument.row().piece, Piece::Snare | Piece::Tom) && instrument != Instrument::CrossStick
}

/// Gathers hits (in order of time) into strokes in order of time.
pub(crate) fn gather(hits: &[Hit], plan: &Plan) -> Vec<Stroke> {
    let mut drums: BTreeMap<Instrument, Vec<Stroke>> = BTreeMap::new();
    for hit in hits {
        let strokes = drums.entry(drum_of(hit.instrument)).or_default();
        let gap_min_s = if takes_graces(hit.instrument) { SAME_S } else { hit.instrument.row().gap_min_s };
        match strokes.last_mut().filter(|last| hit.time.get() - last.time_s < gap_min_s) {
            Some(last) => last.absorb(Stroke::of(hit)),
            None => strokes.push(Stroke::of(hit)),
        }
    }
    let mut all: Vec<Stroke> = Vec::new();
    for (drum, strokes) in drums {
        if takes_graces(drum) { ornament(strokes, plan, &mut all) } else { all.extend(strokes) }
    }
    all.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.instrument.cmp(&b.instrument)));
    all
}

/// Finds graces and rolls among the strokes of one drum.
fn ornament(strokes: Vec<Stroke>, plan: &Plan, out: &mut Vec<Stroke>) {
    let times: Vec<f64> = strokes.iter().map(|stroke| stroke.time_s).collect();
    let mut rest = strokes.into_iter();
    let mut at = 0;
    while at < times.len() {
        let quarter_s = plan.quarter_s(plan.locate(times[at]).0);
        let gap_max_s = ROLL_MAX_S.min(quarter_s * ROLL_MAX_QUARTERS);
        let chained = times[at..].windows(2).take_while(|pair| pair[1] - pair[0] <= gap_max_s).count() + 1;
        let remaining = rest.as_slice();
        let take = if chained >= ROLL_STROKES && !is_graced(&remaining[..chained], gap_max_s) {
            roll(&remaining[..chained], plan, out);
            chained
        } else if let Some(kind) = grace_kind(&remaining[..chained], gap_max_s) {
            out.push(graced(&remaining[..=kind.strokes()], kind));
            kind.strokes() + 1
        } else {
            out.push(remaining[0].clone());
            1
        };
        rest.by_ref().take(take).for_each(drop);
        at += take;
    }
}

/// The ornament that begins a chain of strokes, the longest first; its main stroke must end the chain or be followed by
/// strokes of another kind.
fn grace_kind(chain: &[Stroke], gap_max_s: f64) -> Option<GraceKind> {
    [GraceKind::Ruff, GraceKind::Drag, GraceKind::Flam]
        .into_iter()
        .find(|kind| chain.len() > kind.strokes() && is_graced(&chain[..=kind.strokes()], gap_max_s))
}

/// Whether all but the last stroke are graces of the last.
fn is_graced(strokes: &[Stroke], gap_max_s: f64) -> bool {
    let Some((main, graces)) = strokes.split_last() else { return false };
    let gap_max_s = if graces.len() == 1 { gap_max_s.min(FLAM_MAX_S) } else { gap_max_s };
    (1..=3).contains(&graces.len())
        && graces.iter().all(|grace| grace.velocity < GRACE_LEVEL * main.velocity && grace.roll.is_none())
        && strokes.windows(2).all(|pair| pair[1].time_s - pair[0].time_s <= gap_max_s)
}

fn graced(strokes: &[Stroke], kind: GraceKind) -> Stroke {
    let (main, graces) = strokes.split_last().expect("an ornament has a main stroke");
    let hits = graces.iter().flat_map(|grace| grace.hits.iter().copied()).collect();
    Stroke { graces: Some((kind, hits)), ..main.clone() }
}

/// A roll: one stroke per beat it touches. A last stroke alone in its beat is where the roll ends, a plain note.
fn roll(strokes: &[Stroke], plan: &Plan, out: &mut Vec<Stroke>) {
    /// A stroke this much of a pulse before the next belongs to the next.
    const EARLY: f64 = 1.0 / 16.0;
    let pulse_of = |stroke: &Stroke| {
        let (pulse, place) = plan.locate(stroke.time_s);
        if place > 1.0 - EARLY { pulse + 1 } else { pulse }
    };
    let mean_gap_s = (strokes[strokes.len() - 1].time_s - strokes[0].time_s) / (strokes.len() - 1) as f64;
    let sign = if mean_gap_s < BUZZ_MAX_S { Tremolo::Buzz } else { OPEN_ROLL };
    let mut last_pulse = None;
    for stroke in strokes {
        let pulse = pulse_of(stroke);
        match out.last_mut().filter(|_| last_pulse == Some(pulse)) {
            Some(open) => {
                open.absorb(stroke.clone());
                open.roll = Some(sign);
            }
            None => out.push(stroke.clone()),
        }
        last_pulse = Some(pulse);
    }
}
