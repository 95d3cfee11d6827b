//! A stretch of a recording described as ground and drums, and how the two come to fit.
//!
//! Conventions: everything is a magnitude, frame by frame. What is seen is modelled as ground + sum over hits of gain x
//! template; the fit is that of D. Lee and H. Seung, "Algorithms for Non-negative Matrix Factorization" (2001), for the
//! divergence of Kullback and Leibler.

use super::ground::medians;
use super::kit::{Kit, LEAD_FRAMES, Stroke, bounded, let_fall};
use super::spectra::BINS;

/// Keeps quotients finite, as a magnitude of one bin.
const TINY: f32 = 1e-6;
/// A gain changes at most by this factor in a step.
const GAIN_STEP: f32 = 5.0;

/// A stretch of a recording.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    /// Number of its first frame.
    pub(super) from: i64,
    /// Frames x BINS: what is seen.
    seen: Vec<f32>,
    /// Frames x BINS: what is no drum.
    pub(super) ground: Vec<f32>,
    /// Frames x bands: what is seen.
    seen_bands: Vec<f32>,
    /// Frames x bands: what is no drum.
    ground_bands: Vec<f32>,
    /// Hits that sound in it; their gains come to fit.
    pub(super) strokes: Vec<Stroke>,
    /// The first stroke whose gain is not settled yet.
    pub(super) open: usize,
}

/// What a step found out about a template.
struct Change {
    over: Vec<f32>,
    under: Vec<f32>,
}

impl Passage {
    /// A stretch that begins at frame `from`, of the magnitudes `seen` (frames x BINS).
    pub(super) fn new(kit: &Kit, from: i64, seen: Vec<f32>, strokes: Vec<Stroke>, open: usize) -> Self {
        let frames = seen.len() / BINS;
        let mut passage = Self {
            from,
            ground: vec![0.0; seen.len()],
            seen_bands: vec![0.0; frames * kit.bands.len()],
            ground_bands: vec![0.0; frames * kit.bands.len()],
            seen,
            strokes,
            open,
        };
        medians(&passage.seen, kit.settings.ground_reach_frames, &mut passage.ground);
        passage.keep_ground_below();
        sum_rows(kit, &passage.seen, &mut passage.seen_bands);
        sum_rows(kit, &passage.ground, &mut passage.ground_bands);
        passage
    }

    pub(super) fn frames(&self) -> usize {
        self.seen.len() / BINS
    }

    fn keep_ground_below(&mut self) {
        for (ground, seen) in self.ground.iter_mut().zip(&self.seen) {
            *ground = ground.min(*seen);
        }
    }

    /// The frames of a stroke that lie in this passage: first frame here, first frame of the template, how many.
    pub(super) fn overlap(&self, stroke: &Stroke) -> Option<(usize, usize, usize)> {
        let first = stroke.from.max(self.from);
        let end = stroke.end.min(self.from + self.frames() as i64);
        (first < end).then(|| ((first - self.from) as usize, (first - stroke.from) as usize, (end - first) as usize))
    }

    /// Adds the strokes of `wanted` timbres to `bands` (frames x bands).
    pub(super) fn add_drums(&self, kit: &Kit, wanted: impl Fn(usize) -> bool, bands: &mut [f32]) {
        let width = kit.bands.len();
        for stroke in self.strokes.iter().filter(|stroke| wanted(stroke.timbre)) {
            let Some((here, there, frames)) = self.overlap(stroke) else { continue };
            let template = &kit.timbres[stroke.timbre].template[there * width..(there + frames) * width];
            for (sum, value) in bands[here * width..].iter_mut().zip(template) {
                *sum += stroke.gain * value;
            }
        }
    }

