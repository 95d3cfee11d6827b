//! Reads as much of an ONNX file as is needed to decide whether the engine may see it.
//!
//! Every length is checked against the bytes that are there, nothing is copied but names and short lists, and what we
//! do not use (subgraphs, functions, sparse or external tensors, text) is refused rather than skipped.
//!
//! Conventions: errors are phrases that go on after "the model X cannot be used:". Source: `onnx.proto` of the ONNX
//! project (field numbers), the Protocol Buffers encoding.

use std::collections::BTreeMap;

/// Most operators of a graph.
const NODES_MAX: usize = 4096;
/// Longest name, bytes.
const NAME_BYTES_MAX: usize = 1024;
/// Longest list of an attribute, and longest integer tensor whose values are kept.
const LIST_MAX: usize = 64;
/// Most axes of a tensor.
const AXES_MAX: usize = 8;
/// Versions of the operator set we know the meaning of.
const OPSETS: std::ops::RangeInclusive<u64> = 13..=18;

/// A graph: constants, and operators in the order they run.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) constants: BTreeMap<String, Constant>,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

/// One operator.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) operator: String,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) attributes: BTreeMap<String, Attribute>,
}

/// A value of an attribute we make use of; numbers that are not whole do not matter to shapes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Attribute {
    Whole(i64),
    WholeList(Vec<i64>),
    Constant(Constant),
    Text(Vec<u8>),
    Other,
}

/// Shape of a constant, and its values where they are few and whole.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    pub(super) shape: Vec<usize>,
    pub(super) whole: Option<Vec<i64>>,
}

/// An input or output of the graph: its name, and its shape where every axis is fixed (`None`: any length).
#[derive(Debug, Default)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) shape: Vec<Option<u64>>,
}

/// The payload of a field.
#[derive(Clone, Copy)]
enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed,
}

const BROKEN: &str = "its model.onnx is cut short or no ONNX file: copy it again";

/// Fields of a message, one after the other.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(BROKEN)?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BROKEN.to_owned())
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], String> {
        let count = usize::try_from(count).map_err(|_| BROKEN)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(BROKEN)?;
        self.rest = rest;
        Ok(taken)
    }

    fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, String> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => self.take(8).map(|_| Field::Fixed)?,
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Fixed)?,
            _ => return Err(BROKEN.to_owned()),
        };
        Ok(Some((key >> 3, field)))
    }
}

impl<'a> Field<'a> {
    fn bytes(self) -> Result<&'a [u8], String> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(BROKEN.to_owned()) }
    }

    fn whole(self) -> Result<u64, String> {
        if let Self::Varint(value) = self { Ok(value) } else { Err(BROKEN.to_owned()) }
    }

    fn name(self) -> Result<String, String> {
        let bytes = self.bytes()?;
        if bytes.len() > NAME_BYTES_MAX {
            return Err(format!("a name in its graph has {} bytes, up to {NAME_BYTES_MAX} are read", bytes.len()));
        }
        String::from_utf8(bytes.to_vec()).map_err(|_| BROKEN.to_owned())
    }

    /// Adds whole numbers, which come one a field or packed into one.
    fn whole_list(self, list: &mut Vec<i64>) -> Result<(), String> {
        match self {
            Self::Varint(value) => list.push(value as i64),
            Self::Bytes(bytes) => {
                let mut fields = Fields { rest: bytes };
                while !fields.rest.is_empty() && list.len() <= LIST_MAX {
                    list.push(fields.varint()? as i64);
                }
            }
            Self::Fixed => return Err(BROKEN.to_owned()),
        }
        if list.len() > LIST_MAX {
            return Err(format!("a list in its graph is longer than {LIST_MAX}"));
        }
        Ok(())
    }
}

impl Graph {
    /// Whether it has an output of this name.
    pub(super) fn has_output(&self, name: &str) -> bool {
        self.outputs.iter().any(|port| port.name == name)
    }

