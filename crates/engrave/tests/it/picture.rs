//! One bar as the display list has it, so that a change of layout shows itself in review.

use crate::build::Builder;
use drums::Meter;
use engrave::{Class, Mark, PageStyle, Shape, engrave};

fn line_of(mark: &Mark) -> String {
    let ink = mark.bounds();
    let what = match &mark.shape {
        Shape::Glyph { glyph, .. } => format!("U+{:X}", *glyph as u32),
        Shape::Line { .. } => "line".to_owned(),
        Shape::Filled(_) => "filled".to_owned(),
        Shape::Text { text, .. } => format!("{text:?}"),
    };
    let element = mark.element.map_or_else(|| "-".to_owned(), |id| id.0.to_string());
    let class = mark.class.name();
    format!("{element:>3} {class:<14} {what:<8} {:6.2} {:6.2} {:6.2} {:6.2}", ink.left, ink.top, ink.right, ink.bottom)
}

#[test]
fn a_bar_of_rock() {
    let mut builder = Builder::new("", "");
    let hands = "8:hihat_closed 8:hihat_closed 8:hihat_closed+snare> 8:hihat_open 4:ride 16:snare( 16:snare 8:snare^1";
    builder.measure(Meter::FOUR_FOUR, hands, "4:kick 4:r 8:kick 8:kick 4:hihat_pedal");
    let style = PageStyle { drum_key: false, ..PageStyle::default() };
    let engraving = engrave(&builder.finish(), &style);
    let marks = engraving.pages[0].marks.iter().filter(|mark| mark.class != Class::Staff);
    let lines: Vec<String> = marks.map(line_of).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
