//! Tells from the first bytes what a file is, before any decoder sees it.
//!
//! Content decides, never the name. What is not a known container is refused, playlists and texts above all: a decoder
//! that followed one would open what the playlist names.
//!
//! Sources: ISO/IEC 14496-12 (`ftyp`), RFC 8794 (EBML), RFC 3533 (Ogg), ISO/IEC 11172-3 (MPEG audio frames),
//! ISO/IEC 13818-7 (ADTS), the RIFF and ID3v2 descriptions.

use crate::container::Container;
use crate::error::{Error, Result};

/// As many first bytes as [`sniff`] likes to have; fewer will often do.
pub const SNIFF_BYTES: usize = 8192;

/// What the file that begins with `head` is.
///
/// # Errors
/// [`Error::Unsupported`] naming what it is instead.
pub fn sniff(head: &[u8]) -> Result<Container> {
    let known = [mpeg4, riff, matroska, ogg, raw_audio];
    match known.iter().find_map(|look| look(head)) {
        Some(container) => Ok(container),
        None => Err(Error::Unsupported { found: what_else(head) }),
    }
}

/// MPEG-4 and QuickTime: a box of a known kind at the start. Still pictures in the same wrapping are left out.
fn mpeg4(head: &[u8]) -> Option<Container> {
    let kind = head.get(4..8)?;
    match kind {
        b"ftyp" => {}
        // QuickTime before it had `ftyp`.
        b"moov" | b"mdat" | b"wide" | b"pnot" => return Some(Container::Mov),
        _ => return None,
    }
    match head.get(8..12)? {
        b"qt  " => Some(Container::Mov),
        b"M4A " | b"M4B " => Some(Container::M4a),
        b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"avif" | b"avis" | b"crx " | b"jp2 " => None,
        _ => Some(Container::Mp4),
    }
}

fn riff(head: &[u8]) -> Option<Container> {
    match (head.get(..4)?, head.get(8..12)?) {
        (b"RIFF", b"AVI ") => Some(Container::Avi),
        (b"RIFF" | b"RF64" | b"BW64", b"WAVE") => Some(Container::Wav),
        _ => None,
    }
}

/// EBML with a document type that is Matroska or WebM.
fn matroska(head: &[u8]) -> Option<Container> {
    let mut rest = head.strip_prefix(&[0x1A, 0x45, 0xDF, 0xA3])?;
    let size = ebml_size(&mut rest)?;
    let mut header = rest.get(..usize::try_from(size).ok()?.min(rest.len()))?;
    loop {
        // All elements of the header have ids of two bytes, but for CRC-32 and Void with one.
        let id = match header.first()? {
            0xBF | 0xEC => u16::from(take(&mut header, 1)?[0]),
            _ => u16::from_be_bytes(take(&mut header, 2)?.try_into().ok()?),
        };
        let size = usize::try_from(ebml_size(&mut header)?).ok()?;
        let value = take(&mut header, size)?;
        if id == 0x4282 {
            return match value.split(|&byte| byte == 0).next()? {
                b"webm" => Some(Container::Webm),
                b"matroska" => Some(Container::Mkv),
                _ => None,
            };
        }
    }
}

/// A length of EBML: as many bytes as the first has leading zeros, and one.
fn ebml_size(rest: &mut &[u8]) -> Option<u64> {
    let first = *rest.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return None;
    }
    let bytes = take(rest, length)?;
    let marker = 0x80_u64 >> (length - 1) << (8 * (length - 1));
    Some(bytes.iter().fold(0_u64, |size, &byte| size << 8 | u64::from(byte)) ^ marker)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

/// Ogg; the first packet tells what is in it.
fn ogg(head: &[u8]) -> Option<Container> {
    if !head.starts_with(b"OggS") || *head.get(4)? != 0 {
        return None;
    }
    let segments = usize::from(*head.get(26)?);
    let packet = head.get(27 + segments..)?;
    let known: [&[u8]; 5] = [b"\x01vorbis", b"\x7fFLAC", b"\x80theora", b"fishead", b"Speex   "];
    if packet.starts_with(b"OpusHead") {
        Some(Container::Opus)
    } else {
        known.iter().any(|magic| packet.starts_with(magic)).then_some(Container::Ogg)
    }
}

