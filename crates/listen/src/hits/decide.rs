//! Decides which candidates of a whole recording are hits.
//!
//! Conventions: a candidate's margin is its log-odds above those of its class's threshold, after what other groups
//! explain of it is taken off. Sounds of one thing struck (hi-hat open and closed, snare and cross stick) exclude each
//! other within one stroke; toms are different things, and so are cymbals other than the ride.

use super::candidates::Candidate;
use super::choose::log_odds;
use crate::card::ModelCard;
use drums::{Hit, HitId, Instrument, Piece, Seconds};

/// Times closer than this are one stroke, s.
const STROKE_S: f64 = 0.03;
/// What rounding may take from a time, s.
const ROUNDING_S: f64 = 1e-6;
/// Alternatives kept per hit.
const ALTERNATIVES_MAX: usize = 3;
/// Probability below which something is no alternative.
const ALTERNATIVE_MIN: f32 = 0.05;
/// Log-odds from which on another group explains something of a candidate: those of one in ten.
const BLEED_FROM: f32 = -2.197_224_6;
/// A song's own share of strokes that come with another group's is drawn towards a quarter by this many strokes.
const BLEED_PRIOR_STROKES: f32 = 4.0;

/// What else a hit may have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternative {
    /// The other instrument.
    pub instrument: Instrument,
    /// Its probability, 0..=1.
    pub probability: f32,
}

/// Hits, and for each of them what else it may have been, likeliest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Sorted by time, then score order, numbered from 0.
    pub hits: Vec<Hit>,
    /// One list per hit.
    pub alternatives: Vec<Vec<Alternative>>,
}

/// A candidate above its threshold.
struct Claim<'c> {
    candidate: &'c Candidate,
    time_s: f64,
    group: usize,
    log_odds: f32,
    margin: f32,
}

/// The hits among candidates.
///
/// A class is struck where its log-odds reach those of its threshold less `log_odds_shift` (positive: more hits). Of two
/// strokes of a class closer than the card's `combine_s` the surer one stays; within 30 ms a group has one member, that
/// with the largest margin, unless they are different toms or cymbals.
///
/// Cross-talk: where the card says that a group's strokes are taken for another's, each log-odd of the other group
/// above those of one in ten takes `slope` times the square of a share off, the share of the group's strokes in this
/// song that have such company (at the card's own thresholds). A floor tom that always comes with the kick is the
/// kick; one that mostly comes alone is a tom.
#[must_use]
pub fn decide(card: &ModelCard, candidates: &[Candidate], frame_s: f64, log_odds_shift: f32) -> Decision {
    let instruments = card.instruments();
    let claims = claims(card, candidates, frame_s, log_odds_shift);
    let kept = kept(&claims, &instruments, card.combine_s);
    let mut found: Vec<(Hit, Vec<Alternative>)> = Vec::new();
    for claim in claims.iter().zip(&kept).filter_map(|(claim, kept)| kept.then_some(claim)) {
        let class = usize::from(claim.candidate.class);
        let hit = Hit {
            id: HitId(0),
            time: Seconds::clamped((claim.time_s + card.latency_s).max(0.0)),
            instrument: instruments[class],
            velocity: card.groups[claim.group].velocity.map(claim.candidate.velocity),
            confidence: card.groups[claim.group].confidence.map(claim.log_odds),
        };
        found.push((hit, alternatives(claim.candidate, &instruments)));
    }
    found.sort_by(|(a, _), (b, _)| a.time.total_cmp(&b.time).then(a.instrument.cmp(&b.instrument)));
    let mut decision = Decision::default();
    for (id, (hit, alternatives)) in (0..).zip(found) {
        decision.hits.push(Hit { id: HitId(id), ..hit });
        decision.alternatives.push(alternatives);
    }
    without_what_sounds_too(&mut decision);
    decision
}

/// The candidates above their thresholds, in order of time.
fn claims<'c>(card: &ModelCard, candidates: &'c [Candidate], frame_s: f64, shift: f32) -> Vec<Claim<'c>> {
    let mut of_class = Vec::new();
    for (group, members) in card.groups.iter().enumerate() {
        let least = |member: usize| log_odds(members.threshold_of(member));
        of_class.extend((0..members.members.len()).map(|member| (group, least(member))));
    }
    let of = |candidate: &Candidate| of_class.get(usize::from(candidate.class)).copied();
    let company: Vec<Vec<Company>> =
        (0..card.groups.len()).map(|group| company(card, candidates, group, &of)).collect();
    let mut claims: Vec<Claim<'_>> = candidates
        .iter()
        .filter_map(|candidate| {
            let (group, least) = of(candidate)?;
            let explained: f32 = company[group].iter().map(|other| other.explains(candidate)).sum();
            let log_odds = log_odds(candidate.probability) - explained;
            let (time_s, margin) = (candidate.time_frames() * frame_s, log_odds - least + shift);
            (margin >= 0.0).then_some(Claim { candidate, time_s, group, log_odds, margin })
        })
        .collect();
    claims.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then(a.candidate.class.cmp(&b.candidate.class)));
    claims
}

