//! New bar lines through old music: half and double tempo, another first beat, another meter.
//!
//! Conventions: a [`Piece`] of the score moves to a new place and stretches by a fraction; the pieces cover the score.

use super::notes::measure_at;
use crate::error::{Error, Result};
use crate::model::{ElementId, Measure, Score, Swing, SwingUnit, TempoMark};
use crate::passes::{marks, repeats, similes};
use crate::rewrite::{self, Hands, Kept, Writer, chords_of};
use crate::timeline::{Anchor, Timeline};
use drums::{Bpm, Meter, Seconds, Ticks};
use std::collections::BTreeSet;

/// A stretch of music and where it goes.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Ticks,
    to: Ticks,
    new_from: Ticks,
    /// Numerator and denominator of the stretch.
    scale: (i64, i64),
}

impl Piece {
    /// The new place of an old one, exactly or not at all.
    fn exact(&self, at: Ticks) -> Option<Ticks> {
        let scaled = (at - self.from).get() * self.scale.0;
        (scaled % self.scale.1 == 0).then(|| self.new_from + Ticks(scaled / self.scale.1))
    }

    /// The new place of an old one to the nearest tick.
    fn near(&self, at: Ticks) -> Ticks {
        let scaled = (at - self.from).get() as f64 * self.scale.0 as f64 / self.scale.1 as f64;
        self.new_from + Ticks(scaled.round() as i64)
    }

    fn new_to(&self) -> Ticks {
        self.near(self.to)
    }

    /// The old place of a new one, rounded down.
    fn back(&self, at: Ticks) -> Ticks {
        self.from + Ticks(((at - self.new_from).get() * self.scale.1).div_euclid(self.scale.0))
    }
}

/// New bars before anything stands in them.
type Bars = Vec<(Ticks, Meter)>;

/// All notes longer or shorter by a fraction, in the same meters.
pub(super) fn stretch(score: &Score, numerator: i64, denominator: i64) -> Result<Score> {
    let scale = (numerator, denominator);
    let whole = Piece { from: Ticks::ZERO, to: score.length(), new_from: Ticks::ZERO, scale };
    let mut bars = Bars::new();
    for run in runs(score) {
        let measures = &score.measures[run];
        let last = measures[measures.len() - 1].start + measures[0].length();
        lay(&mut bars, measures[0].meter, whole.near(last), last == score.length())?;
    }
    let mut stretched = rebar(score, &[whole], &bars)?;
    for measure in &mut stretched.measures {
        if let Some(mark) = &mut measure.tempo {
            let per_minute = mark.bpm.get() * numerator as f64 / denominator as f64;
            mark.bpm = Bpm::from_period(Seconds::clamped(60.0 / per_minute));
        }
        measure.feel = measure.feel.and_then(|feel| stretched_feel(feel, scale));
    }
    finish(score, stretched)
}

/// Eighths that swing are sixteenths once all is half as long, and the other way round; what would swing then in other
/// values is left as it is written.
fn stretched_feel(feel: Swing, scale: (i64, i64)) -> Option<Swing> {
    let unit = match (feel.unit, scale.0 < scale.1) {
        (SwingUnit::Eighths, true) => SwingUnit::Sixteenths,
        (SwingUnit::Sixteenths, false) => SwingUnit::Eighths,
        _ => return None,
    };
    Some(Swing { unit, ..feel })
}

/// Every bar line later by some beats of the first meter.
pub(super) fn shift(score: &Score, beats: i32) -> Result<Score> {
    let Some(first) = score.measures.first() else { return Ok(score.clone()) };
    let bar = first.length();
    let by = Ticks((first.meter.beat_ticks().get() * i64::from(beats)).rem_euclid(bar.get()));
    if by == Ticks::ZERO {
        return Ok(score.clone());
    }
    // Without a stroke before the new first bar line there is no pick-up.
    let sounds = |measure: &Measure| measure.events().any(|e| e.chord().is_some() && measure.start + e.offset < by);
    let lead =
        if score.measures.iter().take_while(|measure| measure.start < by).any(sounds) { bar } else { Ticks::ZERO };
    let moved = Piece { from: Ticks::ZERO, to: score.length(), new_from: lead - by, scale: (1, 1) };
    let mut bars: Bars = if lead > Ticks::ZERO { vec![(Ticks::ZERO, first.meter)] } else { Vec::new() };
    let mut start = lead;
    for measure in &score.measures {
        bars.push((start, measure.meter));
        start += measure.length();
    }
    let shifted = rebar(score, &[moved], &bars)?;
    finish(score, shifted)
}

