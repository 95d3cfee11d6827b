//! Scores made up from a seed: any rhythm, mark and meter that the notation knows.
//!
//! Conventions: velocities are whole numbers of 127, so that files can hold them. The strokes are random and the score is
//! written down by [`Sketch::write`], so it reads as a score would and obeys every law.

use drums::{Bpm, Instrument, Meter, Performance, Ticks, Velocity};
use score::{
    BarRepeat, Base, Dynamic, DynamicMark, DynamicSign, ElementId, GraceKind, Hand, NotationOptions, NoteValue, Repeat,
    Score, Sketch, SketchBar, SketchStroke, Swing, SwingUnit, TempoMark, Tremolo, notate,
};
use std::collections::BTreeMap;
use testkit::{Drummer, Random};

const METERS: [&str; 12] = ["4/4", "4/4", "4/4", "3/4", "2/4", "5/4", "6/8", "9/8", "12/8", "7/8", "2/2", "5/16"];
const HANDS: [Instrument; 14] = [
    Instrument::HihatClosed,
    Instrument::Snare,
    Instrument::HihatOpen,
    Instrument::HihatHalfOpen,
    Instrument::Ride,
    Instrument::RideBell,
    Instrument::Crash,
    Instrument::China,
    Instrument::TomHigh,
    Instrument::TomLowMid,
    Instrument::TomFloor,
    Instrument::CrossStick,
    Instrument::Rimshot,
    Instrument::Cowbell,
];
const FEET: [Instrument; 4] = [Instrument::Kick, Instrument::Kick, Instrument::HihatPedal, Instrument::HihatFootSplash];

/// A score of up to `bars` bars with everything a drum part may have.
pub(crate) fn anything(seed: u64, bars: usize) -> Score {
    let mut random = Random::seeded(seed);
    let mut sketch = Sketch {
        title: ["Groove", "Étude <no. 7> & \"more\"", ""][random.below(3)].into(),
        subtitle: ["", "for practice"][random.below(2)].into(),
        one_voice: random.chance(0.15),
        pick_up: random.chance(0.1),
        ..Sketch::default()
    };
    let mut meter: Meter = METERS[random.below(METERS.len())].parse().unwrap();
    let mut feel = None;
    for bar in 0..bars {
        if random.chance(0.15) {
            meter = METERS[random.below(METERS.len())].parse().unwrap();
        }
        let (plain, changed) = (bar_above(&mut random, bar, meter), random.chance(0.15));
        if changed {
            feel = swing(&mut random, feel);
        }
        let feel = feel.filter(|_| meter.denominator() == 4);
        let swing = changed.then_some(feel.is_some());
        sketch.bars.push(SketchBar { feel, swing, ..plain });
        fill_bar(&mut random, bar, meter, &mut sketch.strokes);
    }
    let fold = if random.chance(0.4) { Some(again(&mut random, &mut sketch)) } else { None };
    // In one voice a chord has one accent and one roll; written twice the same sketch gives the same score.
    let mut score = Sketch::of(&sketch.write()).write();
    // Bars alike must stay alike.
    let shaded = fold.as_ref().map_or(score.measures.len(), |repeat| repeat.first);
    shade(&mut random, &mut score, shaded);
    if let Some(repeat) = fold {
        write_once(&mut score, repeat);
    }
    score
}

/// Plays the last bars of a sketch once or twice more, perhaps with another last bar.
fn again(random: &mut Random, sketch: &mut Sketch) -> Repeat {
    let bars = sketch.bars.len();
    let length = 1 + random.below(bars.min(6));
    let (first, times) = (bars - length, 2 + random.below(2));
    let ending = usize::from(length > 2 && random.chance(0.5));
    let passage: Vec<SketchStroke> = sketch.strokes.iter().filter(|stroke| stroke.bar >= first).cloned().collect();
    for pass in 1..times {
        for bar in 0..length {
            let old = &sketch.bars[first + bar];
            sketch.bars.push(SketchBar { feel: old.feel, ..SketchBar::plain(old.meter) });
        }
        let kept = passage.iter().filter(|stroke| stroke.bar < bars - ending);
        let moved = kept.map(|stroke| SketchStroke { bar: stroke.bar + pass * length, ..stroke.clone() });
        sketch.strokes.extend(moved);
        if ending > 0 {
            let last = first + (pass + 1) * length - 1;
            fill_bar(random, last, sketch.bars[last].meter, &mut sketch.strokes);
        }
    }
    let endings = if ending > 0 { (1..=times).map(|pass| vec![pass]).collect() } else { Vec::new() };
    Repeat { first, length, times, ending, endings }
}

/// One or two bars as similes, more as a repeat.
fn write_once(score: &mut Score, repeat: Repeat) {
    let later = repeat.first + repeat.length..repeat.end();
    match repeat.length {
        1 => later.for_each(|bar| score.measures[bar].repeat = Some(BarRepeat::One)),
        2 => later.for_each(|bar| {
            let is_first = (bar - repeat.first).is_multiple_of(2);
            score.measures[bar].repeat = Some(if is_first { BarRepeat::TwoFirst } else { BarRepeat::TwoSecond });
        }),
        _ => score.repeats.push(repeat),
    }
}

