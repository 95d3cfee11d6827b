//! What each operator makes of the shapes it gets.
//!
//! Source: the operator descriptions of ONNX, versions 13 to 18. Errors are phrases that follow the operator's name.

use super::Known;
use crate::neural::onnx::{Attribute, Node};

/// Longest axis of anything.
const AXIS_MAX: usize = 1 << 26;
/// Longest list of whole numbers that is followed by value.
const LIST_MAX: usize = 64;

type Outcome = Result<(Vec<Known>, u64), String>;

/// The inputs of an operator, by place.
struct Inputs<'k>(&'k [Option<Known>]);

impl<'k> Inputs<'k> {
    fn known(&self, place: usize) -> Result<&'k Known, String> {
        self.0.get(place).and_then(Option::as_ref).ok_or_else(|| format!("lacks its input {place}"))
    }

    fn shape(&self, place: usize) -> Result<&'k [usize], String> {
        self.known(place).map(|known| known.shape.as_slice())
    }

    /// A list of whole numbers known by value; `None` where the input is left out.
    fn whole(&self, place: usize) -> Result<Option<&'k [i64]>, String> {
        match self.0.get(place).and_then(Option::as_ref) {
            None => Ok(None),
            Some(Known { whole: Some(list), .. }) => Ok(Some(list)),
            Some(_) => Err("takes sizes from numbers that are only known when it runs".to_owned()),
        }
    }

    fn list(&self, place: usize) -> Result<&'k [i64], String> {
        self.whole(place)?.ok_or_else(|| format!("lacks its input {place}"))
    }
}

/// The outputs of an operator, and the multiplications it takes.
pub(super) fn apply(node: &Node, inputs: &[Option<Known>]) -> Outcome {
    let inputs = Inputs(inputs);
    match node.operator.as_str() {
        "Constant" => constant(node),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Max" | "Min" => elementwise(node, &inputs),
        "Conv" => convolution(node, &inputs),
        "MaxPool" | "AveragePool" => pool(node, &inputs),
        "MatMul" => mat_mul(&inputs),
        "Gemm" => gemm(node, &inputs),
        "Concat" => concat(node, &inputs),
        "Gather" => gather(node, &inputs),
        "Pad" => pad(node, &inputs),
        "ReduceMean" => reduce(node, &inputs),
        "Reshape" => reshape(node, &inputs),
        "Shape" => shape_of(node, &inputs),
        "Slice" => slice(&inputs),
        "Split" => split(node, &inputs),
        "Squeeze" => squeeze(&inputs),
        "Transpose" => transpose(node, &inputs),
        "Unsqueeze" => unsqueeze(&inputs),
        // All others work on each number by itself.
        _ => {
            let first = inputs.known(0)?;
            let whole = first.whole.clone().filter(|_| matches!(node.operator.as_str(), "Identity" | "Cast"));
            one(first.shape.clone(), whole, 8)
        }
    }
}

/// One output that costs `work` per number.
fn one(shape: Vec<usize>, whole: Option<Vec<i64>>, work: u64) -> Outcome {
    let numbers = count(&shape)?;
    let whole = whole.filter(|list| list.len() <= LIST_MAX);
    Ok((vec![Known { shape, whole }], numbers.saturating_mul(work)))
}

fn count(shape: &[usize]) -> Result<u64, String> {
    if let Some(axis) = shape.iter().find(|axis| **axis > AXIS_MAX) {
        return Err(format!("makes an axis of {axis}"));
    }
    if shape.len() > 8 {
        return Err(format!("makes {} axes", shape.len()));
    }
    let product = shape.iter().try_fold(1u64, |product, axis| product.checked_mul(*axis as u64));
    product.ok_or_else(|| format!("makes the shape {shape:?}"))
}

fn whole_attribute(node: &Node, name: &str, default: i64) -> i64 {
    if let Some(Attribute::Whole(value)) = node.attributes.get(name) { *value } else { default }
}

fn list_attribute<'n>(node: &'n Node, name: &str) -> Option<&'n [i64]> {
    if let Some(Attribute::WholeList(list)) = node.attributes.get(name) { Some(list) } else { None }
}

