//! Edits, undo, redo, revisions.

use serde_json::{Value, json};

use super::{note_of, rock};
use crate::support::Backbeat;

async fn edit(server: &Backbeat, path: &str, token: &str, base: i64, edits: Value) -> crate::support::Answer {
    let body = json!({ "base_revision": base, "edits": edits });
    server.call("POST", &format!("{path}/edits"), Some(token), Some(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_undone_exactly_and_done_again_even_after_a_restart() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let path = rock(&server, &token).await;
        let heard = server.get(&path, &token).await.json(200);
        assert_eq!((heard["revision"].as_i64(), heard["can_undo"].as_bool()), (Some(1), Some(false)));
        let snare = note_of(&heard["notation_json"], "snare");

        let ghost = json!([{ "op": "ghost", "element": snare, "on": true }]);
        let first = edit(&server, &path, &token, 1, ghost).await.json(200);
        assert_eq!((first["revision"].as_i64(), first["can_undo"].as_bool()), (Some(2), Some(true)));
        let second = edit(&server, &path, &token, 2, json!([{ "op": "double_tempo" }])).await.json(200);
        assert_eq!(second["tempo"], 240.0);
        assert_eq!(second["measures"], 4);

        // What follows runs in another process: everything that it needs was stored.
        let server = server.again().await;
        let undone = server.post(&format!("{path}/undo"), &token).await.json(200);
        assert_eq!(undone["notation_json"], first["notation_json"]);
        assert_eq!((undone["revision"].as_i64(), undone["can_redo"].as_bool()), (Some(2), Some(true)));
        let undone = server.post(&format!("{path}/undo"), &token).await.json(200);
        assert_eq!(undone["notation_json"], heard["notation_json"]);
        assert_eq!((undone["tempo"].as_f64(), undone["measures"].as_i64()), (Some(120.0), Some(2)));
        assert_eq!(server.post(&format!("{path}/undo"), &token).await.json(409)["code"], "nothing_to_undo");
        server.post(&format!("{path}/redo"), &token).await.json(200);
        let redone = server.post(&format!("{path}/redo"), &token).await.json(200);
        assert_eq!(redone["notation_json"], second["notation_json"]);
        assert_eq!(server.post(&format!("{path}/redo"), &token).await.json(409)["code"], "nothing_to_redo");
        let midi = server.get(&format!("{path}/export/midi?revision=1"), &token).await;
        assert!(midi.bytes.starts_with(b"MThd"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_after_an_undo_loses_nothing_and_every_revision_can_be_read_named_and_brought_back() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let path = rock(&server, &token).await;
        let heard = server.get(&path, &token).await.json(200);
        let kick = note_of(&heard["notation_json"], "kick");
        let snare = note_of(&heard["notation_json"], "snare");
        let left = edit(&server, &path, &token, 1, json!([{ "op": "remove", "element": kick }])).await.json(200);
        server.post(&format!("{path}/undo"), &token).await.json(200);
        let right = json!([{ "op": "velocity", "element": snare, "velocity": 0.25 }]);
        let right = edit(&server, &path, &token, 1, right).await.json(200);
        assert_eq!((right["revision"].as_i64(), right["newest_revision"].as_i64()), (Some(3), Some(3)));

        let list = server.get(&format!("{path}/revisions"), &token).await.json(200);
        let parents: Vec<_> = list.as_array().unwrap().iter().map(|one| one["parent"].as_i64()).collect();
        assert_eq!(parents, [None, Some(1), Some(1)]);
        assert_eq!(list[0]["summary"], "As ear 1 heard it");
        assert_eq!(list[1]["summary"], "Removed a note");
        assert_eq!(list[2]["current"], true);

        let named = json!({ "name": "Without the kick" });
        let named = server.call("PUT", &format!("{path}/revisions/2"), Some(&token), Some(named)).await.json(200);
        assert_eq!(named["name"], "Without the kick");
        for (revision, expected) in [(1, &heard), (2, &left), (3, &right)] {
            let read = server.get(&format!("{path}?revision={revision}"), &token).await.json(200);
            assert_eq!(read["notation_json"], expected["notation_json"], "revision {revision}");
        }
        server.get(&format!("{path}?revision=9"), &token).await.json(404);

        let back = json!({ "revision": 2 });
        let back = server.call("POST", &format!("{path}/revert"), Some(&token), Some(back)).await.json(200);
        assert_eq!((back["revision"].as_i64(), &back["notation_json"]), (Some(4), &left["notation_json"]));
        let undone = server.post(&format!("{path}/undo"), &token).await.json(200);
        assert_eq!(undone["notation_json"], right["notation_json"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_are_made_all_or_none_and_only_on_the_revision_they_are_for() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let path = rock(&server, &token).await;
        let heard = server.get(&path, &token).await.json(200);
        let snare = note_of(&heard["notation_json"], "snare");
        let fits = json!({ "op": "accent", "element": snare, "on": true });

        let half = json!([fits, { "op": "remove", "element": "n99999" }]);
        let refused = edit(&server, &path, &token, 1, half).await.json(400);
        assert_eq!(refused["code"], "edit_refused");
        assert!(refused["detail"].as_str().unwrap().starts_with("Edit 2: "), "{refused}");
        let junk = edit(&server, &path, &token, 1, json!([{ "op": "explode" }])).await.json(422);
        assert_eq!(junk["detail"][0]["loc"], json!(["body", "edits"]));
        let many = vec![fits.clone(); server.app.config.notation_edits_max + 1];
        edit(&server, &path, &token, 1, json!(many)).await.json(422);

        let preview = json!({ "base_revision": 1, "preview": true, "edits": [fits] });
        let preview = server.call("POST", &format!("{path}/edits"), Some(&token), Some(preview)).await.json(200);
        assert_ne!(preview["notation_json"], heard["notation_json"]);
        assert_eq!(server.get(&path, &token).await.json(200), heard, "nothing was stored");

        edit(&server, &path, &token, 1, json!([fits])).await.json(200);
        let late = edit(&server, &path, &token, 1, json!([fits])).await.json(409);
        assert_eq!(late["code"], "revision_conflict");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_at_the_same_time_one_wins_and_the_other_is_told() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let path = rock(&server, &token).await;
        let edits = || edit(&server, &path, &token, 1, json!([{ "op": "half_tempo" }]));
        let (a, b, c) = tokio::join!(edits(), edits(), edits());
        let mut statuses = [a.status.as_u16(), b.status.as_u16(), c.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409]);
        assert_eq!(server.get(&format!("{path}/revisions"), &token).await.json(200).as_array().unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_changes_the_notation_of_another() {
    for server in Backbeat::everywhere().await {
        let mine = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let path = rock(&server, &mine).await;
        let body = json!({ "base_revision": 1, "edits": [{ "op": "half_tempo" }], "revision": 1, "name": "mine" });
        for (method, route) in [
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/edits"),
            ("POST", "/undo"),
            ("POST", "/redo"),
            ("POST", "/revert"),
            ("GET", "/revisions"),
            ("PUT", "/revisions/1"),
            ("GET", "/export/midi"),
        ] {
            let body = (method != "GET").then(|| body.clone());
            let address = format!("{path}{route}");
            let answer = server.call(method, &address, Some(&other), body.clone()).await;
            assert_eq!(answer.json(404)["code"], "not_found", "{method} {address}");
            server.call(method, &address, None, body).await.json(401);
        }
        assert_eq!(server.get("/notation/", &other).await.json(200)["total"], 0);
        assert_eq!(server.get("/notation/?title=ROC&tempo_min=100", &mine).await.json(200)["total"], 1);
        assert_eq!(server.get("/notation/?title=%25&tempo_min=100", &mine).await.json(200)["total"], 0);
        assert_eq!(server.call("DELETE", &path, Some(&mine), None).await.status.as_u16(), 204);
        server.get(&path, &mine).await.json(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_take_every_option_of_the_list_and_have_a_tag() {
    let server = Backbeat::start().await;
    let token = server.user("drummer@example.com").await;
    let path = rock(&server, &token).await;
    for format in export::FORMATS {
        let file = server.get(&format!("{path}/export/{}", format.id), &token).await;
        assert_eq!(file.status.as_u16(), 200, "{}", format.id);
        assert!(!file.bytes.is_empty() && file.header("etag").starts_with('"'), "{}", format.id);
    }
    let page = server.get(&format!("{path}/export/svg?page=1&paper=letter&left_handed=true"), &token).await;
    assert_eq!(page.status.as_u16(), 200);
    assert_eq!(server.get(&format!("{path}/export/svg?page=99"), &token).await.json(400)["code"], "page_unknown");
    for wrong in ["svg?dpi=5000", "svg?colour=red", "midi?page=1", "svg?paper=a4&paper=a4", "svg?revision=0"] {
        let refused = server.get(&format!("{path}/export/{wrong}"), &token).await.json(422);
        assert_eq!(refused["detail"][0]["loc"][0], "query", "{wrong}");
    }
    let plain = server.get(&format!("{path}/export/svg"), &token).await;
    assert_ne!(plain.header("etag"), page.header("etag"));
    let again = axum::http::Request::get(format!("{path}/export/svg"))
        .header("authorization", format!("Bearer {token}"))
        .header("if-none-match", format!("\"other\", W/{}", plain.header("etag")));
    let again = server.send(again.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    edit(&server, &path, &token, 1, json!([{ "op": "half_tempo" }])).await.json(200);
    assert_ne!(server.get(&format!("{path}/export/svg"), &token).await.header("etag"), plain.header("etag"));
}

#[tokio::test]
async fn a_notation_has_so_many_revisions_and_no_more() {
    let server = Backbeat::start_with(|config| config.notation_revisions_max = 2).await;
    let token = server.user("drummer@example.com").await;
    let path = rock(&server, &token).await;
    edit(&server, &path, &token, 1, json!([{ "op": "half_tempo" }])).await.json(200);
    let third = edit(&server, &path, &token, 2, json!([{ "op": "double_tempo" }])).await.json(400);
    assert_eq!(third["code"], "too_many_revisions");
    server.post(&format!("{path}/undo"), &token).await.json(200);
}
