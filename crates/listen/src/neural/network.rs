//! The network itself: a graph of operators that has passed our checks, run on one thread.

use super::onnx::{Graph, Port};
use super::stream::{ALIGN_FRAMES, WINDOW_FRAMES};
use super::survey::survey;
use crate::card::{ModelCard, NetworkCard, StackCard};
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, op_registry};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Name of the one input, f32, shape 1 x frames x width.
const INPUT: &str = "features";
/// Names of the outputs, in the order of [`Network::outputs`]; all but the first may be missing.
const OUTPUTS: [&str; 5] = ["onset", "velocity", "offset", "beat", "timbre"];
/// Frames of the runs that try a network out.
pub(super) const PROBE_FRAMES: usize = 300;

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
    /// What the engine's model was made from; walked through before every run.
    graph: Graph,
    model: Model,
    input: NodeId,
    /// By [`OUTPUTS`].
    outputs: [Option<NodeId>; 5],
    /// Values a frame, by [`OUTPUTS`].
    columns: [usize; 5],
    width: usize,
    context_frames: usize,
    work_per_frame: u64,
}

impl Network {
    /// Reads and checks the graph that belongs to a card, and tries it out.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase.
    pub fn new(card: &ModelCard, stack: &StackCard, network: &NetworkCard, weights: &[u8]) -> Result<Self, String> {
        let graph = Graph::parse(weights)?;
        let (classes, width) = (card.classes.len(), stack.width());
        let columns = [classes, classes, classes, 2, network.timbre.map_or(0, |timbre| timbre.values)];
        check_ports(&graph, classes, width, network)?;
        let largest = WINDOW_FRAMES + 2 * network.context_frames.next_multiple_of(ALIGN_FRAMES);
        let mut work_per_frame = 0;
        for frames in [largest, PROBE_FRAMES, 1] {
            let (shapes, effort) = survey(&graph, frames, width)?;
            if frames == largest {
                work_per_frame = effort.work / frames as u64;
            }
            for (name, shape) in shapes {
                let of_output = OUTPUTS.iter().zip(columns).find(|(output, _)| **output == name);
                let columns = of_output.map_or(classes, |(_, columns)| columns);
                if shape != [1, frames, columns] {
                    return Err(wrong_shape(&name, &shape, frames, columns));
                }
            }
        }
        let model = load(weights)?;
        let input = model.find_node(INPUT).ok_or_else(|| format!("its graph has no input named {INPUT:?}"))?;
        let find = |name: &str| model.find_node(name).filter(|id| model.output_ids().contains(id));
        let outputs = OUTPUTS.map(find);
        let network = Self {
            graph,
            model,
            input,
            outputs,
            columns,
            width,
            context_frames: network.context_frames,
            work_per_frame,
        };
        super::probe::probe(&network)?;
        Ok(network)
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.columns[0]
    }

