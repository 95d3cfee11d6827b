//! The models this executable carries, and models in folders.

use anyhow::{Context, Result, bail};
use listen::separate::Separator;
use listen::{Model, ModelSet};
use std::path::Path;

/// An embedded model: name, card, weights.
type Embedded = (&'static str, &'static [u8], &'static [u8]);

/// The models in the executable, the default first.
const EMBEDDED: &[Embedded] = &[
    ("tcn", include_bytes!("../../../models/tcn/model.toml"), include_bytes!("../../../models/tcn/model.onnx")),
    (
        "classic",
        include_bytes!("../../../models/classic/model.toml"),
        include_bytes!("../../../models/classic/weights.bin"),
    ),
];

/// Names of the models in the executable, the default first.
pub(crate) fn names() -> Vec<&'static str> {
    EMBEDDED.iter().map(|(name, ..)| *name).collect()
}

/// The model of a name, or of a folder that holds `model.toml` and `model.onnx` or `weights.bin`; the default where nothing
/// is said.
pub(crate) fn load(wanted: Option<&str>) -> Result<ModelSet> {
    let wanted = wanted.unwrap_or(EMBEDDED[0].0);
    if let Some((_, card, weights)) = EMBEDDED.iter().find(|(name, ..)| *name == wanted) {
        return Ok(ModelSet::single(card, weights));
    }
    let folder = Path::new(wanted);
    if !folder.is_dir() {
        bail!(
            "there is no model {wanted:?}; there is {}, or name a folder with model.toml and model.onnx or weights.bin",
            names().join(", ")
        );
    }
    Ok(ModelSet { models: vec![files(folder)?] })
}

/// What takes recordings apart: `masks`, or the network in a folder that holds `model.toml` and `model.onnx`.
pub(crate) fn separator(wanted: &str) -> Result<Separator> {
    if wanted == MASKS {
        return Ok(Separator::default());
    }
    let folder = Path::new(wanted);
    if !folder.is_dir() {
        bail!("there is no separator {wanted:?}; there is {MASKS}, or name a folder with model.toml and model.onnx");
    }
    Separator::of_model(&files(folder)?).context("the separator cannot be used")
}

/// The separator that needs no weights.
const MASKS: &str = "masks";

/// Card and weights in a folder.
fn files(folder: &Path) -> Result<Model> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("the model file {} cannot be read", path.display()))
    };
    let weights = if folder.join("model.onnx").is_file() { "model.onnx" } else { "weights.bin" };
    Ok(Model { card: read("model.toml")?, weights: read(weights)? })
}