/// Another meter from a measure to the end of its run.
pub(super) fn change_meter(score: &Score, measure: ElementId, meter: Meter, keep_beat: bool) -> Result<Score> {
    let first = measure_at(score, measure)?;
    let old = score.measures[first].meter;
    let end = score.measures[first..].iter().position(|m| m.meter != old).map_or(score.measures.len(), |n| first + n);
    let (from, to) = (score.measures[first].start, score.measures[end - 1].start + old.bar_ticks());
    let scales = keep_beat && old.is_compound() != meter.is_compound();
    let scale = if scales { meter.beat_ticks().fraction_of(old.beat_ticks()) } else { (1, 1) };
    let before = Piece { from: Ticks::ZERO, to: from, new_from: Ticks::ZERO, scale: (1, 1) };
    let changed = Piece { from, to, new_from: from, scale };
    let mut bars: Bars = score.measures[..first].iter().map(|m| (m.start, m.meter)).collect();
    let is_last = end == score.measures.len();
    lay(&mut bars, meter, changed.new_to(), is_last)?;
    let after = Piece { from: to, to: score.length(), new_from: changed.new_to(), scale: (1, 1) };
    let mut start = changed.new_to();
    for measure in &score.measures[end..] {
        bars.push((start, measure.meter));
        start += measure.length();
    }
    let unswung;
    let source = if scales && meter.is_compound() {
        unswung = written_out(score, first..end);
        &unswung
    } else {
        score
    };
    let mut rebarred = rebar(source, &[before, changed, after], &bars)?;
    if let Some(mark) = rebarred.measures.iter_mut().find(|m| m.start == from).and_then(|m| m.tempo.as_mut()) {
        *mark = recounted(*mark, meter, scale);
    }
    finish(score, rebarred)
}

/// Swung eighths at the place they are played at, the last third of the beat, where a compound meter writes them.
fn written_out(score: &Score, measures: std::ops::Range<usize>) -> Score {
    let mut written = score.clone();
    for measure in &mut written.measures[measures] {
        if measure.feel.take_if(|feel| feel.unit == SwingUnit::Eighths).is_none() {
            continue;
        }
        measure.swing = None;
        let beat = measure.meter.beat_ticks().get();
        for event in measure.voices.iter_mut().flat_map(|voice| &mut voice.events) {
            if event.offset.get() % beat == beat / 2 {
                event.offset += Ticks(beat * 2 / 3 - beat / 2);
            }
        }
    }
    written
}

/// A tempo mark in the beat of a meter.
fn recounted(mark: TempoMark, meter: Meter, scale: (i64, i64)) -> TempoMark {
    let beat = marks::beat_value(meter);
    let quarters = mark.bpm.get() * mark.beat.ticks().in_quarters() * scale.0 as f64 / scale.1 as f64;
    let per_minute = quarters / beat.ticks().in_quarters();
    TempoMark { beat, bpm: Bpm::from_period(Seconds::clamped(60.0 / per_minute.max(1e-3))) }
}

/// Runs of measures in one meter.
fn runs(score: &Score) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, measure) in score.measures.iter().enumerate() {
        match found.last_mut().filter(|run| score.measures[run.start].meter == measure.meter) {
            Some(run) => run.end = index + 1,
            None => found.push(index..index + 1),
        }
    }
    found
}

/// Lays bars of a meter up to `end`: the last of the score is a whole one, any other that comes out short gets a meter
/// that fits.
fn lay(bars: &mut Bars, meter: Meter, end: Ticks, is_last: bool) -> Result<()> {
    let mut start = bars.last().map_or(Ticks::ZERO, |&(start, meter)| start + meter.bar_ticks());
    while start < end {
        let left = end - start;
        let meter = if left >= meter.bar_ticks() || is_last { meter } else { short_bar(left, meter)? };
        bars.push((start, meter));
        start += meter.bar_ticks();
    }
    Ok(())
}

/// A meter that fills `length`, in the same note values if possible.
fn short_bar(length: Ticks, like: Meter) -> Result<Meter> {
    let denominators = [like.denominator(), 4, 8, 16].into_iter().filter(|&d| d >= like.denominator());
    let meters = denominators.filter_map(|denominator| {
        let unit = Ticks::QUARTER.get() * 4 / i64::from(denominator);
        let count = u8::try_from(length.get() / unit).ok().filter(|_| length.get() % unit == 0)?;
        Meter::new(count, denominator).ok()
    });
    meters.into_iter().next().ok_or(Error::NoSuchBar { length, meter: like })
}

