//! A sketch: strokes whose places are known, before they have lengths, rests and beams.
//!
//! What reads a tab or a MIDI file knows where each stroke stands and what is marked on it, but not how a drummer would
//! write it down; [`Sketch::write`] does that by the same passes as [`crate::notate`], without guessing any place.
//!
//! Conventions: offsets are ticks from the bar line. A sketch may come from strangers: places that no subdivision of the
//! beat has are moved to the nearest that one has, strokes outside the bars and second strokes of an instrument at one
//! place are left out.

use crate::model::{Chord, Content, GraceKind, Hand, Measure, Score, Swing, TempoMark, Tremolo};
use crate::passes::bars::{Bar, Plan, Pulse};
use crate::passes::chords::{Line, Onset};
use crate::passes::quantize::Placed;
use crate::passes::strokes::Stroke;
use crate::passes::{grouping, kit, voices};
use crate::timeline::{Anchor, Timeline};
use drums::{Instrument, Meter, Seconds, Ticks, Velocity, VoiceRole};
use std::collections::{BTreeMap, BTreeSet};

/// Strokes at their places and what stands above the bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sketch {
    /// Title at the head of the first page.
    pub title: String,
    /// Smaller line under it.
    pub subtitle: String,
    /// Everything in one voice with stems up.
    pub one_voice: bool,
    /// Whether the first bar is a pick-up, number 0.
    pub pick_up: bool,
    /// The bars in order.
    pub bars: Vec<SketchBar>,
    /// The strokes in any order.
    pub strokes: Vec<SketchStroke>,
}

/// A bar of a sketch; the fields are those of [`Measure`].
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of a measure")]
pub struct SketchBar {
    pub meter: Meter,
    pub tempo: Option<TempoMark>,
    pub swing: Option<bool>,
    pub feel: Option<Swing>,
    pub rehearsal: Option<String>,
    pub text: String,
}

impl SketchBar {
    /// A bar with nothing above it.
    #[must_use]
    pub const fn plain(meter: Meter) -> Self {
        Self { meter, tempo: None, swing: None, feel: None, rehearsal: None, text: String::new() }
    }
}

/// A stroke at its place. Accent, roll and sticking hold for the whole chord it becomes part of.
#[derive(Debug, Clone, PartialEq)]
pub struct SketchStroke {
    /// Index of its bar, from 0.
    pub bar: usize,
    /// From the bar line.
    pub offset: Ticks,
    /// What is struck.
    pub instrument: Instrument,
    /// How hard.
    pub velocity: Velocity,
    /// In parentheses.
    pub ghost: bool,
    /// With an accent.
    pub accent: bool,
    /// A cymbal that is choked.
    pub choke: bool,
    /// Grace strokes in front.
    pub graces: Option<GraceKind>,
    /// A roll.
    pub tremolo: Option<Tremolo>,
    /// The hand that plays.
    pub sticking: Option<Hand>,
}

impl SketchStroke {
    /// A stroke without any mark.
    #[must_use]
    pub const fn plain(bar: usize, offset: Ticks, instrument: Instrument, velocity: Velocity) -> Self {
        Self {
            bar,
            offset,
            instrument,
            velocity,
            ghost: false,
            accent: false,
            choke: false,
            graces: None,
            tremolo: None,
            sticking: None,
        }
    }
}

/// Divisions of a beat tried in order, by the shape of the beat; all of them can be written.
const OF_PLAIN: &[i64] = &[1, 2, 4, 3, 6, 8, 5, 7, 12];
const OF_DOTTED: &[i64] = &[1, 3, 6, 2, 12, 4];
const OF_EIGHTH: &[i64] = &[1, 2, 4, 3];
const OF_SIXTEENTH: &[i64] = &[1, 2];

fn divisions(beat: Ticks) -> &'static [i64] {
    const EIGHTH: i64 = Ticks::QUARTER.get() / 2;
    const SIXTEENTH: i64 = Ticks::QUARTER.get() / 4;
    match beat.get() {
        EIGHTH => OF_EIGHTH,
        SIXTEENTH => OF_SIXTEENTH,
        length if length % (SIXTEENTH * 3) == 0 => OF_DOTTED,
        _ => OF_PLAIN,
    }
}

/// The tempo where a sketch says none.
const BPM_ASSUMED: f64 = 120.0;

