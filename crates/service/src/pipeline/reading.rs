//! What a notation says, for programs that do not read scores: notes with their times, measures, doubts, figures.

use std::collections::{BTreeMap, BTreeSet};

use drums::{HitId, Performance};
use score::{Chord, Content, ElementId, Event, Level, Measure, Note, Score, check, simplify};
use serde_json::Value as Document;

use super::PipelineError;
use super::documents::{read_performance, read_score};

/// A score and what it was written from.
#[derive(Debug)]
pub(crate) struct Music {
    pub(crate) score: Score,
    pub(crate) performance: Performance,
}

/// A note and when it sounds.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteFact {
    /// Its name in every file.
    pub element: String,
    /// Instrument id.
    pub instrument: &'static str,
    /// Number of its measure as printed.
    pub measure: u32,
    /// Ticks from the bar line, 10 080 to the quarter.
    pub offset_ticks: i64,
    /// Beat of the meter from 1, with its fraction.
    pub beat: f64,
    /// When it was played; when it is written to sound, for a note nobody played.
    pub time_s: f64,
    /// 0-1.
    pub velocity: f64,
    /// In parentheses.
    pub ghost: bool,
    /// With an accent.
    pub accent: bool,
    /// Damped.
    pub choke: bool,
    /// How sure the listener was, 0-1; none for a note nobody heard.
    pub confidence: Option<f64>,
    /// Ids of the hits it stands for.
    pub hits: Vec<u32>,
}

/// A measure and its notes.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureFact {
    /// Its name in every file.
    pub id: String,
    /// Number as printed.
    pub number: u32,
    /// Such as `4/4`.
    pub meter: String,
    /// When it begins, seconds.
    pub from_s: f64,
    /// When it ends, seconds.
    pub to_s: f64,
    /// Beats a minute, where a mark stands above it.
    pub tempo: Option<f64>,
    /// Boxed letter.
    pub rehearsal: Option<String>,
    /// In order of time.
    pub notes: Vec<NoteFact>,
}

/// A hit that may be something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// Its note.
    pub note: NoteFact,
    /// The hit.
    pub hit_id: u32,
    /// When it was heard, seconds.
    pub time_s: f64,
    /// How sure the listener was, 0-1.
    pub confidence: f64,
    /// What else it may have been, likeliest first: instrument id and confidence.
    pub alternatives: Vec<(&'static str, f64)>,
}

/// Figures about a notation.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Length of the music, seconds.
    pub duration_s: f64,
    /// How many measures.
    pub measures: usize,
    /// How many of them differ from each other.
    pub different_measures: usize,
    /// Passages of one measure that come back, most frequent first: numbers of the measures.
    pub patterns: Vec<Vec<u32>>,
    /// How many notes.
    pub notes: usize,
    /// By instrument id.
    pub by_instrument: BTreeMap<&'static str, usize>,
    /// How many are ghost notes.
    pub ghosts: usize,
    /// How many have an accent.
    pub accents: usize,
    /// How many chords have grace notes.
    pub graces: usize,
    /// Notes a second.
    pub notes_per_s: f64,
    /// Notes in the fullest measure.
    pub notes_per_measure_max: usize,
    /// Share of chords that begin off the beat, 0-1.
    pub off_beat: f64,
    /// Every meter, in order of first use.
    pub meters: Vec<String>,
    /// Lowest, middle and highest tempo from beat to beat, beats a minute; none without beats.
    pub tempo: Option<[f64; 3]>,
    /// How even the beat is: standard deviation of its length, share of the length.
    pub tempo_unevenness: Option<f64>,
    /// The lowest level (1-5) that leaves out no note: 1 easy, 5 hard.
    pub level: u8,
}

/// How two notations differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Notes at the same time on the same instrument.
    pub matched: usize,
    /// Notes of the first only.
    pub only_first: Vec<NoteFact>,
    /// Notes of the second only.
    pub only_second: Vec<NoteFact>,
}

impl Comparison {
    /// Agreement 0-1: matched notes twice, over all notes of both.
    pub fn agreement(&self) -> f64 {
        let all = 2 * self.matched + self.only_first.len() + self.only_second.len();
        if all == 0 { 1.0 } else { 2.0 * self.matched as f64 / all as f64 }
    }
}

impl Music {
    /// Reads both documents of a notation.
    pub(crate) fn read(score: &Document, performance: &Document) -> Result<Self, PipelineError> {
        Ok(Self { score: read_score(score)?, performance: read_performance(performance)? })
    }

