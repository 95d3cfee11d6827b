//! Which bars stand on paper: a passage played several times is written once, silent bars in a row are one sign.

use crate::passes::similes::{Simile, simile_at};
use score::{Content, Measure, Repeat, Score};

/// A bar as it stands on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    /// Index of the measure that is drawn.
    pub(crate) measure: usize,
    /// Indices of the other measures it is played for, in order.
    pub(crate) played_for: Vec<usize>,
    /// How many measures of silence it stands for; 1 for every other bar.
    pub(crate) silent: usize,
    /// What it shows in place of its notes.
    pub(crate) simile: Option<Simile>,
    /// How many bars alike this one ends, where that is worth a number: every fourth, and the last of a row.
    pub(crate) count: Option<usize>,
    /// A repeated passage begins here.
    pub(crate) opens: bool,
    /// A repeated passage ends here.
    pub(crate) closes: bool,
    /// How often the passage that ends here is played, where that is more than twice and no ending says it.
    pub(crate) times: Option<usize>,
    pub(crate) volta: Option<Volta>,
}

/// The bracket over an ending, at one of its bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volta {
    /// The passes, as "1." or "1.-3.".
    pub(crate) label: String,
    pub(crate) begins: bool,
    pub(crate) ends: bool,
    /// It ends with a hook: another ending follows.
    pub(crate) hooked: bool,
}

impl Bar {
    const fn plain(measure: usize) -> Self {
        Self {
            measure,
            played_for: Vec::new(),
            silent: 1,
            simile: None,
            count: None,
            opens: false,
            closes: false,
            times: None,
            volta: None,
        }
    }
}

/// All bars in order. `join_rests` makes one sign of silent bars in a row.
pub(crate) fn bars(score: &Score, join_rests: bool) -> Vec<Bar> {
    let mut bars = Vec::with_capacity(score.measures.len());
    let mut repeats = score.repeats.iter().filter(|repeat| fits(repeat, score)).peekable();
    let mut index = 0;
    while index < score.measures.len() {
        while repeats.next_if(|repeat| repeat.first < index).is_some() {}
        if let Some(repeat) = repeats.next_if(|repeat| repeat.first == index) {
            fold(repeat, &mut bars);
            index = repeat.end();
            continue;
        }
        let until = repeats.peek().map_or(score.measures.len(), |repeat| repeat.first);
        let silent = if join_rests { silent_bars(&score.measures[index..until]) } else { 1 };
        let played_for = (index + 1..index + silent).collect();
        bars.push(Bar { played_for, silent, ..Bar::plain(index) });
        index += silent;
    }
    set_similes(&mut bars, &score.measures);
    count_similes(&mut bars);
    bars
}

/// Whether a repeat can be drawn; one that breaks the laws of the model is written out.
fn fits(repeat: &Repeat, score: &Score) -> bool {
    let passes = repeat.length.checked_mul(repeat.times).and_then(|bars| bars.checked_add(repeat.first));
    let all_taken = repeat.endings.iter().map(Vec::len).sum::<usize>() == repeat.times;
    repeat.times >= 2
        && repeat.ending < repeat.length
        && passes.is_some_and(|end| end <= score.measures.len())
        && (repeat.ending == 0
            || (all_taken && repeat.endings.iter().flatten().all(|pass| *pass >= 1 && *pass <= repeat.times)))
        && repeat.endings.iter().all(|passes| !passes.is_empty())
}

