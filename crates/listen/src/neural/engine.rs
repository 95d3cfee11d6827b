//! What networks of every kind share: a graph that has passed our checks, made ready to run on one thread.
//!
//! Conventions: a network has one input, f32 of 1 x frames x width, and outputs of 1 x frames x columns, for any number of
//! frames. Errors are phrases that go on after "the model X cannot be used:".

use super::onnx::{Graph, Port};
use super::probe::{PROBE_FRAMES, probe};
use super::survey::{Limits, survey};
use super::windows::aligned;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, op_registry};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// An output that a network of some kind may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: &'static str,
    /// Values a frame.
    pub(crate) columns: usize,
    /// Least and greatest value; any finite number where nothing is said.
    pub(crate) range: Option<(f32, f32)>,
}

/// What a network of some kind takes, answers and may cost.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    /// Name of the input.
    pub(crate) input: &'static str,
    /// Values a frame of the input.
    pub(crate) width: usize,
    /// The first has to be there, the others may be missing.
    pub(crate) outputs: Vec<Output>,
    /// What its card lists and its first output answers for, in a word.
    pub(crate) listed: &'static str,
    /// Frames on each side on which an output may depend.
    pub(crate) context_frames: usize,
    /// Frames it answers for in one run.
    pub(crate) window_frames: usize,
    pub(crate) limits: Limits,
    pub(crate) trial: Trial,
}

/// What a network is tried out with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    /// Every value of silence.
    pub(crate) silence: f32,
    /// A value of noise from chance between 0 and 1.
    pub(crate) noise: fn(f32) -> f32,
}

impl Contract {
    /// Reads a graph and checks that its ports are those we know.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase.
    pub(crate) fn read(&self, weights: &[u8]) -> Result<Graph, String> {
        let graph = Graph::parse(weights)?;
        self.check_input(&graph)?;
        let known = |port: &&Port| self.outputs.iter().any(|output| output.name == port.name);
        if let Some(unknown) = graph.outputs.iter().find(|port| !known(port)) {
            let names: Vec<&str> = self.outputs.iter().map(|output| output.name).collect();
            return Err(format!("its graph has an output {:?}; known are {}", unknown.name, names.join(", ")));
        }
        let first = self.outputs.first().map_or("", |output| output.name);
        if graph.has_output(first) {
            return Ok(graph);
        }
        Err(format!("its graph has the outputs {}, but no {first:?}", quoted(&graph.outputs)))
    }

    fn check_input(&self, graph: &Graph) -> Result<(), String> {
        let (input, width) = (self.input, self.width);
        match graph.inputs.as_slice() {
            [port] if port.name == input => {
                let fits = |(axis, wanted): (&Option<u64>, u64)| axis.is_none_or(|axis| axis == wanted);
                let [one, frames, values] = port.shape.as_slice() else {
                    return Err(format!("its input has {} axes, not 3: 1 x frames x values", port.shape.len()));
                };
                if let Some(fixed) = frames {
                    return Err(format!("it takes exactly {fixed} frames: export it with a free number of frames"));
                }
                if !fits((one, 1)) || !fits((values, width as u64)) {
                    return Err(format!("its graph takes {values:?} values a frame, its card describes {width}"));
                }
            }
            inputs => return Err(format!("its graph has the inputs {}, not just {input:?}", quoted(inputs))),
        }
        if graph.constants.contains_key(input) {
            return Err(format!("its graph has a constant named {input:?}"));
        }
        Ok(())
    }

    /// Frames of the longest run: a window with its context on both sides.
    pub(crate) const fn frames_max(&self) -> usize {
        self.window_frames + 2 * aligned(self.context_frames)
    }

    fn wrong_shape(&self, name: &str, shape: &[usize], frames: usize, columns: usize) -> String {
        format!(
            "its output {name} has shape {shape:?} for {frames} frames, not [1, {frames}, {columns}]: export it with a free \
             number of frames, and a card that lists its {}",
            self.listed
        )
    }
}

