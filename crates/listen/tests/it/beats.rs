//! Beats read from grooves made here: meter, tempo, bar lines, locks, and input no drummer would play.

use drums::{Bpm, FrameRate, Hit, Instrument, Meter, Seconds, Velocity};
use listen::beats::{BEATS_MAX, BeatActivations, BeatOptions, BeatReading, BeatRemark, consider, track_beats};
use proptest::prelude::*;

const KICK: Instrument = Instrument::Kick;
const SNARE: Instrument = Instrument::Snare;
const HAT: Instrument = Instrument::HihatClosed;
const PEDAL: Instrument = Instrument::HihatPedal;
const RIDE: Instrument = Instrument::Ride;
const CRASH: Instrument = Instrument::Crash;

/// A bar of drum tab: an instrument and its strokes, evenly over the bar; `x` a stroke, `g` a ghost note.
type Tab = &'static [(Instrument, &'static str)];

const ROCK: Tab = &[(HAT, "x-x-x-x-x-x-x-x-"), (SNARE, "----x-------x---"), (KICK, "x-----x-x-------")];
const WALTZ: Tab = &[(RIDE, "x-x-x-"), (PEDAL, "--x-x-"), (KICK, "x-----"), (SNARE, "--x-x-")];
const BALLAD_68: Tab = &[(HAT, "xxxxxx"), (SNARE, "---x--"), (KICK, "x----x")];
const SHUFFLE: Tab = &[(HAT, "x-xx-xx-xx-x"), (SNARE, "---x-----x--"), (KICK, "x-----x-x---")];
const HALF_TIME: Tab = &[(HAT, "x-xx-xx-xx-x"), (SNARE, "-g--g-xg--g-"), (KICK, "x----x-----x")];
const NINE: Tab = &[(HAT, "xxxxxxxxx"), (SNARE, "---x--x--"), (KICK, "x----x---")];
const THREE: Tab = &[(HAT, "x-x-x-x-x-x-"), (SNARE, "--------x---"), (KICK, "x---x-------")];
const SWING: Tab = &[(RIDE, "x--x-xx--x-x"), (PEDAL, "---x-----x--"), (KICK, "x-----------")];

/// Plays a bar over and over with a crash on the first; every stroke is up to 10 ms early or late.
fn play(tab: Tab, bars: usize, bar_s: f64, start_s: f64) -> Vec<Hit> {
    let mut wobble = wobble();
    let mut hits = Vec::new();
    for bar in 0..bars {
        for &(instrument, strokes) in tab {
            let count = strokes.len() as f64;
            for (slot, stroke) in strokes.chars().enumerate().filter(|(_, s)| *s != '-') {
                let time = start_s + bar_s * (bar as f64 + slot as f64 / count) + 0.010 * wobble();
                hits.push(hit(time, instrument, if stroke == 'g' { 0.2 } else { 0.8 }));
            }
        }
    }
    hits.push(hit(start_s, CRASH, 0.9));
    hits
}

/// Numbers in -1..1 that look random and never change.
fn wobble() -> impl FnMut() -> f64 {
    let mut state = 7_u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 23) - 1.0
    }
}

fn hit(time: f64, instrument: Instrument, velocity: f32) -> Hit {
    Hit::new(Seconds::clamped(time), instrument, Velocity::clamped(velocity))
}

fn read(hits: &[Hit]) -> BeatReading {
    track_beats(hits, Seconds::clamped(1e4), &BeatOptions::default(), None)
}

/// (meter, tempo to the nearest beat per minute, time of the first bar line to the nearest 0.1 s).
fn summary(reading: &BeatReading) -> (String, f64, f64) {
    let first = reading.grid.beats().iter().find(|b| b.is_downbeat()).expect("a bar line");
    (
        reading.grid.meter_at(0).to_string(),
        reading.grid.tempo().expect("a tempo").get().round(),
        (first.time.get() * 10.0).round() / 10.0,
    )
}

