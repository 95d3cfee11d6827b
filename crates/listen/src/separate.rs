//! Takes a recording apart: drums from everything else, and drum from drum, by the hits that were heard in it.
//!
//! Front door of `separate/`. By masks the sound goes by twice: [`Separator::study`] learns how each instrument of this very
//! recording sounds, [`Study::split`] then splits it, block by block. By a network it goes by once. Stems and rest always
//! add up to the recording.
//!
//! ```text
//! hits + sound -> Study (a spectrogram per instrument) -> Splitting -> stems
//! StemNetwork  -> Study (nothing left to learn)        -> Splitting -> stems
//! ```
//!
//! Conventions: sound is 44.1 kHz, planar, any number of channels; masks are real and the same for all channels, so
//! phase and place stay those of the recording. Sources: D. FitzGerald, "Harmonic/Percussive Separation using Median
//! Filtering" (2010); A. Liutkus et al., "Kernel Additive Models for Source Separation" (2014); C. Dittmar and
//! M. Mueller, "Reverse Engineering the Amen Break" (2016), for templates that only sound where there is a hit.

mod bands;
mod card;
mod desk;
mod ground;
mod kit;
mod masks;
mod network;
mod passage;
mod places;
mod session;
mod settings;
mod spectra;
mod study;

use crate::error::Result;
use crate::listener::Model;
use drums::{Family, Hit, Instrument};
use std::sync::Arc;
use study::Learning;

pub use card::{SeparatorCard, SpectraCard};
pub use network::StemNetwork;
pub use session::{Quality, Splitting, StemBlock, Study};
pub use settings::MaskSettings;
pub use study::STUDY_S_MAX;

/// A part of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stem {
    /// Bass drum.
    Kick,
    /// Snare, cross-stick, rimshot, clap.
    Snare,
    /// All toms.
    Toms,
    /// All hi-hat sounds.
    Hihat,
    /// Crash, splash, china, ride.
    Cymbals,
    /// Cowbell, tambourine and what else has no class in published scores.
    Percussion,
    /// Everything that is not drums.
    Rest,
}

impl Stem {
    /// All stems; together they are the recording.
    pub const ALL: [Self; 7] =
        [Self::Kick, Self::Snare, Self::Toms, Self::Hihat, Self::Cymbals, Self::Percussion, Self::Rest];
    /// Those that are drums; together they are the drums of the recording.
    pub const DRUMS: [Self; 6] = [Self::Kick, Self::Snare, Self::Toms, Self::Hihat, Self::Cymbals, Self::Percussion];

    /// Its name in files and addresses.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Kick => "kick",
            Self::Snare => "snare",
            Self::Toms => "toms",
            Self::Hihat => "hihat",
            Self::Cymbals => "cymbals",
            Self::Percussion => "percussion",
            Self::Rest => "rest",
        }
    }

    /// The stem of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stem| stem.id() == id)
    }

    /// How many hits sound in each stem, in the order of [`Self::ALL`].
    #[must_use]
    pub fn count(hits: &[Hit]) -> [usize; Self::ALL.len()] {
        let mut counts = [0; Self::ALL.len()];
        for hit in hits {
            counts[Self::of(hit.instrument) as usize] += 1;
        }
        counts
    }

    /// The stem an instrument sounds in.
    #[must_use]
    pub fn of(instrument: Instrument) -> Self {
        match instrument.row().family {
            Some(Family::Kick) => Self::Kick,
            Some(Family::Snare) => Self::Snare,
            Some(Family::Toms) => Self::Toms,
            Some(Family::Hihat) => Self::Hihat,
            Some(Family::Cymbals) => Self::Cymbals,
            None => Self::Percussion,
        }
    }
}

/// A way to separate, by name and version.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Separator {
    /// Soft masks from the hits and from templates learnt from the recording itself. It has no weights.
    Masks(MaskSettings),
    /// A network that sees the recording's magnitudes and answers with a mask per stem. It does not go by the hits.
    Network(Arc<StemNetwork>),
}

impl Default for Separator {
    fn default() -> Self {
        Self::Masks(MaskSettings::default())
    }
}

impl Separator {
    /// Every separator that is built in, by name and version.
    pub const NAMES: [&'static str; 1] = ["masks 2"];

    /// The built-in separator of this name and version, such as `masks 2`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        (name == Self::NAMES[0]).then(Self::default)
    }

    /// The network of a model, checked and made ready.
    ///
    /// # Errors
    /// Those of [`StemNetwork::new`].
    pub fn of_model(model: &Model) -> Result<Self> {
        Ok(Self::Network(Arc::new(StemNetwork::new(model)?)))
    }

    /// Name and version.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Masks(_) => Self::NAMES[0],
            Self::Network(network) => network.name(),
        }
    }

    /// Begins with a recording. `hits` are those heard in it, in any order; masks learn by them how its instruments sound.
    #[must_use]
    pub fn study(&self, hits: &[Hit]) -> Study {
        match self {
            Self::Masks(settings) => Study::of_masks(Learning::new(hits, settings)),
            Self::Network(network) => Study::of_network(Arc::clone(network)),
        }
    }
}
