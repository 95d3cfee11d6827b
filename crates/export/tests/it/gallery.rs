//! The gallery: music as drum tab, drawn on pages, and the pictures kept so that a change of layout shows in review.
//!
//! The tabs are in `tests/gallery`. A picture is kept as text: every mark with its class and place, bar by bar. To look at
//! the pages, `cargo run -p export --example gallery -- FOLDER` draws them; whoever accepts a changed snapshot looks first.
//!
//! Conventions: staff spaces to a tenth; x from the page's left edge, y from its top, within a system from its top staff
//! line.

use crate::scores::{number_hits, played};
use drums::{Confidence, Hit, HitId, Performance, Seconds};
use engrave::{Dialect, Engraving};
use export::{Options, Paper, tab};
use score::{
    BarRepeat, Content, Dynamic, DynamicMark, DynamicSign, Edit, ElementId, Hand, Level, Repeat, Score, Swing,
    SwingUnit, apply,
};
use std::fmt::Write as _;

/// What is drawn, and how.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) name: String,
    pub(crate) score: Score,
    pub(crate) performance: Performance,
    pub(crate) options: Options,
}

impl Picture {
    fn of(name: &str, score: Score) -> Self {
        Self { name: name.to_owned(), score, performance: Performance::default(), options: Options::default() }
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }
}

