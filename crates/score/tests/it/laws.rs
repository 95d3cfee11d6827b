//! Whatever is played, the score obeys its laws and every hit is accounted for once.

use drums::{
    Beat, BeatGrid, Confidence, Hit, HitId, Instrument, Meter, MeterSpan, Performance, Seconds, Ticks, Velocity,
    instruments,
};
use proptest::prelude::*;
use score::{NotationOptions, Remark, Score, check, notate, placements};

const METERS: [&str; 14] =
    ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8", "2/2", "3/8", "5/8", "11/8", "1/4", "6/16"];

fn meter(index: usize) -> Meter {
    METERS[index % METERS.len()].parse().unwrap()
}

/// Laws hold, and each hit is in a note, a grace group or a remark.
fn assert_lawful(performance: &Performance, options: &NotationOptions) -> Score {
    let (score, remarks) = notate(performance, options);
    assert_eq!(check(&score), []);
    assert!(score.measures.len() <= options.measures_max);
    let mut seen: Vec<HitId> = placements(&score, performance).iter().map(|placement| placement.hit).collect();
    for remark in &remarks {
        if let Remark::LeftOut { hits, .. } | Remark::CountIn { hits, .. } = remark {
            seen.extend(hits);
        }
        assert!(remark.to_string().len() > 20);
    }
    seen.sort();
    let all: Vec<HitId> = performance.hits().iter().map(|hit| hit.id).collect();
    assert_eq!(seen, all, "every hit once");
    score
}

fn hit() -> impl Strategy<Value = Hit> {
    (-3.0..30.0f64, 0..instruments().len(), 0.0..1.0f32).prop_map(|(time, row, velocity)| {
        Hit::new(Seconds::clamped(time), instruments()[row].instrument, Velocity::clamped(velocity))
    })
}

