//! What admins do with accounts, and what stays closed to everybody else.

use serde_json::{Value, json};

use crate::support::{Backbeat, PASSWORD, silent_clip};

#[tokio::test]
async fn accounts_are_listed_counted_and_found_by_admins() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let drummer = server.user("drummer@example.com").await;
        let id = server.id_of(&drummer).await;
        let all = server.get("/users/", &admin).await.json(200);
        let emails: Vec<&str> = all.as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect();
        assert_eq!(emails, ["admin@example.com", "drummer@example.com"]);
        assert_eq!(all[0]["roles"].as_array().unwrap().len(), 2);
        let second = server.get("/users?skip=1&limit=1", &admin).await.json(200);
        assert_eq!(second[0]["id"], id.as_str());
        assert_eq!(server.get("/users/count", &admin).await.json(200)["count"], 2);
        assert_eq!(server.get("/users/email/DRUMMER@example.com", &admin).await.json(200)["id"], id.as_str());
        server.get("/users/email/nobody@example.com", &admin).await.json(404);
        for query in ["limit=0", "limit=1001", "skip=-1", "skip=9223372036854775808"] {
            server.get(&format!("/users?{query}"), &admin).await.json(422);
        }
        for path in ["/users/", "/users/count", "/users/email/admin@example.com"] {
            assert_eq!(server.get(path, &drummer).await.json(403)["code"], "admin_only");
        }
    }
}

#[tokio::test]
async fn an_account_is_closed_reopened_and_its_address_is_free_meanwhile() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let id = server.id_of(&server.user("drummer@example.com").await).await;
        let path = format!("/users/{id}");
        assert_eq!(server.post(&format!("{path}/restore"), &admin).await.json(409)["code"], "user_not_deleted");
        server.call("DELETE", &path, Some(&admin), None).await.json(200);
        server.call("DELETE", &path, Some(&admin), None).await.json(404);
        assert_eq!(server.get("/users/", &admin).await.json(200).as_array().unwrap().len(), 1);
        let all = server.get("/users/?include_deleted=true", &admin).await.json(200);
        assert!(all[1]["deleted_at"].is_string());

        server.user("drummer@example.com").await;
        assert_eq!(server.post(&format!("{path}/restore"), &admin).await.json(409)["code"], "email_taken");
        let new_id = server.get("/users/email/drummer@example.com", &admin).await.json(200)["id"].clone();
        let renamed = json!({ "email": "second@example.com" });
        let new_path = format!("/users/{}", new_id.as_str().unwrap());
        server.call("PUT", &new_path, Some(&admin), Some(renamed)).await.json(200);
        server.post(&format!("{path}/restore"), &admin).await.json(200);
        server.log_in("drummer@example.com", PASSWORD).await.json(200);
    }
}

#[tokio::test]
async fn removal_for_good_takes_files_rows_and_tokens_along() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let token = server.user("drummer@example.com").await;
        let id = server.id_of(&token).await;
        let video = server.upload(&token, "clip.mp4", &silent_clip()).await.json(201)["video"].clone();
        let file = server.app.config.blobs_dir().join(video["storage_path"].as_str().unwrap());
        assert!(file.exists());
        server.call("DELETE", &format!("/users/{id}/permanent"), Some(&admin), None).await.json(200);
        assert!(!file.exists());
        server.get("/users/me", &token).await.json(401);
        server.get(&format!("/videos/{}", video["id"].as_str().unwrap()), &admin).await.json(404);
        assert_eq!(server.get("/users/?include_deleted=true", &admin).await.json(200).as_array().unwrap().len(), 1);
        server.call("DELETE", &format!("/users/{id}/permanent"), Some(&admin), None).await.json(404);
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let id = server.id_of(&admin).await;
        let take = json!({ "user_id": id, "role_name": "admin" });
        let refused = [
            server.call("DELETE", "/users/me", Some(&admin), None).await,
            server.call("DELETE", &format!("/users/{id}"), Some(&admin), None).await,
            server.call("DELETE", &format!("/users/{id}/permanent"), Some(&admin), None).await,
            server.call("DELETE", "/roles/remove", Some(&admin), Some(take)).await,
        ];
        for answer in refused {
            assert_eq!(answer.json(409)["code"], "last_admin");
        }
        // Two admins who leave at the same time: one of them stays.
        let second = server.user_with("second@example.com", "admin").await;
        let (one, other) = tokio::join!(
            server.call("DELETE", "/users/me", Some(&admin), None),
            server.call("DELETE", "/users/me", Some(&second), None)
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
}

#[tokio::test]
async fn accounts_of_others_do_not_exist_and_ones_own_password_wants_the_old_one() {
    let server = Backbeat::start().await;
    let mine = server.user("drummer@example.com").await;
    let id = server.id_of(&mine).await;
    let other = server.id_of(&server.user("other@example.com").await).await;
    let new = json!({ "new_password": "Better-pass-456" });
    let calls: [(&str, String, Option<Value>); 4] = [
        ("GET", format!("/users/{other}"), None),
        ("PUT", format!("/users/{other}"), Some(json!({ "email": "taken@example.com" }))),
        ("DELETE", format!("/users/{other}"), None),
        ("POST", format!("/users/{other}/change-password"), Some(new.clone())),
    ];
    for (method, path, body) in calls {
        assert_eq!(server.call(method, &path, Some(&mine), body).await.json(404)["code"], "not_found", "{path}");
    }
    server.get(&format!("/users/{id}"), &mine).await.json(200);
    let own = format!("/users/{id}/change-password");
    assert_eq!(server.call("POST", &own, Some(&mine), Some(new)).await.json(400)["code"], "wrong_password");
}