impl Sketch {
    /// The strokes of a score; written again it is the same score if [`crate::notate`] or [`Self::write`] made it.
    #[must_use]
    pub fn of(score: &Score) -> Self {
        let mut strokes = Vec::new();
        let mut feet_above = false;
        for (bar, measure) in score.measures.iter().enumerate() {
            for voice in &measure.voices {
                for event in &voice.events {
                    let Some(chord) = event.chord() else { continue };
                    feet_above |= voice.role == VoiceRole::Hands
                        && chord.notes.iter().any(|note| note.instrument.row().voice == VoiceRole::Feet);
                    strokes.extend(strokes_of(bar, event.offset, chord));
                }
            }
        }
        let bars = score.measures.iter().map(|measure| SketchBar {
            meter: measure.meter,
            tempo: measure.tempo,
            swing: measure.swing,
            feel: measure.feel,
            rehearsal: measure.rehearsal.clone(),
            text: measure.text.clone(),
        });
        Self {
            title: score.title.clone(),
            subtitle: score.subtitle.clone(),
            one_voice: feet_above,
            pick_up: score.measures.first().is_some_and(|measure| measure.number == 0),
            bars: bars.collect(),
            strokes,
        }
    }

    /// Writes the sketch down. The result obeys every law of [`crate::check`]; without a bar it has no measure. Its
    /// timeline runs at the tempo marks, from 0, at 120 quarters a minute where there is none.
    #[must_use]
    pub fn write(&self) -> Score {
        let plan = self.plan();
        let strokes = self.placed(&plan);
        let placed: Vec<Placed> = strokes.iter().map(|(at, stroke)| placed(*at, stroke)).collect();
        let cells = grouping::cells(&plan, &placed);
        let used: BTreeSet<Instrument> = strokes.iter().map(|(_, stroke)| stroke.instrument).collect();
        let lines = self.lines(&strokes);
        let mut names = voices::Names::default();
        let mut measures = Vec::with_capacity(self.bars.len());
        for (index, (own, lines)) in self.bars.iter().zip(lines).enumerate() {
            let number = index as u32 + u32::from(!self.pick_up);
            let measure = voices::write(&plan.bars[index], lines, &cells[index], number, &mut names);
            measures.push(Measure {
                tempo: own.tempo,
                swing: own.swing,
                feel: own.feel,
                rehearsal: own.rehearsal.clone(),
                text: own.text.clone(),
                ..measure
            });
        }
        mark(&mut measures, &strokes);
        let (title, subtitle) = (self.title.clone(), self.subtitle.clone());
        Score { title, subtitle, kit: kit::arrange(&used), measures, timeline: plan.timeline, ..Score::default() }
    }

    /// Bars and pulses at the tempo marks.
    fn plan(&self) -> Plan {
        let (mut bars, mut pulses) = (Vec::new(), Vec::new());
        let mut anchors = vec![Anchor { ticks: Ticks::ZERO, time: Seconds::ZERO }];
        let (mut start, mut now_s, mut quarter_s) = (Ticks::ZERO, 0.0, 60.0 / BPM_ASSUMED);
        for (index, bar) in self.bars.iter().enumerate() {
            if let Some(mark) = bar.tempo {
                quarter_s = 60.0 / mark.bpm.get() / mark.beat.ticks().in_quarters().max(1e-3);
            }
            let halved = if bar.meter.denominator() == 2 { 2 } else { 1 };
            let count = usize::from(bar.meter.beats_per_bar()) * halved;
            let length = Ticks(bar.meter.bar_ticks().get() / count as i64);
            bars.push(Bar { meter: bar.meter, expected: bar.meter, start, first_pulse: pulses.len(), pulses: count });
            for k in 0..count as i64 {
                let (time_s, end_s) = (now_s, now_s + length.in_quarters() * quarter_s);
                pulses.push(Pulse { bar: index, start: start + length * k, length, time_s, end_s });
                now_s = end_s;
            }
            start += bar.meter.bar_ticks();
            anchors.push(Anchor { ticks: start, time: Seconds::clamped(now_s) });
        }
        Plan { bars, pulses, timeline: Timeline::new(anchors), from_s: 0.0, to_s: now_s }
    }

