//! Learnt numbers as bytes: a short list of named arrays.
//!
//! Format, all little endian: the eight bytes `BBARRAY1`; u32 number of arrays; per array u32 length of its name, the
//! name (UTF-8), u32 number of axes, u32 per axis, then the values as f32, last axis fastest.

use std::collections::BTreeMap;

const MAGIC: &[u8] = b"BBARRAY1";
/// No array of ours is nearly that large: 64 MiB of numbers.
const VALUES_MAX: usize = 16 << 20;

/// A named array: its shape and its values, last axis fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The values, finite.
    pub values: Vec<f32>,
}

/// All learnt arrays of a model by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    arrays: BTreeMap<String, Array>,
}

impl Weights {
    /// Reads the arrays.
    ///
    /// # Errors
    /// What is wrong with the bytes, as a phrase.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader { rest: bytes };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err("they do not begin with BBARRAY1".to_owned());
        }
        let mut arrays = BTreeMap::new();
        for _ in 0..reader.number()? {
            let name_len = reader.number()?;
            let name = std::str::from_utf8(reader.take(name_len)?).map_err(|e| e.to_string())?.to_owned();
            let array = reader.array(&name)?;
            arrays.insert(name, array);
        }
        if reader.rest.is_empty() { Ok(Self { arrays }) } else { Err(format!("{} bytes too many", reader.rest.len())) }
    }

    /// An array by name, with the number of axes it must have.
    ///
    /// # Errors
    /// A phrase that names the array where it is missing or has another number of axes.
    pub fn get(&self, name: &str, axes: usize) -> Result<&Array, String> {
        let array = self.arrays.get(name).ok_or_else(|| format!("the array {name} is missing"))?;
        if array.shape.len() == axes {
            Ok(array)
        } else {
            Err(format!("the array {name} has {} axes, not {axes}", array.shape.len()))
        }
    }

    /// Whether there is an array of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| "they end too early".to_owned())?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize, String> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| "they end too early")?) as usize)
    }

    fn array(&mut self, name: &str) -> Result<Array, String> {
        let axes = self.number()?;
        if !(1..=4).contains(&axes) {
            return Err(format!("the array {name} has {axes} axes"));
        }
        let shape = (0..axes).map(|_| self.number()).collect::<Result<Vec<_>, _>>()?;
        let count = shape.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis));
        let count =
            count.filter(|count| *count <= VALUES_MAX).ok_or_else(|| format!("the array {name} is too large"))?;
        let values: Vec<f32> =
            self.take(count * 4)?.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(format!("number {index} of the array {name} is not finite")),
            None => Ok(Array { shape, values }),
        }
    }
}
