//! Brackets over endings, and how often a passage without endings is played.

use crate::mark::{Anchor, Class, Face};
use crate::passes::systems::Placed;
use crate::sheet::Sheet;

const SIZE: f64 = 1.7;
const THICKNESS: f64 = 0.16;
/// Between the bracket and the ink below it.
const CLEARANCE: f64 = 1.0;
/// Length of the hooks.
const HOOK: f64 = 2.2;
/// No bracket is nearer to the staff.
const LOWEST: f64 = -3.4;

/// Draws all brackets of a system at one height.
pub(crate) fn draw(sheet: &mut Sheet, bars: &[Placed<'_>]) {
    let ended = || bars.iter().filter_map(|bar| Some((bar.plan, bar.plan.bar.volta.as_ref()?, bar.left, bar.right)));
    let clear = ended().map(|(_, _, left, right)| sheet.top_over(left, right)).fold(0.0, f64::min);
    let line = (clear - CLEARANCE - SIZE * 0.75).min(LOWEST);
    for (plan, volta, left, right) in ended() {
        let id = Some(plan.measure.id);
        let (left, right) = (left + 0.25, if volta.ends { right - 0.25 } else { right });
        let mut stroke = |ends| sheet.line(id, Class::Repeat, ends, THICKNESS);
        stroke([(left, line), (right, line)]);
        if volta.begins {
            stroke([(left, line), (left, line + HOOK)]);
        }
        if volta.ends && volta.hooked {
            stroke([(right, line), (right, line + HOOK)]);
        }
        if volta.begins {
            let (x, y) = (left + 0.6, line + SIZE);
            sheet.words(id, Class::Repeat, &volta.label, x, y, SIZE, Face::Bold, Anchor::Start);
        }
    }
    for Placed { plan, right, .. } in bars {
        let Some(times) = plan.bar.times else { continue };
        let text = format!("{times}\u{00D7}");
        let y = sheet.top_over(right - 3.0, *right).min(-0.2) - 0.7;
        sheet.words(Some(plan.measure.id), Class::Repeat, &text, *right, y, SIZE * 1.1, Face::Bold, Anchor::End);
    }
}