/// An axis, counted from the end where negative.
fn axis_of(axis: i64, axes: usize) -> Result<usize, String> {
    let counted = if axis < 0 { axis.checked_add(axes as i64) } else { Some(axis) };
    let counted = counted.and_then(|axis| usize::try_from(axis).ok()).filter(|axis| *axis < axes);
    counted.ok_or_else(|| format!("works on axis {axis} of {axes}"))
}

fn constant(node: &Node) -> Outcome {
    if node.attributes.len() != 1 {
        return Err(format!("holds {} values, not one", node.attributes.len()));
    }
    match node.attributes.values().next() {
        Some(Attribute::Constant(constant)) => one(constant.shape.clone(), constant.whole.clone(), 0),
        Some(Attribute::Whole(value)) => one(Vec::new(), Some(vec![*value]), 0),
        Some(Attribute::WholeList(list)) => one(vec![list.len()], Some(list.clone()), 0),
        Some(Attribute::Other) if node.attributes.contains_key("value_float") => one(Vec::new(), None, 0),
        _ => Err("holds a value we do not read".to_owned()),
    }
}

/// The shape two shapes have together, axes of length 1 being repeated.
fn together(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let axes = a.len().max(b.len());
    let at = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(axes).map_or(1, |i| shape[i]);
    (0..axes)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(format!("joins the shapes {a:?} and {b:?}")),
        })
        .collect()
}

fn elementwise(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let mut shape = inputs.shape(0)?.to_vec();
    for place in 1..inputs.0.len() {
        shape = together(&shape, inputs.shape(place)?)?;
    }
    let whole = match (&inputs.known(0)?.whole, inputs.0.get(1).and_then(Option::as_ref).and_then(|k| k.whole.as_ref()))
    {
        (Some(a), Some(b)) if inputs.0.len() == 2 => whole_arithmetic(&node.operator, a, b),
        _ => None,
    };
    one(shape, whole, 1)
}

fn whole_arithmetic(operator: &str, a: &[i64], b: &[i64]) -> Option<Vec<i64>> {
    let length = a.len().max(b.len());
    let at = |list: &[i64], i: usize| if list.len() == 1 { list.first().copied() } else { list.get(i).copied() };
    (0..length)
        .map(|i| {
            let (x, y) = (at(a, i)?, at(b, i)?);
            match operator {
                "Add" => x.checked_add(y),
                "Sub" => x.checked_sub(y),
                "Mul" => x.checked_mul(y),
                "Div" => x.checked_div(y),
                _ => None,
            }
        })
        .collect()
}

/// What a sliding window does to the axes after the second: their new lengths.
fn slide(node: &Node, shape: &[usize], kernel: &[usize]) -> Result<Vec<usize>, String> {
    if matches!(node.attributes.get("auto_pad"), Some(Attribute::Text(text)) if text != b"NOTSET") {
        return Err("pads by itself: export it with explicit pads".to_owned());
    }
    if whole_attribute(node, "ceil_mode", 0) != 0 {
        return Err("rounds up (ceil_mode)".to_owned());
    }
    let axes = kernel.len();
    let list = |name: &str, length: usize, default: i64, least: i64| {
        let list = list_attribute(node, name).map_or_else(|| vec![default; length], <[i64]>::to_vec);
        let fine = list.len() == length && list.iter().all(|value| (least..=AXIS_MAX as i64).contains(value));
        if fine { Ok(list) } else { Err(format!("has the {name} {list:?}")) }
    };
    let (strides, dilations) = (list("strides", axes, 1, 1)?, list("dilations", axes, 1, 1)?);
    let pads = list("pads", 2 * axes, 0, 0)?;
    (0..axes)
        .map(|i| {
            let reach = dilations[i].saturating_mul(kernel[i] as i64 - 1) + 1;
            let room = shape[i + 2] as i64 + pads[i] + pads[i + axes] - reach;
            usize::try_from(room.div_euclid(strides[i]) + 1)
                .ok()
                .filter(|length| *length > 0 && room >= 0 && kernel[i] > 0)
                .ok_or_else(|| format!("has a window of {reach} on {} numbers", shape[i + 2]))
        })
        .collect()
}