fn bar_s(bpm: f64, beats: f64) -> f64 {
    60.0 / bpm * beats
}

#[test]
fn rock_is_four_four() {
    assert_eq!(summary(&read(&play(ROCK, 12, bar_s(104.0, 4.0), 0.6))), ("4/4".to_owned(), 104.0, 0.6));
}

#[test]
fn rock_is_four_four_at_any_tempo() {
    for bpm in [70.0, 85.0, 100.0, 120.0, 140.0] {
        assert_eq!(summary(&read(&play(ROCK, 12, bar_s(bpm, 4.0), 1.0))), ("4/4".to_owned(), bpm, 1.0), "{bpm} BPM");
    }
}

#[test]
fn a_count_in_on_the_hat_is_a_bar() {
    let mut hits = play(ROCK, 10, bar_s(104.0, 4.0), 0.6 + bar_s(104.0, 4.0));
    hits.extend((0..4).map(|beat| hit(0.6 + 60.0 / 104.0 * f64::from(beat), HAT, 0.7)));
    let reading = read(&hits);
    assert_eq!(summary(&reading), ("4/4".to_owned(), 104.0, 0.6));
    assert_eq!(reading.grid.beats().len(), 44);
}

#[test]
fn a_waltz_is_three_four() {
    assert_eq!(summary(&read(&play(WALTZ, 16, bar_s(120.0, 3.0), 0.5))), ("3/4".to_owned(), 120.0, 0.5));
}

#[test]
fn a_slow_ballad_in_eighths_by_three_is_six_eight() {
    assert_eq!(summary(&read(&play(BALLAD_68, 12, bar_s(60.0, 2.0), 0.5))), ("6/8".to_owned(), 60.0, 0.5));
}

#[test]
fn a_ballad_in_eighths_by_three_times_three_is_nine_eight() {
    assert_eq!(summary(&read(&play(NINE, 12, bar_s(70.0, 3.0), 0.5))), ("9/8".to_owned(), 70.0, 0.5));
}

/// The first beat of each meter and the meter.
fn meters(reading: &BeatReading) -> Vec<(usize, String)> {
    reading.grid.meters().iter().map(|span| (span.first_beat, span.meter.to_string())).collect()
}

#[test]
fn bars_in_another_meter_are_found() {
    let beat_s = 60.0 / 104.0;
    let mut hits = play(ROCK, 8, 4.0 * beat_s, 0.5);
    hits.extend(play(THREE, 6, 3.0 * beat_s, 0.5 + 32.0 * beat_s));
    hits.extend(play(ROCK, 8, 4.0 * beat_s, 0.5 + 50.0 * beat_s));
    let said = |list: &[(usize, &str)]| -> Vec<_> { list.iter().map(|(beat, m)| (*beat, (*m).to_owned())).collect() };
    assert_eq!(meters(&read(&hits)), said(&[(0, "4/4"), (32, "3/4"), (50, "4/4")]));
    // What the user says of the meter is kept.
    let locked = BeatOptions { meter: Some(Meter::FOUR_FOUR), ..BeatOptions::default() };
    let reading = track_beats(&hits, Seconds::clamped(60.0), &locked, None);
    assert_eq!(meters(&reading), said(&[(0, "4/4")]));
}

#[test]
fn the_last_bars_may_be_in_another_meter_and_longer() {
    const FIVE: Tab = &[(HAT, "x-x-x-x-x-x-x-x-x-x-"), (SNARE, "----x-----------x---"), (KICK, "x-----x---x---------")];
    let beat_s = 60.0 / 120.0;
    let mut hits = play(ROCK, 8, 4.0 * beat_s, 0.5);
    hits.extend(play(FIVE, 5, 5.0 * beat_s, 0.5 + 32.0 * beat_s));
    assert_eq!(meters(&read(&hits)), [(0, "4/4".to_owned()), (32, "5/4".to_owned())]);
}

