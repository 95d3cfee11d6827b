//! Settings: `config/default.toml` is the list of them, their documentation and their defaults.
//!
//! Conventions: the environment variable of a setting is its name in capitals; unknown variables are not ours and are
//! passed over. Units are last in the names.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// The commented defaults, as printed for people who want to change one.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Shortest secret that is accepted, characters.
pub const SECRET_CHARS_MIN: usize = 32;

/// A text that is not to be printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Every setting; `config/default.toml` says what each means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config/default.toml, which a test compares with this list")]
pub struct Config {
    pub data_dir: PathBuf,
    pub upload_dir: PathBuf,
    pub blobs_url: Secret,
    pub signed_address_s: u64,
    pub database_url_async: Secret,
    pub database_url_sync: Secret,
    pub database_connections_max: u32,
    pub database_connections_kept: u32,
    pub database_wait_s_max: u64,
    pub database_idle_s_max: u64,
    pub host: String,
    pub port: u16,
    pub cors_origins: String,
    pub trusted_proxies: String,
    pub shutdown_s_max: u64,
    pub secret_key: Secret,
    pub access_token_expire_minutes: u32,
    pub refresh_token_expire_days: u32,
    pub login_failures_max: u32,
    pub login_lock_s_max: u64,
    pub cookie_secure: bool,
    pub registration_open: bool,
    pub bcrypt_cost: u32,
    pub max_video_size_mb: u64,
    pub max_user_storage_gb: u64,
    pub body_kb_max: usize,
    pub requests_per_minute_max: u32,
    pub logins_per_minute_max: u32,
    pub audio_s_max: f64,
    pub upload_s_max: u64,
    pub upload_keep_h: u64,
    pub export_keep_h: u64,
    pub deleted_keep_days: u64,
    pub orphan_grace_s: u64,
    pub probe_s_max: u64,
    pub media_slots: usize,
    pub media_wait_s_max: u64,
    pub exports_max: usize,
    pub user_jobs_max: u64,
    pub user_kits_max: usize,
    pub notation_edits_max: usize,
    pub notation_events_max: usize,
    pub notation_revisions_max: usize,
    pub models_max: u64,
    pub model_weights_mb_max: u64,
    pub model_card_kb_max: usize,
    pub model_check_s_max: u64,
    pub model_check_memory_mb_max: u64,
    pub model_check_program: PathBuf,
    pub premium_storage_gb: u64,
    pub premium_audio_s_max: f64,
    pub premium_jobs_max: u64,
    pub user_running_max: u32,
    pub premium_running_max: u32,
    pub premium_head_start_s: u32,
    pub job_slots: usize,
    pub job_nice: i32,
    pub job_listening_max: usize,
    pub job_attempts_max: u32,
    pub job_back_off_s: u64,
    pub job_lease_s: u64,
    pub job_heartbeat_ms: u64,
    pub job_poll_ms: u64,
    pub job_extraction_s_max: u64,
    pub job_detection_s_max: u64,
    pub job_notation_s_max: u64,
    pub job_separation_s_max: u64,
    pub job_export_s_max: u64,
    pub job_transcription_s_max: u64,
    pub job_retention_days: u32,
    pub cleanup_s: u64,
    pub prefer_wait_s_max: u64,
    pub user_webhooks_max: usize,
    pub webhook_private_networks: bool,
    pub event_streams_max: usize,
    pub event_stream_s_max: u64,
    pub event_heartbeat_s: u64,
    pub log_level: String,
    pub log_format: String,
    pub metrics_token: Secret,
    pub otel_exporter_otlp_endpoint: String,
    pub debug: bool,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct ConfigError {
    /// The environment variable.
    pub name: String,
    /// What is wrong and what to do.
    pub why: String,
}

impl Default for Config {
    fn default() -> Self {
        toml::from_str(DEFAULTS).expect("the compiled-in defaults are read by a test")
    }
}

impl Config {
    /// The defaults, changed by variables such as those of the environment; the last of several wins.
    ///
    /// # Errors
    /// `ConfigError` for a value of the wrong kind or outside its range.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut settings: toml::Table = toml::from_str(DEFAULTS).expect("the compiled-in defaults are read by a test");
        for (name, value) in vars {
            let key = name.to_ascii_lowercase();
            if name != key.to_ascii_uppercase() {
                continue;
            }
            if let Some(setting) = settings.get_mut(&key) {
                *setting = read_like(setting, value.trim()).ok_or_else(|| ConfigError {
                    name: name.clone(),
                    why: format!("{value:?} is not {}", kind(setting)),
                })?;
            }
        }
        let mut config: Self = settings.try_into().map_err(|error: toml::de::Error| ConfigError {
            name: "settings".to_owned(),
            why: error.message().to_owned(),
        })?;
        if config.debug {
            config.log_level = "debug".to_owned();
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |name: &str, why: &str| Err(ConfigError { name: name.to_owned(), why: why.to_owned() });
        if !(10..=15).contains(&self.bcrypt_cost) {
            return refuse("BCRYPT_COST", "must be 10 to 15");
        }
        if self.media_slots == 0 || self.exports_max == 0 {
            return refuse("MEDIA_SLOTS", "and EXPORTS_MAX must be at least 1");
        }
        if self.orphan_grace_s < self.upload_s_max.max(self.job_transcription_s_max) {
            return refuse(
                "ORPHAN_GRACE_S",
                "must be at least UPLOAD_S_MAX and JOB_TRANSCRIPTION_S_MAX: work under way makes files",
            );
        }
        if self.model_check_s_max == 0 || self.model_weights_mb_max == 0 {
            return refuse("MODEL_CHECK_S_MAX", "and MODEL_WEIGHTS_MB_MAX must be at least 1");
        }
        if self.database_connections_max == 0 {
            return refuse("DATABASE_CONNECTIONS_MAX", "must be at least 1");
        }
        if self.database_wait_s_max == 0 || self.database_idle_s_max == 0 {
            return refuse("DATABASE_WAIT_S_MAX", "and DATABASE_IDLE_S_MAX must be at least 1");
        }
        if self.access_token_expire_minutes == 0 {
            return refuse("ACCESS_TOKEN_EXPIRE_MINUTES", "must be at least 1");
        }
        if !(1..=3650).contains(&self.refresh_token_expire_days) {
            return refuse("REFRESH_TOKEN_EXPIRE_DAYS", "must be 1 to 3650");
        }
        if self.proxies().is_none() {
            return refuse("TRUSTED_PROXIES", "must be IP addresses, separated by commas");
        }
        if self.job_heartbeat_ms == 0 || self.job_heartbeat_ms.saturating_mul(3) > self.job_lease_s.saturating_mul(1000)
        {
            return refuse("JOB_HEARTBEAT_MS", "must be at least 1 and at most a third of JOB_LEASE_S");
        }
        if self.job_poll_ms == 0 || self.job_attempts_max == 0 {
            return refuse("JOB_POLL_MS", "and JOB_ATTEMPTS_MAX must be at least 1");
        }
        if !(0..=19).contains(&self.job_nice) {
            return refuse("JOB_NICE", "must be 0 to 19");
        }
        if self.cleanup_s == 0 {
            return refuse("CLEANUP_S", "must be at least 1");
        }
        if !["text", "json"].contains(&self.log_format.as_str()) {
            return refuse("LOG_FORMAT", "must be text or json");
        }
        check_secret(self.secret_key.expose())
    }

