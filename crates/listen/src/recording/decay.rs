//! Measures how fast sound dies away after strokes.
//!
//! Conventions: levels are those of blocks of 10 ms of the first difference of the samples, which keeps the low end of drums,
//! slow by nature, out of it. A stroke counts where its level falls from 5 to 25 dB below its peak with nothing in between;
//! three times that time is its decay by 60 dB. Drums ring by themselves, so the driest strokes tell most about the room:
//! the decay of a recording is that of the fastest fifth. Source: ISO 3382 (decay from the range of 20 dB).

use crate::features::decibels;

/// Samples per block.
const BLOCK_SAMPLES: usize = 441;
/// Length of a block, s.
const BLOCK_S: f32 = 0.01;
/// A rise by so much over the lowest level since the last stroke begins a new one, dB.
const RISE_DB: f32 = 6.0;
/// Where the fall is timed, dB below the peak.
const FROM_DB: f32 = 5.0;
const TO_DB: f32 = 25.0;
/// Blocks after which a fall that slow is no fall any more (1.5 s for 20 dB).
const BLOCKS_MAX: u32 = 150;
/// Parts of a block in which falls are counted.
const STEPS: f32 = 4.0;
/// Fewest falls to say anything.
const FALLS_MIN: u32 = 3;
/// Below this level nothing is a stroke, dB.
const STROKE_MIN_DB: f32 = -70.0;

/// Times the falls of level after strokes.
#[derive(Debug, Clone)]
pub(super) struct DecayMeter {
    before: f32,
    energy: f32,
    filled: usize,
    level_db: f32,
    lowest_db: f32,
    stroke: Option<Stroke>,
    /// Number of falls by their length in parts of a block.
    falls: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Stroke {
    peak_db: f32,
    /// Blocks since the peak.
    blocks: u32,
    /// When the level passed the upper mark, blocks since the peak.
    from_blocks: Option<f32>,
}

impl Default for DecayMeter {
    fn default() -> Self {
        Self {
            before: 0.0,
            energy: 0.0,
            filled: 0,
            level_db: -120.0,
            lowest_db: -120.0,
            stroke: None,
            falls: vec![0; (BLOCKS_MAX as f32 * STEPS) as usize + 1],
        }
    }
}

impl DecayMeter {
    /// Takes in a sample.
    pub(super) fn hear(&mut self, sample: f32) {
        let change = sample - self.before;
        self.before = sample;
        self.energy += change * change;
        self.filled += 1;
        if self.filled == BLOCK_SAMPLES {
            let level_db = decibels(self.energy / BLOCK_SAMPLES as f32);
            self.advance(level_db);
            (self.energy, self.filled) = (0.0, 0);
        }
    }

    fn advance(&mut self, level_db: f32) {
        let before_db = std::mem::replace(&mut self.level_db, level_db);
        self.lowest_db = self.lowest_db.min(level_db);
        if level_db > self.lowest_db + RISE_DB {
            self.lowest_db = level_db;
            let fresh = Stroke { peak_db: level_db, blocks: 0, from_blocks: None };
            self.stroke = (level_db >= STROKE_MIN_DB).then_some(fresh);
            return;
        }
        let Some(stroke) = &mut self.stroke else { return };
        if level_db > stroke.peak_db {
            *stroke = Stroke { peak_db: level_db, blocks: 0, from_blocks: None };
            self.lowest_db = level_db;
            return;
        }
        stroke.blocks += 1;
        // When between two blocks a mark was passed.
        let passed = |mark_db: f32| {
            let part = if before_db > level_db { (before_db - mark_db) / (before_db - level_db) } else { 1.0 };
            (stroke.blocks - 1) as f32 + part.clamp(0.0, 1.0)
        };
        if stroke.from_blocks.is_none() && level_db <= stroke.peak_db - FROM_DB {
            stroke.from_blocks = Some(passed(stroke.peak_db - FROM_DB));
        }
        let reached = level_db <= stroke.peak_db - TO_DB;
        if let (true, Some(from)) = (reached, stroke.from_blocks) {
            let fall = ((passed(stroke.peak_db - TO_DB) - from).max(0.0) * STEPS) as usize;
            if let Some(count) = self.falls.get_mut(fall) {
                *count += 1;
            }
        }
        if reached || stroke.blocks > BLOCKS_MAX {
            self.stroke = None;
        }
    }

    /// The decay by 60 dB of the fastest fifth of the falls, s.
    pub(super) fn decay_s(&self) -> Option<f32> {
        let all: u32 = self.falls.iter().sum();
        if all < FALLS_MIN {
            return None;
        }
        let mut faster = 0;
        let fall = self.falls.iter().position(|count| {
            faster += count;
            faster * 5 >= all
        })?;
        Some((fall as f32 + 0.5) / STEPS * BLOCK_S * 60.0 / (TO_DB - FROM_DB))
    }
}