/// Beats at uneven distances, places in the bar mostly right, meters that change.
fn grid() -> impl Strategy<Value = BeatGrid> {
    let beats = prop::collection::vec((0.01..1.5f64, 0..40u8), 0..60);
    (beats, 0..METERS.len(), 0..METERS.len(), 2..30usize).prop_map(|(steps, first, second, change)| {
        let mut spans = vec![MeterSpan { first_beat: 0, meter: meter(first) }];
        if second != first {
            spans.push(MeterSpan { first_beat: change, meter: meter(second) });
        }
        let (mut time, mut position) = (-1.0, 0);
        let mut beats = Vec::new();
        for (index, (step, odd)) in steps.into_iter().enumerate() {
            let per_bar = spans.iter().rev().find(|span| span.first_beat <= index).unwrap().meter.beats_per_bar();
            time += step;
            position = if odd > 2 { position % per_bar + 1 } else { odd % per_bar + 1 };
            let position = position.min(per_bar);
            beats.push(Beat { time: Seconds::clamped(time), position, confidence: Confidence::MAX });
        }
        BeatGrid::new(beats, spans).unwrap_or_default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_performance_is_written_lawfully(
        hits in prop::collection::vec(hit(), 0..120),
        grid in grid(),
        one_voice in any::<bool>(),
        (similes, count_in) in any::<(bool, bool)>(),
        measures_max in 1..60usize,
    ) {
        let performance = Performance::new(Seconds::clamped(30.0), hits, grid).unwrap();
        let (repeats, dynamics) = (similes, count_in);
        let base = NotationOptions { one_voice, similes, measures_max, ..NotationOptions::default() };
        let options = NotationOptions { repeats, dynamics, count_in, ..base };
        assert_lawful(&performance, &options);
    }

    #[test]
    fn dense_strokes_on_one_drum_are_written_lawfully(
        gaps in prop::collection::vec((0.001..0.2f64, 0.1..1.0f32, 0..3usize), 1..200),
        tempo in 20.0..400.0f64,
        meter_index in 0..METERS.len(),
    ) {
        let drums = [Instrument::Snare, Instrument::TomHigh, Instrument::HihatClosed];
        let mut time = 1.0;
        let hits = gaps.iter().map(|&(gap, velocity, drum)| {
            time += gap;
            Hit::new(Seconds::clamped(time), drums[drum], Velocity::clamped(velocity))
        });
        let grid = BeatGrid::steady(Seconds::clamped(1.0), drums::Bpm::new(tempo).unwrap(), meter(meter_index), 16);
        let performance = Performance::new(Seconds::clamped(60.0), hits.collect(), grid.unwrap()).unwrap();
        assert_lawful(&performance, &NotationOptions::default());
    }

    #[test]
    fn exact_places_come_back_exactly(
        meter_index in 0..METERS.len(),
        tempo in 60.0..180.0f64,
        beats in prop::collection::vec((0..6usize, any::<u16>()), 4..40),
    ) {
        let meter = meter(meter_index);
        let (hits, places) = exact(meter, tempo, &beats);
        prop_assume!(!hits.is_empty());
        let grid = BeatGrid::steady(Seconds::ZERO, drums::Bpm::new(tempo).unwrap(), meter, beats.len() + 1).unwrap();
        let performance = Performance::new(Seconds::clamped(600.0), hits, grid).unwrap();
        let score = assert_lawful(&performance, &NotationOptions::default());
        let first_bar = places[0].get() / meter.bar_ticks().get() * meter.bar_ticks().get();
        let mut written: Vec<(HitId, Ticks)> = Vec::new();
        for measure in &score.measures {
            for event in measure.voices.iter().flat_map(|voice| &voice.events) {
                for note in event.chord().iter().flat_map(|chord| &chord.notes) {
                    written.extend(note.hits.iter().map(|&hit| (hit, measure.start + event.offset)));
                }
            }
        }
        written.sort();
        let expected: Vec<Ticks> = places.iter().map(|&place| place - Ticks(first_bar)).collect();
        prop_assert_eq!(written.into_iter().map(|(_, at)| at).collect::<Vec<_>>(), expected);
    }
}

/// Strokes exactly on the places of binary and triplet grids; each beat has a stroke on every place its mask names, and
/// the first place, so that the division can be told.
fn exact(meter: Meter, tempo: f64, beats: &[(usize, u16)]) -> (Vec<Hit>, Vec<Ticks>) {
    let beat = meter.beat_ticks();
    let divisions: &[i64] = match beat.get() * 4 / Ticks::QUARTER.get() {
        6 | 3 => &[1, 3, 6],
        2 => &[1, 2],
        1 => &[1],
        8 => &[1, 2, 4],
        _ => &[1, 2, 4, 3],
    };
    let (mut hits, mut places) = (Vec::new(), Vec::new());
    for (index, &(division, mask)) in beats.iter().enumerate() {
        let parts = divisions[division % divisions.len()];
        // Triplets with the middle only look like swing or syncopation; play those in full.
        let full = parts == 3;
        for part in (0..parts).filter(|&part| full || part == 0 || mask >> part & 1 == 1) {
            let at = beat * index as i64 + Ticks(beat.get() * part / parts);
            let seconds = 60.0 / tempo * at.get() as f64 / beat.get() as f64;
            hits.push(Hit::new(Seconds::clamped(seconds), Instrument::HihatClosed, Velocity::clamped(0.6)));
            places.push(at);
        }
    }
    (hits, places)
}

#[test]
fn extremes_are_bounded_and_lawful() {
    let at = |time: f64, instrument| Hit::new(Seconds::clamped(time), instrument, Velocity::clamped(0.5));
    let two_beats = |gap: f64| {
        let beat = |time, position| Beat { time: Seconds::clamped(time), position, confidence: Confidence::MAX };
        let spans = vec![MeterSpan { first_beat: 0, meter: Meter::FOUR_FOUR }];
        BeatGrid::new(vec![beat(0.0, 1), beat(gap, 2)], spans).unwrap()
    };
    let options = NotationOptions::default();
    let crowd: Vec<Hit> = (0..100_000).map(|i| at(f64::from(i) * 1e-3, Instrument::Snare)).collect();
    for gap in [1e-9, 0.03, 0.5, 60.0, 3600.0] {
        let performance = Performance::new(Seconds::clamped(1e5), crowd.clone(), two_beats(gap)).unwrap();
        assert_lawful(&performance, &options);
        let apart = vec![at(-9e5, Instrument::Kick), at(0.1, Instrument::Kick), at(9e5, Instrument::Crash)];
        let performance = Performance::new(Seconds::clamped(1e5), apart, two_beats(gap)).unwrap();
        assert_lawful(&performance, &options);
    }
    let no_beats = Performance::new(Seconds::clamped(1e5), crowd, BeatGrid::default()).unwrap();
    assert_lawful(&no_beats, &options);
    let beats_only = Performance::new(Seconds::clamped(10.0), Vec::new(), two_beats(0.5)).unwrap();
    assert_lawful(&beats_only, &options);
}
