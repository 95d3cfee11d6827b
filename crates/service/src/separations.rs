//! Recordings taken apart: drums and rest, a stem per drum, or the mix with louder or softer drums.
//!
//! Conventions: a recording has at most one separation of each kind; asking for it differently replaces it. The files
//! are derived files: they count in the quota and go with the recording. What is said of their quality is what the
//! masks believe of themselves. What separates is the active model of the task, or else the masks in the executable.

mod archive;

use std::collections::BTreeMap;
use std::time::Duration;

use listen::separate::Stem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::separations::{self as rows, SoundUsage};
use store::{AudioFile, DerivedFile, Job, Separation, Video};
use uuid::Uuid;

use crate::error::{FieldError, refusal};
use crate::jobs::{self, JobType};
use crate::pipeline::splitting::{Product, Wanted};
use crate::policy::Action;
use crate::videos::{Download, removal};
use crate::{Actor, App, Error, Result, audio, models};

pub use crate::pipeline::splitting::{Bits, SoundFormat};
pub use archive::Archive;

/// What is made of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Two files: the drums and the rest.
    Sources,
    /// A file per drum.
    Stems,
    /// One file: the mix with louder or softer drums.
    Enhanced,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Sources, Self::Stems, Self::Enhanced];

    /// The word used in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Stems => "stems",
            Self::Enhanced => "enhanced",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How a recording is to be taken apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// What is made.
    pub kind: Kind,
    /// `flac` or `wav`.
    pub format: String,
    /// 16, 24 or 32.
    pub bits: u16,
    /// Which stems, where stems are made; all where none is named.
    pub stems: Vec<String>,
    /// How much louder the drums become where the mix is enhanced, dB.
    pub drums_db: f64,
    /// How much louder a single stem becomes beyond that, dB.
    pub stems_db: BTreeMap<String, f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Stems,
            format: SoundFormat::Flac.as_str().to_owned(),
            bits: 24,
            stems: Vec::new(),
            drums_db: 0.0,
            stems_db: BTreeMap::new(),
        }
    }
}

/// The names of all stems; with that of all drums together where that is wanted as well.
pub fn names(with_drums: bool) -> Vec<&'static str> {
    Stem::ALL.into_iter().map(Stem::id).chain(with_drums.then_some("drums")).collect()
}

/// Least and greatest change of loudness, dB.
pub const GAIN_DB: (f64, f64) = (-60.0, 24.0);

impl Options {
    /// The options, put in one order, so that the same wishes are equal.
    ///
    /// # Errors
    /// `Invalid` for a format, bits, stem or gain that cannot be.
    pub(crate) fn wanted(&mut self) -> Result<Wanted> {
        let wrong =
            |field: &str, message: String| Error::Invalid(vec![FieldError::body(field, "value_error", message)]);
        let format = SoundFormat::parse(&self.format).ok_or_else(|| wrong("format", "flac or wav".to_owned()))?;
        let bits = Bits::of(self.bits).ok_or_else(|| wrong("bits", "16, 24 or 32".to_owned()))?;
        if format == SoundFormat::Flac && bits == Bits::ThirtyTwo {
            return Err(apart("bits", "16 or 24 for flac; 32 for wav alone"));
        }
        self.stems.sort_unstable_by_key(|name| place_of(name));
        self.stems.dedup();
        let mut products = Vec::new();
        for name in &self.stems {
            let product = Product::named(name);
            products.push(product.ok_or_else(|| wrong("stems", format!("each one of {}", names(true).join(", "))))?);
        }
        match self.kind {
            Kind::Sources => products = vec![Product::drums(), Product::stem(Stem::Rest)],
            Kind::Stems if products.is_empty() => products = Stem::ALL.map(Product::stem).to_vec(),
            Kind::Stems => {}
            Kind::Enhanced => products = vec![self.mix(wrong)?],
        }
        Ok(Wanted { products, format, bits })
    }

    fn mix(&self, wrong: impl Fn(&str, String) -> Error) -> Result<Product> {
        let range = GAIN_DB.0..=GAIN_DB.1;
        let said = || format!("{} to {} dB", GAIN_DB.0, GAIN_DB.1);
        if !range.contains(&self.drums_db) {
            return Err(wrong("drums_db", said()));
        }
        let mut gains = Stem::ALL.map(|stem| if stem == Stem::Rest { 0.0 } else { self.drums_db });
        for (name, gain_db) in &self.stems_db {
            let place = Stem::ALL.iter().position(|stem| stem.id() == name);
            let place = place.ok_or_else(|| wrong("stems_db", format!("each one of {}", names(false).join(", "))))?;
            if !range.contains(gain_db) {
                return Err(wrong("stems_db", said()));
            }
            gains[place] += gain_db;
        }
        if gains.iter().all(|gain| *gain == 0.0) {
            return Err(apart("drums_db", "something other than 0 dB, or stems_db: nothing would change"));
        }
        let linear = |gain_db: f64| 10.0_f64.powf(gain_db.clamp(GAIN_DB.0, GAIN_DB.1) / 20.0) as f32;
        Ok(Product { name: "mix".to_owned(), gains: gains.map(linear) })
    }
}