    /// What rises above the ground around a stroke, over its gain; nothing where it is cut off by the edges.
    fn sight(&self, kit: &Kit, stroke: &Stroke) -> Option<Vec<f32>> {
        let (width, frames) = (kit.bands.len(), kit.frames(stroke.timbre));
        let here = usize::try_from(stroke.from - self.from).ok().filter(|here| here + frames <= self.frames())?;
        let range = here * width..(here + frames) * width;
        let above = self.seen_bands[range.clone()].iter().zip(&self.ground_bands[range]);
        Some(above.map(|(seen, ground)| (seen - ground).max(0.0) / stroke.gain).collect())
    }

    /// What is seen over what the model says, band by band.
    fn quotients(&self, kit: &Kit) -> Vec<f32> {
        let mut model = self.ground_bands.clone();
        self.add_drums(kit, |_| true, &mut model);
        for (value, seen) in model.iter_mut().zip(&self.seen_bands) {
            *value = seen / (*value + TINY);
        }
        model
    }

    /// A step: brings open gains nearer, and notes what the templates should become.
    fn step(&mut self, kit: &Kit, changes: Option<&mut Vec<Change>>) {
        let (width, quotients) = (kit.bands.len(), self.quotients(kit));
        let mut changes = changes;
        for index in 0..self.strokes.len() {
            let stroke = self.strokes[index];
            let Some((here, there, frames)) = self.overlap(&stroke) else { continue };
            let wanted = &quotients[here * width..(here + frames) * width];
            if let Some(change) = changes.as_mut().map(|changes| &mut changes[stroke.timbre]) {
                for (sum, value) in change.over[there * width..].iter_mut().zip(wanted) {
                    *sum += stroke.gain * value;
                }
                for sum in &mut change.under[there..there + frames] {
                    *sum += stroke.gain;
                }
            }
            let heard = frames.min((kit.settings.gain_frames).saturating_sub(there)) * width;
            if index < self.open || heard == 0 {
                continue;
            }
            let template = &kit.timbres[stroke.timbre].template[there * width..there * width + heard];
            let (mut over, mut under) = (0.0_f32, TINY);
            for (value, wanted) in template.iter().zip(wanted) {
                over += value * wanted;
                under += value;
            }
            let factor = (over / under).clamp(1.0 / GAIN_STEP, GAIN_STEP);
            self.strokes[index].gain = bounded(stroke.gain * factor);
        }
    }

    /// Finds the ground anew from what the drums leave.
    fn reground(&mut self, kit: &Kit) {
        let width = kit.bands.len();
        let mut drums = vec![0.0; self.seen_bands.len()];
        self.add_drums(kit, |_| true, &mut drums);
        let mut left = vec![0.0; self.seen.len()];
        let rows = left.chunks_exact_mut(BINS).zip(self.seen.chunks_exact(BINS)).zip(self.ground.chunks_exact(BINS));
        for (((left, seen), ground), drums) in rows.zip(drums.chunks_exact(width)) {
            for (range, drum) in kit.bands.ranges().zip(drums) {
                let drum = drum / range.len() as f32 + TINY * TINY;
                for bin in range {
                    left[bin] = seen[bin] * ground[bin] / (ground[bin] + drum);
                }
            }
        }
        medians(&left, kit.settings.ground_reach_frames, &mut self.ground);
        self.keep_ground_below();
        sum_rows(kit, &self.ground, &mut self.ground_bands);
    }

    /// Fits the open gains to a kit that is known.
    pub(super) fn fit(&mut self, kit: &Kit) {
        for round in 0..kit.settings.rounds {
            for _ in 0..kit.settings.steps {
                self.step(kit, None);
            }
            if round + 1 < kit.settings.rounds {
                self.reground(kit);
            }
        }
    }
}

fn sum_rows(kit: &Kit, bins: &[f32], bands: &mut [f32]) {
    for (bins, bands) in bins.chunks_exact(BINS).zip(bands.chunks_exact_mut(kit.bands.len())) {
        kit.bands.sum(bins, bands);
    }
}

