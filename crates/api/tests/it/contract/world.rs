//! Things for the operations to work on: made anew for every call, since calls change them.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;
use uuid::Uuid;

use super::Operation;
use crate::support::{Answer, Backbeat, PASSWORD};

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallerKind {
    NoToken,
    BadToken,
    Other,
    Premium,
    Owner,
    Admin,
}

impl CallerKind {
    pub(super) const ALL: [Self; 6] =
        [Self::NoToken, Self::BadToken, Self::Other, Self::Premium, Self::Owner, Self::Admin];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NoToken => "none",
            Self::BadToken => "bad",
            Self::Other => "other",
            Self::Premium => "premium",
            Self::Owner => "owner",
            Self::Admin => "admin",
        }
    }
}

/// A server with an admin, on whose database rows are made directly where making them by HTTP would take long.
pub(super) struct World {
    pub(super) server: Backbeat,
    rows: store::Store,
    made: AtomicU32,
}

/// An account.
pub(super) struct Person {
    pub(super) id: Uuid,
    pub(super) email: String,
}

impl World {
    pub(super) async fn new() -> Self {
        let server = Backbeat::start_with(|config| config.user_jobs_max = 1_000_000).await;
        let rows = store::Store::open(&server.app.config.database_url(), 2).await.unwrap();
        server.user_with("admin@example.com", "admin").await;
        Self { server, rows, made: AtomicU32::new(0) }
    }

    pub(super) async fn person(&self, role: &str) -> Person {
        let email = format!("person-{}@example.com", self.made.fetch_add(1, Ordering::Relaxed));
        let operator = self.server.operator().await;
        let made = operator.create(&email, service::Secret::new(PASSWORD), false).await.unwrap();
        if role != "user" {
            operator.give_role(&email, role).await.unwrap();
        }
        operator.leave().await.unwrap();
        Person { id: made.user.id, email }
    }

    /// The token with which somebody calls for the `owner` of the things.
    pub(super) async fn token(&self, kind: CallerKind, owner: &Person) -> Option<String> {
        let email = match kind {
            CallerKind::NoToken => return None,
            CallerKind::BadToken => return Some("not.a.token".to_owned()),
            CallerKind::Other => self.person("user").await.email,
            CallerKind::Premium => self.person("premium").await.email,
            CallerKind::Owner => owner.email.clone(),
            CallerKind::Admin => self.person("admin").await.email,
        };
        Some(self.server.token(&email, PASSWORD).await)
    }

    /// The path of an operation with the ids of things of `owner`, made for this call.
    pub(super) async fn path(&self, operation: &Operation, owner: &Person) -> String {
        let mut path = operation.path.clone();
        if path.contains("{export_id}") {
            let (notation, export) = crate::exports::stored(&self.server, &self.rows, owner.id).await;
            return path.replace("{id}", &notation.to_string()).replace("{export_id}", &export.to_string());
        }
        for part in operation.path.split('/').filter(|part| part.starts_with('{')) {
            let value = self.part(&operation.path, part.trim_matches(['{', '}']), owner).await;
            path = path.replace(part, &value);
        }
        path
    }

    async fn part(&self, path: &str, name: &str, owner: &Person) -> String {
        let family = path.split('/').nth(1).unwrap_or_default();
        let id = match (family, name) {
            (_, "email") => return owner.email.clone(),
            ("notation", "name") => return "backbeat-score".to_owned(),
            ("audio", "kind") => return "stems".to_owned(),
            ("audio", "name") => return "kick".to_owned(),
            (_, "name") => return "premium".to_owned(),
            (_, "format") => return "musicxml".to_owned(),
            (_, "job_type") => return "transcription".to_owned(),
            ("users", "id") | (_, "user_id") => owner.id,
            ("roles", "id") | (_, "role_id") => {
                let new = format!("role {}", self.made.fetch_add(1, Ordering::Relaxed));
                store::roles::insert(self.rows.rows(), &new, None).await.unwrap().id
            }
            ("notation" | "audio", "id") if path.contains("/video/") || path.contains("/extract/") => {
                self.video(owner.id).await
            }
            ("audio", "id") if path.contains("/pipeline/") => self.video(owner.id).await,
            ("audio", "id") if path.contains("/separations") => self.separated(owner.id).await,
            ("audio", "id") => self.sound(owner.id).await,
            ("notation", "id") if path.contains("/drum-kits/") => {
                let pieces = serde_json::json!([]);
                store::drum_kits::insert(self.rows.rows(), owner.id, "Kit".to_owned(), pieces).await.unwrap().id
            }
            ("notation", "id" | "other") => crate::notation::stored(&self.rows, owner.id).await,
            (_, "revision") => return "1".to_owned(),
            ("videos", "id") | (_, "video_id") => self.video(owner.id).await,
            ("jobs", "id") if path.starts_with("/jobs/video/") => self.video(owner.id).await,
            ("jobs", "id") => self.job(owner.id).await,
            ("models", "id") => self.model().await,
            _ => Uuid::now_v7(),
        };
        id.to_string()
    }

