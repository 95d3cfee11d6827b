//! Swing: where off-beats are late by habit, they are written as straight eighths under the word "Swing"; late
//! sixteenths likewise.
//!
//! Conventions: the ratio is the place of the off-beat in the beat (for sixteenths, in the eighth), 0.5 straight, 2/3 a
//! full triplet swing. Only meters with a quarter beat swing. Where the middle triplet is played too, triplets are
//! written instead.

use crate::model::{Swing, SwingUnit};
use crate::passes::bars::Plan;
use crate::passes::quantize::Cluster;
use drums::Ticks;

/// Ratios that count as swing.
const RATIO_MIN: f64 = 0.54;
const RATIO_MAX: f64 = 0.74;
const RATIO_MAX_KNOWN: f64 = 0.77;
/// How far off-beats may lie from their common ratio.
const SPREAD: f64 = 0.065;
/// Places of off-beats, swung or straight or dotted.
const OFFBEAT: std::ops::Range<f64> = 0.42..0.82;
/// Places of the middle triplet, which swing does not have.
const MIDDLE: std::ops::Range<f64> = 0.28..0.4;
/// Places of the last triplet, which swung sixteenths do not have.
const LAST_TRIPLET: std::ops::Range<f64> = 0.61..0.72;
/// Fewest swung off-beats that make a habit; sixteenths, which are easily mistaken for triplets, need more.
const OFFBEATS_MIN: usize = 3;
const SIXTEENTHS_MIN: usize = 8;
/// With more middle triplets than this for each swung off-beat, triplets are written throughout; fewer make single
/// beats of triplets.
const MIDDLES_MAX: f64 = 0.8;
/// The same for last triplets and swung sixteenths.
const LAST_TRIPLETS_MAX: f64 = 0.15;
/// Ratios that a last triplet may have; below, the off-beats are straight.
const LATE_TRIPLET: std::ops::RangeInclusive<f64> = 0.58..=0.72;
/// Bars over which the habit is measured, either way.
const BARS_AROUND: usize = 8;
/// A bar follows the habit of another at most this far away.
const BARS_FOLLOWED: usize = 4;
/// Off-beats looked at for a bar, so that the work stays bounded.
const LOOKED_AT_MAX: usize = 400;

/// Strokes of a bar that tell about swing.
#[derive(Debug, Clone, Default)]
struct Evidence {
    /// Places in the beat of off-beat eighths.
    eighths: Vec<f64>,
    /// Places in the eighth of off-beat sixteenths.
    sixteenths: Vec<f64>,
    middles: usize,
    last_triplets: usize,
}

/// How a bar leans.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Lean {
    /// Late off-beats that are written straight.
    pub swing: Option<Swing>,
    /// Where the last triplet of a beat is played, where triplets are written: a shuffle need not be an even one.
    pub last_triplet: Option<f64>,
}

/// How each bar leans.
pub(crate) fn find(plan: &Plan, clusters: &[Cluster]) -> Vec<Lean> {
    let mut evidence = vec![Evidence::default(); plan.bars.len()];
    for cluster in clusters {
        let pulse = plan.pulses[cluster.pulse];
        let (own, place) = (&mut evidence[pulse.bar], cluster.place);
        if pulse.length != Ticks::QUARTER {
            continue;
        }
        if OFFBEAT.contains(&place) {
            own.eighths.push(place);
        }
        own.middles += usize::from(MIDDLE.contains(&place));
        own.last_triplets += usize::from(LAST_TRIPLET.contains(&place));
        let in_eighth = place.rem_euclid(0.5) * 2.0;
        if OFFBEAT.contains(&in_eighth) {
            own.sixteenths.push(in_eighth);
        }
    }
    let mut habits: Vec<Option<Swing>> = Vec::with_capacity(plan.bars.len());
    let mut last_triplets = Vec::with_capacity(plan.bars.len());
    // Where the song swings, its passages may swing harder than would prove it.
    let swings = matches!(habit(&evidence, RATIO_MAX), Some(Swing { unit: SwingUnit::Eighths, .. }));
    let ratio_max = if swings { RATIO_MAX_KNOWN } else { RATIO_MAX };
    for bar in 0..plan.bars.len() {
        let around = bar.saturating_sub(BARS_AROUND)..(bar + BARS_AROUND + 1).min(plan.bars.len());
        let quarters = plan.bars[bar].meter.denominator() == 4;
        last_triplets.push(late_triplet(&evidence[around.clone()]).filter(|_| quarters));
        habits.push(habit(&evidence[around], ratio_max).filter(|_| quarters));
    }
    smooth(&mut habits, &evidence);
    let lean =
        |(swing, late): (Option<Swing>, Option<f64>)| Lean { swing, last_triplet: late.filter(|_| swing.is_none()) };
    habits.into_iter().zip(last_triplets).map(lean).collect()
}

