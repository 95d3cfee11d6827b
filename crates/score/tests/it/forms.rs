//! The form of a song: sections, repeats, loudness, swing, ornaments.

use crate::paper::paper;
use drums::{HitId, Performance};
use insta::assert_snapshot;
use score::{DynamicSign, NotationOptions, Remark, Repeat, Score, SwingUnit, Tremolo, check, notate};
use testkit::{Tab, groove};

/// Bars of tab after each other; each part is a groove of one bar and how often it is played.
fn song(parts: &[(&str, usize)]) -> String {
    let labels = ["CR", "HH", "RD", "SD", "T1", "FT", "BD"];
    let mut lines = labels.map(|label| format!("{label}|"));
    for (bar, times) in parts {
        for (label, line) in labels.iter().zip(&mut lines) {
            let own = bar.split(' ').find_map(|part| part.strip_prefix(&format!("{label}:")));
            for _ in 0..*times {
                line.push_str(own.unwrap_or("--------"));
                line.push('|');
            }
        }
    }
    lines.join("\n")
}

const VERSE: &str = "HH:x-x-x-x- SD:--o---o- BD:o---oo--";
const CHORUS: &str = "RD:xxxxxxxx SD:--o---o- BD:o--oo-o-";
const CRASHED: &str = "CR:x------- RD:-xxxxxxx SD:--o---o- BD:o--oo-o-";
const FILL: &str = "HH:x-x----- SD:--o-oo-- T1:------o- FT:-------o BD:o-------";

fn written(parts: &[(&str, usize)], options: &NotationOptions) -> Score {
    let score = notate(&groove(&song(parts)), options).0;
    assert_eq!(check(&score), []);
    score
}

fn letters(score: &Score) -> Vec<(u32, &str)> {
    score.measures.iter().filter_map(|measure| Some((measure.number, measure.rehearsal.as_deref()?))).collect()
}

#[test]
fn sections_begin_where_the_groove_changes() {
    let form = [(VERSE, 7), (FILL, 1), (CRASHED, 1), (CHORUS, 6), (FILL, 1), (VERSE, 8), (CHORUS, 8)];
    let score = written(&form, &NotationOptions::default());
    assert_eq!(letters(&score), [(1, "A"), (9, "B"), (17, "C"), (25, "D")]);
}

#[test]
fn a_song_of_one_groove_has_no_letters() {
    let form = [(VERSE, 7), (FILL, 1), (VERSE, 7), (FILL, 1), (VERSE, 8)];
    assert_eq!(letters(&written(&form, &NotationOptions::default())), []);
}

#[test]
fn passages_are_folded_with_their_endings() {
    let repeats = NotationOptions { repeats: true, sections: false, ..NotationOptions::default() };
    let form = [(VERSE, 3), (FILL, 1), (VERSE, 3), (CHORUS, 1), (VERSE, 3), (FILL, 1), (VERSE, 3), (CHORUS, 1)];
    let endings = vec![vec![1, 3], vec![2, 4]];
    let folded = written(&form, &repeats).repeats;
    assert_eq!(folded, [Repeat { first: 0, length: 4, times: 4, ending: 1, endings }]);
    let plain = written(&[(CHORUS, 2), (VERSE, 8), (FILL, 1)], &repeats).repeats;
    assert_eq!(plain, [Repeat { first: 2, length: 4, times: 2, ending: 0, endings: vec![] }]);
    let nothing_saved = written(&[(VERSE, 1), (CHORUS, 1), (VERSE, 1), (CHORUS, 1)], &repeats).repeats;
    assert_eq!(nothing_saved, []);
}