#[test]
fn another_groove_is_no_other_meter() {
    const TOMS: Tab =
        &[(Instrument::TomFloor, "xxxxxxxxxxxxxxxx"), (SNARE, "--x--x--x--x----"), (KICK, "x---x---x---x---")];
    let beat_s = 60.0 / 104.0;
    let mut hits = play(ROCK, 8, 4.0 * beat_s, 0.5);
    hits.extend(play(TOMS, 4, 4.0 * beat_s, 0.5 + 32.0 * beat_s));
    hits.extend(play(ROCK, 8, 4.0 * beat_s, 0.5 + 48.0 * beat_s));
    assert_eq!(meters(&read(&hits)), [(0, "4/4".to_owned())]);
}

/// What a network says that hears a beat every `beat_s`, and a downbeat every `per_bar` beats, from `start_s` on.
fn network(beat_s: f64, per_bar: usize, start_s: f64) -> BeatActivations {
    let mut heard = BeatActivations::new(FrameRate::new(100.0).unwrap());
    for frame in 0..6000 {
        let beat = (f64::from(frame) * 0.01 - start_s) / beat_s;
        let on = (beat - beat.round()).abs() * beat_s < 0.005 && beat > -0.5;
        let first = on && (beat.round() as usize).is_multiple_of(per_bar);
        heard.push(if on { 0.8 } else { 0.02 }, if first { 0.7 } else { 0.02 });
    }
    heard
}

#[test]
fn a_network_decides_where_hits_leave_it_open() {
    // Kick and snare in turn: a bar of four may begin with any kick.
    let turn = |i: u32| hit(1.0 + 0.6 * f64::from(i), if i.is_multiple_of(2) { KICK } else { SNARE }, 0.8);
    let mut strokes: Vec<Hit> = (0..48).map(turn).collect();
    strokes.extend((0..96).map(|i| hit(1.0 + 0.3 * f64::from(i), HAT, 0.6)));
    for start_s in [1.0, 2.2] {
        let heard = network(0.6, 4, start_s);
        let reading = track_beats(&strokes, Seconds::clamped(31.0), &BeatOptions::default(), Some(&heard));
        assert_eq!((summary(&reading).0, summary(&reading).1), ("4/4".to_owned(), 100.0));
        let bars = |beat: &drums::Beat| (beat.time.get() - start_s) / 2.4;
        let mut ones = reading.grid.beats().iter().filter(|beat| beat.is_downbeat()).map(bars);
        assert!(ones.all(|bars| (bars - bars.round()).abs() < 0.02), "{start_s}: {:?}", reading.grid.beats());
    }
}

#[test]
fn every_reading_looked_at_has_the_same_clues() {
    let readings = consider(&play(ROCK, 4, 2.4, 0.5), Some(&network(0.6, 4, 0.5)));
    assert!(readings.len() > 20);
    assert!(readings.iter().all(|r| r.clues.len() == readings[0].clues.len() && r.clues.iter().all(|c| c.is_finite())));
    let best = readings.iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
    assert_eq!((best.meter, best.bpm.get().round()), (Meter::FOUR_FOUR, 100.0));
    assert!(best.heard.iter().flatten().all(|met| *met > 0.9), "{:?}", best.heard);
}

#[test]
fn a_shuffle_keeps_its_quarter() {
    assert_eq!(summary(&read(&play(SHUFFLE, 12, bar_s(120.0, 4.0), 0.5))), ("4/4".to_owned(), 120.0, 0.5));
}

#[test]
fn a_half_time_shuffle_keeps_its_quarter() {
    assert_eq!(summary(&read(&play(HALF_TIME, 8, bar_s(92.0, 4.0), 0.5))), ("4/4".to_owned(), 92.0, 0.5));
}

#[test]
fn a_jazz_ride_swings_in_four() {
    assert_eq!(summary(&read(&play(SWING, 12, bar_s(140.0, 4.0), 0.5))), ("4/4".to_owned(), 140.0, 0.5));
}