fn convolution(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let (x, weights) = (inputs.shape(0)?, inputs.shape(1)?);
    let groups = usize::try_from(whole_attribute(node, "group", 1)).unwrap_or(0);
    let fits = (3..=4).contains(&x.len())
        && weights.len() == x.len()
        && groups > 0
        && weights[1].checked_mul(groups) == Some(x[1])
        && weights[0].is_multiple_of(groups);
    if !fits {
        return Err(format!("has weights {weights:?} for {x:?} in {groups} groups"));
    }
    let kernel = &weights[2..];
    if let Some(said) = list_attribute(node, "kernel_shape")
        && !said.iter().map(|side| usize::try_from(*side).ok()).eq(kernel.iter().copied().map(Some))
    {
        return Err(format!("says its kernel is {said:?}, its weights are {weights:?}"));
    }
    if let Some(Some(bias)) = inputs.0.get(2)
        && bias.shape != [weights[0]]
    {
        return Err(format!("has a bias of {:?} for {} channels", bias.shape, weights[0]));
    }
    let mut shape = vec![x[0], weights[0]];
    shape.extend(slide(node, x, kernel)?);
    one(shape, None, count(&weights[1..])?)
}

fn pool(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let x = inputs.shape(0)?;
    let kernel: Vec<usize> = list_attribute(node, "kernel_shape")
        .unwrap_or(&[])
        .iter()
        .filter_map(|side| usize::try_from(*side).ok())
        .collect();
    if !(3..=4).contains(&x.len()) || kernel.len() + 2 != x.len() || node.outputs.len() != 1 {
        return Err(format!("has a window {kernel:?} for {x:?}"));
    }
    let mut shape = x[..2].to_vec();
    shape.extend(slide(node, x, &kernel)?);
    one(shape, None, count(&kernel)?)
}

fn mat_mul(inputs: &Inputs<'_>) -> Outcome {
    let (a, b) = (inputs.shape(0)?, inputs.shape(1)?);
    match (a, b) {
        ([outer_a @ .., m, k], [outer_b @ .., k2, n]) if k == k2 => {
            let mut shape = together(outer_a, outer_b)?;
            shape.extend([*m, *n]);
            one(shape, None, *k as u64)
        }
        _ => Err(format!("multiplies {a:?} by {b:?}")),
    }
}

fn gemm(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let turned = |place: usize, name: &str| match inputs.shape(place)? {
        [rows, columns] if whole_attribute(node, name, 0) == 0 => Ok((*rows, *columns)),
        [rows, columns] => Ok((*columns, *rows)),
        other => Err(format!("multiplies the shape {other:?}")),
    };
    let ((m, k), (k2, n)) = (turned(0, "transA")?, turned(1, "transB")?);
    if k != k2 {
        return Err(format!("multiplies {m} x {k} by {k2} x {n}"));
    }
    if let Some(Some(bias)) = inputs.0.get(2)
        && together(&[m, n], &bias.shape)? != [m, n]
    {
        return Err(format!("adds {:?} to {m} x {n}", bias.shape));
    }
    one(vec![m, n], None, k as u64)
}

fn concat(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let first = inputs.shape(0)?;
    let axis = axis_of(whole_attribute(node, "axis", 0), first.len())?;
    let mut shape = first.to_vec();
    let mut whole = Some(Vec::new());
    for place in 0..inputs.0.len() {
        let known = inputs.known(place)?;
        let alike =
            known.shape.len() == shape.len() && (0..shape.len()).all(|i| i == axis || known.shape[i] == shape[i]);
        if !alike {
            return Err(format!("joins {:?} to {shape:?}", known.shape));
        }
        if place > 0 {
            shape[axis] = shape[axis].saturating_add(known.shape[axis]);
        }
        whole = whole.zip(known.whole.as_ref()).map(|(list, more): (Vec<i64>, _)| [list.as_slice(), more].concat());
    }
    let whole = whole.filter(|_| shape.len() == 1);
    one(shape, whole, 1)
}

