//! Which crate may see which: the floor plan of ARCHITECTURE.md as data.
//!
//! A new edge is a line here and a note in docs/decisions/.

use anyhow::{Context, Result};

/// Crates without files, network, clock, environment, async or chance.
pub(super) const PURE: &[&str] = &["drums", "listen", "score", "engrave", "export", "transcribe", "evaluate"];

/// Each crate and the crates of ours that it may see outside its tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("drums", &[]),
    ("media", &["drums"]),
    ("listen", &["drums"]),
    ("score", &["drums"]),
    ("engrave", &["drums", "score"]),
    ("export", &["drums", "score", "engrave"]),
    ("transcribe", &["drums", "listen", "score"]),
    ("evaluate", &["drums", "score"]),
    ("store", &[]),
    ("service", &["drums", "listen", "store", "media", "transcribe", "export", "score"]),
    ("api", &["service", "drums", "export", "media", "store"]),
    (
        "cli",
        &[
            "api",
            "service",
            "store",
            "media",
            "transcribe",
            "export",
            "engrave",
            "score",
            "listen",
            "evaluate",
            "drums",
        ],
    ),
    ("testkit", &["drums"]),
    ("xtask", &[]),
];

/// Edges of one crate's manifest that the floor plan does not have.
pub(super) fn check(name: &str, manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table =
        manifest.parse().with_context(|| format!("crates/{name}/Cargo.toml is not valid TOML"))?;
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return Ok(vec![format!("crates/{name}: not on the floor plan in xtask/src/tidy/edges.rs")]);
    };
    let mut findings = Vec::new();
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    for dependency in dependencies.into_iter().flat_map(toml::Table::keys) {
        let ours = ALLOWED.iter().any(|(known, _)| known == dependency) || dependency == "backbeat";
        if ours && !allowed.contains(&dependency.as_str()) {
            findings.push(format!("crates/{name}: may not see crates/{dependency}"));
        }
    }
    if manifest.get("lints").is_none() {
        findings.push(format!("crates/{name}/Cargo.toml: has no [lints]"));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_is_not_on_the_plan_is_found() {
        let manifest = "[lints]\nworkspace = true\n[dependencies]\ndrums.workspace = true\nlisten.workspace = true\n";
        assert_eq!(check("score", manifest).unwrap(), ["crates/score: may not see crates/listen"]);
    }
}