    /// Reads the graph of a model file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut fields = Fields { rest: bytes };
        let (mut graph, mut opset) = (None, None);
        while let Some((number, field)) = fields.next()? {
            match number {
                7 if graph.is_some() => return Err("its file holds two graphs".to_owned()),
                7 => graph = Some(field.bytes()?),
                8 => opset = read_opset(field.bytes()?)?.or(opset),
                20 | 25 => return Err("its file holds functions or training steps: export the bare network".to_owned()),
                _ => {}
            }
        }
        match opset {
            Some(version) if OPSETS.contains(&version) => {}
            Some(version) => return Err(format!("its operator set is {version}, we know 13 to 18: export with 17")),
            None => return Err(BROKEN.to_owned()),
        }
        read_graph(graph.ok_or(BROKEN)?)
    }
}

/// The version of the operator set, where the entry is about the standard one.
fn read_opset(bytes: &[u8]) -> Result<Option<u64>, String> {
    let mut fields = Fields { rest: bytes };
    let (mut domain, mut version) = (String::new(), 0);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => domain = field.name()?,
            2 => version = field.whole()?,
            _ => {}
        }
    }
    Ok((domain.is_empty() || domain == "ai.onnx").then_some(version))
}

fn read_graph(bytes: &[u8]) -> Result<Graph, String> {
    let mut graph = Graph::default();
    let mut fields = Fields { rest: bytes };
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => graph.nodes.push(read_node(field.bytes()?)?),
            5 => {
                let (name, constant) = read_tensor(field.bytes()?)?;
                if graph.constants.insert(name, constant).is_some() {
                    return Err("two constants of its graph have one name".to_owned());
                }
            }
            11 => graph.inputs.push(read_port(field.bytes()?)?),
            12 => graph.outputs.push(read_port(field.bytes()?)?),
            15 => return Err("its graph holds sparse numbers: export them dense".to_owned()),
            _ => {}
        }
        if graph.nodes.len().max(graph.constants.len()) > NODES_MAX {
            return Err(format!("its graph has more than {NODES_MAX} operators or constants"));
        }
    }
    Ok(graph)
}

fn read_node(bytes: &[u8]) -> Result<Node, String> {
    let mut node = Node::default();
    let mut fields = Fields { rest: bytes };
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => node.inputs.push(field.name()?),
            2 => node.outputs.push(field.name()?),
            4 => node.operator = field.name()?,
            5 => {
                let (name, value) = read_attribute(field.bytes()?)?;
                if node.attributes.insert(name, value).is_some() {
                    return Err("an operator of its graph has an attribute twice".to_owned());
                }
            }
            7 => {
                let domain = field.name()?;
                if !domain.is_empty() && domain != "ai.onnx" {
                    return Err(format!("its graph uses operators of {domain:?}, only standard ones are run"));
                }
            }
            _ => {}
        }
        if node.inputs.len().max(node.outputs.len()).max(node.attributes.len()) > LIST_MAX {
            return Err(format!("an operator of its graph has more than {LIST_MAX} inputs or outputs"));
        }
    }
    Ok(node)
}

fn read_attribute(bytes: &[u8]) -> Result<(String, Attribute), String> {
    let (mut name, mut value, mut list) = (String::new(), Attribute::Other, Vec::new());
    let mut fields = Fields { rest: bytes };
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => name = field.name()?,
            3 => value = Attribute::Whole(field.whole()? as i64),
            4 => value = Attribute::Text(field.name()?.into_bytes()),
            5 => value = Attribute::Constant(read_tensor(field.bytes()?)?.1),
            8 => field.whole_list(&mut list)?,
            2 | 13 | 20 => {}
            7 => {
                if matches!(field, Field::Bytes(bytes) if bytes.len() > 4 * LIST_MAX) {
                    return Err(format!("a list in its graph is longer than {LIST_MAX}"));
                }
            }
            6 | 11 => {
                return Err("its graph holds other graphs (loops, conditions): only straight ones are run".to_owned());
            }
            other => return Err(format!("its graph holds an attribute of a kind we do not read ({other})")),
        }
    }
    if !list.is_empty() {
        value = Attribute::WholeList(list);
    }
    Ok((name, value))
}

