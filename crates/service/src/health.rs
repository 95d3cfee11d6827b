//! Is everything this process needs at hand?

use crate::App;
use crate::models::Task;

/// One thing and how it is.
#[derive(Clone, Debug)]
pub struct Check {
    /// `database`, `storage`, `model` or `ffmpeg`.
    pub name: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// What it is, or what is wrong, in words that may be shown to anybody.
    pub detail: String,
}

/// Looks at everything.
pub async fn ready(app: &App) -> Vec<Check> {
    vec![database(app).await, storage(app).await, model(app).await, ffmpeg().await]
}

async fn database(app: &App) -> Check {
    match app.store.ping().await {
        Ok(()) => Check { name: "database", ok: true, detail: app.store.kind().to_owned() },
        Err(error) => failed("database", "does not answer", &error),
    }
}

async fn storage(app: &App) -> Check {
    match app.blobs.check().await {
        Ok(()) => Check { name: "storage", ok: true, detail: "can be written".to_owned() },
        Err(error) => failed("storage", "cannot be written", &error),
    }
}

async fn model(app: &App) -> Check {
    // The one in the executable was read and checked at the start; a process without it does not get this far.
    match app.registry.active(Task::OnsetDetection).await {
        Ok(Some(active)) => Check { name: "model", ok: true, detail: format!("{} {}", active.name, active.version) },
        Ok(None) => Check { name: "model", ok: true, detail: app.shelf.built_in().model() },
        Err(error) => failed("model", "cannot be asked for", &error),
    }
}

async fn ffmpeg() -> Check {
    match tokio::task::spawn_blocking(media::tools).await {
        Ok(Ok(versions)) => Check { name: "ffmpeg", ok: true, detail: versions.ffmpeg },
        Ok(Err(error)) => failed("ffmpeg", "cannot be run", &error),
        Err(error) => failed("ffmpeg", "cannot be run", &error),
    }
}

fn failed(name: &'static str, detail: &str, error: &dyn std::error::Error) -> Check {
    tracing::error!(check = name, %error, "not ready");
    Check { name, ok: false, detail: detail.to_owned() }
}
