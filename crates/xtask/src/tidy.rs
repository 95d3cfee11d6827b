//! House rules, checked on the files as they are: edges between crates, purity, headers, lengths.
//!
//! A rule that cannot be checked here is a recommendation; one that can is kept. Findings name file and line.

mod edges;
mod sources;

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// All findings, one line each, in order of files.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for folder in folders(&root.join("crates"))? {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let manifest = read(&folder.join("Cargo.toml"))?;
        findings.extend(edges::check(&name, &manifest)?);
        for path in rust_files(&folder)? {
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string().replace("../../", "");
            let in_source = path.starts_with(folder.join("src"));
            findings.extend(sources::check(&name, &shown, in_source, &read(&path)?));
        }
        findings.extend(crate_root(&name, &folder)?);
    }
    findings.extend(decisions(&root.join("docs/decisions"))?);
    Ok(findings)
}

/// The root module of a pure crate denies missing documentation.
fn crate_root(name: &str, folder: &Path) -> Result<Option<String>> {
    if !edges::PURE.contains(&name) {
        return Ok(None);
    }
    let text = read(&folder.join("src/lib.rs"))?;
    let denies = text.contains("#![deny(missing_docs)]");
    Ok((!denies).then(|| format!("crates/{name}/src/lib.rs: a pure crate denies missing_docs")))
}

/// Decision notes are numbered without gaps or doubles and say their status.
fn decisions(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    names.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    names.sort();
    let mut findings = Vec::new();
    for (number, path) in (1..).zip(&names) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.starts_with(&format!("{number:04}-")) {
            findings.push(format!("docs/decisions/{name}: expected number {number:04}"));
        }
        if !read(path)?.lines().any(|line| line.starts_with("Status: ")) {
            findings.push(format!("docs/decisions/{name}: has no line `Status: ...`"));
        }
    }
    Ok(findings)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = fs::read_dir(parent)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    folders.retain(|path| path.join("Cargo.toml").is_file());
    folders.sort();
    Ok(folders)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let findings = super::check(&crate::root()).unwrap();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}
