//! Rules on single source files.

use super::edges::PURE;

/// Longest line in columns: code ends at 120 by rustfmt, a comment may need a word more.
const LINE_COLUMNS_MAX: usize = 130;
/// Longest file in lines; a table or one hard algorithm may be this long, the rest is split earlier.
const FILE_LINES_MAX: usize = 800;
/// Longest function in lines.
const FUNCTION_LINES_MAX: usize = 80;

/// What a pure crate must not name.
const IMPURE: &[&str] =
    &["std::fs", "std::net", "std::process", "std::env", "SystemTime", "Instant", "tokio", "rand::rng()", "thread_rng"];

/// Words that belong to one crate: word, the crate.
const OWNED: &[(&str, &str)] =
    &[("StatusCode", "api"), ("HeaderMap", "api"), ("ExitCode", "cli"), ("process::exit", "cli")];

/// Findings in one file. `in_source` is false for tests, benches and examples.
pub(super) fn check(name: &str, path: &str, in_source: bool, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        findings.push(format!("{path}:1: begins without a `//!` header"));
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        findings.push(format!("{path}: has {lines} lines, up to {FILE_LINES_MAX} are allowed"));
    }
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let columns = line.chars().count();
        if columns > LINE_COLUMNS_MAX {
            findings.push(format!("{path}:{number}: {columns} columns, up to {LINE_COLUMNS_MAX} are allowed"));
        }
        let code = line.split("//").next().unwrap_or_default();
        if in_source {
            findings.extend(words(name, code).map(|why| format!("{path}:{number}: {why}")));
        }
    }
    findings.extend(long_functions(text).map(|(number, length)| {
        format!("{path}:{number}: function of {length} lines, up to {FUNCTION_LINES_MAX} are allowed")
    }));
    findings
}

/// Words in a line of code that do not belong into the crate.
fn words<'a>(name: &'a str, code: &'a str) -> impl Iterator<Item = String> + 'a {
    let pure = PURE.contains(&name);
    let impure = IMPURE.iter().filter(move |word| pure && has_word(code, word));
    let impure = impure.map(move |word| format!("`{word}` in the pure crate {name}"));
    // The tasks for developers are a program of their own, and media starts programs but never ends ours.
    let owned = OWNED.iter().filter(move |(word, owner)| name != *owner && name != "xtask" && has_word(code, word));
    impure.chain(owned.map(|(word, owner)| format!("`{word}` belongs to the crate {owner}")))
}

/// Whether a word stands in code on its own, not as part of a longer name.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_part);
        let after = code[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

/// Functions that are too long: line they begin at, length. Relies on rustfmt: a function ends at the first `}` that
/// stands as far in as its first line.
fn long_functions(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let starts = [
            "fn ",
            "pub fn ",
            "pub(crate) fn ",
            "pub(super) fn ",
            "const fn ",
            "pub const fn ",
            "async fn ",
            "pub async fn ",
        ];
        if !starts.iter().any(|start| line.trim_start().starts_with(start)) {
            continue;
        }
        let end = format!("{}}}", &line[..indent]);
        if let Some(length) = lines[index..].iter().position(|line| *line == end).filter(|l| *l > FUNCTION_LINES_MAX) {
            found.push((index + 1, length + 1));
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_its_breach() {
        let bad = format!("use std::fs;\nfn long() {{\n{}}}\n// {}\n", "    x();\n".repeat(90), "x".repeat(130));
        let findings = check("score", "f.rs", true, &bad).join("\n");
        for sign in ["header", "std::fs", "function of 92 lines", "133 columns"] {
            assert!(findings.contains(sign), "{sign} is missing from:\n{findings}");
        }
        assert!(
            check("service", "f.rs", true, "//! x\nuse http::StatusCode;\n")[0].contains("belongs to the crate api")
        );
    }

    #[test]
    fn a_good_file_passes_and_comments_may_say_anything() {
        assert!(check("score", "f.rs", true, "//! Ok.\n// Instant noodles\nfn instantly() {}\n").is_empty());
    }
}