#[test]
fn a_count_in_is_not_music() {
    let tab = "SS|x---x---|x-x-x-x-|--------|--------|\nHH|--------|--------|x-x-x-x-|x-x-x-x-|\n\
        BD|--------|--------|o---o---|o---o---|";
    let options = NotationOptions { count_in: false, ..NotationOptions::default() };
    let (score, remarks) = notate(&groove(tab), &options);
    assert_snapshot!(paper(&score), @r"
    1 4/4 4=120
      hands 4HH 4HH 4HH 4HH
      feet  4BD r4 4BD r4
    2
      hands 4HH 4HH 4HH 4HH
      feet  4BD r4 4BD r4
");
    assert_eq!(remarks, [Remark::CountIn { hits: (0..6).map(HitId).collect(), bars: 2 }]);
    assert_eq!(score.kit.len(), 2);
    let first = score.timeline.time_at(drums::Ticks::ZERO);
    assert!((first.get() - 4.5).abs() < 1e-9, "the timeline begins with the music");
    let intro = "HH|x-x-x-x-|x-x-x-x-|x-x-x-x-|\nSD|--------|--------|--o---o-|\nBD|--------|--------|o---o---|";
    assert_eq!(notate(&groove(intro), &options).0.measures.len(), 3, "an intro is music");
}

#[test]
fn the_swing_of_each_section_is_in_the_model() {
    let swing = |swing| Tab { swing, tempo: 110.0, ..Tab::default() };
    let tab = format!("HH|{}", "xxxxxxxx|".repeat(4));
    let ratio = |swing: &Tab| notate(&swing.play(&tab), &NotationOptions::default()).0.measures[1].feel;
    let found = ratio(&swing(0.64)).unwrap();
    assert_eq!(found.unit, SwingUnit::Eighths);
    assert!((found.ratio - 0.64).abs() < 0.01);
    assert_eq!(ratio(&swing(0.5)), None);
}

/// Strokes on the snare at these times with these velocities, over four beats at 120 from 0.5 s, and a kick on each.
fn played(strokes: &[(f64, f32)]) -> Performance {
    let base = groove("HH|x-x-x-x-|x-x-x-x-|\nBD|o---o---|o---o---|");
    let mut hits = base.hits().to_vec();
    hits.extend(strokes.iter().map(|&(time, velocity)| {
        let (time, velocity) = (drums::Seconds::clamped(time), drums::Velocity::clamped(velocity));
        drums::Hit::new(time, drums::Instrument::Snare, velocity)
    }));
    Performance::new(base.duration(), hits, base.grid().clone()).unwrap()
}

#[test]
fn ruffs_rolls_and_buzzes() {
    let ruff: Vec<(f64, f32)> = [(0.87, 0.2), (0.91, 0.25), (0.955, 0.25), (1.0, 0.8)].to_vec();
    let roll = (0..12).map(|k| (1.5 + 0.042 * f64::from(k), 0.5));
    let buzz = (0..20).map(|k| (2.5 + 0.025 * f64::from(k), 0.4));
    let strokes: Vec<(f64, f32)> = ruff.into_iter().chain(roll).chain(buzz).collect();
    let score = notate(&played(&strokes), &NotationOptions::default()).0;
    assert_snapshot!(paper(&score), @r"
    1 4/4 4=120
      hands 4HH u4HH+SD 4HH+SD~ 4HH
      feet  4BD r4 4BD r4
    2
      hands 4HH+SD~ 4HH+SD 4HH 4HH
      feet  4BD r4 4BD r4
");
    let tremolos: Vec<Tremolo> =
        score.measures.iter().flat_map(score::Measure::events).filter_map(|event| event.chord()?.tremolo).collect();
    assert_eq!(tremolos, [Tremolo::Slashes(3), Tremolo::Buzz]);
}

#[test]
fn quintuplets_and_septuplets_are_read_where_all_their_strokes_are_there() {
    let tab = "HH|x-x-x-x-|--------------------|----------------------------|\n\
        SD|--o---o-|oooo-ooooo----------|-------ooooooo--------------|\n\
        T1|--------|----------ooooo-----|--------------ooooooo-------|\n\
        BD|o---o---|o----o----o----o----|o------o------o------o------|";
    assert_snapshot!(paper(&notate(&groove(tab), &NotationOptions::default()).0), @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    2
      hands 5:4 16SD_16SD_16SD_8SD 5:4 16SD_16SD_16SD_16SD_16SD 5:4 16T1_16T1_16T1_16T1_16T1 r4
      feet  4BD 4BD 4BD 4BD
    3
      hands r4 7:4 16SD_16SD_16SD_16SD_16SD_16SD_16SD 7:4 16T1_16T1_16T1_16T1_16T1_16T1_16T1 r4
      feet  4BD 4BD 4BD 4BD
");
}

#[test]
fn loudness_is_written_on_request() {
    let base = groove(&song(&[(VERSE, 12)]));
    let mut hits = base.hits().to_vec();
    for hit in &mut hits {
        let bar = (hit.time.get() - 0.5) / 2.0;
        let level = if bar < 4.0 { 0.45 } else { (0.45 + 0.1 * (bar - 4.0).floor()).min(0.9) };
        hit.velocity = drums::Velocity::clamped(level as f32);
    }
    let played = Performance::new(base.duration(), hits, base.grid().clone()).unwrap();
    let options = NotationOptions { dynamics: true, ..NotationOptions::default() };
    let score = notate(&played, &options).0;
    assert_eq!(check(&score), []);
    let marks: Vec<(u32, DynamicSign)> = score
        .measures
        .iter()
        .flat_map(|measure| measure.dynamics.iter().map(|mark| (measure.number, mark.sign)))
        .collect();
    assert!(matches!(marks.as_slice(), [(1, DynamicSign::Level(_)), (5, DynamicSign::Crescendo(_))]), "{marks:?}");
    assert!(notate(&played, &NotationOptions::default()).0.measures.iter().all(|measure| measure.dynamics.is_empty()));
}

#[test]
fn a_lazy_foot_does_not_make_thirty_seconds() {
    let tab = Tab { tempo: 133.0, ..Tab::default() };
    let base = tab.play("SD|oooooooooooooooo|oooooooooooooooo|\nHF|--x---x---x---x-|--x---x---x---x-|");
    let mut hits = base.hits().to_vec();
    for hit in hits.iter_mut().filter(|hit| hit.instrument == drums::Instrument::HihatPedal) {
        hit.time = hit.time + drums::Seconds::clamped(0.045);
    }
    let played = Performance::new(base.duration(), hits, base.grid().clone()).unwrap();
    assert_snapshot!(paper(&notate(&played, &NotationOptions::default()).0), @r"
    1 4/4 4=133
      hands 16SD_16SD_16SD_16SD 16SD_16SD_16SD_16SD 16SD_16SD_16SD_16SD 16SD_16SD_16SD_16SD
      feet  r8 8HF r8 8HF r8 8HF r8 8HF
    2
      hands 16SD_16SD_16SD_16SD 16SD_16SD_16SD_16SD 16SD_16SD_16SD_16SD 16SD_16SD_16SD_16SD
      feet  r8 8HF r8 8HF r8 8HF r8 8HF
");
}

#[test]
fn hard_swing_at_a_slow_tempo_is_swing() {
    let tab = Tab { tempo: 96.0, swing: 0.73, ..Tab::default() };
    let played = tab.play("RD|x-xxx-xx|x-xxx-xx|x-xxx-xx|\nHF|--x---x-|--x---x-|--x---x-|");
    let first = notate(&played, &NotationOptions::default()).0.measures[0].clone();
    assert_eq!(first.swing, Some(true));
    let dotted = Tab { swing: 0.75, ..tab }.play("RD|x-xxx-xx|x-xxx-xx|x-xxx-xx|\nHF|--x---x-|--x---x-|--x---x-|");
    assert_eq!(
        notate(&dotted, &NotationOptions::default()).0.measures[0].swing,
        None,
        "dotted eighths are dotted eighths"
    );
}
