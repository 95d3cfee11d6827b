//! Walks through a graph with shapes instead of numbers, so that its size and its work are known before it runs.
//!
//! Conventions: a graph is surveyed for a number of frames at a time; every value has a shape then, and short lists of whole
//! numbers (shapes made from shapes) are followed by value. Work is counted in multiplications. Errors are phrases.

mod rules;

use super::onnx::{Constant, Graph, Node};
use std::collections::BTreeMap;

/// Operators that are run. None repeats, branches, makes numbers out of nothing or draws at random.
pub(super) const OPERATORS: &[&str] = &[
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "Div",
    "Elu",
    "Erf",
    "Exp",
    "Gather",
    "Gemm",
    "Identity",
    "LeakyRelu",
    "Log",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mul",
    "Neg",
    "Pad",
    "Pow",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Shape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
    "Unsqueeze",
];
/// Frames that are allowed on top, so that what a graph does once does not count against very short stretches.
const FRAMES_ON_TOP: u64 = 100;

/// What a value is known to be.
pub(super) type Known = Constant;

/// What running a graph may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Most numbers that all values of a graph hold together, per frame.
    pub(crate) numbers_per_frame_max: u64,
    /// Most multiplications per frame.
    pub(crate) work_per_frame_max: u64,
}

/// What running a graph takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Effort {
    /// Numbers that all values together hold.
    pub(super) numbers: u64,
    /// Multiplications.
    pub(super) work: u64,
}

/// The shape of each output of the graph for `frames` frames of `width` values, and what it takes.
pub(super) fn survey(
    graph: &Graph,
    frames: usize,
    width: usize,
    limits: Limits,
) -> Result<(BTreeMap<String, Vec<usize>>, Effort), String> {
    let mut values: BTreeMap<&str, Known> =
        graph.constants.iter().map(|(name, c)| (name.as_str(), c.clone())).collect();
    for input in &graph.inputs {
        values.insert(&input.name, Known { shape: vec![1, frames, width], whole: None });
    }
    let mut effort = Effort::default();
    let Limits { numbers_per_frame_max, work_per_frame_max } = limits;
    let budget = frames as u64 + FRAMES_ON_TOP;
    for node in &graph.nodes {
        let inputs = inputs_of(node, &values)?;
        let (outputs, work) = rules::apply(node, &inputs)
            .map_err(|reason| format!("its operator {} {reason}, for {frames} frames", described(node)))?;
        effort.work = effort.work.saturating_add(work);
        for (name, known) in node.outputs.iter().zip(outputs) {
            let numbers = known.shape.iter().fold(1u64, |product, axis| product.saturating_mul(*axis as u64));
            effort.numbers = effort.numbers.saturating_add(numbers);
            if !name.is_empty() && values.insert(name, known).is_some() {
                return Err(format!("its graph computes {name:?} twice"));
            }
        }
        if effort.numbers > numbers_per_frame_max.saturating_mul(budget) {
            return Err(format!(
                "it keeps more than {numbers_per_frame_max} numbers a frame at {}: train a smaller network",
                described(node)
            ));
        }
        if effort.work > work_per_frame_max.saturating_mul(budget) {
            return Err(format!(
                "it takes more than {} million multiplications a frame: train a smaller network",
                work_per_frame_max / 1_000_000
            ));
        }
    }
    let mut outputs = BTreeMap::new();
    for port in &graph.outputs {
        let known =
            values.get(port.name.as_str()).ok_or_else(|| format!("nothing computes its output {:?}", port.name))?;
        outputs.insert(port.name.clone(), known.shape.clone());
    }
    Ok((outputs, effort))
}

/// The inputs of an operator; `None` where one is left out.
fn inputs_of(node: &Node, values: &BTreeMap<&str, Known>) -> Result<Vec<Option<Known>>, String> {
    if !OPERATORS.contains(&node.operator.as_str()) {
        return Err(format!(
            "its graph uses the operator {:?}, which is not run; those that are: {}",
            node.operator,
            OPERATORS.join(", ")
        ));
    }
    node.inputs
        .iter()
        .map(|name| match values.get(name.as_str()) {
            _ if name.is_empty() => Ok(None),
            Some(known) => Ok(Some(known.clone())),
            None => Err(format!("its graph uses {name:?} before anything computes it")),
        })
        .collect()
}

fn described(node: &Node) -> String {
    format!("{} (to {})", node.operator, node.outputs.first().map_or("nothing", String::as_str))
}
