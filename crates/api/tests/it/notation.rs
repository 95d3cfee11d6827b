//! Notations: edits that can be taken back, revisions that are never lost, files with options.

mod kits;
mod making;
mod options;
mod relisten;
mod revisions;

use export::json;
use score::NotationOptions;
use serde_json::Value;
use store::notations::{NewNotation, State};
use testkit::groove;
use uuid::Uuid;

use crate::support::Backbeat;

/// Two bars of rock.
const ROCK: &str = "HH|x-x-x-x-|x-x-x-x-|\nSD|--o---o-|--o---o-|\nBD|o---oo--|o---oo--|";

/// Stores the rock groove as a notation of an account, as a job would; its address.
pub(crate) async fn rock(server: &Backbeat, token: &str) -> String {
    let store = store::Store::open(&server.app.config.database_url(), 2).await.unwrap();
    let id = stored(&store, Uuid::parse_str(&server.id_of(token).await).unwrap()).await;
    store.close().await.unwrap();
    format!("/notation/{id}")
}

/// Stores the rock groove as a notation of an account; its id.
pub(crate) async fn stored(store: &store::Store, user_id: Uuid) -> Uuid {
    let performance = groove(ROCK);
    let options = NotationOptions { title: "Rock".to_owned(), ..NotationOptions::default() };
    let (score, _) = score::notate(&performance, &options);
    let state = State {
        title: "Rock".to_owned(),
        tempo: 120.0,
        time_signature: "4/4".to_owned(),
        measures: 2,
        notation_json: serde_json::from_slice(&json::write(&score).unwrap()).unwrap(),
        performance_json: serde_json::from_slice(&json::write_performance(&performance).unwrap()).unwrap(),
        model_version: Some("ear 1".to_owned()),
        report: Some(serde_json::json!({ "remarks": [] })),
    };
    let new =
        NewNotation { user_id, video_id: None, audio_file_id: None, summary: "As ear 1 heard it".to_owned(), state };
    store::notations::insert(store.rows(), new).await.unwrap().id
}

/// The name of the first note of an instrument.
pub(crate) fn note_of(score: &Value, instrument: &str) -> String {
    let measures = score["measures"].as_array().unwrap().iter();
    let events = measures.flat_map(|measure| measure["voices"].as_array().unwrap());
    let events = events.flat_map(|voice| voice["events"].as_array().unwrap());
    let mut notes = events.filter_map(|event| event["chord"]["notes"].as_array()).flatten();
    let note = notes.find(|note| note["instrument"] == instrument).unwrap();
    format!("n{}", note["id"])
}