    /// The measures with printed numbers `from..=to`.
    pub(crate) fn measures(&self, from: u32, to: u32) -> Vec<MeasureFact> {
        let wanted = self.score.measures.iter().filter(|measure| (from..=to).contains(&measure.number));
        wanted.map(|measure| self.measure(measure)).collect()
    }

    fn measure(&self, measure: &Measure) -> MeasureFact {
        let at = |ticks| self.score.timeline.time_at(ticks).get();
        let mut notes: Vec<NoteFact> = Vec::new();
        for event in measure.events() {
            let Content::Chord(chord) = &event.content else { continue };
            notes.extend(chord.notes.iter().map(|note| self.note(measure, event, chord, note)));
        }
        notes.sort_by(|a, b| a.offset_ticks.cmp(&b.offset_ticks).then(a.element.cmp(&b.element)));
        MeasureFact {
            id: name(measure.id),
            number: measure.number,
            meter: measure.meter.to_string(),
            from_s: at(measure.start),
            to_s: at(measure.start + measure.length()),
            tempo: measure.tempo.map(|mark| mark.bpm.get()),
            rehearsal: measure.rehearsal.clone(),
            notes,
        }
    }

    fn note(&self, measure: &Measure, event: &Event, chord: &Chord, note: &Note) -> NoteFact {
        let hits = note.hits.iter().filter_map(|id| self.performance.hits().get(id.0 as usize));
        let least = hits.clone().map(|hit| f64::from(hit.confidence.get())).min_by(f64::total_cmp);
        let written = || self.score.timeline.time_at(measure.start + event.offset).get();
        NoteFact {
            element: name(note.id),
            instrument: note.instrument.id(),
            measure: measure.number,
            offset_ticks: event.offset.get(),
            beat: 1.0 + event.offset.get() as f64 / measure.meter.beat_ticks().get() as f64,
            time_s: hits.clone().next().map_or_else(written, |hit| hit.time.get()),
            velocity: f64::from(note.velocity.get()),
            ghost: note.ghost,
            accent: chord.accent,
            choke: note.choke,
            confidence: least,
            hits: note.hits.iter().map(|hit| hit.0).collect(),
        }
    }

    /// Every note in order of time.
    pub(crate) fn notes(&self) -> Vec<NoteFact> {
        let mut notes: Vec<NoteFact> =
            self.score.measures.iter().flat_map(|measure| self.measure(measure).notes).collect();
        notes.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        notes
    }