/// Dynamic marks and hairpins in the first bars, none within another.
fn shade(random: &mut Random, score: &mut Score, bars: usize) {
    let mut next = 1_000_000;
    let mut free_from = Ticks::ZERO;
    let end = score.length();
    for measure in &mut score.measures[..bars] {
        if !random.chance(0.3) {
            continue;
        }
        let offset = measure.meter.beat_ticks() * random.below(usize::from(measure.meter.beats_per_bar())) as i64;
        let length = Ticks::QUARTER * (1 + random.below(8) as i64);
        let at = measure.start + offset;
        let fits = at >= free_from && at + length <= end;
        let sign = match random.below(3) {
            0 if fits => DynamicSign::Crescendo(length),
            1 if fits => DynamicSign::Diminuendo(length),
            _ => DynamicSign::Level(Dynamic::ALL[random.below(6)]),
        };
        if !matches!(sign, DynamicSign::Level(_)) {
            free_from = at + length;
        }
        next += 1;
        measure.dynamics.push(DynamicMark { id: ElementId(next), offset, sign });
    }
}

fn bar_above(random: &mut Random, bar: usize, meter: Meter) -> SketchBar {
    let beat = NoteValue::of_length(meter.beat_ticks(), 1).unwrap_or(NoteValue::plain(Base::Quarter));
    let bpm = Bpm::new((random.between(50.0, 220.0) * 10.0).round() / 10.0).unwrap();
    SketchBar {
        tempo: (bar == 0 || random.chance(0.08)).then_some(TempoMark { beat, bpm }),
        rehearsal: random.chance(0.15).then(|| ["A", "B", "Chorus"][random.below(3)].into()),
        text: if random.chance(0.1) { ["count-in", "solo & fill"][random.below(2)].into() } else { String::new() },
        ..SketchBar::plain(meter)
    }
}

fn swing(random: &mut Random, before: Option<Swing>) -> Option<Swing> {
    let unit = if random.chance(0.7) { SwingUnit::Eighths } else { SwingUnit::Sixteenths };
    let ratio = [0.58, 0.6, 0.62, 2.0 / 3.0][random.below(4)];
    if before.is_some() { None } else { Some(Swing { unit, ratio }) }
}

fn fill_bar(random: &mut Random, bar: usize, meter: Meter, out: &mut Vec<SketchStroke>) {
    if random.chance(0.05) {
        return;
    }
    let pulses = i64::from(meter.beats_per_bar()) * if meter.denominator() == 2 { 2 } else { 1 };
    let length = Ticks(meter.bar_ticks().get() / pulses);
    for pulse in 0..pulses {
        let division = divisions(random, length);
        for part in 0..division {
            let offset = length * pulse + Ticks(length.get() / division * part);
            if random.chance(if part == 0 { 0.85 } else { 0.6 }) {
                chord(random, bar, offset, out);
            }
            if random.chance(if part == 0 { 0.5 } else { 0.12 }) {
                let instrument = FEET[random.below(FEET.len())];
                out.push(SketchStroke::plain(bar, offset, instrument, velocity(random)));
            }
        }
    }
}

fn divisions(random: &mut Random, length: Ticks) -> i64 {
    let usual: &[i64] = match length.fraction_of(Ticks::QUARTER) {
        (3, 2) => &[1, 3, 3, 6, 2, 4],
        (1, 2) => &[1, 1, 2, 2, 4, 3],
        (1, 4) => &[1, 1, 2],
        (3, 4) => &[1, 3, 2],
        _ => &[1, 2, 2, 4, 4, 3, 6, 8, 5, 7, 12],
    };
    usual[random.below(usual.len())]
}

fn velocity(random: &mut Random) -> Velocity {
    Velocity::from_midi(1 + random.below(127) as u8)
}

/// One or two drums in the hands; what excludes each other (sounds of one hi-hat or snare) never meets.
fn chord(random: &mut Random, bar: usize, offset: Ticks, out: &mut Vec<SketchStroke>) {
    let mut struck: BTreeMap<drums::Piece, Instrument> = BTreeMap::new();
    for _ in 0..=usize::from(random.chance(0.4)) {
        let instrument = HANDS[random.below(HANDS.len())];
        struck.entry(instrument.row().piece).or_insert(instrument);
    }
    let alone = struck.len() == 1;
    let accent = random.chance(0.15);
    let tremolo = if random.chance(0.04) {
        Some([Tremolo::Slashes(1), Tremolo::Slashes(3), Tremolo::Buzz][random.below(3)])
    } else {
        None
    };
    let sticking = random.chance(0.2).then(|| [Hand::Right, Hand::Left][random.below(2)]);
    for instrument in struck.into_values() {
        let snare = instrument == Instrument::Snare;
        let drum = matches!(instrument.row().piece, drums::Piece::Snare | drums::Piece::Tom)
            && instrument != Instrument::CrossStick;
        let graces = [GraceKind::Flam, GraceKind::Drag, GraceKind::Ruff][random.below(3)];
        let graced = drum && alone && random.chance(0.15);
        out.push(SketchStroke {
            accent,
            tremolo,
            sticking,
            ghost: snare && tremolo.is_none() && !accent && random.chance(0.3),
            choke: instrument == Instrument::Crash && random.chance(0.2),
            graces: graced.then_some(graces),
            ..SketchStroke::plain(bar, offset, instrument, velocity(random))
        });
    }
}

/// What the synthetic drummers play, written down.
pub(crate) fn drummed(seed: u64, bars: usize) -> (Performance, Score) {
    let performance = Drummer::seeded(seed).play(bars).performance;
    let options = NotationOptions { title: "Groove".into(), ..NotationOptions::default() };
    let score = notate(&performance, &options).0;
    (performance, score)
}
