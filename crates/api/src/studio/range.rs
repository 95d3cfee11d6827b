//! Bytes in memory, whole or a part of them: players ask for parts to jump.

use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// The part of `bytes` that the request asks for (RFC 9110, one range of bytes), otherwise all of them.
pub(super) fn answer(request: &HeaderMap, bytes: &'static [u8], media_type: &'static str) -> Response {
    let length = bytes.len();
    let asked = request.get(header::RANGE).and_then(|value| value.to_str().ok());
    let mut response = match asked.and_then(|asked| part(asked, length)) {
        None => bytes.into_response(),
        Some(None) => {
            let mut refused = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            content_range(&mut refused, &format!("bytes */{length}"));
            refused
        }
        Some(Some((first, last))) => {
            let mut some = (StatusCode::PARTIAL_CONTENT, &bytes[first..=last]).into_response();
            content_range(&mut some, &format!("bytes {first}-{last}/{length}"));
            some
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn content_range(response: &mut Response, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

/// First and last byte. `None` where the header is to be passed over, `Some(None)` where no byte is in the range.
fn part(asked: &str, length: usize) -> Option<Option<(usize, usize)>> {
    let (first, last) = asked.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    let end = length.checked_sub(1);
    if first.is_empty() {
        let suffix: usize = last.parse().ok()?;
        return Some(end.filter(|_| suffix > 0).map(|end| (length.saturating_sub(suffix), end)));
    }
    let first: usize = first.parse().ok()?;
    let last: usize = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    if last < first {
        return None;
    }
    Some(end.filter(|end| first <= *end).map(|end| (first, last.min(end))))
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(part("bytes=0-3", 10), Some(Some((0, 3))));
        assert_eq!(part("bytes=4-", 10), Some(Some((4, 9))));
        assert_eq!(part("bytes=4-99", 10), Some(Some((4, 9))));
        assert_eq!(part("bytes=-3", 10), Some(Some((7, 9))));
        assert_eq!(part("bytes=-30", 10), Some(Some((0, 9))));
        assert_eq!(part("bytes=10-", 10), Some(None));
        assert_eq!(part("bytes=-0", 10), Some(None));
        assert_eq!(part("bytes=0-", 0), Some(None));
        for passed_over in ["lines=1-2", "bytes=3-1", "bytes=0-1,4-5", "bytes=a-b", ""] {
            assert_eq!(part(passed_over, 10), None, "{passed_over}");
        }
    }
}