/// Another group that a group's strokes may really be.
struct Company {
    classes: std::ops::Range<usize>,
    /// Log-odds taken off per log-odds of the other group, in this song.
    slope: f32,
}

impl Company {
    /// Log-odds by which the other group is likelier than one in ten around a candidate.
    fn evidence(classes: &std::ops::Range<usize>, candidate: &Candidate) -> f32 {
        let around = candidate.log_odds().skip(classes.start).take(classes.len());
        around.fold(BLEED_FROM, f32::max) - BLEED_FROM
    }

    fn explains(&self, candidate: &Candidate) -> f32 {
        self.slope * Self::evidence(&self.classes, candidate)
    }
}

/// The groups that bleed into `group`, and how much of it they explain in this song; `of` tells a candidate's group
/// and the log-odds it has to reach.
fn company(
    card: &ModelCard,
    candidates: &[Candidate],
    group: usize,
    of: &impl Fn(&Candidate) -> Option<(usize, f32)>,
) -> Vec<Company> {
    let struck = |candidate: &&Candidate| {
        of(candidate).is_some_and(|(own, least)| own == group && log_odds(candidate.probability) >= least)
    };
    let bleeds = card.groups[group].bleed.iter();
    let others = bleeds.filter_map(|bleed| Some((card.classes_of(&bleed.from)?, bleed.slope)));
    let in_this_song = others.map(|(classes, slope)| {
        let (mut strokes, mut accompanied) = (BLEED_PRIOR_STROKES, BLEED_PRIOR_STROKES / 4.0);
        for candidate in candidates.iter().filter(struck) {
            strokes += 1.0;
            accompanied += if Company::evidence(&classes, candidate) > 0.0 { 1.0 } else { 0.0 };
        }
        Company { classes, slope: slope * (accompanied / strokes).powi(2) }
    });
    in_this_song.collect()
}

/// Which claims stay: the surest first, each removing those it excludes.
fn kept(claims: &[Claim<'_>], instruments: &[Instrument], combine_s: f64) -> Vec<bool> {
    let mut surest: Vec<usize> = (0..claims.len()).collect();
    surest.sort_by(|&a, &b| claims[b].margin.total_cmp(&claims[a].margin).then(a.cmp(&b)));
    let reach_s = STROKE_S.max(combine_s);
    let mut kept = vec![false; claims.len()];
    for index in surest {
        let claim = &claims[index];
        let near = |other: &usize| (claims[*other].time_s - claim.time_s).abs() < reach_s;
        let before = (0..index).rev().take_while(near);
        let mut around = before.chain((index + 1..claims.len()).take_while(near));
        kept[index] = !around.any(|other| kept[other] && excludes(&claims[other], claim, instruments, combine_s));
    }
    kept
}

fn excludes(a: &Claim<'_>, b: &Claim<'_>, instruments: &[Instrument], combine_s: f64) -> bool {
    let apart_s = (a.time_s - b.time_s).abs();
    if a.candidate.class == b.candidate.class {
        return apart_s + ROUNDING_S < combine_s;
    }
    let piece = |claim: &Claim<'_>| instruments[usize::from(claim.candidate.class)].row().piece;
    let sound_together = matches!(
        (piece(a), piece(b)),
        (Piece::Tom, Piece::Tom) | (Piece::Cymbal, Piece::Cymbal | Piece::Ride) | (Piece::Ride, Piece::Cymbal)
    );
    a.group == b.group && apart_s < STROKE_S && !sound_together
}

fn alternatives(candidate: &Candidate, instruments: &[Instrument]) -> Vec<Alternative> {
    let mut others: Vec<Alternative> = instruments
        .iter()
        .zip(candidate.probabilities())
        .enumerate()
        .filter(|(class, (_, probability))| *class != usize::from(candidate.class) && *probability >= ALTERNATIVE_MIN)
        .map(|(_, (instrument, probability))| Alternative { instrument: *instrument, probability })
        .collect();
    others.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    others
}

/// Takes out of the alternatives what is a hit of its own at that time.
fn without_what_sounds_too(decision: &mut Decision) {
    for (index, list) in decision.alternatives.iter_mut().enumerate() {
        let time = decision.hits[index].time;
        let near = |hit: &&Hit| (hit.time - time).get().abs() < STROKE_S;
        let before = decision.hits[..index].iter().rev().take_while(near);
        let sounding: Vec<Instrument> =
            before.chain(decision.hits[index..].iter().take_while(near)).map(|hit| hit.instrument).collect();
        list.retain(|other| !sounding.contains(&other.instrument));
        list.truncate(ALTERNATIVES_MAX);
    }
}
