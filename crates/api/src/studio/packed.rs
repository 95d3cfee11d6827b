//! Files of the page as they travel: compressed for whoever takes that, once in the life of a process.
//!
//! Conventions: the coding is `deflate`, which is the zlib format (RFC 1950). Pictures are small already and go as they are.
//!
//! Source: RFC 9110, section 8.4.1.2 (the coding) and 12.5.3 (who takes it).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};

/// From 0, quick, to 10, small.
const LEVEL: u8 = 9;

/// A file as it is and compressed.
type Packed = (Cow<'static, [u8]>, Arc<[u8]>);

/// The file, compressed where the client takes it so and that is worth it.
pub(super) fn answer(request: &HeaderMap, name: &str, bytes: Cow<'static, [u8]>) -> Response {
    let worth = !name.ends_with(".png");
    let mut response = if worth && takes_deflate(request) {
        let mut response = compressed(name, bytes).to_vec().into_response();
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("deflate"));
        response
    } else {
        bytes.into_owned().into_response()
    };
    if worth {
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// What was compressed before is given again unless the file is another one now, which only happens while it is written.
fn compressed(name: &str, bytes: Cow<'static, [u8]>) -> Arc<[u8]> {
    static KEPT: LazyLock<Mutex<HashMap<String, Packed>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, packed)) = kept.get(name).filter(|(as_it_was, _)| *as_it_was == bytes) {
        return Arc::clone(packed);
    }
    let packed: Arc<[u8]> = miniz_oxide::deflate::compress_to_vec_zlib(&bytes, LEVEL).into();
    kept.insert(name.to_owned(), (bytes, Arc::clone(&packed)));
    packed
}

/// Whether the client takes `deflate`; what it gives the weight 0 it does not take.
fn takes_deflate(request: &HeaderMap) -> bool {
    let lists = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let refused = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()) == Some(0.0_f32);
        name.trim().eq_ignore_ascii_case("deflate") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_is_what_is_taken_so_and_worth_it() {
        let taking = |list: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(list));
            headers
        };
        for (list, taken) in [
            ("gzip, deflate, br", true),
            ("Deflate;q=0.5", true),
            ("deflate;q=0, gzip", false),
            ("gzip", false),
            ("", false),
        ] {
            let answer = answer(&taking(list), "js/a.js", Cow::Borrowed(b"one one one one"));
            assert_eq!(answer.headers().contains_key(header::CONTENT_ENCODING), taken, "{list}");
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        }
        let picture = answer(&taking("deflate"), "icons/a.png", Cow::Borrowed(b"one"));
        assert!(!picture.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[test]
    fn another_file_of_the_same_name_is_compressed_anew() {
        for text in ["one one one", "two two two"] {
            let packed = compressed("js/changes.js", Cow::Borrowed(text.as_bytes()));
            assert_eq!(miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap(), text.as_bytes());
        }
    }
}