#[test]
fn a_pick_up_starts_the_bar_before() {
    let beat_s = 60.0 / 110.0;
    let mut hits = play(ROCK, 10, 4.0 * beat_s, 3.0);
    hits.push(hit(3.0 - beat_s, SNARE, 0.8));
    hits.push(hit(3.0 - beat_s / 2.0, SNARE, 0.8));
    let reading = read(&hits);
    let beats = reading.grid.beats();
    assert!((beats[0].time.get() - (3.0 - 4.0 * beat_s)).abs() < 0.05, "{:?}", beats[0]);
    assert!(beats[4].is_downbeat() && (beats[4].time.get() - 3.0).abs() < 0.03, "{:?}", beats[4]);
}

#[test]
fn beats_follow_a_drummer_who_speeds_up() {
    // From 100 to 106 beats per minute over forty bars.
    let mut hits = play(ROCK, 40, 4.0, 0.0);
    let when = |beat: f64| 60.0 / 100.0 * (beat - 0.06 * beat * beat / 320.0);
    for hit in &mut hits {
        hit.time = Seconds::clamped(when(hit.time.get()));
    }
    let reading = read(&hits);
    assert_eq!(reading.grid.meter_at(0), Meter::FOUR_FOUR);
    for (i, beat) in reading.grid.beats().iter().enumerate() {
        assert!((beat.time.get() - when(i as f64)).abs() < 0.025, "beat {i} at {:?}", beat.time);
    }
}

/// Reads hits with a beat and a bar line locked at these times.
fn read_locked(hits: &[Hit], beats: &[f64], downbeats: &[f64]) -> BeatReading {
    let times = |times: &[f64]| times.iter().map(|time| Seconds::clamped(*time)).collect();
    let options = BeatOptions { beats: times(beats), downbeats: times(downbeats), ..BeatOptions::default() };
    track_beats(hits, Seconds::clamped(60.0), &options, None)
}

#[test]
fn a_bar_begins_where_the_user_says() {
    let hits = play(ROCK, 8, bar_s(100.0, 4.0), 0.6);
    // The third beat of the second bar is said to be a one.
    let one = 0.6 + 6.0 * 0.6;
    let reading = read_locked(&hits, &[], &[one]);
    assert_eq!(reading.grid.meter_at(0).to_string(), "4/4");
    let tempo = reading.grid.tempo().unwrap().get();
    assert!((tempo - 100.0).abs() < 1.0, "{tempo}");
    let ones: Vec<f64> = reading.grid.beats().iter().filter(|b| b.is_downbeat()).map(|b| b.time.get()).collect();
    assert!(ones.contains(&one), "{ones:?}");
    let (first, last) = (hits.iter().map(|h| h.time).min_by(Seconds::total_cmp), reading.grid.beats().last());
    assert!(ones[0] <= first.unwrap().get() + 0.02 && last.unwrap().time.get() > 18.0, "{ones:?}");
    // Two that do not fit one meter make a bar of two beats between them.
    let options = BeatOptions {
        tempo: Some(Bpm::new(100.0).unwrap()),
        meter: Some(Meter::FOUR_FOUR),
        downbeats: vec![Seconds::clamped(0.6), Seconds::clamped(one)],
        ..BeatOptions::default()
    };
    let reading = track_beats(&hits, Seconds::clamped(60.0), &options, None);
    let meters: Vec<String> = reading.grid.meters().iter().map(|span| span.meter.to_string()).collect();
    assert_eq!(meters, ["4/4", "2/4", "4/4"]);
}

