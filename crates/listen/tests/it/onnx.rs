//! Writes small ONNX files, good and bad, field by field.

/// A varint.
fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field that holds a whole number.
pub(crate) fn whole(number: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(number << 3, &mut out);
    varint(value, &mut out);
    out
}

/// A field that holds bytes: text, or a message.
pub(crate) fn bytes(number: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(number << 3 | 2, &mut out);
    varint(value.len() as u64, &mut out);
    out.extend(value);
    out
}

/// An operator; `extra` holds its attributes.
pub(crate) fn node(operator: &str, inputs: &[&str], output: &str, extra: &[u8]) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|name| bytes(1, name.as_bytes())).collect();
    bytes(1, &[inputs, bytes(2, output.as_bytes()), bytes(4, operator.as_bytes()), extra.to_vec()].concat())
}

/// An attribute that is a whole number.
pub(crate) fn attribute(name: &str, value: i64) -> Vec<u8> {
    bytes(5, &[bytes(1, name.as_bytes()), whole(3, value as u64), whole(20, 2)].concat())
}

/// A constant of 64-bit whole numbers, or with `kind` 1 of floats that say they have this shape.
pub(crate) fn constant(name: &str, shape: &[u64], kind: u64, raw: &[u8]) -> Vec<u8> {
    let shape: Vec<u8> = shape.iter().flat_map(|axis| whole(1, *axis)).collect();
    bytes(5, &[shape, whole(2, kind), bytes(8, name.as_bytes()), bytes(9, raw)].concat())
}

fn port(number: u64, name: &str, width: u64) -> Vec<u8> {
    let axes = [bytes(1, &whole(1, 1)), bytes(1, &bytes(2, b"frames")), bytes(1, &whole(1, width))].concat();
    let tensor = [whole(1, 1), bytes(2, &axes)].concat();
    bytes(number, &[bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat())
}

/// An attribute that is a list of whole numbers.
pub(crate) fn list(name: &str, values: &[u64]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| whole(8, *value)).collect();
    bytes(5, &[bytes(1, name.as_bytes()), values, whole(20, 7)].concat())
}

/// A file with the graph `parts`, which takes 40 values a frame and is to answer with 7.
pub(crate) fn file(parts: &[Vec<u8>]) -> Vec<u8> {
    file_of(parts, ("features", 40), ("onset", 7))
}

/// A file with the graph `parts`: name and values a frame of what it takes, and of what it is to answer.
pub(crate) fn file_of(parts: &[Vec<u8>], input: (&str, u64), output: (&str, u64)) -> Vec<u8> {
    let graph = [parts.concat(), port(11, input.0, input.1), port(12, output.0, output.1)].concat();
    [whole(1, 8), bytes(8, &[bytes(1, b""), whole(2, 17)].concat()), bytes(7, &graph)].concat()
}
