//! Every limit holds, and says which it was.

use crate::clips::{clip, make, source};
use media::{DecodeOptions, Error, Limits, decode_audio, decode_to_pcm, extract_audio_flac, probe};
use std::ops::ControlFlow;

fn go_on<T>(_: T) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn what_the_header_says_is_held_against_the_limits() {
    let none = Limits::default();
    let cases = [
        ("demo.mp4", Limits { duration_s_max: 10.0, ..none.clone() }, "media_too_long"),
        ("demo.mp4", Limits { size_bytes_max: 1000, ..none.clone() }, "media_too_large"),
        ("demo.mp4", Limits { width_px_max: 639, ..none.clone() }, "limit_reached"),
        ("demo.mp4", Limits { height_px_max: 359, ..none.clone() }, "limit_reached"),
        ("demo.mp4", Limits { streams_max: 1, ..none.clone() }, "limit_reached"),
        ("edge/surround_5_1.mp4", Limits { channels_max: 2, ..none.clone() }, "limit_reached"),
        ("edge/hires_96khz.mkv", Limits { sample_rate_hz_max: 48_000, ..none.clone() }, "limit_reached"),
        // ffprobe's libraries alone need more than this.
        ("demo.mp4", Limits { child_memory_bytes_max: 100 << 20, ..none.clone() }, "limit_reached"),
        ("demo.mp4", Limits { probe_timeout_s: 0.0, ..none }, "media_timed_out"),
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|(file, limits, code)| {
            let error = probe(&source(clip(file)), limits).unwrap_err();
            assert_eq!(&error.code(), code, "{error}");
            error.to_string()
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    the recording lasts 0:30 min; up to 0:10 min are accepted
    the file has 1.48 MB; up to 0.001 MB are accepted
    the picture is 640 px wide; up to 639 px are accepted
    the picture is 360 px high; up to 359 px are accepted
    the file has 2 streams; up to 1 are accepted
    the file has 6 channels; up to 2 are accepted
    the sound has 96000 samples a second; up to 48000 are accepted
    reading the file needs more memory than 105 MB
    reading the file took longer than 0 s and was stopped
    ");
}

#[test]
fn what_decodes_is_held_against_the_limits_too() {
    let source = source(clip("demo.mp4"));
    let info = probe(&source, &Limits::default()).unwrap();
    let decode = |limits: &Limits| decode_to_pcm(&source, &info, limits, &DecodeOptions::default(), &mut go_on);

    let too_long = decode(&Limits { duration_s_max: 10.0, ..Limits::default() }).unwrap_err();
    assert_eq!(too_long.code(), "media_too_long");
    let Err(Error::LimitReached { limit, .. }) = decode(&Limits { output_bytes_max: 1 << 20, ..Limits::default() })
    else {
        panic!("a megabyte is six seconds");
    };
    assert_eq!(limit, "output_bytes_max");
    let too_slow = decode(&Limits { decode_timeout_s: 0.001, ..Limits::default() }).unwrap_err();
    assert_eq!(too_slow.code(), "media_timed_out");
}

#[test]
fn a_slow_reader_runs_out_of_time() {
    let source = source(clip("demo.mp4"));
    let info = probe(&source, &Limits::default()).unwrap();
    let limits = Limits { decode_timeout_s: 0.5, ..Limits::default() };
    let result = decode_audio(&source, &info, &limits, &DecodeOptions::default(), &mut |_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        ControlFlow::Continue(())
    });
    assert_eq!(result.unwrap_err().code(), "media_timed_out");
}

#[test]
fn a_kept_file_that_grows_too_large_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sound.flac");
    let source = source(clip("demo.mp4"));
    let info = probe(&source, &Limits::default()).unwrap();
    let limits = Limits { output_bytes_max: 200_000, ..Limits::default() };
    let error = extract_audio_flac(&source, &info, &limits, &out, &mut go_on).unwrap_err();
    assert_eq!(error.to_string(), "the decoded sound has more than 0.200 MB");
    assert!(!out.exists());
}

#[test]
fn a_kept_file_that_lasts_too_long_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sound.flac");
    let source = source(clip("demo.mp4"));
    let info = probe(&source, &Limits::default()).unwrap();
    let limits = Limits { duration_s_max: 10.0, ..Limits::default() };
    let error = extract_audio_flac(&source, &info, &limits, &out, &mut go_on).unwrap_err();
    assert_eq!(error.code(), "media_too_long", "{error}");
    assert!(!out.exists());
}

#[test]
fn complaints_do_not_grow() {
    // Noise where sound should be makes the decoder complain about every packet.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.mp3");
    make(&path, &["-f", "lavfi", "-i", "sine=duration=20", "-c:a", "libmp3lame"]);
    let mut bytes = std::fs::read(&path).unwrap();
    for at in (4000..bytes.len()).step_by(3) {
        bytes[at] = bytes[at].wrapping_mul(31).wrapping_add(at as u8);
    }
    std::fs::write(&path, bytes).unwrap();
    let limits = Limits { stderr_bytes_max: 100, ..Limits::default() };
    let source = source(path);
    let info = probe(&source, &limits).unwrap();
    let (_, report) = decode_to_pcm(&source, &info, &limits, &DecodeOptions::default(), &mut go_on).unwrap();
    assert!(!report.warnings.is_empty());
}
