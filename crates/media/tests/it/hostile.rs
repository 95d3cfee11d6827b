//! Files made to harm: nothing they name is opened, and nothing in them makes us panic or hang.

use crate::clips::{clip, decode_at, make, probe_at};
use media::{Channels, Container, sniff};
use proptest::prelude::*;
use std::net::TcpListener;
use std::path::Path;

proptest! {
    #[test]
    fn any_bytes_are_sniffed_without_panic(head in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Err(error) = sniff(&head) {
            prop_assert_eq!(error.code(), "media_unsupported");
        }
    }

    #[test]
    fn any_bytes_after_a_known_beginning_are_sniffed_without_panic(
        magic in prop::sample::select(MAGIC.to_vec()),
        rest in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let _ = sniff(&[magic, &rest].concat());
    }

    #[test]
    fn a_beginning_of_a_text_is_never_a_recording(text in "[ -~\n\u{e4}\u{1f941}]{1,200}") {
        // But for the few texts that begin as a tag of MP3 does.
        prop_assume!(!text.starts_with("ID3"));
        prop_assert!(sniff(text.as_bytes()).is_err());
    }
}

const MAGIC: [&[u8]; 9] = [
    b"\x1A\x45\xDF\xA3",
    b"\x1A\x45\xDF\xA3\x9F\x42\x82\x88",
    b"\0\0\0\x20ftyp",
    b"RIFF\0\0\0\0",
    b"OggS\0",
    b"ID3\x04\0\0\0\0\0\x05",
    b"\xFF\xFB\x90",
    b"\xFF\xF1\x50",
    b"fLaC",
];

#[test]
fn every_clip_is_known_by_its_first_bytes() {
    let cases = [
        ("demo.mp4", Container::Mp4),
        ("swing.mov", Container::Mov),
        ("sixeight.mkv", Container::Mkv),
        ("odd.webm", Container::Webm),
        ("shuffle.avi", Container::Avi),
        ("edge/audio_only.m4a", Container::M4a),
        ("edge/audio_only.mp3", Container::Mp3),
        ("edge/audio_only.wav", Container::Wav),
        ("edge/audio_only.flac", Container::Flac),
        ("edge/audio_only.ogg", Container::Ogg),
        ("edge/audio_only.opus", Container::Opus),
    ];
    for (file, container) in cases {
        let bytes = std::fs::read(clip(file)).unwrap();
        assert_eq!(sniff(&bytes).unwrap(), container, "{file}");
        assert_eq!(sniff(&bytes[..bytes.len().min(media::SNIFF_BYTES)]).unwrap(), container, "head of {file}");
        assert!(container.extensions().contains(&file.rsplit('.').next().unwrap()), "{file}");
    }
}

#[test]
fn pictures_and_documents_are_refused_by_name() {
    for (bytes, kind) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "application/zip"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heif"),
    ] {
        let said = sniff(bytes).unwrap_err().to_string();
        assert!(said.contains(kind), "{said}");
    }
}

#[test]
fn aac_in_adts_frames_is_read_with_and_without_tag() {
    let folder = tempfile::tempdir().unwrap();
    let bare = folder.path().join("bare.aac");
    make(&bare, &["-i", clip("edge/audio_only.wav").to_str().unwrap(), "-c:a", "aac"]);
    assert_eq!(probe_at(&bare).unwrap().container, Container::Aac);
    assert!(decode_at(&bare, Channels::Mono).is_ok());
}

/// A playlist that names a listener of ours: nobody may knock.
#[test]
fn no_playlist_makes_us_call_anyone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/segment.mp3", listener.local_addr().unwrap());
    let hls = format!("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\n{url}\n#EXT-X-ENDLIST\n");
    // A tag of MP3 in front hides the playlist from the first look: then the demuxer is still not the one for lists.
    let tagged = [b"ID3\x04\0\0\0\0\0\0".as_slice(), hls.as_bytes()].concat();
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("list.m3u8", hls.clone().into_bytes()),
        ("list.mp4", hls.clone().into_bytes()),
        ("bom.mp4", format!("\u{feff}\n {hls}").into_bytes()),
        ("concat.mkv", format!("ffconcat version 1.0\nfile {url}\n").into_bytes()),
        ("list.pls", format!("[playlist]\nFile1={url}\n").into_bytes()),
        ("dash.mp4", format!("<MPD><BaseURL>{url}</BaseURL></MPD>").into_bytes()),
        ("tagged.mp3", tagged),
    ];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(decode_at(&path, Channels::Mono).is_err(), "{name} was decoded");
        let knock = listener.accept().map(|(_, address)| address);
        assert_eq!(knock.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{name} made a connection");
    }
}

/// A QuickTime file whose sound lies, by its header, in another file.
#[test]
fn no_reference_to_another_file_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.mov");
    let mut bytes = std::fs::read(clip("swing.mov")).unwrap();
    let own = b"url \0\0\0\x01";
    let places: Vec<usize> = (0..bytes.len() - own.len()).filter(|&at| &bytes[at..at + own.len()] == own).collect();
    assert!(!places.is_empty(), "the clip says that its data are its own");
    for at in places {
        // Flag 0: the data are elsewhere.
        bytes[at + 7] = 0;
    }
    std::fs::write(&path, bytes).unwrap();
    // Either outcome is fine; it must be one of ours, and quick.
    let _ = decode_at(&path, Channels::Mono);
}

fn outcome_of(path: &Path) -> String {
    match decode_at(path, Channels::Mono) {
        Ok((_, report)) => format!("{:.1} s", report.duration_s),
        Err(error) => {
            assert!(!matches!(error.code(), "io" | "tool_missing"), "{error}");
            error.code().into()
        }
    }
}

#[test]
fn every_beginning_of_a_file_is_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in
        ["edge/audio_starts_late.mp4", "edge/two_audio_tracks.mkv", "edge/huge_mjpeg.avi", "edge/audio_only.mp3"]
    {
        let bytes = std::fs::read(clip(file)).unwrap();
        for part in 1..8 {
            let path = folder.path().join("part");
            std::fs::write(&path, &bytes[..bytes.len() * part / 8]).unwrap();
            outcome_of(&path);
        }
    }
}

#[test]
fn broken_bytes_in_a_file_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["edge/hevc.mp4", "edge/webm_renamed.mp4", "edge/audio_only.flac", "edge/audio_only.wav"] {
        let good = std::fs::read(clip(file)).unwrap();
        for seed in 0..6_usize {
            let mut bytes = good.clone();
            for step in 0..40_usize {
                let at = (seed * 7919 + step * step * 104_729) % bytes.len();
                bytes[at] ^= 0x5A;
            }
            let path = folder.path().join("broken");
            std::fs::write(&path, bytes).unwrap();
            outcome_of(&path);
        }
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(probe_at(folder.path()).unwrap_err().code(), "media_malformed");
    assert_eq!(probe_at("/dev/zero").unwrap_err().code(), "media_malformed");
    assert_eq!(probe_at(folder.path().join("missing.mp4")).unwrap_err().code(), "io");
}
