//! The network that hears: frames in, what it believes of them out.

use super::engine::{Contract, Engine, Output, Trial};
use super::onnx::Graph;
use super::stream::WINDOW_FRAMES;
use super::survey::Limits;
use crate::card::{ModelCard, NetworkCard, StackCard};
use rten::ThreadPool;
use std::sync::Arc;

/// Name of the one input, f32, shape 1 x frames x width.
const INPUT: &str = "features";
/// Names of the outputs, in the order of [`Activations::lists_mut`]; all but the first may be missing.
const OUTPUTS: [&str; 5] = ["onset", "velocity", "offset", "beat", "timbre"];
/// How far a stroke may begin from its frame, frames.
const OFFSET_MAX: f32 = 1.5;
/// Multiplications per frame: about what one core does in the time the frame lasts. Numbers: 1.2 GB in a window.
const LIMITS: Limits = Limits { numbers_per_frame_max: 50_000, work_per_frame_max: 40_000_000 };
/// Made-up log powers: -10 is silence, noise lies between -6 and 0.
const TRIAL: Trial = Trial { silence: -10.0, noise: |chance| -6.0 * chance };

/// What a network says about a stretch of frames.
///
/// Each list holds frames x classes values, frame by frame; `beat` frames x 2 (beat, downbeat), `timbre` frames x the
/// values its card tells. Lists of outputs the network does not have are empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Activations {
    /// Probability that a stroke begins at the frame, 0..=1.
    pub onset: Vec<f32>,
    /// How hard it would be, 0..=1.
    pub velocity: Vec<f32>,
    /// How far from the frame's centre it would begin, frames, -1..=1.
    pub offset: Vec<f32>,
    /// Probability of a beat and of a downbeat, 0..=1.
    pub beat: Vec<f32>,
    /// What the frame sounds like: frames that sound alike point the same way; any finite numbers.
    pub timbre: Vec<f32>,
}

impl Activations {
    /// All lists, in the order of [`OUTPUTS`].
    pub(super) fn lists_mut(&mut self) -> [&mut Vec<f32>; 5] {
        [&mut self.onset, &mut self.velocity, &mut self.offset, &mut self.beat, &mut self.timbre]
    }
}

/// A network made ready to run.
pub struct Network {
    engine: Engine,
}

impl Network {
    /// Reads and checks the graph that belongs to a card, and tries it out.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase.
    pub fn new(card: &ModelCard, stack: &StackCard, network: &NetworkCard, weights: &[u8]) -> Result<Self, String> {
        let contract = contract(card.classes.len(), stack.width(), network);
        let graph = contract.read(weights)?;
        check_promises(&graph, card.classes.len(), network)?;
        Ok(Self { engine: Engine::new(contract, graph, weights)? })
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.columns()[0]
    }

    /// Values a frame of each output, in the order of [`Activations::lists_mut`].
    pub(super) fn columns(&self) -> [usize; 5] {
        let outputs = &self.engine.contract().outputs;
        std::array::from_fn(|at| outputs.get(at).map_or(0, |output| output.columns))
    }

    /// Number of values per frame.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.engine.contract().width
    }

    /// Frames on each side on which an output may depend.
    #[must_use]
    pub const fn context_frames(&self) -> usize {
        self.engine.contract().context_frames
    }

    /// Multiplications per frame of a long stretch.
    #[must_use]
    pub const fn work_per_frame(&self) -> u64 {
        self.engine.work_per_frame()
    }

    /// Whether it follows beats.
    #[must_use]
    pub fn hears_beats(&self) -> bool {
        self.engine.answers(3)
    }

    /// Runs over frames, row by row, on one thread.
    ///
    /// # Errors
    /// What the engine says, as a phrase.
    pub fn run(&self, rows: Vec<f32>, pool: &Arc<ThreadPool>) -> Result<Activations, String> {
        let mut activations = Activations::default();
        for (list, found) in activations.lists_mut().into_iter().zip(self.engine.run(rows, pool)?) {
            *list = found;
        }
        Ok(activations)
    }
}

fn contract(classes: usize, width: usize, card: &NetworkCard) -> Contract {
    let columns = [classes, classes, classes, 2, card.timbre.map_or(0, |timbre| timbre.values)];
    let probability = Some((0.0, 1.0));
    let ranges = [probability, probability, Some((-OFFSET_MAX, OFFSET_MAX)), probability, None];
    let outputs = OUTPUTS.iter().zip(columns).zip(ranges);
    Contract {
        input: INPUT,
        width,
        outputs: outputs.map(|((name, columns), range)| Output { name, columns, range }).collect(),
        listed: "classes",
        context_frames: card.context_frames,
        window_frames: WINDOW_FRAMES,
        limits: LIMITS,
        trial: TRIAL,
    }
}

/// Checks that a graph answers what its card promises.
fn check_promises(graph: &Graph, classes: usize, card: &NetworkCard) -> Result<(), String> {
    if card.velocity == Some(true) && !graph.has_output("velocity") {
        return Err("its card promises velocities, its graph has no output \"velocity\"".to_owned());
    }
    let has_timbre = graph.has_output("timbre");
    if card.timbre.is_some() != has_timbre {
        let (one, other) = if has_timbre { ("graph", "card") } else { ("card", "graph") };
        return Err(format!(
            "its {one} tells of a timbre, its {other} does not: give the graph an output \"timbre\" and the card [network.timbre]"
        ));
    }
    let said =
        graph.outputs.iter().find(|port| port.name == "onset").and_then(|port| port.shape.get(2).copied().flatten());
    match said {
        Some(said) if said != classes as u64 => {
            Err(format!("its graph hears {said} classes, its card lists {classes}"))
        }
        _ => Ok(()),
    }
}
