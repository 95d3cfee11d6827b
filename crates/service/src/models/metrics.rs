//! How well a model did: figures by data set, as whoever measured them says.

use std::collections::BTreeMap;

use serde_json::{Value as Document, json};

use crate::{Error, FieldError, Result};

/// Data sets a model may have figures of.
const SETS_MAX: usize = 50;
/// Most figures of one data set.
pub const FIGURES_MAX: usize = 100;
/// Longest name of a figure or a data set, characters.
pub const FIGURE_CHARS_MAX: usize = 64;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 1000;

/// Figures of one data set; they take the place of earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMetrics {
    /// What it was measured on, such as `real_dev`.
    pub data: String,
    /// Figures by name, such as `f_five`.
    pub values: BTreeMap<String, f64>,
    /// How they were measured, for people.
    pub note: Option<String>,
}

/// The figures with these among them.
pub(super) fn with(before: Option<&Document>, new: NewMetrics) -> Result<Document> {
    let refuse = |field: &str, message: String| Err(Error::Invalid(vec![FieldError::body(field, "too_long", message)]));
    let named = |name: &str| !name.trim().is_empty() && name.chars().count() <= FIGURE_CHARS_MAX;
    if !named(&new.data) {
        return refuse("data", format!("a name has 1 to {FIGURE_CHARS_MAX} characters"));
    }
    if new.values.is_empty() || new.values.len() > FIGURES_MAX || !new.values.keys().all(|name| named(name)) {
        return refuse(
            "values",
            format!("1 to {FIGURES_MAX} figures with names of 1 to {FIGURE_CHARS_MAX} characters"),
        );
    }
    if new.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return refuse("note", format!("a note has at most {NOTE_CHARS_MAX} characters"));
    }
    let mut all = before.and_then(Document::as_object).cloned().unwrap_or_default();
    let measured_at = store::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    all.insert(new.data, json!({ "values": new.values, "note": new.note, "measured_at": measured_at }));
    if all.len() > SETS_MAX {
        let message = format!("a model has figures of at most {SETS_MAX} sets of recordings");
        return Err(Error::Invalid(vec![FieldError::body("data", "rule", message)]));
    }
    Ok(Document::Object(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(data: &str) -> NewMetrics {
        NewMetrics { data: data.to_owned(), values: [("f_five".to_owned(), 0.8)].into(), note: None }
    }

    #[test]
    fn figures_of_a_set_take_the_place_of_earlier_ones_and_there_are_so_many_sets() {
        let mut all = with(None, new("real")).unwrap();
        all = with(Some(&all), NewMetrics { values: [("f_five".to_owned(), 0.9)].into(), ..new("real") }).unwrap();
        assert_eq!(all["real"]["values"]["f_five"], 0.9);
        for number in 1..SETS_MAX {
            all = with(Some(&all), new(&format!("set {number}"))).unwrap();
        }
        assert!(matches!(with(Some(&all), new("one more")), Err(Error::Invalid(_))));
        assert!(matches!(with(None, new(" ")), Err(Error::Invalid(_))));
    }
}