/// Learns the templates of a kit from passages. Gains come out relative to the middle one of their instrument.
pub(super) fn learn(kit: &mut Kit, passages: &mut [Passage]) {
    first_sights(kit, passages);
    for round in 0..kit.settings.rounds {
        for _ in 0..kit.settings.steps {
            learn_step(kit, passages);
        }
        if round + 1 < kit.settings.rounds {
            passages.iter_mut().for_each(|passage| passage.reground(kit));
        }
    }
}

fn learn_step(kit: &mut Kit, passages: &mut [Passage]) {
    let width = kit.bands.len();
    let empty = |timbre: &super::kit::Timbre| Change {
        over: vec![0.0; timbre.template.len()],
        under: vec![0.0; timbre.template.len() / width],
    };
    let mut changes: Vec<Change> = kit.timbres.iter().map(empty).collect();
    for passage in passages.iter_mut() {
        passage.step(kit, Some(&mut changes));
    }
    for (timbre, change) in kit.timbres.iter_mut().zip(&changes) {
        for ((frame, over), under) in
            timbre.template.chunks_exact_mut(width).zip(change.over.chunks_exact(width)).zip(&change.under)
        {
            for (value, over) in frame.iter_mut().zip(over) {
                *value *= over / (under + TINY);
            }
        }
        let_fall(&mut timbre.template, width);
    }
    level(kit, passages);
}

/// Brings the middle gain of each instrument to 1 and its template to match.
fn level(kit: &mut Kit, passages: &mut [Passage]) {
    for timbre in 0..kit.timbres.len() {
        let mut gains: Vec<f32> = Vec::new();
        for passage in passages.iter() {
            gains.extend(passage.strokes.iter().filter(|stroke| stroke.timbre == timbre).map(|stroke| stroke.gain));
        }
        gains.sort_unstable_by(f32::total_cmp);
        let Some(middle) = gains.get(gains.len() / 2).copied().filter(|middle| *middle > TINY) else { continue };
        for stroke in
            passages.iter_mut().flat_map(|passage| &mut passage.strokes).filter(|stroke| stroke.timbre == timbre)
        {
            stroke.gain = bounded(stroke.gain / middle);
        }
        kit.timbres[timbre].template.iter_mut().for_each(|value| *value *= middle);
        for stroke in kit.strokes.iter_mut().filter(|stroke| stroke.timbre == timbre) {
            stroke.gain = bounded(stroke.gain / middle);
        }
    }
}

/// Most hits of an instrument looked at for its first template.
const SIGHTS_MAX: usize = 48;

/// Templates to begin with: a low quantile of what rises above the ground at the hits.
fn first_sights(kit: &mut Kit, passages: &[Passage]) {
    for timbre in 0..kit.timbres.len() {
        let mut sights: Vec<Vec<f32>> = Vec::new();
        for passage in passages {
            let own = passage.strokes.iter().filter(|stroke| stroke.timbre == timbre);
            sights.extend(own.filter_map(|stroke| passage.sight(kit, stroke)).take(SIGHTS_MAX - sights.len()));
        }
        let part = if sights.len() > 2 { kit.settings.first_quantile } else { 0.5 };
        let mut values: Vec<f32> = Vec::with_capacity(sights.len());
        let width = kit.bands.len();
        for at in 0..kit.timbres[timbre].template.len() {
            values.clear();
            values.extend(sights.iter().map(|sight| sight[at]));
            values.sort_unstable_by(f32::total_cmp);
            let place = (values.len().saturating_sub(1) as f32 * part).round() as usize;
            let known = values.get(place).copied();
            kit.timbres[timbre].template[at] = known.unwrap_or_else(|| unseen(at / width)) + TINY;
        }
        let_fall(&mut kit.timbres[timbre].template, width);
    }
}

/// A template where no hit is seen whole: something that dies away, for the fit to form.
fn unseen(frame: usize) -> f32 {
    let since = frame as f32 - LEAD_FRAMES as f32;
    0.1 * (-since.max(0.0) / 10.0).exp()
}