/// Sound without a wrapping: FLAC, MP3 with or without tag, ADTS.
fn raw_audio(head: &[u8]) -> Option<Container> {
    if head.starts_with(b"fLaC") {
        return Some(Container::Flac);
    }
    if head.starts_with(b"ID3") {
        return id3(head);
    }
    mpeg_frames(head)
}

/// What follows an ID3v2 tag; MP3 where that lies beyond the bytes at hand (cover pictures are large).
fn id3(head: &[u8]) -> Option<Container> {
    let size = head.get(6..10)?;
    if size.iter().any(|&byte| byte > 0x7F) {
        return None;
    }
    let size = size.iter().fold(0_usize, |sum, &byte| sum << 7 | usize::from(byte));
    match head.get(10 + size..) {
        Some(sound) if sound.starts_with(b"fLaC") => Some(Container::Flac),
        Some(sound) if sound.len() >= 4 => mpeg_frames(sound).or(Some(Container::Mp3)),
        _ => Some(Container::Mp3),
    }
}

/// Frames of MP3 or ADTS: a header that holds together, and a second one where the first says it is.
fn mpeg_frames(head: &[u8]) -> Option<Container> {
    let (container, length) = mp3_frame(head).map(|length| (Container::Mp3, length)).or_else(|| {
        let length = adts_frame(head)?;
        Some((Container::Aac, length))
    })?;
    let next = head.get(length..).filter(|next| next.len() >= 7)?;
    let again = match container {
        Container::Mp3 => mp3_frame(next),
        _ => adts_frame(next),
    };
    again.map(|_| container)
}

/// Length in bytes of an MPEG audio layer III frame.
fn mp3_frame(head: &[u8]) -> Option<usize> {
    const KBITS: [[usize; 14]; 2] = [
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    const RATES_HZ: [usize; 3] = [44_100, 48_000, 32_000];
    let &[first, second, third, _] = head.first_chunk::<4>()?;
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    if first != 0xFF || second & 0xE0 != 0xE0 || version == 1 || layer != 1 {
        return None;
    }
    let (low, divisor) = match version {
        3 => (0, 1),
        2 => (1, 2),
        _ => (1, 4),
    };
    let kbits = KBITS[low].get(usize::from(third >> 4).checked_sub(1)?)?;
    let rate_hz = RATES_HZ.get(usize::from(third >> 2 & 3))? / divisor;
    let samples = if low == 0 { 1152 } else { 576 };
    Some(samples / 8 * kbits * 1000 / rate_hz + usize::from(third >> 1 & 1))
}

/// Length in bytes of an ADTS frame.
fn adts_frame(head: &[u8]) -> Option<usize> {
    let header = head.first_chunk::<7>()?;
    if header[0] != 0xFF || header[1] & 0xF6 != 0xF0 || header[2] >> 2 & 0xF > 12 {
        return None;
    }
    let length = usize::from(header[3] & 3) << 11 | usize::from(header[4]) << 3 | usize::from(header[5] >> 5);
    (length >= 7).then_some(length)
}

/// In words, with article, what a refused file is.
fn what_else(head: &[u8]) -> String {
    let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head).trim_ascii_start();
    if head.is_empty() {
        "an empty file".into()
    } else if text.starts_with(b"#EXT") || text.starts_with(b"ffconcat") || text.starts_with(b"[playlist]") {
        "a playlist".into()
    } else if let Some(kind) = infer::get(head) {
        format!("a file of the type {}", kind.mime_type())
    } else if is_text(head) {
        "a text".into()
    } else {
        "a file of an unknown kind".into()
    }
}

/// Whether all is UTF-8 without control characters; a character cut at the end is no offence.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}