#[test]
fn a_beat_is_where_the_user_says() {
    let hits = play(ROCK, 8, bar_s(100.0, 4.0), 0.6);
    // Half as fast, and a little late: four beats of the user over eight of the hits.
    let beats = [0.62, 1.81, 3.02, 4.21];
    let reading = read_locked(&hits, &beats, &[]);
    let times: Vec<f64> = reading.grid.beats().iter().map(|b| b.time.get()).collect();
    assert!(beats.iter().all(|beat| times.contains(beat)), "{times:?}");
    // A beat between the beats of any reading, before the music and after it, in a piece with hardly any hits.
    for hits in [hits.clone(), hits[..3].to_vec(), hits[..1].to_vec()] {
        let beats = [0.1, 0.77, 59.9];
        let reading = read_locked(&hits, &beats, &[30.0]);
        let times: Vec<f64> = reading.grid.beats().iter().map(|b| b.time.get()).collect();
        assert!(beats.iter().all(|beat| times.contains(beat)), "{times:?}");
        assert!(reading.grid.beats().iter().any(|b| b.is_downbeat() && b.time.get() == 30.0));
    }
    assert!(read_locked(&[], &[1.0], &[2.0]).grid.is_empty());
}

#[test]
fn locks_are_kept() {
    let hits = play(ROCK, 12, bar_s(100.0, 4.0), 0.6);
    let lock = |tempo: Option<f64>, meter: Option<&str>| {
        let options = BeatOptions {
            tempo: tempo.map(|bpm| Bpm::new(bpm).unwrap()),
            meter: meter.map(|text| text.parse().unwrap()),
            ..BeatOptions::default()
        };
        track_beats(&hits, Seconds::clamped(30.0), &options, None)
    };
    for bpm in [50.0, 100.0, 200.0] {
        let tempo = lock(Some(bpm), None).grid.tempo().unwrap().get();
        assert!((tempo / bpm - 1.0).abs() < 0.02, "{tempo} for {bpm}");
    }
    for meter in ["3/4", "4/4", "7/8", "11/8", "2/2", "32/16", "1/4"] {
        let reading = lock(None, Some(meter));
        assert_eq!(reading.grid.meter_at(0).to_string(), meter);
        assert!(reading.alternatives.iter().all(|a| a.meter.to_string() == meter));
    }
    let both = lock(Some(133.0), Some("5/4"));
    assert_eq!(both.grid.meter_at(0).to_string(), "5/4");
    assert!((both.grid.tempo().unwrap().get() / 133.0 - 1.0).abs() < 0.04);
}

#[test]
fn a_near_tie_of_meters_is_said() {
    // Straight eighths on one drum: nothing says where a bar begins.
    let hits: Vec<Hit> = (0..64).map(|i| hit(0.5 + 0.3 * f64::from(i), HAT, 0.7)).collect();
    let reading = read(&hits);
    assert!(reading.remarks.iter().any(|r| matches!(r, BeatRemark::MeterUncertain { .. })), "{:?}", reading.remarks);
    assert!(reading.alternatives.windows(2).all(|w| w[0].margin_nats <= w[1].margin_nats));
}

#[test]
fn no_hits_no_beats() {
    assert!(read(&[]).grid.is_empty());
    assert!(read(&[hit(1.0, Instrument::Tambourine, 0.5)]).grid.is_empty());
}

#[test]
fn a_few_hits_get_a_plain_grid() {
    let reading = read(&[hit(1.5, KICK, 0.8), hit(2.6, SNARE, 0.8)]);
    assert_eq!(summary(&reading), ("4/4".to_owned(), 120.0, 1.5));
    assert_eq!(reading.grid.beats().len(), 4);
    assert_eq!(reading.remarks, [BeatRemark::TooFewHits { onsets: 2 }]);
}

