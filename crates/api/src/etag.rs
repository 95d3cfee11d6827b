//! Whether a client has a content already: `If-None-Match`.
//!
//! Source: RFC 9110, section 13.1.2; tags are compared weakly, and several headers are as good as one.

use axum::http::header::{self, HeaderMap, HeaderValue};

/// Whether the client says that it has this content.
pub(crate) fn has_already(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| names(tags, etag))
}

/// Whether one `If-None-Match` names a tag.
pub(crate) fn names(tags: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(tags), Ok(ours)) = (tags.to_str(), etag.to_str()) else { return false };
    let bare = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    tags.split(',').map(str::trim).any(|tag| tag == "*" || bare(tag) == bare(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_others_weak_or_not() {
        let ours = HeaderValue::from_static("\"abc\"");
        for (tags, same) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("*", true),
            ("\"x\"", false),
            ("", false),
        ] {
            assert_eq!(names(&HeaderValue::from_static(tags), &ours), same, "{tags}");
        }
        assert!(names(&HeaderValue::from_static("\"abc\""), &HeaderValue::from_static("W/\"abc\"")));
        let mut asked = HeaderMap::new();
        asked.append(header::IF_NONE_MATCH, HeaderValue::from_static("\"x\""));
        assert!(!has_already(&asked, &ours));
        asked.append(header::IF_NONE_MATCH, HeaderValue::from_static("\"abc\""));
        assert!(has_already(&asked, &ours));
    }
}