    /// The database to open.
    pub fn database_url(&self) -> String {
        for url in [&self.database_url_async, &self.database_url_sync] {
            if !url.expose().is_empty() {
                return url.expose().to_owned();
            }
        }
        // Four slashes for an absolute path come about by themselves, see `store`.
        format!("sqlite:///{}", self.data_dir.join("backbeat.db").display())
    }

    /// The connections to the database.
    pub fn connections(&self) -> store::Connections {
        store::Connections {
            most: self.database_connections_max,
            kept: self.database_connections_kept,
            wait: Duration::from_secs(self.database_wait_s_max),
            idle: Duration::from_secs(self.database_idle_s_max),
        }
    }

    /// The address of the place where recordings are kept.
    pub fn blobs_address(&self) -> String {
        match self.blobs_url.expose() {
            "" => format!("file:{}", self.blobs_dir().display()),
            url => url.to_owned(),
        }
    }

    /// The proxies whose word about a client's address is believed; none when they cannot be read.
    pub fn proxies(&self) -> Option<Vec<std::net::IpAddr>> {
        let names = self.trusted_proxies.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| name.parse().ok()).collect()
    }

    /// The folder of the blobs.
    pub fn blobs_dir(&self) -> PathBuf {
        if self.upload_dir.as_os_str().is_empty() { self.data_dir.join("blobs") } else { self.upload_dir.clone() }
    }

