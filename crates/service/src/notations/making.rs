//! New notations, and old ones written anew: from a recording, from posted events, with what the user knows.

use serde_json::Value as Document;
use store::notations::{self as rows, NewNotation, State};
use store::{Job, Video};
use uuid::Uuid;

use super::owned;
use super::revisions::{View, current, revise};
use crate::error::{refusal, sentence};
use crate::jobs::{self, JobType};
use crate::pipeline::PipelineError;
use crate::pipeline::documents::{read_performance, read_score};
use crate::pipeline::known::{Known, Wishes, Wrong};
use crate::pipeline::writing::{PostedEvent, options_of, perform, read_events, state};
use crate::policy::Action;
use crate::{Actor, App, Error, FieldError, Result, videos};

/// Options that change the head of the page and nothing else.
const TITLES: [&str; 2] = ["title", "subtitle"];

/// A notation asked for.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The recording it is of.
    pub video_id: Option<Uuid>,
    /// The strokes; what was heard in the recording where nothing is said.
    pub events: Option<Vec<PostedEvent>>,
    /// Length of the sound the strokes are from, seconds.
    pub duration_s: Option<f64>,
    /// What the user knows of the music.
    pub known: Known,
}

/// What became of an order.
#[derive(Clone, Debug)]
pub enum Made {
    /// It is written.
    Notation(Box<View>),
    /// The recording has to be listened to first.
    Job(Box<Job>),
}

/// Changes to what a notation is written from.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// The revision the changes were made for; the current one where nothing is said.
    pub base_revision: Option<i32>,
    /// Other strokes.
    pub events: Option<Vec<PostedEvent>>,
    /// What the user knows of the music.
    pub known: Known,
}

/// Writes a notation, or asks for the work that has to be done before.
///
/// # Errors
/// `Invalid` for strokes or facts that break rules; `NotFound` for a recording that is not one's own; `Rule` where there
/// are too few strokes for a beat; those of `jobs::request`.
pub async fn make(app: &App, actor: &Actor, order: Order) -> Result<Made> {
    actor.may(Action::MakeNotation)?;
    check_size(app, order.events.as_deref())?;
    let video = match order.video_id {
        Some(id) => Some(videos::get(app, actor, id).await?),
        None => None,
    };
    match (video, order.events) {
        (video, Some(events)) => {
            let (duration_s, known) = (order.duration_s.unwrap_or(0.0), order.known);
            if !(0.0..=1e6).contains(&duration_s) {
                return Err(invalid(Wrong::Value("duration_s".to_owned(), "a length is 0 to 1000000 s".to_owned())));
            }
            let title = video.as_ref().map(title_of).unwrap_or_default();
            let state = blocking(move || {
                let wishes = read(&known)?.or_titled(&title);
                let hits = read_events(&events).map_err(invalid)?;
                let all = perform(hits, duration_s, &wishes.options).map_err(not_written)?;
                let performance = wishes.of(&all).map_err(not_written)?;
                state(&performance, &wishes, None, Vec::new()).map_err(not_written)
            })
            .await?;
            store_new(app, actor, video, None, "As it was posted".to_owned(), state).await
        }
        (Some(video), None) => from_sound(app, actor, video, order.known).await,
        (None, None) => {
            Err(invalid(Wrong::Together("events".to_owned(), "send events, or the video_id of a recording".to_owned())))
        }
    }
}

/// Writes what was heard in a recording, or asks for it to be listened to.
async fn from_sound(app: &App, actor: &Actor, video: Video, known: Known) -> Result<Made> {
    read(&known)?;
    let audio = store::audio_files::of_video(app.store.rows(), video.id).await?;
    let Some((audio, mut analysis)) = audio.and_then(|audio| Some((audio.clone(), audio.analysis?))) else {
        let job = jobs::request_written(app, actor, video.id, JobType::NotationGeneration, false, known).await?;
        return Ok(Made::Job(Box::new(job)));
    };
    let title = title_of(&video);
    let heard = analysis["remarks"].as_array().cloned().unwrap_or_default();
    let (performance, model) = (analysis["performance"].take(), audio.model_version.clone());
    let state = blocking(move || anew(&performance, &known, &title, model, heard)?.map_err(not_written)).await?;
    let summary = format!("As {} heard it", audio.model_version.as_deref().unwrap_or("the model"));
    store_new(app, actor, Some(video), Some(audio.id), summary, state).await
}

/// The options a user said, checked.
pub(crate) fn read(known: &Known) -> Result<Wishes> {
    known.read().map_err(|wrong| {
        let part = if known.in_query { "query" } else { "body" };
        let (field, kind, message) = wrong.parts("option");
        Error::Invalid(vec![FieldError { place: vec![part.to_owned(), field], kind, message }])
    })
}

