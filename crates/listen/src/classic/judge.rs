//! The judge: a small perceptron from the descriptions of a song's candidates to what was struck on each.
//!
//! It looks at every candidate by itself (`look` layers), takes the mean of what it saw over the whole song, and
//! decides on each candidate with that mean beside it (`decide` layers): the same thud is a kick in one song and a
//! floor tom in another.
//!
//! Conventions: the inputs are standardised; all layers but the last end in max(0, x). Outputs, in this order: one
//! log-odds per group (is any of its members struck?), one score per class (softmax within the group: which member?),
//! one velocity per group (logistic). Source of pooling over a set: M. Zaheer et al., "Deep Sets" (2017).

use super::weights::Weights;
use crate::card::Group;

/// What the judge thinks of one candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Log-odds per group that a member of it was struck.
    pub group_log_odds: Vec<f32>,
    /// Share of each class within its group, 0..1, summing to 1 per group.
    pub class_shares: Vec<f32>,
    /// Velocity per group if it was struck, 0..1.
    pub velocities: Vec<f32>,
}

#[derive(Debug, Clone, PartialEq)]
struct Layer {
    /// One row of weights per output.
    rows: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

/// A small trained perceptron.
#[derive(Debug, Clone, PartialEq)]
pub struct Judge {
    mean: Vec<f32>,
    scale: Vec<f32>,
    look: Vec<Layer>,
    decide: Vec<Layer>,
    group_sizes: Vec<usize>,
}

impl Judge {
    /// Takes the arrays `mean`, `scale`, `look1.weights`, `look1.bias`, .., `decide1.weights`, .. out of the weights.
    ///
    /// # Errors
    /// A phrase that says which array does not fit.
    pub fn new(weights: &Weights, inputs: usize, groups: &[Group]) -> Result<Self, String> {
        let mean = weights.get("mean", 1)?.values.clone();
        let scale = weights.get("scale", 1)?.values.clone();
        if mean.len() != inputs || scale.len() != inputs {
            return Err(format!("the judge takes {} numbers, {inputs} are there", mean.len()));
        }
        let look = layers(weights, "look", inputs)?;
        let seen = look.last().map_or(inputs, |layer| layer.bias.len());
        let decide = layers(weights, "decide", 2 * seen)?;
        let group_sizes: Vec<usize> = groups.iter().map(|group| group.members.len()).collect();
        let expected = 2 * groups.len() + group_sizes.iter().sum::<usize>();
        match decide.last() {
            Some(last) if last.bias.len() == expected => Ok(Self { mean, scale, look, decide, group_sizes }),
            Some(last) => Err(format!("the judge says {} numbers, not {expected}", last.bias.len())),
            None => Err("the judge decides nothing".to_owned()),
        }
    }

    /// Judges all candidates of a song, one row of inputs each.
    #[must_use]
    pub fn judge(&self, rows: impl Iterator<Item = Vec<f32>>) -> Vec<Verdict> {
        let seen: Vec<Vec<f32>> = rows.map(|row| self.seen(&row)).collect();
        let song = mean_of(&seen);
        seen.into_iter()
            .map(|mut values| {
                values.extend_from_slice(&song);
                for (index, layer) in self.decide.iter().enumerate() {
                    values = layer.apply(&values, index + 1 < self.decide.len());
                }
                self.verdict(&values)
            })
            .collect()
    }

    fn seen(&self, row: &[f32]) -> Vec<f32> {
        let standard = row.iter().zip(&self.mean).zip(&self.scale).map(|((x, mean), scale)| (x - mean) * scale);
        self.look.iter().fold(standard.collect(), |values: Vec<f32>, layer| layer.apply(&values, true))
    }

    fn verdict(&self, outputs: &[f32]) -> Verdict {
        let groups = self.group_sizes.len();
        let (odds, rest) = outputs.split_at(groups);
        let (scores, velocities) = rest.split_at(rest.len() - groups);
        let mut class_shares = Vec::with_capacity(scores.len());
        let mut from = 0;
        for size in &self.group_sizes {
            class_shares.extend(softmax(&scores[from..from + size]));
            from += size;
        }
        Verdict {
            group_log_odds: odds.to_vec(),
            class_shares,
            velocities: velocities.iter().copied().map(logistic).collect(),
        }
    }
}

fn layers(weights: &Weights, name: &str, inputs: usize) -> Result<Vec<Layer>, String> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut width = inputs;
    while weights.has(&format!("{name}{}.weights", layers.len() + 1)) {
        let number = layers.len() + 1;
        let array = weights.get(&format!("{name}{number}.weights"), 2)?;
        let bias = weights.get(&format!("{name}{number}.bias"), 1)?;
        if array.shape[1] != width || array.shape[0] != bias.values.len() || width == 0 {
            return Err(format!("layer {name}{number} has shape {:?} after {width} numbers", array.shape));
        }
        width = array.shape[0];
        let rows = array.values.chunks_exact(array.shape[1]).map(<[f32]>::to_vec).collect();
        layers.push(Layer { rows, bias: bias.values.clone() });
    }
    Ok(layers)
}

fn mean_of(rows: &[Vec<f32>]) -> Vec<f32> {
    let Some(first) = rows.first() else { return Vec::new() };
    // In double precision, so that a long song's mean is as exact as a short one's.
    let mut sums = vec![0.0f64; first.len()];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    sums.iter().map(|sum| (sum / rows.len() as f64) as f32).collect()
}

impl Layer {
    fn apply(&self, inputs: &[f32], rectified: bool) -> Vec<f32> {
        let outputs = self.rows.iter().zip(&self.bias).map(|(row, bias)| bias + dot(row, inputs));
        if rectified { outputs.map(|x| x.max(0.0)).collect() } else { outputs.collect() }
    }
}

/// Sum of products in eight lanes: fast, and the same on every machine of a kind.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f32>() + tail
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// Probability of a log-odds.
#[must_use]
pub(crate) fn logistic(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}
