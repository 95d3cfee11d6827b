//! What a file is made of: a performance, a score and, once somebody asks, its engraving.

use crate::{Error, Options, Result};
use drums::Performance;
use engrave::{Engraving, Overlay, Page, PageStyle};
use score::{Level, Score};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The values a format may draw on.
#[derive(Debug)]
pub struct Material<'a> {
    performance: &'a Performance,
    score: Cow<'a, Score>,
    engraved: OnceLock<(PageStyle, Engraving)>,
    simple: OnceLock<(Level, Box<Self>)>,
}

impl<'a> Material<'a> {
    /// A performance and the score written from it.
    #[must_use]
    pub fn new(performance: &'a Performance, score: &'a Score) -> Self {
        Self::of(performance, Cow::Borrowed(score))
    }

    fn of(performance: &'a Performance, score: Cow<'a, Score>) -> Self {
        Self { performance, score, engraved: OnceLock::new(), simple: OnceLock::new() }
    }

    /// What was played.
    #[must_use]
    pub fn performance(&self) -> &'a Performance {
        self.performance
    }

    /// What is written.
    #[must_use]
    pub fn score(&self) -> &Score {
        &self.score
    }

    /// The same with the score at a level. The first level asked for is kept; another one is made anew each time.
    pub(crate) fn at_level<T>(&self, level: Level, read: impl FnOnce(&Self) -> T) -> T {
        if level == Level::Five {
            return read(self);
        }
        let make = || Self::of(self.performance, Cow::Owned(score::simplify(&self.score, level)));
        let (kept, simple) = self.simple.get_or_init(|| (level, Box::new(make())));
        if *kept == level { read(simple) } else { read(&make()) }
    }

    /// The score on pages. The first style asked for is engraved once and kept; another one is engraved anew each time.
    #[must_use]
    pub fn engraving(&self, style: &PageStyle) -> Cow<'_, Engraving> {
        let (kept, engraving) = self.engraved.get_or_init(|| (style.clone(), engrave::engrave(&self.score, style)));
        if kept == style { Cow::Borrowed(engraving) } else { Cow::Owned(engrave::engrave(&self.score, style)) }
    }

    /// The pages as the options want them; what is laid over the notes is engraved anew.
    pub(crate) fn pages_for(&self, options: &Options) -> Cow<'_, Engraving> {
        if !options.show_confidence && !options.show_timing {
            return self.engraving(&options.style);
        }
        let mut overlay = Overlay::of(&self.score, self.performance);
        if !options.show_confidence {
            overlay.confidence.clear();
        }
        if !options.show_timing {
            overlay.deviation_s.clear();
        }
        Cow::Owned(engrave::engrave_with(&self.score, &options.style, &overlay))
    }

    /// How many pages the score has, at least 1.
    #[must_use]
    pub fn pages(&self, options: &Options) -> usize {
        self.at_level(options.level, |material| material.engraving(&options.style).pages.len())
    }
}

/// The page asked for, or all of them.
pub(crate) fn chosen_pages(engraving: &Engraving, page: Option<usize>) -> Result<&[Page]> {
    let pages = &engraving.pages;
    match page {
        None => Ok(pages),
        Some(page) if (1..=pages.len()).contains(&page) => Ok(&pages[page - 1..page]),
        Some(page) => Err(Error::NoSuchPage { page, pages: pages.len() }),
    }
}
