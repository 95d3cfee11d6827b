//! Drum kits of one's own, laid over downloads.

use serde_json::json;

use super::rock;
use crate::support::Backbeat;

#[tokio::test]
async fn an_account_keeps_so_many_kits_and_no_more() {
    let server = Backbeat::start_with(|config| config.user_kits_max = 1).await;
    let token = server.user("drummer@example.com").await;
    let new = json!({ "name": "Practice room", "pieces": [] });
    server.call("POST", "/notation/drum-kits", Some(&token), Some(new.clone())).await.json(201);
    let second = server.call("POST", "/notation/drum-kits", Some(&token), Some(new)).await.json(400);
    assert_eq!(second["code"], "too_many_kits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_of_ones_own_changes_the_page_and_not_the_notation() {
    for server in Backbeat::everywhere().await {
        let token = server.user("drummer@example.com").await;
        let other = server.user("other@example.com").await;
        let path = rock(&server, &token).await;
        let before = server.get(&path, &token).await.json(200);
        let kits = server.get("/notation/drum-kits", &token).await.json(200);
        assert_eq!((kits.as_array().unwrap().len(), kits[0]["id"].is_null()), (1, true));
        assert!(kits[0]["pieces"].as_array().unwrap().iter().any(|piece| piece["instrument"] == "kick"));

        let pieces = json!([
            { "instrument": "hihat_closed", "write_as": "ride" },
            { "instrument": "snare", "place": "E5" },
        ]);
        let new = json!({ "name": "Practice room", "pieces": pieces });
        let made = server.call("POST", "/notation/drum-kits", Some(&token), Some(new.clone())).await.json(201);
        let kit = format!("/notation/drum-kits/{}", made["id"].as_str().unwrap());
        assert_eq!(server.get(&kit, &token).await.json(200), made);

        let written = format!("{path}/export/json?kit={}", made["id"].as_str().unwrap());
        let score = server.get(&written, &token).await;
        let tag = score.header("etag").to_owned();
        let score = score.json(200);
        let instruments: Vec<_> =
            score["kit"].as_array().unwrap().iter().map(|one| one["instrument"].clone()).collect();
        assert!(
            instruments.contains(&json!("ride")) && !instruments.contains(&json!("hihat_closed")),
            "{instruments:?}"
        );
        assert!(score["kit"].as_array().unwrap().contains(&json!({ "instrument": "snare", "place": "E5" })));
        assert_eq!(server.get(&path, &token).await.json(200), before);

        let changed = json!({ "name": "Stage", "pieces": [] });
        server.call("PUT", &kit, Some(&token), Some(changed)).await.json(200);
        let plain = server.get(&written, &token).await;
        assert_ne!(plain.header("etag"), tag);
        assert_eq!(plain.json(200), server.get(&format!("{path}/export/json"), &token).await.json(200));

        for method in ["GET", "PUT", "DELETE"] {
            let body = (method == "PUT").then(|| new.clone());
            server.call(method, &kit, Some(&other), body).await.json(404);
        }
        assert_eq!(server.call("DELETE", &kit, Some(&token), None).await.status.as_u16(), 204);
        server.get(&written, &token).await.json(404);
        for (wrong, field) in [
            (json!([{ "instrument": "theremin" }]), "instrument"),
            (json!([{ "instrument": "snare", "place": "H9" }]), "place"),
            (json!([{ "instrument": "snare", "write_as": "theremin" }]), "write_as"),
        ] {
            let body = json!({ "name": "Odd", "pieces": wrong });
            let refused = server.call("POST", "/notation/drum-kits", Some(&token), Some(body)).await.json(422);
            assert_eq!(refused["detail"][0]["loc"], json!(["body", "pieces", "0", field]));
        }
    }
}
