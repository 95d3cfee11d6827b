//! Bookmarks: where each rehearsal letter begins, or each page where there is no letter.

use super::{POINTS_PER_MM, printable};
use engrave::Engraving;
use pdf_writer::{Pdf, Ref, TextStr};
use score::Score;

/// A place to jump to.
pub(super) struct Bookmark {
    title: String,
    /// Index of its page.
    page: usize,
    /// Height above the bottom of the page, in points.
    top: f32,
}

/// Most bookmarks; more would not be read.
const BOOKMARKS_MAX: usize = 1_000;

/// The bookmarks of a score in order; none for a page without a letter.
pub(super) fn of(score: &Score, engraving: &Engraving) -> Vec<Bookmark> {
    let points = |spaces: f64| spaces * engraving.space_mm * POINTS_PER_MM;
    let letters = score.measures.iter().filter_map(|measure| {
        let letter = measure.rehearsal.as_deref().map(printable).filter(|letter| !letter.is_empty())?;
        let system = engraving.systems.iter().find(|system| system.measures.iter().any(|bar| bar.id == measure.id))?;
        let height = engraving.pages.get(system.page)?.height;
        let title = format!("{letter}, measure {}", measure.number);
        Some(Bookmark { title, page: system.page, top: points(height - system.top + 1.0) as f32 })
    });
    let mut bookmarks: Vec<Bookmark> = letters.take(BOOKMARKS_MAX).collect();
    if bookmarks.is_empty() && engraving.pages.len() > 1 {
        let pages = engraving.pages.iter().enumerate().take(BOOKMARKS_MAX);
        bookmarks.extend(pages.map(|(page, own)| Bookmark {
            title: format!("Page {}", page + 1),
            page,
            top: points(own.height) as f32,
        }));
    }
    bookmarks
}

/// Writes the bookmarks, each as the object of its own id.
pub(super) fn write(pdf: &mut Pdf, root: Ref, bookmarks: &[(Bookmark, Ref)], pages: &[Ref]) {
    let mut outline = pdf.outline(root);
    if let (Some((_, first)), Some((_, last))) = (bookmarks.first(), bookmarks.last()) {
        outline.first(*first).last(*last).count(bookmarks.len() as i32);
    }
    drop(outline);
    for (index, (bookmark, id)) in bookmarks.iter().enumerate() {
        let mut item = pdf.outline_item(*id);
        item.title(TextStr(&bookmark.title)).parent(root);
        if let Some((_, before)) = index.checked_sub(1).and_then(|before| bookmarks.get(before)) {
            item.prev(*before);
        }
        if let Some((_, next)) = bookmarks.get(index + 1) {
            item.next(*next);
        }
        if let Some(page) = pages.get(bookmark.page) {
            item.dest().page(*page).xyz(0.0, bookmark.top, None);
        }
    }
}
