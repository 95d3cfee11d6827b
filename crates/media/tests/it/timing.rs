//! Sound is where it was played: delays of encodings are taken out, late starts are kept.

use crate::clips::{clip, decode_at, make, mono, source};
use media::{Channels, DecodeOptions, Limits, decode_to_pcm, extract_audio_flac, probe};
use std::ops::ControlFlow;

/// Largest difference that is looked for, in samples: 27 ms.
const REACH: i64 = 1200;

/// Samples by which `b` lies later than `a`, by the best match of the second after the first tenth.
fn lag(a: &[f32], b: &[f32]) -> i64 {
    let match_at = |lag: i64| -> f64 {
        let shifted = &b[(4410 + lag) as usize..];
        a[4410..48_510].iter().zip(shifted).map(|(x, y)| f64::from(x * y)).sum()
    };
    (-REACH..=REACH).map(|lag| (lag, match_at(lag))).max_by(|x, y| x.1.total_cmp(&y.1)).unwrap().0
}

/// 2 ms at 44.1 kHz.
const TWO_MS: i64 = 88;

#[test]
fn all_encodings_of_one_sound_agree_within_two_milliseconds() {
    let reference = mono(clip("edge/audio_only.wav"));
    for file in
        ["audio_only.flac", "audio_only.m4a", "audio_only.mp3", "audio_only.ogg", "audio_only.opus", "cover_art.m4a"]
    {
        let other = mono(clip(&format!("edge/{file}")));
        let lag = lag(&reference, &other);
        assert!(lag.abs() <= TWO_MS, "{file} is {lag} samples late");
        let longer = other.len().abs_diff(reference.len());
        assert!(longer < 44_100 / 20, "{file} differs by {longer} samples in length");
    }
}

#[test]
fn all_containers_of_one_sound_agree() {
    let reference = mono(clip("edge/audio_only.wav"));
    for file in ["surround_5_1.mp4", "hevc.mp4", "phone_vfr_rotated.mp4", "webm_renamed.mp4", "Übung – 太鼓 №1 🥁.mp4"]
    {
        let other = mono(clip(&format!("edge/{file}")));
        let lag = lag(&reference, &other);
        assert!(lag.abs() <= TWO_MS, "{file} is {lag} samples late");
    }
}

#[test]
fn a_late_sound_is_padded_to_the_first_picture() {
    let on_time = mono(clip("edge/hevc.mp4"));
    let late = mono(clip("edge/audio_starts_late.mp4"));
    let silence = late.iter().take_while(|x| **x == 0.0).count() as f64 / 44_100.0;
    assert!((0.47..0.52).contains(&silence), "{silence} s of silence");
    // The sound was moved by half a second; 0.478 s of that are a late start, the rest is run-in of the encoding.
    let lag = lag(&on_time, &late[22_050..]);
    assert!(lag.abs() <= TWO_MS, "{lag} samples off");
}

#[test]
fn clips_begin_where_their_truth_begins() {
    // The first stroke of each clip, from its truth file, is where the sound first gets loud.
    for name in ["demo.mp4", "swing.mov", "sixeight.mkv", "odd.webm", "shuffle.avi"] {
        let truth = clip(&format!("{}.truth.json", name.split('.').next().unwrap()));
        let truth: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(truth).unwrap()).unwrap();
        let first_s = truth["hits"][0]["time_seconds"].as_f64().unwrap();
        let sound = mono(clip(name));
        let before = &sound[..((first_s - 0.012) * 44_100.0).max(0.0) as usize];
        let after = &sound[(first_s * 44_100.0) as usize..][..2205];
        let peak = |x: &[f32]| x.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!(peak(after) > 8.0 * peak(before), "{name}: {} before, {} after {first_s} s", peak(before), peak(after));
    }
}

#[test]
fn a_file_whose_clock_does_not_start_at_zero_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.flac");
    for (file, offset_s) in [("edge/hires_96khz.mkv", "36000"), ("edge/hevc.mp4", "7.5"), ("odd.webm", "7.5")] {
        let path = folder.path().join(file.rsplit('/').next().unwrap());
        make(&path, &["-i", clip(file).to_str().unwrap(), "-c", "copy", "-output_ts_offset", offset_s]);
        let source = source(&path);
        let info = probe(&source, &Limits::default()).unwrap();
        assert!((info.zero_s - offset_s.parse::<f64>().unwrap()).abs() < 0.03, "{file}: {}", info.zero_s);
        let (sound, report) = decode_at(&path, Channels::Mono).unwrap();
        assert_eq!(report.warnings, [], "{file}");
        assert!((report.duration_s - info.duration_s.unwrap()).abs() < 0.2, "{file}: {:?}", info.duration_s);
        // Copied without its edit list, AAC keeps its run-in of 1024 samples at 48 kHz.
        let lag = lag(&mono(clip(file)), &sound.channels()[0]);
        assert!(lag.abs() <= TWO_MS || (lag - 941).abs() <= TWO_MS, "{file} is {lag} samples late");
        extract_audio_flac(&source, &info, &Limits::default(), &kept, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(mono(&kept).len().abs_diff(sound.len()) < 100, "{file}");
    }
}

