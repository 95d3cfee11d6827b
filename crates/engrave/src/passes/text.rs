//! Words of any length made to fit: shrunk, broken into lines, cut off with an ellipsis.

use crate::font;
use crate::mark::Face;

/// Most characters of a line.
const CHARACTERS_MAX: usize = 500;

/// Breaks a text into at most `lines_max` lines of `width` staff spaces; what is left over ends in an ellipsis.
pub(crate) fn wrapped(text: &str, face: Face, size: f64, width: f64, lines_max: usize) -> Vec<String> {
    let fits = |line: &str| font::text_width(line, face, size) <= width;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        // A word wider than the page is broken wherever the line ends.
        for character in word.chars() {
            line.push(character);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(character);
            }
            if lines.len() > lines_max {
                break;
            }
        }
        if lines.len() > lines_max {
            break;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(last) = lines.last_mut() {
            last.push('…');
            *last = cut(last, face, size, width);
        }
    }
    lines
}

/// One line of at most `width`, cut off with an ellipsis where it is longer.
pub(crate) fn cut(text: &str, face: Face, size: f64, width: f64) -> String {
    if font::text_width(text, face, size) <= width {
        return text.to_owned();
    }
    // More characters than any line holds need not be tried one by one.
    let mut kept: Vec<char> = text.trim_end_matches('…').chars().take(CHARACTERS_MAX).collect();
    loop {
        let shown: String = kept.iter().chain(&['…']).collect();
        if kept.is_empty() || font::text_width(&shown, face, size) <= width {
            return shown;
        }
        kept.pop();
    }
}