#[test]
fn input_no_drummer_would_play_is_survived() {
    let many = 100_000;
    let all_at_once: Vec<Hit> = (0..many).map(|_| hit(1.0, KICK, 0.5)).collect();
    assert_eq!(read(&all_at_once).remarks, [BeatRemark::TooFewHits { onsets: 1 }]);
    let every_millisecond: Vec<Hit> = (0..many).map(|i| hit(f64::from(i) * 1e-3, SNARE, 0.5)).collect();
    assert!(!read(&every_millisecond).grid.is_empty());
    let an_hour_apart: Vec<Hit> = (0..200).map(|i| hit(f64::from(i) * 3600.0, KICK, 0.5)).collect();
    let reading = read(&an_hour_apart);
    assert!(reading.grid.beats().len() <= BEATS_MAX);
    assert!(
        reading.remarks.iter().any(|r| matches!(r, BeatRemark::TooFewHits { .. } | BeatRemark::GridCutShort { .. }))
    );
    let far_apart: Vec<Hit> = [-1e6, -9e5, 0.0, 1e6].map(|t| hit(t, KICK, 0.5)).to_vec();
    assert!(read(&far_apart).grid.beats().len() <= BEATS_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn starting_later_moves_the_grid(shift in 0.0..500.0f64) {
        let early = read(&play(ROCK, 8, bar_s(96.0, 4.0), 0.6));
        let late = read(&play(ROCK, 8, bar_s(96.0, 4.0), 0.6 + shift));
        prop_assert_eq!(early.grid.beats().len(), late.grid.beats().len());
        for (a, b) in early.grid.beats().iter().zip(late.grid.beats()) {
            prop_assert!((b.time.get() - a.time.get() - shift).abs() < 0.005);
        }
    }

    #[test]
    fn the_order_of_the_hits_does_not_matter(turn in 0usize..200) {
        let hits = play(SHUFFLE, 6, bar_s(110.0, 4.0), 0.6);
        let mut turned = hits.clone();
        turned.rotate_left(turn % hits.len());
        prop_assert_eq!(read(&hits), read(&turned));
    }

    #[test]
    fn any_hits_give_a_grid_around_them(
        strokes in prop::collection::vec((0.0..60.0f64, 0usize..12, 0.0..1.0f32), 0..120),
        bpm in prop::option::of(1.0..2000.0f64),
        numerator in 1u8..=32,
        lock_meter in any::<bool>(),
        beats in prop::collection::vec(-1.0..70.0f64, 0..4),
        downbeats in prop::collection::vec(-1.0..70.0f64, 0..4),
    ) {
        let hits: Vec<Hit> = strokes
            .iter()
            .map(|&(time, row, velocity)| hit(time, drums::instruments()[row * 2].instrument, velocity))
            .collect();
        let options = BeatOptions {
            tempo: bpm.map(|bpm| Bpm::new(bpm).unwrap()),
            meter: lock_meter.then(|| Meter::new(numerator, 8).unwrap()),
            beats: beats.into_iter().map(Seconds::clamped).collect(),
            downbeats: downbeats.into_iter().map(Seconds::clamped).collect(),
        };
        let reading = track_beats(&hits, Seconds::clamped(60.0), &options, None);
        let beats = reading.grid.beats();
        if let (Some(first), Some(last)) = (beats.first(), beats.last()) {
            prop_assert!(first.is_downbeat());
            let heard = hits.iter().filter(|h| h.instrument.row().family.is_some()).map(|h| h.time.get());
            let (early, late) = heard.fold((f64::MAX, f64::MIN), |(a, b), t| (a.min(t), b.max(t)));
            let beat_s = reading.grid.tempo().unwrap().period().get();
            let locks = options.beats.iter().chain(&options.downbeats).any(|t| (0.0..=60.0).contains(&t.get()));
            prop_assert!(locks || first.time.get() < early + 0.1);
            for lock in options.downbeats.iter().filter(|t| (0.0..=60.0).contains(&t.get())) {
                let near = |b: &&drums::Beat| (b.time.get() - lock.get()).abs() <= 0.05;
                prop_assert!(beats.iter().filter(near).any(drums::Beat::is_downbeat), "{:?}", lock);
            }
            prop_assert!(locks || last.time.get() + 2.0 * beat_s > late, "{:?} {late}", last.time);
        }
    }
}
