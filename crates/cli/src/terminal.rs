//! What people see: one line of progress, summaries, complaints. Quiet where nobody watches.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;
use transcribe::Stage;

/// Steps of a progress bar; fine enough for it to move smoothly.
const STEPS: u64 = 1000;
/// No time left is shown before this much has passed: an estimate from less misleads.
const ESTIMATE_AFTER: Duration = Duration::from_secs(10);

/// Prints a line for people or programs; a closed pipe is no fault.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a line about something that went wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "backbeat: {text}");
}

/// Whether a person reads what [`say`] prints.
pub(crate) fn is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// One bar for all recordings of a call.
pub(crate) struct Progress {
    bar: ProgressBar,
    done: Mutex<Vec<f64>>,
}

impl Progress {
    /// A bar for that many recordings; invisible where standard error is not a terminal or `quiet`.
    pub(crate) fn new(recordings: usize, quiet: bool) -> Self {
        let visible = !quiet && std::io::stderr().is_terminal();
        let bar = if visible { ProgressBar::new(STEPS) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        Self { bar, done: Mutex::new(vec![0.0; recordings]) }
    }

    /// Says how far recording number `index` is: the stage and the share of it, 0..=1.
    pub(crate) fn advance(&self, index: usize, stage: Stage, fraction: f64) {
        self.set(index, stage.overall(fraction), stage.name());
    }

    /// Says how far recording number `index` is, 0..=1, and what is being done with it.
    pub(crate) fn tell(&self, index: usize, share: f64, doing: &str) {
        self.set(index, share, doing);
    }

    /// Says that recording number `index` is finished, well or not.
    pub(crate) fn finish(&self, index: usize) {
        self.set(index, 1.0, "done");
    }

    /// Lets something be printed above the bar.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn set(&self, index: usize, share: f64, doing: &str) {
        let Ok(mut done) = self.done.lock() else { return };
        done[index] = done[index].max(share);
        let all = done.iter().sum::<f64>() / done.len() as f64;
        let finished = done.iter().filter(|share| **share >= 1.0).count();
        let count = if done.len() > 1 { format!("{finished} of {} done, ", done.len()) } else { String::new() };
        drop(done);
        self.bar.set_position((all * STEPS as f64) as u64);
        self.bar.set_message(format!("{count}{doing}{}", self.remaining(all)));
    }

    /// ", about 40 s left", once that can be said.
    fn remaining(&self, share: f64) -> String {
        let elapsed = self.bar.elapsed();
        if elapsed < ESTIMATE_AFTER || share <= 0.0 {
            return String::new();
        }
        format!(", about {:.0} s left", elapsed.as_secs_f64() * (1.0 - share) / share)
    }
}