/// The habit that a few bars have in common.
fn habit(bars: &[Evidence], ratio_max: f64) -> Option<Swing> {
    let all = |places: &dyn Fn(&Evidence) -> &[f64]| -> Vec<f64> {
        bars.iter().flat_map(places).copied().take(LOOKED_AT_MAX).collect()
    };
    let middles: usize = bars.iter().map(|bar| bar.middles).sum();
    let last_triplets: usize = bars.iter().map(|bar| bar.last_triplets).sum();
    let eighths = common_ratio(all(&|bar| &bar.eighths), ratio_max)
        .filter(|(_, close)| *close >= OFFBEATS_MIN && middles as f64 <= MIDDLES_MAX * *close as f64);
    let sixteenths = common_ratio(all(&|bar| &bar.sixteenths), RATIO_MAX)
        .filter(|(_, close)| *close >= SIXTEENTHS_MIN && last_triplets as f64 <= LAST_TRIPLETS_MAX * *close as f64);
    let eighths = eighths.map(|(ratio, _)| Swing { unit: SwingUnit::Eighths, ratio });
    eighths.or(sixteenths.map(|(ratio, _)| Swing { unit: SwingUnit::Sixteenths, ratio }))
}

/// Where a few bars have their last triplet, if they have middle ones too and keep to it.
fn late_triplet(bars: &[Evidence]) -> Option<f64> {
    let middles: usize = bars.iter().map(|bar| bar.middles).sum();
    let offbeats = bars.iter().flat_map(|bar| &bar.eighths).copied().take(LOOKED_AT_MAX).collect();
    let (ratio, close) = common_ratio(offbeats, RATIO_MAX)?;
    (close >= OFFBEATS_MIN && middles >= OFFBEATS_MIN && LATE_TRIPLET.contains(&ratio)).then_some(ratio)
}

/// The common ratio of off-beats, if they swing, and how many keep to it.
fn common_ratio(mut offbeats: Vec<f64>, ratio_max: f64) -> Option<(f64, usize)> {
    offbeats.sort_by(f64::total_cmp);
    let ratio = *offbeats.get(offbeats.len() / 2)?;
    let close = offbeats.iter().filter(|place| (*place - ratio).abs() <= SPREAD).count();
    ((RATIO_MIN..=ratio_max).contains(&ratio) && close * 3 >= offbeats.len() * 2).then_some((ratio, close))
}

/// A bar whose own off-beats are clearly straight is straight; any other without a habit follows the nearest bar that
/// has one, so that the word does not flicker.
fn smooth(habits: &mut [Option<Swing>], evidence: &[Evidence]) {
    let mut straight = vec![false; habits.len()];
    for (bar, own) in evidence.iter().enumerate() {
        let own = match habits[bar] {
            Some(Swing { unit: SwingUnit::Sixteenths, .. }) => &own.sixteenths,
            _ => &own.eighths,
        };
        let even = own.iter().filter(|place| (**place - 0.5).abs() < 0.03).count();
        straight[bar] = even >= OFFBEATS_MIN && even * 4 >= own.len() * 3;
        if straight[bar] {
            habits[bar] = None;
        }
    }
    let heard = habits.to_vec();
    for bar in (0..habits.len()).filter(|&bar| heard[bar].is_none() && !straight[bar]) {
        let before = |distance| bar.checked_sub(distance).and_then(|other| heard[other]);
        let after = |distance| heard.get(bar + distance).copied().flatten();
        habits[bar] = (1..=BARS_FOLLOWED).find_map(|distance| before(distance).or(after(distance)));
    }
}
