//! Draws the gallery of the tests, to look at: `cargo run -p export --example gallery -- FOLDER [PICTURE...]` writes
//! FOLDER/PICTURE-PAGE.png for every page, and FOLDER/PICTURE.svg.

#![expect(clippy::unwrap_used, reason = "the pictures come from the tests")]
#![allow(dead_code, reason = "the tests use more")]

#[path = "../tests/it/gallery.rs"]
mod gallery;
#[path = "../tests/it/scores.rs"]
mod scores;

use export::{Material, Options, find, write};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, wanted @ ..] = arguments.as_slice() else {
        return Err("expected a folder".into());
    };
    for picture in gallery::pictures().iter().filter(|picture| wanted.is_empty() || wanted.contains(&picture.name)) {
        let material = Material::new(&picture.performance, &picture.score);
        let file = |format: &str, options: &Options| write(find(format)?, &material, options);
        let path = |ending: String| Path::new(folder).join(format!("{}{ending}", picture.name));
        for page in 1..=material.pages(&picture.options) {
            let options = Options { page: Some(page), ..picture.options.clone() };
            std::fs::write(path(format!("-{page}.png")), file("png", &options)?)?;
        }
        std::fs::write(path(".svg".to_owned()), file("svg", &picture.options)?)?;
    }
    Ok(())
}
