//! Every awkward file of `demo/edge`, against the outcome that its table promises.

use crate::clips::{clip, decode_at, mono, probe_at};
use media::{Channels, Container, Error, Warning};
use serde_json::Value;

fn table() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(clip("edge/edge.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "file"), text(row, "outcome"))).collect()
}

#[test]
fn every_row_of_the_table_ends_as_it_says() {
    let rows = table();
    assert_eq!(rows.len(), 29);
    for (file, outcome) in rows {
        let result = decode_at(clip(&format!("edge/{file}")), Channels::Mono);
        if let Err(error) = &result {
            assert!(!error.is_temporary(), "{file}: trying {error:?} again would not help");
            assert!(error.to_string().len() > 20 && error.hint().ends_with('.'), "{file}: {error}");
        }
        let accepted = |result: &Result<_, Error>| assert!(result.is_ok(), "{file}: {:?}", result.as_ref().err());
        match outcome.as_str() {
            "accept" | "accept-no-hits" => accepted(&result),
            "accept-warn" => {
                accepted(&result);
                assert!(!result.unwrap().1.warnings.is_empty(), "{file}: no warning");
            }
            "accept-no-audio" => assert_eq!(result.unwrap_err().code(), "media_no_audio"),
            "accept-part-or-reject" | "accept-or-reject" => {}
            "reject" => assert!(result.is_err(), "{file} was decoded"),
            other => panic!("{file}: no such outcome as {other}"),
        }
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let said: Vec<String> = [
        "zero_bytes.mp4",
        "text_renamed.mp4",
        "playlist.m3u8",
        "playlist_renamed.mp4",
        "playlist_system_file.m3u8",
        "concat_renamed.mkv",
        "truncated_no_index.mp4",
        "huge_mjpeg.avi",
    ]
    .iter()
    .map(|file| {
        let error = probe_at(clip(&format!("edge/{file}"))).unwrap_err();
        format!("{file} [{}] {error}", error.code())
    })
    .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    zero_bytes.mp4 [media_unsupported] this is an empty file, not a video or a sound that is read here
    text_renamed.mp4 [media_unsupported] this is a text, not a video or a sound that is read here
    playlist.m3u8 [media_unsupported] this is a playlist, not a video or a sound that is read here
    playlist_renamed.mp4 [media_unsupported] this is a playlist, not a video or a sound that is read here
    playlist_system_file.m3u8 [media_unsupported] this is a playlist, not a video or a sound that is read here
    concat_renamed.mkv [media_unsupported] this is a playlist, not a video or a sound that is read here
    truncated_no_index.mp4 [media_malformed] the file is damaged or incomplete: its index is missing, as if it ended too early
    huge_mjpeg.avi [limit_reached] the picture is 30000 px wide; up to 8192 px are accepted
    ");
}

#[test]
fn a_video_without_sound_is_described_and_not_decoded() {
    let info = probe_at(clip("edge/no_audio.mp4")).unwrap();
    assert!(info.video.is_some() && info.audio.is_none());
}

#[test]
fn silence_is_sound() {
    let (pcm, report) = decode_at(clip("edge/silent_audio.mp4"), Channels::Mono).unwrap();
    assert!((132_300..133_400).contains(&pcm.len()), "three seconds and what fills up the last packet");
    assert_eq!((report.peak, report.warnings), (0.0, Vec::new()));
}

#[test]
fn a_cut_file_gives_what_is_left_and_says_so() {
    let (_, report) = decode_at(clip("edge/truncated_with_index.mp4"), Channels::Mono).unwrap();
    let [Warning::Truncated { header_s, decoded_s }] = report.warnings[..] else { panic!("{:?}", report.warnings) };
    assert!((header_s - 3.0).abs() < 0.01 && (1.8..2.4).contains(&decoded_s), "{decoded_s} of {header_s}");
    assert!((report.duration_s - decoded_s).abs() < 1e-9, "the length is what decodes");
}

#[test]
fn telephone_sound_gets_a_warning() {
    let info = probe_at(clip("edge/mono_8khz.mp4")).unwrap();
    assert_eq!(info.warnings, [Warning::LowSampleRate { hz: 8000 }]);
}

#[test]
fn a_turned_phone_video_is_described_upright() {
    let video = probe_at(clip("edge/phone_vfr_rotated.mp4")).unwrap().video.unwrap();
    assert_eq!((video.width_px, video.height_px, video.rotation_deg), (90, 160, 270));
    let rate = video.frame_rate.unwrap();
    assert!((23.0..24.0).contains(&rate), "{rate} pictures a second");
}

#[test]
fn a_cover_is_no_video() {
    for file in ["audio_only.m4a", "cover_art.m4a"] {
        let info = probe_at(clip(&format!("edge/{file}"))).unwrap();
        assert_eq!((info.container, info.video), (Container::M4a, None), "{file}");
    }
}

#[test]
fn content_decides_what_a_file_is() {
    let info = probe_at(clip("edge/webm_renamed.mp4")).unwrap();
    assert_eq!((info.container, info.container.media_type()), (Container::Webm, "video/webm"));
}

#[test]
fn the_default_track_is_heard() {
    let info = probe_at(clip("edge/two_audio_tracks.mkv")).unwrap();
    assert_eq!(info.audio.unwrap().stream_index, 1);
    assert_eq!(info.warnings, [Warning::SeveralSounds { count: 2 }]);
    // The other track is a steady tone: its loudest stretch is hardly louder than its mean.
    let heard = mono(clip("edge/two_audio_tracks.mkv"));
    let mean = heard.iter().map(|x| x.abs()).sum::<f32>() / heard.len() as f32;
    let peak = heard.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(peak > 5.0 * mean, "peak {peak}, mean {mean}");
}

#[test]
fn the_picture_size_of_a_lying_header_costs_no_memory() {
    // The coded picture is small, so the file is as good as any other.
    let video = probe_at(clip("edge/huge_header.mp4")).unwrap().video.unwrap();
    assert_eq!((video.width_px, video.height_px), (160, 90));
}

#[test]
fn surround_sound_is_mixed_from_all_channels_without_clipping() {
    for channels in [Channels::Mono, Channels::Stereo] {
        let (pcm, report) = decode_at(clip("edge/surround_5_1.mp4"), channels).unwrap();
        assert_eq!(pcm.channels().len(), channels.count());
        assert!(report.peak > 0.05 && report.peak <= 1.0, "peak {}", report.peak);
    }
}

#[test]
fn a_name_is_only_a_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["-i.mp4", "http:..mp4", "concat:a|b.mp4", "%03d.mp4", "a'b\"c $(x).mp4", "🥁\n.mp4"] {
        let path = folder.path().join(name);
        std::fs::copy(clip("edge/one_picture.mp4"), &path).unwrap();
        assert!(decode_at(&path, Channels::Mono).is_ok(), "{name:?}");
    }
}

#[test]
fn good_files_get_no_warnings() {
    for file in
        ["demo.mp4", "swing.mov", "sixeight.mkv", "odd.webm", "shuffle.avi", "edge/cover_art.m4a", "edge/hevc.mp4"]
    {
        assert_eq!(decode_at(clip(file), Channels::Mono).unwrap().1.warnings, [], "{file}");
    }
}
