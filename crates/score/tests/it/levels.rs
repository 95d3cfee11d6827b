//! The five levels on paper, and what holds for each.

use crate::paper::paper;
use drums::Instrument;
use insta::assert_snapshot;
use proptest::prelude::*;
use score::{Event, Level, NotationOptions, Score, check, notate, simplify};
use std::collections::BTreeSet;
use testkit::{Drummer, groove};

const FUNK: &str = "CR|x---------------|----------------|\n\
    HH|--x-x-x-x-xxx-o-|x-x-x-x-x-------|\n\
    SD|----o--g-g--o--g|----f--g--oooooo|\n\
    T1|----------------|------------oo--|\n\
    BD|o--o--o---o----o|o-o-------o-----|\n\
    HF|----------------|----x-------x---|";

#[test]
fn a_funk_groove_grows_simpler() {
    let funk = FUNK.replace("--oooooo", "--oo----");
    let score = notate(&groove(&funk), &NotationOptions::default()).0;
    let written: String =
        Level::ALL.map(|level| format!("{}\n{}", level.number(), paper(&simplify(&score, level)))).concat();
    assert_snapshot!(written, @r"
    1
    1 4/4 4=120
      hands 4CR 4HH+SD 4HH 4HH+SD
      feet  4BD r4 r2
    2
      hands 4HH 4HH+SD 4HH 4T1
      feet  4BD r4 r2
    2
    1 4/4 4=120
      hands 8CR_8HH_8HH+SD_8HH 8HH_8HH_8HH+SD_8HHo
      feet  8BD_8BD r8 8BD r8 8BD r8 8BD
    2
      hands 8HH_8HH_8HH+SD_8HH 8HH_8SD 4T1
      feet  8BD_8BD r4 r8 8BD r4
    3
    1 4/4 4=120
      hands 8CR_8HH_8HH+SD_8HH 8HH_8HH_8HH+SD_8HHo
      feet  8.BD_16BD r8 8BD r8 8BD r8. 16BD
    2
      hands 8HH_8HH_8HH+SD_8HH 8HH_16SD_16SD 16T1_8.T1
      feet  8BD_8BD r4 r8 8BD r4
    4
    1 4/4 4=120
      hands 8CR_8HH 8HH+SD_16HH_16(SD) 16HH_16(SD)_16HH_16HH 8HH+SD_16HHo_16(SD)
      feet  8.BD_16BD r8 8BD r8 8BD r8. 16BD
    2
      hands 8HH_8HH f8HH+SD_16HH_16(SD) 8HH_16SD_16SD 16T1_8.T1
      feet  8BD_8BD 4HF r8 8BD 4HF
    5
    1 4/4 4=120
      hands 8CR_8HH 8HH+SD_16HH_16(SD) 16HH_16(SD)_16HH_16HH 8HH+SD_16HHo_16(SD)
      feet  8.BD_16BD r8 8BD r8 8BD r8. 16BD
    2
      hands 8HH_8HH f8HH+SD_16HH_16(SD) 8HH_16SD_16SD 16T1_8.T1
      feet  8BD_8BD 4HF r8 8BD 4HF
");
}

#[test]
fn triplets_stay_triplets() {
    let score = notate(&groove("HH|x-xx-xx-xx-x|\nSD|-g-og--g-og-|\nBD|o----oo-----|"), &NotationOptions::default()).0;
    let written: String = [Level::One, Level::Two].map(|level| paper(&simplify(&score, level))).concat();
    assert_snapshot!(written, @r"
    1 4/4 4=120
      hands 4HH 4HH+SD 4HH 4HH+SD
      feet  4BD r4 4BD r4
    1 4/4 4=120
      hands [3:2 4HH 8HH] [3:2 4HH+SD 8HH] [3:2 4HH 8HH] [3:2 4HH+SD 8HH]
      feet  4BD [3:2 r4 8BD] 4BD r4
");
}

fn notes(score: &Score) -> BTreeSet<u32> {
    let chords = score.measures.iter().flat_map(score::Measure::events).filter_map(Event::chord);
    chords.flat_map(|chord| &chord.notes).map(|note| note.id.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_level_is_lawful_and_leaves_out_more(seed in 0..1000u64, one_voice in any::<bool>(), signs in any::<bool>()) {
        let take = Drummer::seeded(seed).play(12);
        let options = NotationOptions { one_voice, similes: signs, repeats: signs, ..NotationOptions::default() };
        let score = notate(&take.performance, &options).0;
        prop_assert_eq!(&simplify(&score, Level::Five), &score);
        let mut above = notes(&score);
        for level in Level::ALL.into_iter().rev() {
            let simple = simplify(&score, level);
            prop_assert_eq!(check(&simple), []);
            let own = notes(&simple);
            prop_assert!(own.is_subset(&above), "{:?} has notes that the level above has not", level);
            prop_assert_eq!(&simplify(&simple, level), &simple, "simple is simple");
            above = own;
        }
        let one = simplify(&score, Level::One);
        let kicks = |score: &Score| score.kit.iter().any(|piece| piece.instrument == Instrument::Kick);
        prop_assert!(kicks(&one) || !kicks(&score));
    }
}
