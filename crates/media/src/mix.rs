//! From as many channels as there are to one or two.
//!
//! Every channel takes part, the one for low frequencies too (drums live there), and the weights of an output add up to
//! 1, so that the mix cannot be louder than the loudest channel.

use std::fmt::Write;

/// How many channels the decoded sound shall have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channels {
    /// One: the mean of all.
    #[default]
    Mono,
    /// Two: left and right; what is in the middle goes to both.
    Stereo,
}

impl Channels {
    /// 1 or 2.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }
}

/// Where a channel belongs.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
    Middle,
}

/// ffmpeg's `pan` filter that mixes `inputs` channels, or nothing where nothing is to be mixed.
///
/// Channels are named by number, so that a file with an unusual or no layout is mixed, too.
pub(crate) fn pan(inputs: u32, layout: Option<&str>, wanted: Channels) -> Option<String> {
    let sides = sides(inputs, layout);
    match wanted {
        Channels::Mono if inputs <= 1 => None,
        Channels::Mono => Some(format!("pan=mono|c0={}", mean(&sides, |_| true))),
        Channels::Stereo if inputs == 2 => None,
        Channels::Stereo => {
            let left = mean(&sides, |side| side != Side::Right);
            let right = mean(&sides, |side| side != Side::Left);
            Some(format!("pan=stereo|c0={left}|c1={right}"))
        }
    }
}

fn mean(sides: &[Side], wanted: impl Fn(Side) -> bool) -> String {
    let chosen: Vec<usize> = (0..sides.len()).filter(|&index| wanted(sides[index])).collect();
    let weight = 1.0 / chosen.len().max(1) as f64;
    chosen.iter().fold(String::new(), |mut sum, index| {
        let plus = if sum.is_empty() { "" } else { "+" };
        let _ = write!(sum, "{plus}{weight:.9}*c{index}");
        sum
    })
}

/// The sides of the channels in ffmpeg's order; without a known layout left and right take turns.
fn sides(inputs: u32, layout: Option<&str>) -> Vec<Side> {
    use Side::{Left, Middle, Right};
    let known: &[Side] = match layout.unwrap_or_default() {
        "2.1" | "3.0" => &[Left, Right, Middle],
        "3.0(back)" => &[Left, Right, Middle],
        "3.1" => &[Left, Right, Middle, Middle],
        "4.0" => &[Left, Right, Middle, Middle],
        "4.1" => &[Left, Right, Middle, Middle, Middle],
        "5.0" | "5.0(side)" => &[Left, Right, Middle, Left, Right],
        "5.1" | "5.1(side)" => &[Left, Right, Middle, Middle, Left, Right],
        "6.1" => &[Left, Right, Middle, Middle, Middle, Left, Right],
        "7.0" => &[Left, Right, Middle, Left, Right, Left, Right],
        "7.1" | "7.1(wide)" => &[Left, Right, Middle, Middle, Left, Right, Left, Right],
        _ => &[],
    };
    if known.len() == inputs as usize {
        return known.to_vec();
    }
    let mut sides: Vec<Side> = (0..inputs).map(|index| if index % 2 == 0 { Left } else { Right }).collect();
    if let Some(last) = sides.last_mut().filter(|_| inputs % 2 == 1) {
        *last = Middle;
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights by output and input, read back from the filter.
    fn weights(pan: &str) -> Vec<Vec<(usize, f64)>> {
        let term = |term: &str| {
            let (weight, channel) = term.split_once("*c").expect("weight*channel");
            (channel.parse().expect("a number"), weight.parse().expect("a number"))
        };
        let outputs = pan.split('|').skip(1);
        outputs.map(|output| output.split_once('=').expect("c0=").1.split('+').map(term).collect()).collect()
    }

    #[test]
    fn every_channel_is_in_the_mix_and_none_makes_it_louder() {
        let layouts = ["mono", "stereo", "2.1", "3.0", "3.1", "quad", "4.0", "5.0", "5.1", "5.1(side)", "6.1", "7.1"];
        for layout in layouts.map(Some).into_iter().chain([None]) {
            for inputs in 1..=16 {
                for wanted in [Channels::Mono, Channels::Stereo] {
                    let Some(pan) = pan(inputs, layout, wanted) else { continue };
                    let outputs = weights(&pan);
                    assert_eq!(outputs.len(), wanted.count());
                    for output in &outputs {
                        let sum: f64 = output.iter().map(|(_, weight)| weight).sum();
                        assert!((sum - 1.0).abs() < 1e-6, "{layout:?} {pan}");
                    }
                    let heard =
                        |channel| outputs.iter().flatten().any(|&(input, weight)| input == channel && weight > 0.05);
                    assert!((0..inputs as usize).all(heard), "{layout:?} {pan}");
                }
            }
        }
    }

    #[test]
    fn left_stays_left() {
        let pan = pan(6, Some("5.1"), Channels::Stereo).expect("six are mixed");
        let inputs: Vec<Vec<usize>> =
            weights(&pan).iter().map(|output| output.iter().map(|&(channel, _)| channel).collect()).collect();
        assert_eq!(inputs, [[0, 2, 3, 4], [1, 2, 3, 5]]);
    }
}