fn quoted(ports: &[Port]) -> String {
    ports.iter().map(|port| format!("{:?}", port.name)).collect::<Vec<_>>().join(", ")
}

/// A network made ready to run.
pub(crate) struct Engine {
    contract: Contract,
    /// What the engine's model was made from; walked through before every run.
    graph: Graph,
    model: Model,
    input: NodeId,
    /// In the order of the contract.
    outputs: Vec<Option<NodeId>>,
    work_per_frame: u64,
}

impl Engine {
    /// Surveys a graph whose ports fit the contract, loads it and tries it out.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase.
    pub(crate) fn new(contract: Contract, graph: Graph, weights: &[u8]) -> Result<Self, String> {
        let largest = contract.frames_max();
        let mut work_per_frame = 0;
        for frames in [largest, PROBE_FRAMES, 1] {
            let (shapes, effort) = survey(&graph, frames, contract.width, contract.limits)?;
            if frames == largest {
                work_per_frame = effort.work / frames as u64;
            }
            for Output { name, columns, .. } in &contract.outputs {
                if let Some(shape) = shapes.get(*name).filter(|shape| **shape != [1, frames, *columns]) {
                    return Err(contract.wrong_shape(name, shape, frames, *columns));
                }
            }
        }
        let model = load(weights)?;
        let input = model
            .find_node(contract.input)
            .ok_or_else(|| format!("its graph has no input named {:?}", contract.input))?;
        let find = |output: &Output| model.find_node(output.name).filter(|id| model.output_ids().contains(id));
        let outputs = contract.outputs.iter().map(find).collect();
        let engine = Self { contract, graph, model, input, outputs, work_per_frame };
        probe(&engine)?;
        Ok(engine)
    }

    pub(crate) const fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Multiplications per frame of a long stretch.
    pub(crate) const fn work_per_frame(&self) -> u64 {
        self.work_per_frame
    }

    /// Whether its graph has this output, by its place in the contract.
    pub(crate) fn answers(&self, output: usize) -> bool {
        self.outputs.get(output).copied().flatten().is_some()
    }

    /// Runs over frames, row by row, on one thread. A list for each output of the contract, frames x columns; those of
    /// outputs the graph does not have are empty.
    ///
    /// # Errors
    /// What the engine says, as a phrase.
    pub(crate) fn run(&self, rows: Vec<f32>, pool: &Arc<ThreadPool>) -> Result<Vec<Vec<f32>>, String> {
        let width = self.contract.width;
        let frames = rows.len() / width.max(1);
        // Sizes may depend on the number of frames in any way; a walk takes a thousandth of the time of a run.
        survey(&self.graph, frames, width, self.contract.limits)?;
        let input = Value::from_shape([1, frames, width], rows).map_err(|e| e.to_string())?;
        let wanted: Vec<NodeId> = self.outputs.iter().copied().flatten().collect();
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let run = AssertUnwindSafe(|| self.model.run(vec![(self.input, input.into())], &wanted, Some(options)));
        let values =
            catch_unwind(run).map_err(|_| "the engine gave up on its graph".to_owned())?.map_err(|e| e.to_string())?;
        let mut values = values.into_iter();
        let mut lists = Vec::with_capacity(self.outputs.len());
        for (output, node) in self.contract.outputs.iter().zip(&self.outputs) {
            lists.push(if node.is_some() { self.read(values.next(), output, frames)? } else { Vec::new() });
        }
        Ok(lists)
    }

    fn read(&self, value: Option<Value>, output: &Output, frames: usize) -> Result<Vec<f32>, String> {
        let Output { name, columns, .. } = *output;
        let value = value.ok_or_else(|| format!("its output {name} did not come"))?;
        let (shape, data) =
            value.into_shape_vec::<f32, 3>().map_err(|_| format!("its output {name} has not three axes of f32"))?;
        if shape == [1, frames, columns] {
            return Ok(data);
        }
        Err(self.contract.wrong_shape(name, &shape, frames, columns))
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