#[test]
fn a_passage_is_the_same_samples_as_the_whole() {
    let source = source(clip("edge/audio_only.mp3"));
    let info = probe(&source, &Limits::default()).unwrap();
    let decode = |from_s, to_s| {
        let options = DecodeOptions { channels: Channels::Stereo, from_s, to_s };
        decode_to_pcm(&source, &info, &Limits::default(), &options, &mut |_| ControlFlow::Continue(())).unwrap().0
    };
    let (whole, passage) = (decode(None, None), decode(Some(1.25), Some(2.5)));
    for channel in 0..2 {
        assert_eq!(passage.channels()[channel], whole.channels()[channel][55_125..110_250]);
    }
    assert!(decode(Some(100.0), None).is_empty(), "there is nothing after the end");
}

#[test]
fn progress_goes_up_to_the_end() {
    let source = source(clip("demo.mp4"));
    let info = probe(&source, &Limits::default()).unwrap();
    let mut heard = Vec::new();
    let (pcm, report) = decode_to_pcm(&source, &info, &Limits::default(), &DecodeOptions::default(), &mut |fraction| {
        heard.push(fraction);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(heard.len() >= 29 && heard.is_sorted() && heard[heard.len() - 1] > 0.99, "{heard:?}");
    assert_eq!(pcm.len() as u64, report.samples);
    assert!((report.duration_s - info.duration_s.unwrap()).abs() < 0.1);
}

#[test]
fn what_is_decoded_twice_is_the_same() {
    assert!(mono(clip("shuffle.avi")) == mono(clip("shuffle.avi")));
}

#[test]
fn the_kept_file_holds_the_same_sound_at_its_own_rate() {
    let folder = tempfile::tempdir().unwrap();
    for (file, rate, channels, bits) in [
        ("edge/audio_starts_late.mp4", 48_000, 2, 16),
        ("swing.mov", 32_000, 1, 16),
        ("edge/hires_96khz.mkv", 96_000, 1, 16),
        ("edge/surround_5_1.mp4", 48_000, 6, 16),
    ] {
        let out = folder.path().join("kept.flac");
        let source = source(clip(file));
        let info = probe(&source, &Limits::default()).unwrap();
        let kept =
            extract_audio_flac(&source, &info, &Limits::default(), &out, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((kept.sample_rate, kept.channels, kept.bits), (rate, channels, bits), "{file}");
        assert_eq!(kept.size_bytes, std::fs::metadata(&out).unwrap().len());
        let (direct, again) = (mono(clip(file)), mono(&out));
        assert_eq!(lag(&direct, &again), 0, "{file}");
        assert!(direct.len().abs_diff(again.len()) < 100, "{file}: {} and {} samples", direct.len(), again.len());
    }
}

#[test]
fn twenty_four_bits_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (wave, out) = (folder.path().join("deep.wav"), folder.path().join("deep.flac"));
    make(&wave, &["-f", "lavfi", "-i", "sine=duration=1:sample_rate=48000", "-c:a", "pcm_s24le"]);
    let source = source(&wave);
    let info = probe(&source, &Limits::default()).unwrap();
    let kept =
        extract_audio_flac(&source, &info, &Limits::default(), &out, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((kept.bits, kept.samples), (24, 48_000));
    assert!(mono(&wave) == mono(&out), "not a bit is lost");
}

/// Drums in one channel alone must be heard, whichever it is.
#[test]
fn no_channel_is_lost_in_the_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.wav");
    for loud in 0..6 {
        let tone = (0..6).map(|at| if at == loud { "0.9*sin(2000*t)" } else { "0" }).collect::<Vec<_>>();
        make(&path, &["-f", "lavfi", "-i", &format!("aevalsrc={}:c=5.1:d=0.2:s=44100", tone.join("|"))]);
        for channels in [Channels::Mono, Channels::Stereo] {
            let peak = decode_at(&path, channels).unwrap().1.peak;
            assert!((0.1..=0.9).contains(&peak), "channel {loud} to {channels:?}: peak {peak}");
        }
    }
}
