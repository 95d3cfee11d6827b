//! The whole way from recording to score: does what is missing, nothing twice.

use super::context::{Context, Stop};
use super::{drum_detection, notation_generation};

pub(crate) const TYPE: &str = "transcription";

pub(crate) async fn run(context: &Context) -> Result<(), Stop> {
    let rows = context.app.store.rows();
    let audio = if context.forced() {
        drum_detection::anew(context, 0, 90).await?
    } else {
        drum_detection::ensure(context, 0, 90).await?
    };
    let newest = store::notations::newest_of_video(rows, context.video_id()?).await?;
    // A score written before the sound was last listened to is out of date.
    let current = newest.filter(|notation| Some(notation.created_at) >= audio.analyzed_at);
    let current = current.filter(|_| !context.forced() && context.known().is_empty());
    match current {
        Some(notation) => {
            let result = notation_generation::result(&notation, &audio);
            context.complete(context.app.store.begin().await?, result).await
        }
        None => notation_generation::write(context, audio, 90, 99).await,
    }
}