    /// The hits of notes of whose instrument the listener was less sure than `below`, most doubtful first.
    pub(crate) fn doubts(&self, below: f64) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> = Vec::new();
        for note in self.notes() {
            let hits = note.hits.iter().filter_map(|id| self.performance.hits().get(*id as usize));
            let Some(hit) = hits.min_by(|a, b| a.confidence.get().total_cmp(&b.confidence.get())) else { continue };
            let confidence = f64::from(hit.confidence.get());
            // A note that was corrected by hand is no longer in doubt.
            if confidence >= below || hit.instrument.id() != note.instrument {
                continue;
            }
            let others = self.performance.alternatives(HitId(hit.id.0)).iter();
            let alternatives = others.map(|other| (other.instrument.id(), f64::from(other.confidence.get()))).collect();
            doubts.push(Doubt { hit_id: hit.id.0, time_s: hit.time.get(), confidence, alternatives, note });
        }
        doubts.sort_by(|a, b| a.confidence.total_cmp(&b.confidence).then(a.time_s.total_cmp(&b.time_s)));
        doubts
    }

    /// The laws of notation that the score breaks, in words.
    pub(crate) fn violations(&self) -> Vec<String> {
        check(&self.score).iter().map(ToString::to_string).collect()
    }

    /// Figures.
    pub(crate) fn statistics(&self) -> Statistics {
        let notes = self.notes();
        let mut by_instrument = BTreeMap::new();
        for note in &notes {
            *by_instrument.entry(note.instrument).or_default() += 1;
        }
        let chords: Vec<(&Measure, &Event, &Chord)> = self
            .score
            .measures
            .iter()
            .flat_map(|measure| measure.events().filter_map(move |event| Some((measure, event, event.chord()?))))
            .collect();
        let off = chords.iter().filter(|(m, e, _)| e.offset.get() % m.meter.beat_ticks().get() != 0).count();
        let mut meters: Vec<String> = Vec::new();
        for measure in &self.score.measures {
            let meter = measure.meter.to_string();
            if !meters.contains(&meter) {
                meters.push(meter);
            }
        }
        let (patterns, different_measures) = self.patterns();
        let fullest = self.score.measures.iter().map(|measure| self.measure(measure).notes.len()).max();
        let duration_s = self.performance.duration().get();
        let (tempo, tempo_unevenness) = self.pace();
        Statistics {
            duration_s,
            measures: self.score.measures.len(),
            different_measures,
            patterns,
            ghosts: notes.iter().filter(|note| note.ghost).count(),
            accents: chords.iter().filter(|(_, _, chord)| chord.accent).count(),
            graces: chords.iter().filter(|(_, _, chord)| chord.graces.is_some()).count(),
            notes_per_s: if duration_s > 0.0 { notes.len() as f64 / duration_s } else { 0.0 },
            notes_per_measure_max: fullest.unwrap_or(0),
            off_beat: off as f64 / chords.len().max(1) as f64,
            notes: notes.len(),
            by_instrument,
            meters,
            tempo,
            tempo_unevenness,
            level: self.level(),
        }
    }

    /// Measures with the same strokes at the same places, and how many kinds of measures there are.
    fn patterns(&self) -> (Vec<Vec<u32>>, usize) {
        type Strokes = BTreeSet<(i64, &'static str)>;
        let mut kinds: BTreeMap<(String, Strokes), Vec<u32>> = BTreeMap::new();
        for measure in &self.score.measures {
            let fact = self.measure(measure);
            let strokes = fact.notes.iter().map(|note| (note.offset_ticks, note.instrument)).collect();
            kinds.entry((fact.meter, strokes)).or_default().push(fact.number);
        }
        let different = kinds.len();
        let heard = kinds.into_iter().filter(|((_, strokes), _)| !strokes.is_empty());
        let mut repeated: Vec<Vec<u32>> = heard.map(|(_, numbers)| numbers).filter(|all| all.len() > 1).collect();
        repeated.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        (repeated, different)
    }

    /// Tempo from beat to beat, and how uneven it is.
    fn pace(&self) -> (Option<[f64; 3]>, Option<f64>) {
        let beats = self.performance.grid().beats();
        let mut lengths: Vec<f64> = beats.windows(2).map(|pair| pair[1].time.get() - pair[0].time.get()).collect();
        if lengths.is_empty() {
            return (None, None);
        }
        lengths.sort_by(f64::total_cmp);
        let count = lengths.len() as f64;
        let mean = lengths.iter().sum::<f64>() / count;
        let spread = (lengths.iter().map(|length| (length - mean).powi(2)).sum::<f64>() / count).sqrt();
        let bpm = |length: f64| 60.0 / length;
        let tempo = [bpm(lengths[lengths.len() - 1]), bpm(lengths[lengths.len() / 2]), bpm(lengths[0])];
        (Some(tempo), Some(spread / mean))
    }

    fn level(&self) -> u8 {
        let strokes = |score: &Score| {
            let chords = score.measures.iter().flat_map(Measure::events).filter_map(Event::chord);
            chords.map(|chord| chord.notes.len() + chord.graces.as_ref().map_or(0, |_| 1)).sum::<usize>()
        };
        let all = strokes(&self.score);
        let enough = |level: &&Level| strokes(&simplify(&self.score, **level)) >= all;
        Level::ALL.iter().find(enough).map_or(5, |level| level.number())
    }

    /// How two notations differ: notes of one instrument no further apart than `window_s` are the same.
    pub(crate) fn compare(&self, other: &Self, window_s: f64) -> Comparison {
        let (first, second) = (self.notes(), other.notes());
        let instruments: BTreeSet<&str> = first.iter().chain(&second).map(|note| note.instrument).collect();
        let mut comparison = Comparison { matched: 0, only_first: Vec::new(), only_second: Vec::new() };
        for instrument in instruments {
            let of = |notes: &[NoteFact]| -> Vec<NoteFact> {
                notes.iter().filter(|note| note.instrument == instrument).cloned().collect()
            };
            let (a, b) = (of(&first), of(&second));
            let (mut i, mut j) = (0, 0);
            while i < a.len() || j < b.len() {
                match (a.get(i), b.get(j)) {
                    (Some(x), Some(y)) if (x.time_s - y.time_s).abs() <= window_s => {
                        comparison.matched += 1;
                        (i, j) = (i + 1, j + 1);
                    }
                    (Some(x), y) if y.is_none_or(|y| x.time_s < y.time_s) => {
                        comparison.only_first.push(x.clone());
                        i += 1;
                    }
                    (_, Some(y)) => {
                        comparison.only_second.push(y.clone());
                        j += 1;
                    }
                    _ => break,
                }
            }
        }
        comparison.only_first.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        comparison.only_second.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        comparison
    }
}

fn name(id: ElementId) -> String {
    format!("n{}", id.0)
}
