//! Pictures at a moment, and the outline of a sound.

use crate::clips::{clip, make, mono, probe_at, source};
use media::{Error, FrameOptions, FrameStrip, Limits, frames, peaks};
use std::ops::ControlFlow;
use std::path::Path;

fn strip(path: impl AsRef<Path>, time_s: f64, count: usize, edge_px: u32) -> Result<FrameStrip, Error> {
    let info = probe_at(&path).unwrap();
    frames(&source(path), &info, &Limits::default(), &FrameOptions { time_s, count, edge_px })
}

/// Width and height by the JPEG's frame header.
fn size(jpeg: &[u8]) -> (u16, u16) {
    let at = jpeg.windows(2).position(|mark| mark == [0xFF, 0xC0]).unwrap();
    let number = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
    (number(at + 7), number(at + 5))
}

#[test]
fn the_middle_picture_is_the_one_on_the_screen() {
    // 640x360 at 30 pictures a second: at 1.02 s the one of 1.0 s is still shown.
    let strip = strip(clip("demo.mp4"), 1.02, 5, 160).unwrap();
    let frames: Vec<f64> = strip.times_s.iter().map(|time_s| (time_s * 30.0).round()).collect();
    assert_eq!(frames, [28.0, 29.0, 30.0, 31.0, 32.0]);
    assert_eq!(size(&strip.jpeg), (5 * 160, 90));
}

#[test]
fn every_container_gives_its_first_picture() {
    for name in ["demo.mp4", "shuffle.avi", "swing.mov", "sixeight.mkv", "odd.webm", "edge/hevc.mp4"] {
        let strip = strip(clip(name), 0.0, 1, 320).unwrap();
        assert!(strip.times_s.len() == 1 && strip.times_s[0].abs() < 0.05, "{name}: {:?}", strip.times_s);
        assert!(strip.jpeg.starts_with(&[0xFF, 0xD8]) && size(&strip.jpeg).0 <= 320, "{name}");
    }
}

#[test]
fn a_phone_held_upright_gives_upright_pictures() {
    let path = clip("edge/phone_vfr_rotated.mp4");
    let picture = probe_at(&path).unwrap().video.unwrap();
    let (width, height) = size(&strip(&path, 0.5, 1, 1280).unwrap().jpeg);
    assert!(picture.height_px > picture.width_px && height > width, "{width}x{height}");
}

#[test]
fn where_no_picture_is_there_is_no_picture() {
    for (name, time_s) in [("demo.mp4", 9_999.0), ("edge/audio_only.mp3", 0.0), ("edge/cover_art.m4a", 0.0)] {
        let error = strip(clip(name), time_s, 3, 64).unwrap_err();
        assert_eq!(error.code(), "media_no_picture", "{name}");
    }
}

#[test]
fn the_outline_shows_a_click_at_its_place_and_as_loud_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("click.wav");
    let click = "aevalsrc='if(between(t,1.5,1.51),0.5,0)':s=44100:d=3";
    make(&path, &["-f", "lavfi", "-i", click]);
    let info = probe_at(&path).unwrap();
    let seen = peaks(&source(&path), &info, &Limits::default(), 50, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((seen.peaks.len(), seen.duration_s), (150, 3.0));
    assert!((seen.peaks[75] - 0.5).abs() < 0.01, "{}", seen.peaks[75]);
    assert!(seen.peaks.iter().enumerate().all(|(bucket, peak)| bucket == 75 || *peak < 0.01));
}

#[test]
fn the_outline_has_the_peak_of_the_sound_and_can_be_cancelled() {
    let path = clip("edge/audio_only.wav");
    let loudest = mono(&path).iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let info = probe_at(&path).unwrap();
    let read = |go: ControlFlow<()>| peaks(&source(&path), &info, &Limits::default(), 200, &mut |_| go);
    let seen = read(ControlFlow::Continue(())).unwrap();
    assert!(seen.peaks.iter().fold(0.0_f32, |peak, x| peak.max(*x)) >= loudest);
    assert_eq!(read(ControlFlow::Break(())).unwrap_err().code(), "cancelled");
}
