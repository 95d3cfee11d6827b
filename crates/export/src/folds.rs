//! What our pages write once, in words: similes and repeats, for files that write every bar out.
//!
//! Other programs read the signs of repeats in too many ways to trust them with the music, so the bars stand in the file
//! one by one, and these words beside them, which only we read. A program that changes the file drops or ignores them.
//!
//! Conventions: a word stands at the bar it is about. A repeat says measures, passes and measures of the endings, then for
//! each ending its passes: `4 3 1 1,2 3`.

use score::{BarRepeat, Law, Repeat, Score, check, keep_signs_true};

const BARS: [(BarRepeat, &str); 3] =
    [(BarRepeat::One, "one"), (BarRepeat::TwoFirst, "first of two"), (BarRepeat::TwoSecond, "second of two")];

/// What a bar repeats.
pub(crate) fn bar_words(repeat: BarRepeat) -> &'static str {
    BARS.iter().find(|(own, _)| *own == repeat).map_or("", |(_, words)| words)
}

/// Reads [`bar_words`].
pub(crate) fn parse_bar(words: &str) -> Option<BarRepeat> {
    BARS.iter().find(|(_, own)| *own == words).map(|(repeat, _)| *repeat)
}

/// A repeat at its first bar.
pub(crate) fn repeat_words(repeat: &Repeat) -> String {
    let mut words = format!("{} {} {}", repeat.length, repeat.times, repeat.ending);
    for passes in &repeat.endings {
        let passes: Vec<String> = passes.iter().map(usize::to_string).collect();
        words.push(' ');
        words.push_str(&passes.join(","));
    }
    words
}

/// Reads [`repeat_words`] at the bar with index `first`.
pub(crate) fn parse_repeat(first: usize, words: &str) -> Option<Repeat> {
    let mut words = words.split(' ');
    let mut number = || words.next()?.parse().ok();
    let (length, times, ending) = (number()?, number()?, number()?);
    let endings: Option<Vec<Vec<usize>>> =
        words.map(|passes| passes.split(',').map(|pass| pass.parse().ok()).collect()).collect();
    Some(Repeat { first, length, times, ending, endings: endings? })
}

/// Takes away what does not hold in the score: all repeats where one breaks the laws, and every sign of bars that are not
/// alike.
pub(crate) fn keep_true(score: &mut Score) {
    let broken = |law: &Law| matches!(law, Law::Repeat { .. });
    if !score.repeats.is_empty() && check(score).iter().any(|violation| broken(&violation.law)) {
        score.repeats.clear();
    }
    if !score.repeats.is_empty() || score.measures.iter().any(|measure| measure.repeat.is_some()) {
        keep_signs_true(score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for (repeat, words) in BARS {
            assert_eq!(parse_bar(words), Some(repeat));
        }
        let ended = Repeat { first: 3, length: 4, times: 3, ending: 1, endings: vec![vec![1, 2], vec![3]] };
        let plain = Repeat { first: 0, length: 8, times: 2, ending: 0, endings: vec![] };
        for repeat in [ended, plain] {
            assert_eq!(parse_repeat(repeat.first, &repeat_words(&repeat)), Some(repeat));
        }
        for words in ["", "4", "4 2", "4 2 x", "4 2 1 1,", "-1 2 0", "99999999999999999999 2 0"] {
            assert_eq!(parse_repeat(0, words), None, "{words}");
        }
    }

    #[test]
    fn repeats_beyond_the_score_are_none() {
        let mut score =
            Score { repeats: vec![parse_repeat(0, "18446744073709551615 2 0").unwrap()], ..Score::default() };
        keep_true(&mut score);
        assert_eq!(score.repeats, []);
    }
}