/// What was heard, written down with what is known.
pub(crate) fn anew(
    performance: &Document,
    known: &Known,
    title: &str,
    model: Option<String>,
    heard: Vec<Document>,
) -> Result<Result<State, PipelineError>> {
    let wishes = read(known)?.or_titled(title);
    let written = || -> Result<State, PipelineError> {
        let performance = wishes.of(&read_performance(performance)?)?;
        state(&performance, &wishes, model, heard)
    };
    Ok(written())
}

async fn store_new(
    app: &App,
    actor: &Actor,
    video: Option<Video>,
    audio_file_id: Option<Uuid>,
    summary: String,
    state: State,
) -> Result<Made> {
    let user_id = video.as_ref().map_or(actor.user_id, |video| video.user_id);
    let new = NewNotation { user_id, video_id: video.map(|video| video.id), audio_file_id, summary, state };
    let tx = app.store.begin().await?;
    let id = rows::insert(tx.rows(), new).await?.id;
    tx.commit().await?;
    Ok(Made::Notation(Box::new(current(app, id).await?)))
}

/// Changes title, tempo, meter or strokes; a new revision. Other tempo, meter or strokes are written anew: corrections by
/// hand stay in the revisions before.
///
/// # Errors
/// As [`make`], and `Conflict` when somebody changed the notation meanwhile.
pub async fn patch(app: &App, actor: &Actor, id: Uuid, patch: Patch) -> Result<View> {
    let notation = owned(app, actor, Action::ChangeNotation, id).await?;
    check_size(app, patch.events.as_deref())?;
    let base = patch.base_revision;
    let work = move |from: State| change(from, patch);
    revise(app, notation, base, false, work).await
}

fn change(from: State, patch: Patch) -> Result<(State, String)> {
    let score = read_score(&from.notation_json).map_err(Error::internal)?;
    let Patch { events, known, .. } = patch;
    let mut done = Vec::new();
    if events.is_some() {
        done.push("other strokes".to_owned());
    }
    let named = |name: &&String| !TITLES.contains(&name.as_str());
    done.extend(known.options.iter().filter(|(name, _)| named(name)).map(|(name, value)| format!("{name} {value}")));
    done.extend(known.dropped.iter().filter(named).map(|name| format!("no {name}")));
    let mut before = options_of(&from);
    // The titles are those on the page; the passage was one of other strokes.
    before.retain(|name, _| !TITLES.contains(&name.as_str()));
    before.retain(|name, _| events.is_none() || !["from_s", "to_s"].contains(&name.as_str()));
    let known = known.after(&before);
    let mut wishes = read(&known)?.or_titled(&score.title);
    if !wishes.said.contains_key("subtitle") {
        wishes.options.notation.subtitle.clone_from(&score.subtitle);
    }
    if done.is_empty() {
        let mut state = from;
        let titles = wishes.options.notation;
        let score = score::Score { title: titles.title, subtitle: titles.subtitle, ..score };
        crate::pipeline::steps::put_score(&mut state, &score).map_err(Error::internal)?;
        return Ok((state, "Changed the title".to_owned()));
    }
    let performance = read_performance(&from.performance_json).map_err(Error::internal)?;
    let performance = match events {
        Some(events) => {
            let hits = read_events(&events).map_err(invalid)?;
            perform(hits, performance.duration().get(), &wishes.options).map_err(not_written)?
        }
        None => performance,
    };
    let performance = wishes.of(&performance).map_err(not_written)?;
    let state = state(&performance, &wishes, from.model_version, Vec::new()).map_err(not_written)?;
    Ok((state, format!("Written anew: {}", done.join(", "))))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn check_size(app: &App, events: Option<&[PostedEvent]>) -> Result<()> {
    let (count, most) = (events.map_or(0, <[PostedEvent]>::len), app.config.notation_events_max);
    if count <= most {
        return Ok(());
    }
    Err(invalid(Wrong::Value("events".to_owned(), format!("{count} events, at most {most} are taken"))))
}

pub(crate) fn title_of(video: &Video) -> String {
    let stem = || video.filename.rsplit_once('.').map_or(video.filename.as_str(), |(stem, _)| stem).to_owned();
    video.title.clone().unwrap_or_else(stem)
}

fn invalid(wrong: Wrong) -> Error {
    let (field, kind, message) = wrong.parts("value_error");
    let mut place = vec!["body".to_owned()];
    place.extend(field.split('.').map(ToOwned::to_owned));
    Error::Invalid(vec![FieldError { place, kind, message }])
}

fn not_written(error: PipelineError) -> Error {
    match error {
        PipelineError::NoDrums { .. } => Error::Rule(refusal(
            "no_drums_found",
            sentence(&error),
            "A notation needs a few strokes at different times; say the tempo if you know it.",
        )),
        other => Error::internal(other),
    }
}
