//! The network itself: a graph of operators that has passed our checks, run on one thread.

use crate::card::{ModelCard, NetworkCard, StackCard};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, op_registry};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Name of the one input, f32, shape 1 x frames x width.
const INPUT: &str = "features";

/// What a network says about a stretch of frames.
///
/// Each list holds frames x classes values, frame by frame; `beat` frames x 2 (beat, downbeat). Lists of outputs the
/// network does not have are empty.
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
}

/// A network made ready to run.
pub struct Network {
    model: Model,
    input: NodeId,
    /// Onset, velocity, offset, beat.
    outputs: [Option<NodeId>; 4],
    classes: usize,
    width: usize,
    context_frames: usize,
}

impl Network {
    /// Reads and checks the graph that belongs to a card.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase.
    pub fn new(card: &ModelCard, stack: &StackCard, network: &NetworkCard, weights: &[u8]) -> Result<Self, String> {
        let model = load(weights)?;
        let input = model.find_node(INPUT).ok_or_else(|| format!("its graph has no input named {INPUT}"))?;
        let find = |name: &str| model.find_node(name).filter(|id| model.output_ids().contains(id));
        let outputs = ["onset", "velocity", "offset", "beat"].map(find);
        if outputs[0].is_none() {
            return Err("its graph has no output named onset".to_owned());
        }
        let context_frames = network.context_frames;
        Ok(Self { model, input, outputs, classes: card.classes.len(), width: stack.width(), context_frames })
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Number of values per frame.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Frames on each side on which an output may depend.
    #[must_use]
    pub const fn context_frames(&self) -> usize {
        self.context_frames
    }

    /// Whether it follows beats.
    #[must_use]
    pub const fn hears_beats(&self) -> bool {
        self.outputs[3].is_some()
    }

    /// Runs over frames, row by row, on one thread.
    ///
    /// # Errors
    /// What the engine says, as a phrase.
    pub fn run(&self, rows: Vec<f32>, pool: &Arc<ThreadPool>) -> Result<Activations, String> {
        let frames = rows.len() / self.width.max(1);
        let input = Value::from_shape([1, frames, self.width], rows).map_err(|e| e.to_string())?;
        let wanted: Vec<NodeId> = self.outputs.iter().copied().flatten().collect();
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let run = AssertUnwindSafe(|| self.model.run(vec![(self.input, input.into())], &wanted, Some(options)));
        let values =
            catch_unwind(run).map_err(|_| "the engine gave up on its graph".to_owned())?.map_err(|e| e.to_string())?;
        let mut values = values.into_iter();
        let mut list = |index: usize, name: &str, columns: usize| match self.outputs[index] {
            None => Ok(Vec::new()),
            Some(_) => read(values.next(), name, frames, columns),
        };
        let onset = list(0, "onset", self.classes)?;
        let velocity = list(1, "velocity", self.classes)?;
        let offset = list(2, "offset", self.classes)?;
        Ok(Activations { onset, velocity, offset, beat: list(3, "beat", 2)? })
    }
}

fn read(value: Option<Value>, name: &str, frames: usize, columns: usize) -> Result<Vec<f32>, String> {
    let value = value.ok_or_else(|| format!("its output {name} did not come"))?;
    let (shape, data) =
        value.into_shape_vec::<f32, 3>().map_err(|_| format!("its output {name} has not three axes of f32"))?;
    if shape == [1, frames, columns] {
        return Ok(data);
    }
    Err(format!("its output {name} has shape {shape:?} for {frames} frames, not [1, {frames}, {columns}]"))
}

fn load(weights: &[u8]) -> Result<Model, String> {
    let operators = op_registry!(
        Add,
        BatchNormalization,
        Cast,
        Clip,
        Concat,
        Conv,
        Div,
        Elu,
        Erf,
        Exp,
        Flatten,
        Gather,
        Gelu,
        Gemm,
        HardSigmoid,
        HardSwish,
        Identity,
        LayerNormalization,
        LeakyRelu,
        Log,
        MatMul,
        Max,
        MaxPool,
        Min,
        Mul,
        Neg,
        Pad,
        Pow,
        PRelu,
        Reciprocal,
        ReduceMax,
        ReduceMean,
        ReduceSum,
        Relu,
        Reshape,
        Shape,
        Sigmoid,
        Slice,
        Softmax,
        Softplus,
        Split,
        Sqrt,
        Squeeze,
        Sub,
        Tanh,
        Transpose,
        Unsqueeze,
        AveragePool
    );
    let mut options = ModelOptions::with_ops(operators);
    options.prepack_weights(true);
    catch_unwind(AssertUnwindSafe(|| options.load(weights.to_vec())))
        .map_err(|_| "the engine gave up on reading its graph".to_owned())?
        .map_err(|e| e.to_string())
}
