//! Roles: seeded ones and those of an operator, given and taken by name and by id.

use serde_json::json;

use crate::support::Backbeat;

#[tokio::test]
async fn roles_are_made_changed_deleted_and_restored() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let new = json!({ "name": "drum teacher", "description": "Teaches." });
        let role = server.call("POST", "/roles/", Some(&admin), Some(new.clone())).await.json(201);
        assert_eq!(server.call("POST", "/roles/", Some(&admin), Some(new)).await.json(409)["code"], "role_taken");
        assert_eq!(server.get("/roles/count", &admin).await.json(200)["count"], 4);
        assert_eq!(server.get("/roles/name/drum%20teacher", &admin).await.json(200)["id"], role["id"]);
        let path = format!("/roles/{}", role["id"].as_str().unwrap());
        let changed = json!({ "name": "teacher", "description": null });
        let changed = server.call("PUT", &path, Some(&admin), Some(changed)).await.json(200);
        assert_eq!((changed["name"].as_str(), changed["description"].is_null()), (Some("teacher"), true));

        assert_eq!(server.post(&format!("{path}/restore"), &admin).await.json(409)["code"], "role_not_deleted");
        server.call("DELETE", &path, Some(&admin), None).await.json(200);
        server.get("/roles/name/teacher", &admin).await.json(404);
        assert!(server.get(&path, &admin).await.json(200)["deleted_at"].is_string());
        assert_eq!(server.get("/roles?include_deleted=true", &admin).await.json(200).as_array().unwrap().len(), 4);
        server.post(&format!("{path}/restore"), &admin).await.json(200);
        server.call("DELETE", &format!("{path}/permanent"), Some(&admin), None).await.json(200);
        server.get(&path, &admin).await.json(404);
        for name in ["", "Admin", " user", "user ", "a/b", &"x".repeat(65)] {
            server.call("POST", "/roles", Some(&admin), Some(json!({ "name": name }))).await.json(422);
        }
    }
}

#[tokio::test]
async fn seeded_roles_stay_as_they_are() {
    let server = Backbeat::start().await;
    let admin = server.user_with("admin@example.com", "admin").await;
    for name in ["user", "admin", "premium"] {
        let role = server.get(&format!("/roles/name/{name}"), &admin).await.json(200);
        let path = format!("/roles/{}", role["id"].as_str().unwrap());
        let rename = server.call("PUT", &path, Some(&admin), Some(json!({ "name": "other" }))).await;
        let delete = server.call("DELETE", &path, Some(&admin), None).await;
        let remove = server.call("DELETE", &format!("{path}/permanent"), Some(&admin), None).await;
        for answer in [rename, delete, remove] {
            assert_eq!(answer.json(409)["code"], "role_seeded");
        }
        server.call("PUT", &path, Some(&admin), Some(json!({ "description": "As ever." }))).await.json(200);
    }
}

#[tokio::test]
async fn a_role_is_given_and_taken_by_name_and_by_id() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let id = server.id_of(&server.user("drummer@example.com").await).await;
        let role = server.get("/roles/name/premium", &admin).await.json(200)["id"].as_str().unwrap().to_owned();
        let by_name = json!({ "user_id": id, "role_name": "premium" });
        let ways = [
            (("POST", "/roles/assign".to_owned()), ("DELETE", "/roles/remove".to_owned())),
            (("POST", format!("/roles/{role}/users/{id}")), ("DELETE", format!("/roles/{role}/users/{id}"))),
            (("POST", format!("/users/{id}/roles/{role}")), ("DELETE", format!("/users/{id}/roles/{role}"))),
        ];
        let check = format!("/roles/users/{id}/check/premium");
        for (give, take) in ways {
            let body = give.1.ends_with("assign").then(|| by_name.clone());
            server.call(give.0, &give.1, Some(&admin), body.clone()).await.json(200);
            let twice = server.call(give.0, &give.1, Some(&admin), body.clone()).await.json(409);
            assert_eq!(twice["code"], "role_assigned");
            assert_eq!(server.get(&check, &admin).await.json(200)["has_role"], true);
            assert_eq!(server.get(&format!("/roles/{role}/users"), &admin).await.json(200)[0]["id"], id.as_str());
            assert_eq!(server.get(&format!("/users/{id}/roles"), &admin).await.json(200)[0]["name"], "premium");
            server.call(take.0, &take.1, Some(&admin), body.clone()).await.json(200);
            server.call(take.0, &take.1, Some(&admin), body).await.json(404);
            assert_eq!(server.get(&check, &admin).await.json(200)["has_role"], false);
        }
        let unknown = json!({ "user_id": id, "role_name": "no-such-role" });
        server.call("POST", "/roles/assign", Some(&admin), Some(unknown)).await.json(404);
        let nobody = json!({ "user_id": uuid::Uuid::now_v7(), "role_name": "premium" });
        server.call("POST", "/roles/assign", Some(&admin), Some(nobody)).await.json(404);
    }
}

#[tokio::test]
async fn a_deleted_or_taken_role_gives_nothing_any_more() {
    for server in Backbeat::everywhere().await {
        let admin = server.user_with("admin@example.com", "admin").await;
        let role = server.call("POST", "/roles", Some(&admin), Some(json!({ "name": "teacher" }))).await.json(201);
        let drummer = server.user_with("drummer@example.com", "teacher").await;
        let names = |me: serde_json::Value| {
            me["roles"].as_array().unwrap().iter().map(|role| role["name"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(server.get("/users/me", &drummer).await.json(200)), ["teacher", "user"]);
        let path = format!("/roles/{}", role["id"].as_str().unwrap());
        server.call("DELETE", &path, Some(&admin), None).await.json(200);
        assert_eq!(names(server.get("/users/me", &drummer).await.json(200)), ["user"]);
        server.post(&format!("{path}/restore"), &admin).await.json(200);
        assert_eq!(names(server.get("/users/me", &drummer).await.json(200)), ["teacher", "user"]);
        server.operator().await.take_role("drummer@example.com", "teacher").await.unwrap();
        assert_eq!(names(server.get("/users/me", &drummer).await.json(200)), ["user"]);
        server.operator().await.take_role("drummer@example.com", "user").await.unwrap();
        server.get("/users/me", &drummer).await.json(401);
    }
}

#[tokio::test]
async fn an_account_without_roles_keeps_to_itself() {
    let server = Backbeat::start().await;
    server.user("drummer@example.com").await;
    server.operator().await.take_role("drummer@example.com", "user").await.unwrap();
    let token = server.token("drummer@example.com", crate::support::PASSWORD).await;
    server.get("/users/me", &token).await.json(200);
    assert_eq!(server.get("/videos", &token).await.json(403)["code"], "role_missing");
    assert_eq!(server.get("/roles", &token).await.json(403)["code"], "role_missing");
}