    /// Values a frame of each output, in the order of [`Activations::lists_mut`].
    pub(super) const fn columns(&self) -> [usize; 5] {
        self.columns
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

    /// Multiplications per frame of a long stretch.
    #[must_use]
    pub const fn work_per_frame(&self) -> u64 {
        self.work_per_frame
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
        // Sizes may depend on the number of frames in any way; a walk takes a thousandth of the time of a run.
        survey(&self.graph, frames, self.width)?;
        let input = Value::from_shape([1, frames, self.width], rows).map_err(|e| e.to_string())?;
        let wanted: Vec<NodeId> = self.outputs.iter().copied().flatten().collect();
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let run = AssertUnwindSafe(|| self.model.run(vec![(self.input, input.into())], &wanted, Some(options)));
        let values =
            catch_unwind(run).map_err(|_| "the engine gave up on its graph".to_owned())?.map_err(|e| e.to_string())?;
        let mut values = values.into_iter();
        let mut activations = Activations::default();
        for (index, list) in activations.lists_mut().into_iter().enumerate() {
            if self.outputs[index].is_some() {
                *list = read(values.next(), OUTPUTS[index], frames, self.columns[index])?;
            }
        }
        Ok(activations)
    }
}

fn read(value: Option<Value>, name: &str, frames: usize, columns: usize) -> Result<Vec<f32>, String> {
    let value = value.ok_or_else(|| format!("its output {name} did not come"))?;
    let (shape, data) =
        value.into_shape_vec::<f32, 3>().map_err(|_| format!("its output {name} has not three axes of f32"))?;
    if shape == [1, frames, columns] {
        return Ok(data);
    }
    Err(wrong_shape(name, &shape, frames, columns))
}

fn wrong_shape(name: &str, shape: &[usize], frames: usize, columns: usize) -> String {
    format!(
        "its output {name} has shape {shape:?} for {frames} frames, not [1, {frames}, {columns}]: export it with a free number \
         of frames, and a card that lists its classes"
    )
}

/// Checks that inputs and outputs are those we know.
fn check_ports(graph: &Graph, classes: usize, width: usize, card: &NetworkCard) -> Result<(), String> {
    let quoted = |ports: &[Port]| ports.iter().map(|port| format!("{:?}", port.name)).collect::<Vec<_>>().join(", ");
    match graph.inputs.as_slice() {
        [input] if input.name == INPUT => {
            let fits = |(axis, wanted): (&Option<u64>, u64)| axis.is_none_or(|axis| axis == wanted);
            let [one, frames, values] = input.shape.as_slice() else {
                return Err(format!("its input has {} axes, not 3: 1 x frames x values", input.shape.len()));
            };
            if let Some(fixed) = frames {
                return Err(format!("it takes exactly {fixed} frames: export it with a free number of frames"));
            }
            if !fits((one, 1)) || !fits((values, width as u64)) {
                return Err(format!("its graph takes {values:?} values a frame, its card describes {width}"));
            }
        }
        inputs => return Err(format!("its graph has the inputs {}, not just {INPUT:?}", quoted(inputs))),
    }
    if graph.constants.contains_key(INPUT) {
        return Err(format!("its graph has a constant named {INPUT:?}"));
    }
    if let Some(unknown) = graph.outputs.iter().find(|port| !OUTPUTS.contains(&port.name.as_str())) {
        return Err(format!("its graph has an output {:?}; known are {}", unknown.name, OUTPUTS.join(", ")));
    }
    let has = |name: &str| graph.outputs.iter().any(|port| port.name == name);
    if !has("onset") {
        return Err(format!("its graph has the outputs {}, but no \"onset\"", quoted(&graph.outputs)));
    }
    if card.velocity == Some(true) && !has("velocity") {
        return Err("its card promises velocities, its graph has no output \"velocity\"".to_owned());
    }
    if card.timbre.is_some() != has("timbre") {
        let (one, other) = if has("timbre") { ("graph", "card") } else { ("card", "graph") };
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

/// The engine's model. The engine knows the operators of [`super::survey::OPERATORS`] and no others.
fn load(weights: &[u8]) -> Result<Model, String> {
    let operators = op_registry!(
        Add,
        AveragePool,
        BatchNormalization,
        Cast,
        Clip,
        Concat,
        Conv,
        Div,
        Elu,
        Erf,
        Exp,
        Gather,
        Gemm,
        Identity,
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
        ReduceMean,
        Relu,
        Reshape,
        Shape,
        Sigmoid,
        Slice,
        Softmax,
        Split,
        Sqrt,
        Squeeze,
        Sub,
        Tanh,
        Transpose,
        Unsqueeze
    );
    let mut options = ModelOptions::with_ops(operators);
    options.prepack_weights(true);
    catch_unwind(AssertUnwindSafe(|| options.load(weights.to_vec())))
        .map_err(|_| "the engine gave up on reading its graph".to_owned())?
        .map_err(|e| e.to_string())
}