    /// A recording whose file is a small text: no route that reads media is told apart by its content here.
    async fn video(&self, owner: Uuid) -> Uuid {
        let id = Uuid::now_v7();
        let key = store::BlobKey::recording(id);
        let file = self.server.app.config.blobs_dir().join(key.as_str());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"recording").unwrap();
        let new = store::videos::NewVideo {
            id,
            user_id: owner,
            filename: "drum_performance.mp4".to_owned(),
            storage_path: key.as_str().to_owned(),
            duration_seconds: Some(8.0),
            size_bytes: 9,
            media_type: "video/mp4".to_owned(),
            width: Some(160),
            height: Some(120),
            frame_rate: Some(10.0),
            has_audio: true,
            sha256: "0".repeat(64),
        };
        store::videos::insert(self.rows.rows(), new).await.unwrap().id
    }

    /// A sound track of which there is a kick.
    async fn separated(&self, owner: Uuid) -> Uuid {
        let id = self.sound(owner).await;
        let video_id = store::audio_files::get(self.rows.rows(), id).await.unwrap().video_id;
        crate::separations::stored(&self.server, &self.rows, video_id).await;
        id
    }

    /// A sound track nobody has listened to.
    async fn sound(&self, owner: Uuid) -> Uuid {
        let video_id = self.video(owner).await;
        let key = store::BlobKey::sound(video_id);
        let file = self.server.app.config.blobs_dir().join(key.as_str());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"recording").unwrap();
        let new = store::audio_files::NewAudioFile {
            id: Uuid::now_v7(),
            video_id,
            storage_path: key.as_str().to_owned(),
            sample_rate: 44_100,
            channels: 2,
            duration_seconds: 8.0,
            size_bytes: 9,
        };
        store::audio_files::insert(self.rows.rows(), new).await.unwrap().id
    }

    /// A registered model without weights.
    async fn model(&self) -> Uuid {
        let id = Uuid::now_v7();
        let new = store::models::NewModel {
            id,
            name: "ear".to_owned(),
            version: self.made.fetch_add(1, Ordering::Relaxed).to_string(),
            task: "onset_detection".to_owned(),
            storage_path: store::BlobKey::model(id).as_str().to_owned(),
            sha256: "0".repeat(64),
            size_bytes: 9,
            card: "name = \"ear\"".to_owned(),
            description: None,
        };
        store::models::insert(self.rows.rows(), new).await.unwrap().id
    }

    async fn job(&self, owner: Uuid) -> Uuid {
        let video = self.video(owner).await;
        let new = store::queue::NewJob {
            video_id: Some(video),
            user_id: owner,
            job_type: "audio_extraction".to_owned(),
            payload: serde_json::json!({ "force": false }),
            max_attempts: 3,
            head_start_s: 0,
            user_slots: 0,
            request_id: None,
        };
        store::queue::enqueue(self.rows.rows(), new).await.unwrap().id
    }

    /// Calls an operation with its example body, in which ids and addresses are the owner's.
    pub(super) async fn call(&self, operation: &Operation, kind: CallerKind) -> Answer {
        let owner = self.person("user").await;
        let token = self.token(kind, &owner).await;
        let path = self.path(operation, &owner).await;
        let mut request = Request::builder().method(operation.method.as_str()).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match operation.body() {
            Some((kind, example)) => {
                request = request.header(header::CONTENT_TYPE, &kind);
                let mut example = self.fitted(&operation.path, example, &owner);
                if let Some(video) = example.get_mut("video_id") {
                    *video = Value::String(self.video(owner.id).await.to_string());
                }
                Body::from(if kind.contains("json") { example.to_string() } else { form(&example) })
            }
            None => Body::empty(),
        };
        self.server.send(request.body(body).unwrap()).await
    }

    /// The example with what is known only here: the owner's id, an address that is free, the password all have.
    fn fitted(&self, path: &str, mut example: Value, owner: &Person) -> Value {
        let Some(fields) = example.as_object_mut() else { return example };
        for (name, value) in fields {
            let known = match name.as_str() {
                "user_id" => Some(owner.id.to_string()),
                "email" if path == "/users/login" => Some(owner.email.clone()),
                "email" => Some(format!("fresh-{}@example.com", self.made.fetch_add(1, Ordering::Relaxed))),
                "username" => Some(owner.email.clone()),
                "password" | "current_password" => Some(PASSWORD.to_owned()),
                _ => None,
            };
            if let Some(known) = known {
                *value = Value::String(known);
            }
        }
        example
    }
}

fn form(example: &Value) -> String {
    let pairs = example
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap()
}