/// Wishes that are possible one by one and not together.
fn apart(field: &str, message: &str) -> Error {
    Error::Invalid(vec![FieldError::body(field, "rule", message)])
}

fn place_of(name: &str) -> usize {
    Stem::ALL.iter().position(|stem| stem.id() == name).unwrap_or(Stem::ALL.len())
}

/// Asks for a recording to be taken apart. What is there already in the same way is not made again unless `force`.
///
/// # Errors
/// `NotFound`; `Invalid` for options that cannot be; `Conflict` while it is taken apart in another way; `Busy`.
pub async fn request(app: &App, actor: &Actor, audio_id: Uuid, mut options: Options, force: bool) -> Result<Job> {
    options.wanted()?;
    let (_, video) = audio::get(app, actor, audio_id).await?;
    let payload = json!({ "force": force, "separation": options });
    jobs::enqueue(app, actor, video.id, JobType::Separation, payload).await
}

/// A file of a separation and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Name, such as `kick`.
    pub name: String,
    /// Bytes.
    pub size_bytes: u64,
    /// CRC-32 of the file, for archives.
    pub crc32: u32,
    /// Samples cut off because they were too loud for the bits.
    pub clipped_samples: u64,
    /// How much the file was turned down so that nothing clips, dB.
    pub turned_down_db: f64,
    /// Hits that sound in it; none for mixes.
    pub hits: Option<usize>,
    /// Part of the sound's energy that is in it, 0-1; none for mixes.
    pub energy_share: Option<f64>,
    /// Energy that belongs here over energy that the masks themselves hold to be of others, dB; none for mixes.
    pub certainty_db: Option<f64>,
}

/// A separation, read.
#[derive(Clone, Debug)]
pub struct Found {
    /// The row.
    pub separation: Separation,
    /// How it was wanted.
    pub options: Options,
    /// Its files.
    pub files: Vec<FileFacts>,
    /// Whether the hits it went by are those heard last, and the separator the one that would be used now.
    pub current: bool,
}

impl Found {
    /// `separator` is the one in use, by name and version.
    fn read(separation: Separation, audio: &AudioFile, separator: &str) -> Result<Self> {
        let options = serde_json::from_value(separation.options.clone()).map_err(Error::internal)?;
        let files = serde_json::from_value(separation.files.clone()).map_err(Error::internal)?;
        let current = is_current(&separation, audio, separator);
        Ok(Self { separation, options, files, current })
    }
}

/// Whether a separation is what would come out now, by the separator of this name and version.
pub(crate) fn is_current(separation: &Separation, audio: &AudioFile, separator: &str) -> bool {
    separation.heard_at == audio.analyzed_at && separation.separator == separator
}

/// A separation of a sound of one's own.
///
/// # Errors
/// `NotFound`, also where it was not made.
pub async fn get(app: &App, actor: &Actor, audio_id: Uuid, kind: Kind) -> Result<Found> {
    Ok(find(app, actor, audio_id, kind).await?.0)
}

async fn find(app: &App, actor: &Actor, audio_id: Uuid, kind: Kind) -> Result<(Found, Video)> {
    let (audio, video) = audio::get(app, actor, audio_id).await?;
    let found = rows::of_video(app.store.rows(), video.id, kind.as_str()).await?;
    let separator = models::separator_name(app).await?;
    Ok((Found::read(found.ok_or(Error::NotFound("separation"))?, &audio, &separator)?, video))
}

/// Every separation of a sound of one's own.
///
/// # Errors
/// `NotFound` for the sound.
pub async fn list(app: &App, actor: &Actor, audio_id: Uuid) -> Result<Vec<Found>> {
    let (audio, video) = audio::get(app, actor, audio_id).await?;
    let mut all = rows::all_of_video(app.store.rows(), video.id).await?;
    all.sort_by_key(|separation| Kind::ALL.iter().position(|kind| kind.as_str() == separation.kind));
    let separator = models::separator_name(app).await?;
    all.into_iter().map(|separation| Found::read(separation, &audio, &separator)).collect()
}

/// A file of a separation, to be sent.
///
/// # Errors
/// `NotFound`.
pub async fn download(app: &App, actor: &Actor, audio_id: Uuid, kind: Kind, name: &str) -> Result<Download> {
    let (found, video) = find(app, actor, audio_id, kind).await?;
    let file = rows::file(app.store.rows(), video.id, kind.as_str(), name).await?;
    Ok(to_send(&found, &video, &file, name))
}