/// Puts all music of a score into new bars.
fn rebar(score: &Score, pieces: &[Piece], bars: &Bars) -> Result<Score> {
    let mut chords: Vec<Hands> = bars.iter().map(|_| Hands::default()).collect();
    let mut moved_to = Vec::with_capacity(score.measures.len());
    for measure in &score.measures {
        moved_to.push(new_place(pieces, measure.start)?);
        for (voice, kept) in chords_of(measure).into_iter().enumerate() {
            for kept in kept {
                let at = new_place(pieces, measure.start + kept.offset)?;
                let bar = bar_at(bars, at);
                chords[bar][voice].push(Kept { offset: at - bars[bar].0, ..kept });
            }
        }
    }
    let last = chords.iter().rposition(|hands| hands.iter().any(|voice| !voice.is_empty())).unwrap_or(0);
    let mut rebarred = Score { measures: Vec::new(), timeline: warped(&score.timeline, pieces), ..score.clone() };
    let mut writer = Writer::of(score);
    let origins = origins(score, pieces, &bars[..=last]);
    for (index, (&(start, meter), chords)) in bars.iter().zip(chords).take(last + 1).enumerate() {
        let origin = origins[index].map(|old| &score.measures[old]);
        let id = origin.map_or_else(|| writer.names.next(), |old| old.id);
        let voices = writer.voices(meter, chords, None)?;
        let mut measure = Measure { voices, ..Measure::new(id, 0, start, meter) };
        if let Some(old) = origin {
            take_marks(&mut measure, old, Ticks::ZERO);
        }
        // What lies before the first measure is played as it is.
        let around = old_at(score, pieces, start).unwrap_or(0);
        measure.feel = measure.feel.or(score.measures[around].feel);
        rebarred.measures.push(measure);
    }
    // Marks of measures that are no more go to the measure their place lies in.
    let named: BTreeSet<usize> = origins.iter().flatten().copied().collect();
    for (old, place) in moved_to.iter().enumerate().filter(|(old, _)| !named.contains(old)) {
        let bar = bar_at(bars, *place).min(last);
        let within = *place - bars[bar].0;
        take_marks(&mut rebarred.measures[bar], &score.measures[old], within);
    }
    let first_tempo = score.tempo().filter(|_| rebarred.measures[0].tempo.is_none());
    if let Some(mark) = first_tempo {
        rebarred.measures[0].tempo = Some(mark);
        if let Some(other) =
            rebarred.measures[1..].iter_mut().find(|m| m.tempo.is_some()).filter(|m| m.tempo == Some(mark))
        {
            other.tempo = None;
        }
    }
    Ok(rebarred)
}

fn new_place(pieces: &[Piece], at: Ticks) -> Result<Ticks> {
    let inside = |piece: &&Piece| piece.from <= at && at < piece.to;
    let piece = pieces.iter().find(inside).or(pieces.last());
    piece.and_then(|piece| piece.exact(at)).ok_or(Error::TooFine { offset: at })
}

fn bar_at(bars: &[(Ticks, Meter)], at: Ticks) -> usize {
    bars.partition_point(|(start, _)| *start <= at).saturating_sub(1)
}

/// The old measure that lies where a new bar begins.
fn old_at(score: &Score, pieces: &[Piece], start: Ticks) -> Option<usize> {
    let piece = pieces.iter().find(|piece| piece.new_from <= start && start < piece.new_to())?;
    let at = piece.back(start);
    score.measures.partition_point(|measure| measure.start <= at).checked_sub(1)
}

/// For each new bar the old measure whose name it takes: the one it begins in, unless a bar before took it.
fn origins(score: &Score, pieces: &[Piece], bars: &[(Ticks, Meter)]) -> Vec<Option<usize>> {
    let mut taken = BTreeSet::new();
    bars.iter().map(|&(start, _)| old_at(score, pieces, start).filter(|old| taken.insert(*old))).collect()
}

/// Adds the marks of an old measure that the new one does not have.
fn take_marks(measure: &mut Measure, old: &Measure, within: Ticks) {
    measure.tempo = measure.tempo.or(old.tempo);
    measure.swing = measure.swing.or(old.swing);
    measure.feel = measure.feel.or(old.feel);
    measure.rehearsal = measure.rehearsal.take().or_else(|| old.rehearsal.clone());
    if measure.text.is_empty() {
        measure.text.clone_from(&old.text);
    }
    let length = measure.length();
    let moved = old.dynamics.iter().map(|mark| crate::model::DynamicMark { offset: mark.offset + within, ..*mark });
    measure.dynamics.extend(moved.filter(|mark| mark.offset < length));
    measure.dynamics.sort_by_key(|mark| mark.offset);
}

fn warped(timeline: &Timeline, pieces: &[Piece]) -> Timeline {
    let mut places: BTreeSet<Ticks> = timeline.anchors().iter().map(|anchor| anchor.ticks).collect();
    places.extend(pieces.iter().flat_map(|piece| [piece.from, piece.to]));
    let anchors = places.into_iter().filter_map(|at| {
        let inside = |piece: &&Piece| piece.from <= at && at < piece.to;
        let piece =
            pieces.iter().find(inside).or_else(|| if at < Ticks::ZERO { pieces.first() } else { pieces.last() })?;
        Some(Anchor { ticks: piece.near(at), time: timeline.time_at(at) })
    });
    Timeline::new(anchors)
}

/// Numbers, swing words and repeat signs after new bar lines.
fn finish(before: &Score, mut score: Score) -> Result<Score> {
    let first = marks::first_number(&score.measures);
    for (number, measure) in (first..).zip(&mut score.measures) {
        measure.number = number;
    }
    if before.measures.iter().any(|measure| measure.feel.is_some()) {
        marks::swing_words(&mut score.measures);
    }
    if before.measures.iter().any(|measure| measure.repeat.is_some()) {
        similes::mark(&mut score.measures);
    }
    score.repeats = if before.repeats.is_empty() { Vec::new() } else { repeats::find(&score.measures) };
    score.kit = rewrite::kit_of(&score);
    Ok(score)
}
