//! Sending a stored file: whole, in part, or not at all where the client has it already.

use std::ops::Range;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use service::App;
use service::separations::Archive;
use service::videos::Download;
use utoipa::IntoParams;

use crate::etag::has_already;
use crate::problem::{self, Refused};

/// What a client is to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Save it.
    Attachment,
    /// Show it.
    Inline,
}

impl Disposition {
    /// With the name as RFC 6266 has it: plain letters for old programs, all of UTF-8 for the others.
    pub(crate) fn header(self, filename: &str) -> HeaderValue {
        let word = match self {
            Self::Attachment => "attachment",
            Self::Inline => "inline",
        };
        let plain: String = filename
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || " -_.".contains(letter) { letter } else { '_' })
            .collect();
        let full: String = filename
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        let value = format!("{word}; filename=\"{plain}\"; filename*=UTF-8''{full}");
        HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
    }
}

/// How to send a file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// To be shown or played in the page rather than saved.
    #[param(default = false)]
    inline: Option<bool>,
}

impl FileQuery {
    pub(crate) fn disposition(&self) -> Disposition {
        if self.inline.unwrap_or(false) { Disposition::Inline } else { Disposition::Attachment }
    }
}

/// What a client may say about the bytes it wants.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the headers; they are read one by one")]
pub(crate) struct FileHeaders {
    /// Which bytes.
    #[param(example = "bytes=0-1023")]
    range: Option<String>,
    /// An `ETag` you have.
    #[param(rename = "if-none-match")]
    if_none_match: Option<String>,
}

/// The bytes a client wants of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<u64>),
    /// Bytes there are none of.
    Nothing,
}

/// Answers with a file, as its headers ask for.
pub(crate) async fn send(
    app: &App,
    asked: &HeaderMap,
    file: &Download,
    disposition: Disposition,
) -> Result<Response, Refused> {
    let etag = etag(&file.version);
    if has_already(asked, &etag) {
        return Ok(not_modified(&etag));
    }
    let shown = disposition.header(&file.filename);
    if let Some(address) = file.signed_address(app, shown.to_str().unwrap_or("attachment")).await? {
        let mut moved = StatusCode::TEMPORARY_REDIRECT.into_response();
        moved
            .headers_mut()
            .insert(header::LOCATION, HeaderValue::from_str(&address).map_err(service::Error::internal)?);
        return Ok(moved);
    }
    let (status, bytes) = match wanted(asked, &etag, file.size_bytes) {
        Wanted::Nothing => return Ok(problem::no_such_bytes(file.size_bytes)),
        Wanted::All => (StatusCode::OK, 0..file.size_bytes),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
    };
    let mut response = Response::new(Body::from_stream(file.read(app, bytes.clone()).await?));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&file.media_type);
    headers.insert(header::CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.end - bytes.start));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_DISPOSITION, shown);
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", bytes.start, bytes.end - 1, file.size_bytes);
        headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&range).map_err(service::Error::internal)?);
    }
    Ok(response)
}

/// Answers with an archive, which is made while it is sent and so has no parts.
pub(crate) async fn send_archive(app: &App, asked: &HeaderMap, archive: &Archive) -> Result<Response, Refused> {
    let etag = etag(&archive.version);
    if has_already(asked, &etag) {
        return Ok(not_modified(&etag));
    }
    let mut response = Response::new(Body::from_stream(archive.read(app).await?));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(archive.size_bytes));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    headers.insert(header::CONTENT_DISPOSITION, Disposition::Attachment.header(&archive.filename));
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Answers with a small file that is in memory and stays as it is.
pub(crate) fn send_small(
    asked: &HeaderMap,
    sha256: &str,
    media_type: &'static str,
    bytes: axum::body::Bytes,
) -> Response {
    let etag = etag(sha256);
    if has_already(asked, &etag) {
        return not_modified(&etag);
    }
    let kept = HeaderValue::from_static("private, max-age=3600");
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, kept),
    ];
    (headers, bytes).into_response()
}

fn etag(sha256: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{sha256}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

fn not_modified(etag: &HeaderValue) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    response.headers_mut().insert(header::ETAG, etag.clone());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// What `Range` asks for. Several parts at once, and what is not understood, are answered with the whole file, as
/// RFC 9110 allows; so is a part of a file that changed since (`If-Range`).
fn wanted(asked: &HeaderMap, etag: &HeaderValue, size_bytes: u64) -> Wanted {
    let Some(range) = text(asked, header::RANGE) else { return Wanted::All };
    if text(asked, header::IF_RANGE).is_some_and(|tag| tag.as_bytes() != etag.as_bytes()) {
        return Wanted::All;
    }
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Wanted::All;
    };
    let number = |text: &str| text.parse::<u64>().ok();
    match (first, last) {
        ("", last) => match number(last) {
            None => Wanted::All,
            Some(0) => Wanted::Nothing,
            Some(length) => part(size_bytes.saturating_sub(length), size_bytes, size_bytes),
        },
        (first, "") => number(first).map_or(Wanted::All, |first| part(first, size_bytes, size_bytes)),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => part(first, last.saturating_add(1), size_bytes),
            _ => Wanted::All,
        },
    }
}

fn part(first: u64, end: u64, size_bytes: u64) -> Wanted {
    if first < size_bytes { Wanted::Part(first..end.min(size_bytes)) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        let etag = HeaderValue::from_static("\"a\"");
        for (range, expected) in [
            ("bytes=0-9", Wanted::Part(0..10)),
            ("bytes=90-", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=50-1000", Wanted::Part(50..100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=9-3", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("lines=1-2", Wanted::All),
            ("bytes=18446744073709551615-18446744073709551615", Wanted::Nothing),
        ] {
            assert_eq!(wanted(&asked(&[(header::RANGE, range)]), &etag, 100), expected, "{range}");
        }
        let other = asked(&[(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"b\"")]);
        assert_eq!(wanted(&other, &etag, 100), Wanted::All);
        assert_eq!(wanted(&asked(&[(header::RANGE, "bytes=0-")]), &etag, 0), Wanted::Nothing);
    }

    #[test]
    fn a_client_that_has_the_file_is_told_so() {
        let etag = HeaderValue::from_static("\"a\"");
        for (tags, same) in [("\"a\"", true), ("\"b\", W/\"a\"", true), ("*", true), ("\"b\"", false)] {
            assert_eq!(has_already(&asked(&[(header::IF_NONE_MATCH, tags)]), &etag), same, "{tags}");
        }
    }

    #[test]
    fn any_name_makes_a_header() {
        let value = Disposition::Attachment.header("Überlauf \"1\"\r\n.mid");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename=\"_berlauf _1___.mid\"; filename*=UTF-8''%C3%9Cberlauf%20%221%22%0D%0A.mid"
        );
    }
}