    /// The strokes within the bars in order of place and instrument, each with its place from the start of the score.
    fn placed(&self, plan: &Plan) -> Vec<(Ticks, SketchStroke)> {
        let mut beats: BTreeMap<(usize, i64), Vec<&SketchStroke>> = BTreeMap::new();
        for stroke in &self.strokes {
            let Some(bar) = plan.bars.get(stroke.bar) else { continue };
            if (0..bar.meter.bar_ticks().get()).contains(&stroke.offset.get()) {
                let beat = stroke.offset.get() / beat_length(bar).get();
                beats.entry((stroke.bar, beat)).or_default().push(stroke);
            }
        }
        let mut placed: BTreeMap<(Ticks, Instrument), SketchStroke> = BTreeMap::new();
        for ((index, beat), own) in beats {
            let bar = &plan.bars[index];
            let length = beat_length(bar);
            let start = length * beat;
            let places: Vec<i64> = own.iter().map(|stroke| (stroke.offset - start).get()).collect();
            let parts = parts_for(&places, length);
            for stroke in own {
                let inside = (stroke.offset - start).get();
                let part = (inside * parts * 2 / length.get() + 1).div_euclid(2).min(parts - 1);
                let offset = start + Ticks(length.get() / parts * part);
                let moved = SketchStroke { offset, ..stroke.clone() };
                placed.entry((bar.start + offset, stroke.instrument)).or_insert(moved);
            }
        }
        placed.into_iter().map(|((at, _), stroke)| (at, stroke)).collect()
    }

    fn lines(&self, strokes: &[(Ticks, SketchStroke)]) -> Vec<Vec<Line>> {
        let mut bars: Vec<[Line; 2]> = (0..self.bars.len())
            .map(|_| [VoiceRole::Hands, VoiceRole::Feet].map(|role| Line { role, onsets: Vec::new() }))
            .collect();
        for (at, stroke) in strokes {
            let feet = !self.one_voice && stroke.instrument.row().voice == VoiceRole::Feet;
            let line = &mut bars[stroke.bar][usize::from(feet)];
            let offset = stroke.offset;
            if line.onsets.last().is_none_or(|onset| onset.offset != offset) {
                line.onsets.push(Onset { offset, strokes: Vec::new(), accent: false, tremolo: None });
            }
            if let Some(onset) = line.onsets.last_mut() {
                onset.accent |= stroke.accent;
                onset.tremolo = onset.tremolo.or(stroke.tremolo);
                onset.strokes.push((placed(*at, stroke).stroke, stroke.ghost));
            }
        }
        bars.into_iter().map(|lines| lines.into_iter().filter(|line| !line.onsets.is_empty()).collect()).collect()
    }
}

fn strokes_of(bar: usize, offset: Ticks, chord: &Chord) -> impl Iterator<Item = SketchStroke> + '_ {
    chord.notes.iter().map(move |note| SketchStroke {
        bar,
        offset,
        instrument: note.instrument,
        velocity: note.velocity,
        ghost: note.ghost,
        accent: chord.accent,
        choke: note.choke,
        graces: chord.graces.as_ref().filter(|graces| graces.instrument == note.instrument).map(|graces| graces.kind),
        tremolo: chord.tremolo,
        sticking: chord.sticking,
    })
}

fn beat_length(bar: &Bar) -> Ticks {
    Ticks(bar.meter.bar_ticks().get() / bar.pulses as i64)
}

/// The first division of a beat that holds all places, otherwise the one that moves them least.
fn parts_for(places: &[i64], length: Ticks) -> i64 {
    let length = length.get();
    let moved = |parts: i64| {
        let step = length / parts;
        places.iter().map(|place| (place % step).min(step - place % step)).sum::<i64>()
    };
    divisions(Ticks(length)).iter().copied().min_by_key(|&parts| moved(parts)).unwrap_or(1)
}

fn placed(at: Ticks, stroke: &SketchStroke) -> Placed {
    let own = Stroke {
        time_s: 0.0,
        instrument: stroke.instrument,
        velocity: stroke.velocity.get(),
        confidence: 1.0,
        hits: Vec::new(),
        graces: stroke.graces.map(|kind| (kind, Vec::new())),
        roll: stroke.tremolo,
    };
    Placed { stroke: own, at, step: Ticks::QUARTER, residual_s: 0.0, bar: stroke.bar }
}

/// Puts chokes and sticking on the notes.
fn mark(measures: &mut [Measure], strokes: &[(Ticks, SketchStroke)]) {
    let of: BTreeMap<(Ticks, Instrument), &SketchStroke> =
        strokes.iter().map(|(at, stroke)| ((*at, stroke.instrument), stroke)).collect();
    for measure in measures {
        let start = measure.start;
        for event in measure.voices.iter_mut().flat_map(|voice| &mut voice.events) {
            let at = start + event.offset;
            let Content::Chord(chord) = &mut event.content else { continue };
            for note in &mut chord.notes {
                let Some(stroke) = of.get(&(at, note.instrument)) else { continue };
                note.choke = stroke.choke;
                chord.sticking = chord.sticking.or(stroke.sticking);
            }
        }
    }
}