/// The tab of a name in `tests/gallery`.
fn tab(name: &str) -> Score {
    let path = format!("{}/tests/gallery/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    tab::read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All pictures of the gallery.
pub(crate) fn pictures() -> Vec<Picture> {
    let mut all = vec![
        Picture::of("legend", tab("legend")),
        Picture::of("rock", tab("rock")),
        Picture::of("shuffle", swung(tab("shuffle"))),
        Picture::of("triplets", tab("triplets")),
        Picture::of("six_eight", tab("six_eight")),
        Picture::of("twelve_eight", tab("twelve_eight")),
        Picture::of("odd_meters", tab("odd_meters")),
        Picture::of("ghosts", tab("ghosts")),
        Picture::of("fills", tab("fills")),
        Picture::of("graces", tab("graces")),
        Picture::of("collisions", tab("collisions")).with(|options| options.style.drum_key = false),
        Picture::of("form", folded(tab("form"))),
        Picture::of("sticking", stuck(tab("sticking"))),
        Picture::of("left_handed", stuck(tab("sticking"))).with(|options| options.style.left_handed = true),
        Picture::of("dynamics", shaded(tab("rock"))),
        Picture::of("musescore", tab("legend")).with(|options| options.style.dialect = Dialect::MuseScore),
        Picture::of("guitar_pro", tab("legend")).with(|options| options.style.dialect = Dialect::GuitarPro),
        Picture::of("small", tab("ghosts")).with(|options| {
            options.style.paper = Paper::Letter;
            options.style.space_mm = 1.25;
            options.style.measures_per_system = 2;
        }),
    ];
    all.extend([Level::One, Level::Two, Level::Three, Level::Four].map(|level| {
        let name = format!("level_{}", level.number());
        Picture::of(&name, tab("ghosts")).with(|options| options.level = level)
    }));
    let overlaid = heard(tab("ghosts"));
    all.push(Picture { name: "confidence".into(), ..overlaid.clone() }.with(|options| options.show_confidence = true));
    all.push(Picture { name: "timing".into(), ..overlaid }.with(|options| options.show_timing = true));
    all.push(Picture::of("long", long()));
    all
}

/// Off-beats at two thirds.
fn swung(mut score: Score) -> Score {
    score.measures[0].swing = Some(true);
    for measure in &mut score.measures {
        measure.feel = Some(Swing { unit: SwingUnit::Eighths, ratio: 2.0 / 3.0 });
    }
    score
}

/// Every way to write bars once that are played more often.
fn folded(mut score: Score) -> Score {
    let repeat = |first, length, times, endings: &[&[usize]]| Repeat {
        first,
        length,
        times,
        ending: usize::from(!endings.is_empty()),
        endings: endings.iter().map(|passes| passes.to_vec()).collect(),
    };
    score.repeats = vec![repeat(1, 4, 2, &[&[1], &[2]]), repeat(25, 2, 4, &[])];
    for bar in [10, 11] {
        score.measures[bar].repeat = Some(BarRepeat::One);
    }
    score.measures[15].repeat = Some(BarRepeat::TwoFirst);
    score.measures[16].repeat = Some(BarRepeat::TwoSecond);
    score
}

/// Paradiddles, and the right hand first where the pattern ends.
fn stuck(score: Score) -> Score {
    let hands = score.measures.iter().flat_map(|measure| &measure.voices[0].events);
    let strokes: Vec<ElementId> = hands.filter(|event| event.chord().is_some()).map(|event| event.id).collect();
    let pattern = "RLRRLRLL".chars().cycle().map(|hand| if hand == 'R' { Hand::Right } else { Hand::Left });
    strokes
        .into_iter()
        .zip(pattern)
        .fold(score, |score, (event, hand)| apply(&score, Edit::Sticking(event, Some(hand))).unwrap().0)
}

/// Letters and hairpins.
fn shaded(mut score: Score) -> Score {
    let whole = score.measures[0].length();
    let signs = [
        (0, DynamicSign::Level(Dynamic::Mf)),
        (2, DynamicSign::Crescendo(whole * 2)),
        (4, DynamicSign::Level(Dynamic::F)),
        (5, DynamicSign::Diminuendo(whole)),
        (6, DynamicSign::Level(Dynamic::Pp)),
        (7, DynamicSign::Level(Dynamic::Ff)),
    ];
    for (number, (bar, sign)) in (100_000..).zip(signs) {
        let mark = DynamicMark { id: ElementId(number), offset: drums::Ticks::ZERO, sign };
        score.measures[bar].dynamics.push(mark);
    }
    score
}

/// A score as if it had been heard: some strokes doubtful, some early, some late.
fn heard(mut score: Score) -> Picture {
    let mut next = 0;
    let mut name = || {
        next += 1;
        HitId(next - 1)
    };
    let voices = score.measures.iter_mut().flat_map(|measure| &mut measure.voices);
    for event in voices.flat_map(|voice| &mut voice.events) {
        let Content::Chord(chord) = &mut event.content else { continue };
        chord.notes.iter_mut().for_each(|note| note.hits = vec![name()]);
        if let Some(graces) = &mut chord.graces {
            graces.hits = (0..graces.kind.strokes()).map(|_| name()).collect();
        }
    }
    number_hits(&mut score);
    let exact = played(&score);
    let hits: Vec<Hit> = exact.hits().iter().enumerate().map(|(index, hit)| doubtful(index, *hit)).collect();
    let performance = Performance::new(exact.duration(), hits, exact.grid().clone()).unwrap();
    Picture { performance, ..Picture::of("heard", score) }
}

fn doubtful(index: usize, mut hit: Hit) -> Hit {
    hit.confidence = Confidence::clamped([0.97, 0.9, 0.66, 0.95, 0.4, 0.99, 0.88][index % 7]);
    // What is struck together is late together.
    let column = (hit.time.get() * 20.0).round() as usize;
    hit.time = hit.time + Seconds::clamped([0.0, 0.004, 0.02, -0.006, -0.03, 0.015, 0.045][column % 7]);
    hit
}

/// Two hundred bars in the form of a song.
fn long() -> Score {
    let verse = ["x-x-x-x-x-x-x-x-", "----O-------O---", "o-------o-o-----"];
    let answer = ["x-x-x-x-x-x-x-o-", "----O--g----O---", "o-----o-o-----o-"];
    let chorus = ["x-x-x-x-x-x-x-x-", "----O-------O---", "o-o-----o-o---o-"];
    let busy = ["xxxxxxxxxxxxxxxx", "----O--g-g--O--g", "o-o-------o--o--"];
    let fill = ["x-x-x-x---------", "----O---OoooOoOO", "o-------o-------"];
    let mut text = String::from("Two Hundred Bars\na song for turning pages\n4/4, quarter = 126\n\n");
    let sections = [
        ("A", verse, answer, 16),
        ("B", verse, answer, 32),
        ("C", chorus, chorus, 16),
        ("D", busy, busy, 24),
        ("E", chorus, answer, 32),
        ("F", verse, verse, 24),
        ("G", busy, chorus, 32),
        ("H", chorus, busy, 24),
    ];
    for (letter, groove, other, bars) in sections {
        for bar in 0..bars {
            let pattern = if bar % 8 == 7 {
                fill
            } else if bar % 2 == 1 {
                other
            } else {
                groove
            };
            let words = if bar == 0 { format!("   [{letter}]\n") } else { "\n".to_owned() };
            let crash = if bar == 0 { "X---------------" } else { "----------------" };
            let hat = if bar == 0 { format!("-{}", &pattern[0][1..]) } else { pattern[0].to_owned() };
            let _ = writeln!(text, "{words}CR|{crash}|\nHH|{hat}|\nSD|{}|\nBD|{}|\n", pattern[1], pattern[2]);
        }
    }
    tab::read(&text).unwrap()
}

/// The pages of a picture.
pub(crate) fn drawn(picture: &Picture) -> Engraving {
    let score = score::simplify(&picture.score, picture.options.level);
    let mut overlay = engrave::Overlay::of(&score, &picture.performance);
    if !picture.options.show_confidence {
        overlay.confidence.clear();
    }
    if !picture.options.show_timing {
        overlay.deviation_s.clear();
    }
    engrave::engrave_with(&score, &picture.options.style, &overlay)
}