    /// The folder for files on their way.
    pub fn scratch_dir(&self) -> PathBuf {
        self.data_dir.join("tmp")
    }

    /// How many jobs this process runs at the same time.
    pub fn slots(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.job_slots == 0 { (processors / 2).max(1) } else { self.job_slots }
    }

    /// Largest recording, bytes.
    pub fn video_bytes_max(&self) -> u64 {
        self.max_video_size_mb.saturating_mul(1 << 20)
    }

    /// Largest sum of files of a user, bytes.
    pub fn user_bytes_max(&self) -> u64 {
        self.max_user_storage_gb.saturating_mul(1 << 30)
    }
}

/// A value of the same kind as the default.
fn read_like(default: &toml::Value, value: &str) -> Option<toml::Value> {
    Some(match default {
        toml::Value::Integer(_) => toml::Value::Integer(value.parse().ok()?),
        toml::Value::Float(_) => toml::Value::Float(value.parse().ok().filter(|number: &f64| number.is_finite())?),
        toml::Value::Boolean(_) => toml::Value::Boolean(match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" | "" => false,
            _ => return None,
        }),
        _ => toml::Value::String(value.to_owned()),
    })
}

fn kind(default: &toml::Value) -> &'static str {
    match default {
        toml::Value::Integer(_) => "a whole number",
        toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        _ => "a text",
    }
}

/// Refuses secrets that anybody could know.
fn check_secret(secret: &str) -> Result<(), ConfigError> {
    const SAMPLES: [&str; 7] =
        ["change", "your-secret", "your_secret", "secret-key-here", "placeholder", "example", "insecure"];
    let lower = secret.to_lowercase();
    let sample = SAMPLES.iter().any(|sample| lower.contains(sample));
    let varied = lower.chars().collect::<std::collections::BTreeSet<_>>().len() >= 8;
    if secret.is_empty() || (secret.chars().count() >= SECRET_CHARS_MIN && !sample && varied) {
        return Ok(());
    }
    let why = format!(
        "is a placeholder or shorter than {SECRET_CHARS_MIN} characters, so others could sign tokens. Make one with \
         `openssl rand -hex 32`, or leave it out and one is made and kept in the data folder"
    );
    Err(ConfigError { name: "SECRET_KEY".to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::from_vars([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn default_file_and_struct_name_the_same_settings_and_each_has_a_comment() {
        // A key without a field and a field without a key are both errors of the reader.
        let config: Config = toml::from_str(DEFAULTS).unwrap();
        config.check().unwrap();
        let mut above = "";
        for line in DEFAULTS.lines() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(above.starts_with("# "), "no comment above {line}");
            }
            above = line;
        }
    }

    #[test]
    fn variables_change_settings_and_strangers_are_passed_over() {
        let config = Config::from_vars(
            [("MAX_VIDEO_SIZE_MB", "7"), ("DEBUG", "True"), ("AUDIO_S_MAX", "60"), ("PATH", "/bin"), ("port", "1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        )
        .unwrap();
        assert_eq!((config.video_bytes_max(), config.debug, config.port), (7 << 20, true, 8000));
        assert_eq!(config.audio_s_max, 60.0);
    }

    #[test]
    fn wrong_kinds_are_refused_with_the_name() {
        assert_eq!(with("PORT", "web").unwrap_err().to_string(), "PORT: \"web\" is not a whole number");
        assert!(with("BCRYPT_COST", "4").is_err());
    }

    #[test]
    fn sample_and_short_secrets_are_refused_with_the_way_to_make_one() {
        for secret in ["hunter2", "your-secret-key-here-change-in-production", &"a".repeat(64)] {
            let message = with("SECRET_KEY", secret).unwrap_err().to_string();
            assert!(message.contains("openssl rand -hex 32"), "{message}");
            assert!(!message.contains(secret));
        }
        assert!(with("SECRET_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08").is_ok());
    }
}