/// A tensor by name; its size must be that of its bytes.
fn read_tensor(bytes: &[u8]) -> Result<(String, Constant), String> {
    let (mut name, mut shape, mut kind, mut raw) = (String::new(), Vec::new(), 0, None);
    let (mut whole, mut typed_bytes) = (Vec::new(), 0);
    let mut fields = Fields { rest: bytes };
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => field.whole_list(&mut shape)?,
            2 => kind = field.whole()?,
            // Values in fields of their own: floats, and short lists of 64-bit whole numbers.
            4 => typed_bytes += field.bytes()?.len(),
            7 => field.whole_list(&mut whole)?,
            8 => name = field.name()?,
            9 if raw.is_some() => return Err(BROKEN.to_owned()),
            9 => raw = Some(field.bytes()?),
            12 => {}
            13 => return Err("its numbers lie in another file: export it in one piece".to_owned()),
            14 if field.whole()? == 0 => {}
            _ => {
                return Err(
                    "its graph holds numbers stored in a way we do not read: export with 32-bit floats".to_owned()
                );
            }
        }
    }
    let shape: Vec<usize> =
        shape.iter().map(|axis| usize::try_from(*axis)).collect::<Result<_, _>>().map_err(|_| BROKEN)?;
    if shape.len() > AXES_MAX {
        return Err(format!("a constant of its graph has {} axes, up to {AXES_MAX} are read", shape.len()));
    }
    let count = shape.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis)).ok_or(BROKEN)?;
    let item_bytes = match kind {
        1 | 6 => 4,
        7 => 8,
        9 => 1,
        other => return Err(format!("its graph holds numbers of type {other}: export with 32-bit floats")),
    };
    let there = match (raw, kind) {
        (Some(raw), _) if typed_bytes == 0 && whole.is_empty() => raw.len(),
        (None, 1) => typed_bytes,
        (None, 7) => whole.len() * 8,
        _ => return Err(BROKEN.to_owned()),
    };
    if count.checked_mul(item_bytes) != Some(there) {
        return Err(format!(
            "the constant {name:?} has shape {shape:?} but {there} bytes: it is damaged, copy it again"
        ));
    }
    if let (Some(raw), 1) = (raw, kind) {
        let finite = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite();
        if !raw.chunks_exact(4).all(finite) {
            return Err(format!("the constant {name:?} holds numbers that are not finite: train it again"));
        }
    }
    let whole = (kind == 7 && count <= LIST_MAX).then(|| match raw {
        Some(raw) => raw.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect(),
        None => whole,
    });
    Ok((name, Constant { shape, whole }))
}

fn read_port(bytes: &[u8]) -> Result<Port, String> {
    let mut port = Port::default();
    let mut fields = Fields { rest: bytes };
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => port.name = field.name()?,
            // The type of a value, its tensor type, the shape in there, its axes: one message inside the other.
            2 => {
                let tensor = inner(field.bytes()?, 1)?.ok_or("an input or output of its graph is no tensor")?;
                let mut axes = Fields { rest: inner(tensor, 2)?.unwrap_or(&[]) };
                while let Some((number, axis)) = axes.next()? {
                    if number == 1 {
                        port.shape.push(read_axis(axis.bytes()?)?);
                    }
                    if port.shape.len() > AXES_MAX {
                        return Err(format!("an input or output of its graph has more than {AXES_MAX} axes"));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(port)
}

fn inner(bytes: &[u8], wanted: u64) -> Result<Option<&[u8]>, String> {
    let mut fields = Fields { rest: bytes };
    let mut found = None;
    while let Some((number, field)) = fields.next()? {
        if number == wanted {
            found = Some(field.bytes()?);
        }
    }
    Ok(found)
}

fn read_axis(bytes: &[u8]) -> Result<Option<u64>, String> {
    let mut fields = Fields { rest: bytes };
    let mut length = None;
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            length = Some(field.whole()?);
        }
    }
    Ok(length)
}