fn to_send(found: &Found, video: &Video, file: &DerivedFile, name: &str) -> Download {
    let title = video.filename.rsplit_once('.').map_or(video.filename.as_str(), |(stem, _)| stem);
    Download::of_derived(file, format!("{title} - {name}.{}", found.options.format))
}

/// All files of a separation as one.
///
/// # Errors
/// `NotFound`; `Conflict` where they are more than an archive can hold.
pub async fn archive(app: &App, actor: &Actor, audio_id: Uuid, kind: Kind) -> Result<Archive> {
    let (found, video) = find(app, actor, audio_id, kind).await?;
    let mut files = Vec::new();
    for facts in &found.files {
        let file = rows::file(app.store.rows(), video.id, kind.as_str(), &facts.name).await?;
        files.push((to_send(&found, &video, &file, &facts.name), facts.crc32));
    }
    let title = video.filename.rsplit_once('.').map_or(video.filename.as_str(), |(stem, _)| stem);
    let made_at = found.separation.created_at;
    Archive::new(format!("{title} - {}.zip", kind.as_str()), found.separation.id, made_at, files).ok_or_else(|| {
        Error::Conflict(refusal(
            "archive_too_large",
            "The files are more than the 4 GB an archive can hold.",
            "Download them one by one, or ask for flac.",
        ))
    })
}

/// Removes a separation with its files.
///
/// # Errors
/// `NotFound`.
pub async fn remove(app: &App, actor: &Actor, audio_id: Uuid, kind: Kind) -> Result<()> {
    let (found, video) = find(app, actor, audio_id, kind).await?;
    actor.may_on(Action::ProcessVideo, video.user_id, "audio file")?;
    remove_row(app, &found.separation).await
}

async fn remove_row(app: &App, separation: &Separation) -> Result<()> {
    let tx = app.store.begin().await?;
    let keys = rows::remove(tx.rows(), separation).await?;
    tx.commit().await?;
    removal::sweep(app, &keys).await;
    Ok(())
}

/// Everybody's sound that is kept, for admins: what was extracted, and every kind of separation.
///
/// # Errors
/// `Forbidden`.
pub async fn statistics(app: &App, actor: &Actor) -> Result<Vec<SoundUsage>> {
    actor.may(Action::ManageAudio)?;
    let db = app.store.rows();
    let mut all = vec![store::audio_files::usage(db).await?];
    all.extend(rows::usage(db, &Kind::ALL.map(Kind::as_str)).await?);
    Ok(all)
}

/// What a clean-up of separations came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Separations removed, or only counted.
    pub separations: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Separations removed at a time.
const CLEANED_MAX: u64 = 500;

/// Removes separations made more than so many days ago, for admins; `dry_run` only counts them. They can be made again.
///
/// # Errors
/// `Forbidden`.
pub async fn clean_up(app: &App, actor: &Actor, days: u32, dry_run: bool) -> Result<Cleaned> {
    actor.may(Action::ManageAudio)?;
    let before = store::now() - Duration::from_secs(u64::from(days) * 86_400);
    let mut done = Cleaned::default();
    for separation in rows::older_than(app.store.rows(), before, CLEANED_MAX).await? {
        let files: Vec<FileFacts> = serde_json::from_value(separation.files.clone()).map_err(Error::internal)?;
        done.separations += 1;
        done.bytes += files.iter().map(|file| file.size_bytes).sum::<u64>();
        if !dry_run {
            remove_row(app, &separation).await?;
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_put_in_order_and_nonsense_is_refused() {
        let mut options = Options { stems: ["rest", "kick", "kick"].map(str::to_owned).to_vec(), ..Options::default() };
        let names: Vec<String> = options.wanted().unwrap().products.into_iter().map(|product| product.name).collect();
        assert_eq!(names, ["kick", "rest"]);
        assert_eq!(Options::default().wanted().unwrap().products.len(), 7);
        let wrong = [
            Options { bits: 32, ..Options::default() },
            Options { bits: 20, ..Options::default() },
            Options { format: "mp3".to_owned(), ..Options::default() },
            Options { stems: vec!["theremin".to_owned()], ..Options::default() },
            Options { kind: Kind::Enhanced, ..Options::default() },
            Options { kind: Kind::Enhanced, drums_db: 25.0, ..Options::default() },
            Options { kind: Kind::Enhanced, drums_db: f64::NAN, ..Options::default() },
        ];
        for mut options in wrong {
            assert!(matches!(options.wanted(), Err(Error::Invalid(_))), "{options:?}");
        }
        let mut louder = Options { kind: Kind::Enhanced, drums_db: 6.0, ..Options::default() };
        louder.stems_db.insert("kick".to_owned(), -6.0);
        let gains = louder.wanted().unwrap().products[0].gains;
        assert_eq!((gains[0], gains[6]), (1.0, 1.0));
        assert!((gains[1] - 1.995).abs() < 0.001);
    }
}
