//! Tries a network out: are its numbers probabilities, and does it look no further than its card says?

use super::network::{Activations, Network, PROBE_FRAMES};
use super::stream::aligned_context;
use rten::ThreadPool;
use std::sync::Arc;

/// How far outside 0..=1 a probability may lie by rounding.
const SLACK: f32 = 1e-3;
/// How far a stroke may begin from its frame, frames.
const OFFSET_MAX: f32 = 1.5;
/// Largest difference that counts as none.
const SAME: f32 = 1e-3;
/// Frames compared where a stretch is cut.
const COMPARED_FRAMES: usize = 64;

/// Runs over silence and noise and checks what comes out.
pub(super) fn probe(network: &Network) -> Result<(), String> {
    let pool = Arc::new(ThreadPool::with_num_threads(1));
    let width = network.width();
    check_range(&network.run(vec![-10.0; PROBE_FRAMES * width], &pool)?, "silence")?;
    let context = usize::try_from(aligned_context(network)).unwrap_or(0);
    let frames = (context + 2 * COMPARED_FRAMES).max(PROBE_FRAMES.next_multiple_of(COMPARED_FRAMES));
    let noise = noise(frames * width);
    let whole = network.run(noise.clone(), &pool)?;
    check_range(&whole, "noise")?;
    // The first frames must not care what comes after their context, the last ones not what came before it.
    let head = network.run(noise[..(context + COMPARED_FRAMES) * width].to_vec(), &pool)?;
    let tail = network.run(noise[(frames - context - COMPARED_FRAMES) * width..].to_vec(), &pool)?;
    let compared = COMPARED_FRAMES * network.classes();
    let differs = |a: &[f32], b: &[f32]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > SAME);
    let last = |list: &[f32]| list[list.len() - compared..].to_vec();
    if differs(&head.onset[..compared], &whole.onset[..compared]) || differs(&last(&tail.onset), &last(&whole.onset)) {
        return Err(format!(
            "its outputs depend on sound further away than context_frames = {}: raise it to what the network looks at",
            network.context_frames()
        ));
    }
    Ok(())
}

fn check_range(answer: &Activations, sound: &str) -> Result<(), String> {
    for (name, list, low, high) in [
        ("onset", &answer.onset, 0.0, 1.0),
        ("velocity", &answer.velocity, 0.0, 1.0),
        ("offset", &answer.offset, -OFFSET_MAX, OFFSET_MAX),
        ("beat", &answer.beat, 0.0, 1.0),
    ] {
        if let Some(value) = list.iter().find(|value| !(low - SLACK..=high + SLACK).contains(*value)) {
            return Err(format!(
                "its output {name} is {value} for {sound}, not {low} to {high}: end it in a sigmoid or a clip"
            ));
        }
    }
    if answer.timbre.iter().any(|value| !value.is_finite()) {
        return Err(format!("its output timbre is not finite for {sound}"));
    }
    Ok(())
}

/// Made-up log powers, -6 to 0, the same every time.
fn noise(count: usize) -> Vec<f32> {
    let mut state = 40_961u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        -6.0 * (state >> 8) as f32 / 16_777_216.0
    };
    (0..count).map(|_| next()).collect()
}