fn gather(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let (data, indices) = (inputs.known(0)?, inputs.shape(1)?);
    let axis = axis_of(whole_attribute(node, "axis", 0), data.shape.len())?;
    let chosen = inputs.list(1)?;
    let length = data.shape[axis];
    let places = chosen.iter().map(|index| axis_of(*index, length)).collect::<Result<Vec<_>, _>>()?;
    let shape = [&data.shape[..axis], indices, &data.shape[axis + 1..]].concat();
    let whole = data.whole.as_ref().filter(|_| data.shape.len() == 1);
    one(shape, whole.map(|list| places.iter().filter_map(|place| list.get(*place).copied()).collect()), 1)
}

fn pad(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let (x, pads) = (inputs.shape(0)?, inputs.list(1)?);
    let zeros = !matches!(node.attributes.get("mode"), Some(Attribute::Text(mode)) if mode != b"constant");
    if pads.len() != 2 * x.len()
        || pads.iter().any(|pad| !(0..=AXIS_MAX as i64).contains(pad))
        || !zeros
        || inputs.0.len() > 3
    {
        return Err(format!("pads {x:?} by {pads:?}; only zeros before and after every axis are added"));
    }
    let shape = x.iter().enumerate().map(|(i, axis)| axis + pads[i] as usize + pads[i + x.len()] as usize).collect();
    one(shape, None, 1)
}

fn reduce(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let x = inputs.shape(0)?;
    let axes = match inputs.whole(1)? {
        Some(axes) => Some(axes),
        None => list_attribute(node, "axes"),
    };
    let mut reduced = vec![axes.is_none(); x.len()];
    for axis in axes.unwrap_or(&[]) {
        reduced[axis_of(*axis, x.len())?] = true;
    }
    let keep = whole_attribute(node, "keepdims", 1) != 0;
    let kept = x.iter().zip(&reduced).filter_map(|(axis, reduced)| match (reduced, keep) {
        (false, _) => Some(*axis),
        (true, true) => Some(1),
        (true, false) => None,
    });
    let (outputs, _) = one(kept.collect(), None, 0)?;
    Ok((outputs, count(x)?))
}

fn reshape(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let (x, wanted) = (inputs.known(0)?, inputs.list(1)?);
    if whole_attribute(node, "allowzero", 0) != 0 && wanted.contains(&0) {
        return Err("makes an axis of length 0".to_owned());
    }
    let numbers = count(&x.shape)?;
    let mut shape = Vec::with_capacity(wanted.len());
    let mut free = None;
    for (i, axis) in wanted.iter().enumerate() {
        shape.push(match axis {
            -1 if free.is_none() => {
                free = Some(i);
                1
            }
            0 => *x.shape.get(i).ok_or_else(|| format!("makes {wanted:?} out of {:?}", x.shape))?,
            axis => usize::try_from(*axis).map_err(|_| format!("makes {wanted:?} out of {:?}", x.shape))?,
        });
    }
    let rest = count(&shape)?;
    if let Some(free) = free {
        shape[free] = numbers.checked_div(rest).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    }
    if count(&shape)? != numbers {
        return Err(format!("makes {wanted:?} out of {:?}", x.shape));
    }
    one(shape, x.whole.clone(), 1)
}

fn shape_of(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let shape = inputs.shape(0)?;
    let axes = shape.len() as i64;
    let place = |value: i64| (if value < 0 { value.saturating_add(axes) } else { value }).clamp(0, axes) as usize;
    let (start, end) = (place(whole_attribute(node, "start", 0)), place(whole_attribute(node, "end", axes)));
    let list: Vec<i64> = shape.get(start..end).unwrap_or(&[]).iter().map(|axis| *axis as i64).collect();
    one(vec![list.len()], Some(list), 0)
}