/// The bars of a repeated passage.
fn fold(repeat: &Repeat, bars: &mut Vec<Bar>) {
    let body = repeat.length - repeat.ending;
    let at = |pass: usize, bar: usize| repeat.first + (pass - 1) * repeat.length + bar;
    for bar in 0..body {
        let played_for = (2..=repeat.times).map(|pass| at(pass, bar)).collect();
        let closes = repeat.ending == 0 && bar + 1 == body;
        let times = Some(repeat.times).filter(|times| closes && *times > 2);
        bars.push(Bar { played_for, opens: bar == 0, closes, times, ..Bar::plain(at(1, bar)) });
    }
    if repeat.ending == 0 {
        return;
    }
    for (number, passes) in repeat.endings.iter().enumerate() {
        // Whoever has another pass to play goes back from here too.
        let goes_on = number + 1 == repeat.endings.len() && passes.last() == Some(&repeat.times) && passes.len() == 1;
        for bar in body..repeat.length {
            let played_for = passes[1..].iter().map(|&pass| at(pass, bar)).collect();
            let (begins, ends) = (bar == body, bar + 1 == repeat.length);
            let volta = Volta { label: label(passes), begins, ends, hooked: !goes_on };
            let closes = ends && !goes_on;
            bars.push(Bar { played_for, closes, volta: Some(volta), ..Bar::plain(at(passes[0], bar)) });
        }
    }
}

/// "1.", "1.2." or "1.-3.".
fn label(passes: &[usize]) -> String {
    let in_a_row = passes.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match passes {
        [first, .., last] if in_a_row && passes.len() > 2 => format!("{first}.\u{2013}{last}."),
        _ => passes.iter().map(|pass| format!("{pass}.")).collect(),
    }
}

/// How many measures from the first on are silent and say nothing else; 1 where the first one sounds.
fn silent_bars(measures: &[Measure]) -> usize {
    let silent = |measure: &Measure| {
        measure.dynamics.is_empty()
            && !measure.voices.is_empty()
            && measure.events().all(|event| matches!(event.content, Content::Rest { .. }))
    };
    let plain = |measure: &Measure| {
        let words = measure.rehearsal.is_some() || !measure.text.is_empty();
        measure.meter == measures[0].meter && measure.tempo.is_none() && measure.swing.is_none() && !words
    };
    if !silent(&measures[0]) {
        return 1;
    }
    1 + measures[1..].iter().take_while(|measure| silent(measure) && plain(measure)).count()
}

/// Similes only where the bar before on paper is the bar before in time, whatever the pass.
fn set_similes(bars: &mut [Bar], measures: &[Measure]) {
    let clear_of = |bars: &[Bar], at: usize, back: usize| {
        at >= back
            && (at - back..at).all(|before| bars[before + 1].measure == bars[before].measure + 1)
            && (at + 1 - back..=at).all(|bar| !bars[bar].opens && bars[bar].volta.as_ref().is_none_or(|v| !v.begins))
            && bars[at].silent == 1
    };
    for at in 0..bars.len() {
        let simile = simile_at(measures, bars[at].measure);
        bars[at].simile = match simile {
            Some(Simile::One) if clear_of(bars, at, 1) => simile,
            Some(Simile::PairFirst) if clear_of(bars, at, 2) && at + 1 < bars.len() => simile,
            Some(Simile::PairSecond) if clear_of(bars, at, 3) && bars[at - 1].simile == Some(Simile::PairFirst) => {
                simile
            }
            _ => None,
        };
    }
    for at in 0..bars.len() {
        let paired = bars.get(at + 1).is_some_and(|next| next.simile == Some(Simile::PairSecond));
        if bars[at].simile == Some(Simile::PairFirst) && !paired {
            bars[at].simile = None;
        }
    }
}

/// Numbers rows of one-bar similes, counted with the bar they repeat; a short row is seen at a glance.
fn count_similes(bars: &mut [Bar]) {
    let mut from = 0;
    while from < bars.len() {
        let row = bars[from..].iter().take_while(|bar| bar.simile == Some(Simile::One)).count();
        for place in 0..row {
            let (count, last) = (place + 2, place + 1 == row);
            let worth = row + 1 >= COUNT_FROM && (last || count % 4 == 0);
            bars[from + place].count = Some(count).filter(|_| worth);
        }
        from += row.max(1);
    }
}

/// Rows of fewer bars alike have no numbers.
const COUNT_FROM: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_named_by_their_passes() {
        assert_eq!(label(&[1]), "1.");
        assert_eq!(label(&[1, 3]), "1.3.");
        assert_eq!(label(&[1, 2, 3]), "1.\u{2013}3.");
    }
}
