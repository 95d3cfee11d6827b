//! Tries a network out: are its numbers probabilities, and does it look no further than its card says?

use super::engine::{Engine, Output};
use super::windows::aligned;
use rten::ThreadPool;
use std::sync::Arc;

/// Frames of the runs that try a network out.
pub(super) const PROBE_FRAMES: usize = 300;
/// How far outside its range a value may lie by rounding.
const SLACK: f32 = 1e-3;
/// Largest difference that counts as none.
const SAME: f32 = 1e-3;
/// Frames compared where a stretch is cut.
const COMPARED_FRAMES: usize = 64;

/// Runs over silence and noise and checks what comes out.
pub(super) fn probe(engine: &Engine) -> Result<(), String> {
    let pool = Arc::new(ThreadPool::with_num_threads(1));
    let contract = engine.contract();
    let (width, trial) = (contract.width, contract.trial);
    check_range(engine, &engine.run(vec![trial.silence; PROBE_FRAMES * width], &pool)?, "silence")?;
    let context = aligned(contract.context_frames);
    let frames = (context + 2 * COMPARED_FRAMES).max(PROBE_FRAMES.next_multiple_of(COMPARED_FRAMES));
    let noise = noise(frames * width, trial.noise);
    let whole = engine.run(noise.clone(), &pool)?;
    check_range(engine, &whole, "noise")?;
    // The first frames must not care what comes after their context, the last ones not what came before it.
    let head = engine.run(noise[..(context + COMPARED_FRAMES) * width].to_vec(), &pool)?;
    let tail = engine.run(noise[(frames - context - COMPARED_FRAMES) * width..].to_vec(), &pool)?;
    let compared = COMPARED_FRAMES * contract.outputs.first().map_or(0, |output| output.columns);
    let differs = |a: &[f32], b: &[f32]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > SAME);
    let last = |list: &[f32]| list[list.len() - compared..].to_vec();
    if differs(&head[0][..compared], &whole[0][..compared]) || differs(&last(&tail[0]), &last(&whole[0])) {
        return Err(format!(
            "its outputs depend on sound further away than context_frames = {}: raise it to what the network looks at",
            contract.context_frames
        ));
    }
    Ok(())
}

fn check_range(engine: &Engine, answer: &[Vec<f32>], sound: &str) -> Result<(), String> {
    for (Output { name, range, .. }, list) in engine.contract().outputs.iter().zip(answer) {
        match range {
            Some((low, high)) => {
                if let Some(value) = list.iter().find(|value| !(low - SLACK..=high + SLACK).contains(*value)) {
                    return Err(format!(
                        "its output {name} is {value} for {sound}, not {low} to {high}: end it in a sigmoid or a clip"
                    ));
                }
            }
            None if list.iter().any(|value| !value.is_finite()) => {
                return Err(format!("its output {name} is not finite for {sound}"));
            }
            None => {}
        }
    }
    Ok(())
}

/// Made-up values, the same every time.
fn noise(count: usize, value: fn(f32) -> f32) -> Vec<f32> {
    let mut state = 40_961u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        value((state >> 8) as f32 / 16_777_216.0)
    };
    (0..count).map(|_| next()).collect()
}