fn slice(inputs: &Inputs<'_>) -> Outcome {
    let (x, starts, ends) = (inputs.known(0)?, inputs.list(1)?, inputs.list(2)?);
    let all: Vec<i64> = (0..x.shape.len() as i64).collect();
    let axes = inputs.whole(3)?.unwrap_or(&all);
    let ones = vec![1; starts.len()];
    let steps = inputs.whole(4)?.unwrap_or(&ones);
    if [ends.len(), steps.len()] != [starts.len(); 2] || axes.len() < starts.len() {
        return Err("has cuts of different lengths".to_owned());
    }
    let (mut shape, mut whole) = (x.shape.clone(), x.whole.clone());
    for (i, start) in starts.iter().enumerate() {
        let axis = axis_of(axes[i], shape.len())?;
        let length = shape[axis] as i64;
        let place = |value: i64| (if value < 0 { value.saturating_add(length) } else { value }).clamp(0, length);
        let (start, end) = (place(*start), place(ends[i]).max(place(*start)));
        let step = usize::try_from(steps[i]).ok().filter(|step| *step > 0).ok_or("cuts backwards")?;
        shape[axis] = ((end - start) as usize).div_ceil(step);
        let cut =
            |list: Vec<i64>| list.get(start as usize..end as usize).map(|l| l.iter().step_by(step).copied().collect());
        whole = whole.filter(|_| x.shape.len() == 1).and_then(cut);
    }
    one(shape, whole, 1)
}

fn split(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let x = inputs.shape(0)?;
    let axis = axis_of(whole_attribute(node, "axis", 0), x.len())?;
    let parts = node.outputs.len().max(1);
    let even = vec![x[axis].div_ceil(parts) as i64; parts];
    let sizes = match inputs.whole(1)? {
        Some(sizes) => sizes,
        None if x[axis].is_multiple_of(parts) => &even,
        None => return Err(format!("cuts {} into {parts} equal parts", x[axis])),
    };
    let lengths: Vec<usize> = sizes.iter().filter_map(|size| usize::try_from(*size).ok()).collect();
    let sum = lengths.iter().try_fold(0usize, |sum, length| sum.checked_add(*length));
    if lengths.len() != parts || sum != Some(x[axis]) {
        return Err(format!("cuts {} into {sizes:?}", x[axis]));
    }
    let part = |length: usize| {
        let mut shape = x.to_vec();
        shape[axis] = length;
        Known { shape, whole: None }
    };
    Ok((lengths.into_iter().map(part).collect(), count(x)?))
}

fn squeeze(inputs: &Inputs<'_>) -> Outcome {
    let x = inputs.known(0)?;
    let mut gone: Vec<bool> = x.shape.iter().map(|axis| *axis == 1).collect();
    if let Some(axes) = inputs.whole(1)? {
        gone = vec![false; x.shape.len()];
        for axis in axes {
            let axis = axis_of(*axis, x.shape.len())?;
            gone[axis] = x.shape[axis] == 1;
            if !gone[axis] {
                return Err(format!("takes away axis {axis} of {:?}", x.shape));
            }
        }
    }
    let kept = x.shape.iter().zip(&gone).filter_map(|(axis, gone)| (!gone).then_some(*axis));
    one(kept.collect(), x.whole.clone(), 1)
}

fn unsqueeze(inputs: &Inputs<'_>) -> Outcome {
    let (x, axes) = (inputs.known(0)?, inputs.list(1)?);
    let total = x.shape.len() + axes.len();
    let mut new = vec![false; total];
    for axis in axes {
        if std::mem::replace(&mut new[axis_of(*axis, total)?], true) {
            return Err(format!("adds the axes {axes:?}"));
        }
    }
    let mut old = x.shape.iter().copied();
    one(new.iter().map(|new| if *new { 1 } else { old.next().unwrap_or(1) }).collect(), x.whole.clone(), 1)
}

fn transpose(node: &Node, inputs: &Inputs<'_>) -> Outcome {
    let x = inputs.shape(0)?;
    let turned: Vec<i64> = (0..x.len() as i64).rev().collect();
    let order = list_attribute(node, "perm").unwrap_or(&turned);
    let mut seen = vec![false; x.len()];
    let mut shape = Vec::with_capacity(x.len());
    for axis in order {
        let axis = axis_of(*axis, x.len())?;
        seen[axis] = true;
        shape.push(x[axis]);
    }
    if shape.len() != x.len() || seen.contains(&false) {
        return Err(format!("turns {x:?} by {order:?}"));
    }
    one(shape, None, 1)
}
