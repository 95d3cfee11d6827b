//! Names of recordings and other words about them: what is taken, and that no two live ones of a user share a name.

use store::videos as rows;
use uuid::Uuid;

use super::Revision;
use crate::error::{FieldError, refusal};
use crate::{Error, Result};

/// Endings of file names that are taken; the content is looked at all the same.
pub const EXTENSIONS: [&str; 14] =
    ["mp4", "m4v", "mov", "avi", "mkv", "webm", "wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac"];

/// Longest file name, bytes.
const FILENAME_BYTES_MAX: usize = 255;
/// Longest title, characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// Most tags of a recording.
pub const TAGS_MAX: usize = 20;
/// Longest tag, characters.
pub const TAG_CHARS_MAX: usize = 40;

fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// The last part of a name, without anything that could mean a folder or not be printed.
///
/// # Errors
/// `Unsupported` when nothing is left or the ending is not one of a recording.
pub(crate) fn clean_filename(sent: &str) -> Result<String> {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim().trim_start_matches('.');
    let ending = ending(name);
    if name.len() > FILENAME_BYTES_MAX {
        let message = format!("a file name has at most {FILENAME_BYTES_MAX} bytes");
        return Err(Error::Invalid(vec![FieldError::body("file", "too_long", message)]));
    }
    if !EXTENSIONS.contains(&ending.as_str()) {
        return Err(Error::Unsupported(refusal(
            "media_type_unsupported",
            format!("Files ending in {ending:?} are not taken."),
            format!("Send one of: {}.", EXTENSIONS.join(", ")),
        )));
    }
    Ok(name.to_owned())
}

/// Checks what an owner wants to change, and tidies it: spaces at the ends, tags that are there twice.
pub(super) fn check(old_filename: &str, revision: &mut Revision) -> Result<()> {
    let mut wrong = Vec::new();
    if let Some(filename) = &mut revision.filename {
        *filename = filename.trim().to_owned();
        wrong.extend(wrong_filename(old_filename, filename));
    }
    if let Some(Some(title)) = &mut revision.title {
        *title = title.trim().to_owned();
        if title.chars().count() > TITLE_CHARS_MAX || title.chars().any(char::is_control) {
            let message = format!("a title is one line of at most {TITLE_CHARS_MAX} characters");
            wrong.push(FieldError::body("title", "value_error", message));
        }
    }
    if matches!(&revision.title, Some(Some(title)) if title.is_empty()) {
        revision.title = Some(None);
    }
    if let Some(tags) = &mut revision.tags {
        wrong.extend(tidy_tags(tags));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

fn wrong_filename(old: &str, new: &str) -> Option<FieldError> {
    let mut kind = "value_error";
    let message = if new.is_empty() || new.starts_with('.') || new.len() > FILENAME_BYTES_MAX {
        format!("a file name has 1 to {FILENAME_BYTES_MAX} bytes and does not begin with a dot")
    } else if new.contains(['/', '\\']) || new.chars().any(char::is_control) {
        "a file name has no slashes and nothing that cannot be printed".to_owned()
    } else if ending(new) != ending(old) {
        kind = "rule";
        format!("the name keeps its ending, .{}", ending(old))
    } else {
        return None;
    };
    Some(FieldError::body("filename", kind, message))
}

/// Whether a tag may hold it. The OpenAPI document says the same as a pattern that every reader of patterns knows, which is why
/// it asks for no class of letters.
fn fits_a_tag(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || " -_&+#'.".contains(letter);
    }
    !letter.is_control() && !letter.is_whitespace()
}

fn tidy_tags(tags: &mut Vec<String>) -> Option<FieldError> {
    if tags.len() > TAGS_MAX {
        let message = format!("a recording has at most {TAGS_MAX} tags");
        return Some(FieldError::body("tags", "too_long", message));
    }
    let mut tidy: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| tag.trim()) {
        let fits = (1..=TAG_CHARS_MAX).contains(&tag.chars().count());
        if !fits || !tag.chars().all(fits_a_tag) {
            let message =
                format!("a tag has 1 to {TAG_CHARS_MAX} characters of any language, of signs in ASCII - _ & + # ' .");
            return Some(FieldError::body("tags", "value_error", message));
        }
        if !tidy.iter().any(|seen| seen == tag) {
            tidy.push(tag.to_owned());
        }
    }
    *tags = tidy;
    None
}

/// The refusal of a name that another recording has.
pub(super) fn taken(filename: &str) -> Error {
    Error::Conflict(refusal(
        "name_taken",
        format!("Another recording of yours is called {filename}."),
        "Rename one of them.",
    ))
}

/// The name itself, or with a number where the user has a live recording called so. The account is locked.
pub(super) async fn free_name(tx: &impl store::Rows, user_id: Uuid, filename: &str) -> Result<String> {
    if !rows::name_taken(tx, user_id, filename).await? {
        return Ok(filename.to_owned());
    }
    let (stem, ending) = filename.rsplit_once('.').unwrap_or((filename, ""));
    let near = rows::names_beginning(tx, user_id, stem).await?;
    // Among one more number than names there is a free one.
    let numbered = (2..near.len() + 3).map(|number| format!("{stem} ({number}).{ending}"));
    let free = numbered.into_iter().find(|name| !near.contains(name));
    free.ok_or_else(|| taken(filename))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_their_folders_and_keep_their_ending() {
        assert_eq!(clean_filename("../../../tmp/evil.mp4").unwrap(), "evil.mp4");
        assert_eq!(clean_filename("C:\\clips\\Take 2.MOV").unwrap(), "Take 2.MOV");
        assert_eq!(clean_filename("..\u{0}.hidden.webm").unwrap(), "hidden.webm");
        for name in ["notes.txt", "mp4", ".mp4", "", "clip.mp4/"] {
            assert!(clean_filename(name).is_err(), "{name}");
        }
    }

    fn revised(filename: &str, tags: &[&str]) -> Result<Revision> {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let mut revision = Revision { filename: Some(filename.to_owned()), tags: Some(tags), ..Revision::default() };
        check("take.mp4", &mut revision)?;
        Ok(revision)
    }

    #[test]
    fn a_tag_is_of_any_language() {
        for fits in ["Übung 3", "練習", "fill-in_#2 & 'ghosts' v1.0+", "🥁", " blank around "] {
            assert_eq!(tidy_tags(&mut vec![fits.to_owned()]), None, "{fits}");
        }
        for refused in ["", "  ", "a,b", "a/b", "<b>", "a\u{7}b", "a\u{2003}b", "a\u{85}b", "\u{0}"] {
            assert!(tidy_tags(&mut vec![refused.to_owned()]).is_some(), "{refused:?}");
        }
    }

    #[test]
    fn a_new_name_keeps_its_ending_and_tags_are_there_once() {
        let revision = revised(" take two.MP4 ", &["rock", " rock", "R&B"]).unwrap();
        assert_eq!(revision.filename.as_deref(), Some("take two.MP4"));
        assert_eq!(revision.tags.unwrap(), ["rock", "R&B"]);
        for name in ["a/b.mp4", "..mp4", "take.mov", "take", "", "a\nb.mp4"] {
            assert!(revised(name, &[]).is_err(), "{name:?}");
        }
        for tag in ["", "\"", "a\tb", "%"] {
            assert!(revised("a.mp4", &[tag]).is_err(), "{tag:?}");
        }
    }
}
