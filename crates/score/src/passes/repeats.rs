//! Repeats: passages played several times that are written once, with endings where the last bars differ.
//!
//! Dynamic programming over all bars: a passage saves the bars that need not be written, and must save enough to be
//! worth the reader's looking back. Bars of later passes carry no marks of their own, which nobody would see.

use crate::model::{Measure, Repeat};
use crate::passes::similes::face;
use std::collections::HashMap;

/// Bars of a passage, its ending included.
const LENGTHS: [usize; 6] = [4, 6, 8, 12, 16, 24];
/// Bars of an ending.
const ENDINGS: [usize; 3] = [0, 1, 2];
/// Most endings written.
const ENDINGS_MAX: usize = 3;
/// Most passes of a passage.
const TIMES_MAX: usize = 16;
/// Most passes of a passage with endings, whose numbers must be found in a hurry.
const TIMES_ENDED_MAX: usize = 8;
/// What looking back costs, in bars.
const COST: f64 = 3.0;
/// What each written ending costs on top.
const COST_ENDING: f64 = 1.0;
/// What a bar weighs that is a mere simile sign.
const SIMILE: f64 = 0.3;

/// The repeats of a piece, those that save most together.
pub(crate) fn find(measures: &[Measure]) -> Vec<Repeat> {
    let faces = numbered(measures);
    let count = measures.len();
    let mut best: Vec<(f64, Option<Repeat>)> = vec![(0.0, None); count + 1];
    let weights: Vec<f64> = measures.iter().map(|m| if m.repeat.is_some() { SIMILE } else { 1.0 }).collect();
    for first in (0..count).rev() {
        let mut own = (best[first + 1].0, None);
        for repeat in options(first, &faces, measures) {
            let saved = saving(&repeat, &weights) + best[repeat.end()].0;
            if saved > own.0 {
                own = (saved, Some(repeat));
            }
        }
        best[first] = own;
    }
    let mut found = Vec::new();
    let mut bar = 0;
    while bar < count {
        match best[bar].1.take() {
            Some(repeat) => {
                bar = repeat.end();
                found.push(repeat);
            }
            None => bar += 1,
        }
    }
    found
}

/// Whether the bars are as the repeat says.
pub(crate) fn holds(repeat: &Repeat, measures: &[Measure]) -> bool {
    if repeat.end() > measures.len() {
        return false;
    }
    let body = repeat.length - repeat.ending;
    let alike = |pass: usize, other: usize, bar: usize| {
        let at = |pass: usize| face(&measures[repeat.first + (pass - 1) * repeat.length + bar]);
        at(pass) == at(other)
    };
    let bodies = (2..=repeat.times).all(|pass| (0..body).all(|bar| alike(1, pass, bar)));
    let endings = repeat
        .endings
        .iter()
        .all(|passes| passes.windows(2).all(|pair| (body..repeat.length).all(|bar| alike(pair[0], pair[1], bar))));
    bodies && endings
}

/// A number for each bar, the same for bars that look the same.
fn numbered(measures: &[Measure]) -> Vec<usize> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let number = |measure: &Measure| {
        let next = known.len();
        *known.entry(format!("{:?}", face(measure))).or_insert(next)
    };
    measures.iter().map(number).collect()
}

/// What need not be written: all passes but the first, except their own endings.
fn saving(repeat: &Repeat, weights: &[f64]) -> f64 {
    let bars = |from: usize, count: usize| weights[from..from + count].iter().sum::<f64>();
    let all = bars(repeat.first + repeat.length, repeat.length * (repeat.times - 1));
    let body = repeat.length - repeat.ending;
    let others = repeat.endings.iter().skip(1);
    let endings: f64 =
        others.map(|passes| bars(repeat.first + (passes[0] - 1) * repeat.length + body, repeat.ending)).sum();
    all - endings - COST - COST_ENDING * repeat.endings.len() as f64
}

fn is_plain(measure: &Measure) -> bool {
    measure.tempo.is_none() && measure.swing.is_none() && measure.rehearsal.is_none() && measure.text.is_empty()
}

fn options(first: usize, faces: &[usize], measures: &[Measure]) -> Vec<Repeat> {
    let plain = measures[first + 1..].iter().take_while(|measure| is_plain(measure)).count() + 1;
    let mut found = Vec::new();
    for length in LENGTHS {
        let times_max = (plain / length).min(TIMES_MAX);
        for ending in ENDINGS.into_iter().filter(|ending| ending * 2 <= length) {
            let body = length - ending;
            let bars = |pass: usize| &faces[first + pass * length..first + (pass + 1) * length];
            let same = (1..times_max).take_while(|&pass| bars(pass)[..body] == bars(0)[..body]).count();
            let most = if ending == 0 { same + 1 } else { (same + 1).min(TIMES_ENDED_MAX) };
            for times in 2..=most {
                let endings = endings(times, |pass| &bars(pass)[body..]);
                let fits = if ending == 0 { true } else { (2..=ENDINGS_MAX).contains(&endings.len()) };
                if fits {
                    let endings = if ending == 0 { Vec::new() } else { endings };
                    found.push(Repeat { first, length, times, ending, endings });
                }
            }
        }
    }
    found
}

/// Passes, from 1, with the same last bars, in order of the first of each.
fn endings<'a>(times: usize, bars: impl Fn(usize) -> &'a [usize]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    for pass in 0..times {
        match found.iter_mut().find(|passes| bars(passes[0] - 1) == bars(pass)) {
            Some(passes) => passes.push(pass + 1),
            None => found.push(vec![pass + 1]),
        }
    }
    found
}
