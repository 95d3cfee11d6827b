//! A server in a temporary folder, and the calls of a client.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use futures::StreamExt;
use serde_json::{Value, json};
use service::users::Operator;
use service::{App, Config, ModelSet};
use tempfile::TempDir;
use tower::ServiceExt;

/// The password of every account here.
pub(crate) const PASSWORD: &str = "Secure-pass-123";

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The JSON body, if the status is the one expected.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server under test.
pub(crate) struct Backbeat {
    pub(crate) app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

/// A stream of events, read one by one.
pub(crate) struct Events {
    body: axum::body::BodyDataStream,
    text: String,
}

/// One event of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl Events {
    /// The next event, or `None` when the stream closes; comments are passed over.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.unwrap_or_default().to_owned()
                };
                let event = Event {
                    name: field("event"),
                    id: field("id"),
                    data: serde_json::from_str(&field("data")).unwrap_or_default(),
                };
                self.text = rest.to_owned();
                if !event.name.is_empty() {
                    return Some(event);
                }
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Everything up to the end of the stream.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The model that ships.
pub(crate) fn models() -> ModelSet {
    ModelSet::single(
        include_bytes!("../../../../models/classic/model.toml"),
        include_bytes!("../../../../models/classic/weights.bin"),
    )
}

impl Backbeat {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_hearing(&models(), change).await
    }

    /// Starts with a model of one's own.
    pub(crate) async fn start_hearing(models: &ModelSet, change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut config = Config {
            data_dir: folder.path().join("data"),
            bcrypt_cost: 4,
            requests_per_minute_max: 0,
            logins_per_minute_max: 0,
            ..Config::default()
        };
        change(&mut config);
        let app = App::open(config, models).await.unwrap();
        Self { router: api::router(Arc::clone(&app)), app, _folder: folder }
    }

    /// One server on each kind of database: always SQLite, PostgreSQL where `BACKBEAT_TEST_POSTGRES_URL` says.
    pub(crate) async fn everywhere() -> Vec<Self> {
        Self::on_each_database(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn on_each_database(change: impl Fn(&mut Config)) -> Vec<Self> {
        let mut servers = vec![Self::start_with(&change).await];
        match fresh_postgres().await {
            Some(url) => {
                let on_postgres = |config: &mut Config| {
                    config.database_url_async = service::Secret::new(url);
                    change(config);
                };
                servers.push(Self::start_with(on_postgres).await);
            }
            None => println!("PostgreSQL skipped: BACKBEAT_TEST_POSTGRES_URL is not set"),
        }
        servers
    }

    /// What an operator does at the machine of this server.
    pub(crate) async fn operator(&self) -> Operator {
        Operator::open(&self.app.config).await.unwrap()
    }

    /// Registers an account, gives it a role, and logs in.
    pub(crate) async fn user_with(&self, email: &str, role: &str) -> String {
        self.user(email).await;
        self.operator().await.give_role(email, role).await.unwrap();
        self.token(email, PASSWORD).await
    }

    /// An access token for an account.
    pub(crate) async fn token(&self, email: &str, password: &str) -> String {
        self.log_in(email, password).await.json(200)["access_token"].as_str().unwrap().to_owned()
    }

    /// The id of the account a token belongs to.
    pub(crate) async fn id_of(&self, token: &str) -> String {
        self.get("/users/me", token).await.json(200)["id"].as_str().unwrap().to_owned()
    }

    /// Uploads and gives the recording's id.
    pub(crate) async fn upload_ok(&self, token: &str, name: &str, bytes: &[u8]) -> String {
        self.upload(token, name, bytes).await.json(201)["video"]["id"].as_str().unwrap().to_owned()
    }

    /// Every stored file's key, in order.
    pub(crate) fn stored_files(&self) -> Vec<String> {
        let root = self.app.config.blobs_dir();
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Opens a stream of events; `seen` is the number of the last event the client has.
    pub(crate) async fn follow(&self, path: &str, token: &str, seen: Option<&str>) -> Events {
        let mut request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Events { body: response.into_body().into_data_stream(), text: String::new() }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str) -> Answer {
        self.call("POST", path, Some(token), None).await
    }

    /// Registers and logs in by form, as the seed's client does.
    pub(crate) async fn user(&self, email: &str) -> String {
        let new = json!({ "email": email, "password": PASSWORD });
        self.call("POST", "/users/register", None, Some(new)).await.json(201);
        let token = self.log_in(email, PASSWORD).await.json(200);
        token["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Answer {
        let form = format!("username={}&password={password}", email.replace('@', "%40").replace('+', "%2B"));
        let request = Request::post("/users/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    pub(crate) async fn upload(&self, token: &str, name: &str, bytes: &[u8]) -> Answer {
        self.upload_to("/videos/upload", token, name, bytes).await
    }

    pub(crate) async fn upload_to(&self, path: &str, token: &str, name: &str, bytes: &[u8]) -> Answer {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Asks for a job until it is over.
    pub(crate) async fn wait(&self, token: &str, job: &Value) -> Value {
        let path = format!("/jobs/{}", job["job_id"].as_str().unwrap());
        for _ in 0..600 {
            let job = self.get(&path, token).await.json(200);
            if job["status"] == "completed" || job["status"] == "failed" {
                return job;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{path} never ended");
    }
}

/// The repository's demo clip: a groove with a picture.
pub(crate) fn demo_clip() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/demo.mp4")).unwrap()
}

/// A clip made by ffmpeg from a source of its own.
pub(crate) fn clip(arguments: &[&str], ending: &str) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join(format!("clip.{ending}"));
    let made = Command::new("ffmpeg").args(["-loglevel", "error"]).args(arguments).arg(&out).status().unwrap();
    assert!(made.success());
    std::fs::read(out).unwrap()
}

/// One second of silent picture.
pub(crate) fn silent_clip() -> Vec<u8> {
    clip(&["-f", "lavfi", "-i", "color=s=64x64:d=1:r=5", "-c:v", "mpeg4"], "mp4")
}

/// An empty database in the cluster under test, if there is one.
pub(crate) async fn fresh_postgres() -> Option<String> {
    let url = std::env::var("BACKBEAT_TEST_POSTGRES_URL").ok()?;
    let name = format!("api_{}", uuid::Uuid::now_v7().simple());
    let server = store::Store::open(&url, 1).await.unwrap();
    store::Rows::execute_unprepared(server.rows(), &format!("CREATE DATABASE {name}")).await.unwrap();
    let (base, _) = url.rsplit_once('/').unwrap();
    Some(format!("{base}/{name}"))
}

impl Backbeat {
    /// The same server after a restart: nothing in memory is left.
    pub(crate) async fn again(&self) -> Self {
        self.again_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn again_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.app.config.clone();
        change(&mut config);
        let app = App::open(config, &models()).await.unwrap();
        Self { router: api::router(Arc::clone(&app)), app, _folder: TempDir::new().unwrap() }
    }
}
