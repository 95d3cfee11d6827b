//! A folder, a database, and processes of Backbeat on them.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for work to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// Lines of the log that are shown when a drill fails.
const LAST_WORDS: usize = 12;

/// Which database.
#[derive(Debug)]
pub(super) enum Base {
    Sqlite,
    /// A server on which databases may be made.
    Postgres(String),
}

impl Base {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// What a drill happens in; the folder goes with it.
#[derive(Debug)]
pub(super) struct World {
    binary: PathBuf,
    folder: PathBuf,
    /// The database of this world, where it is not the file in the folder.
    pub(super) postgres: Option<String>,
    /// Settings beyond those every drill has.
    settings: Vec<(String, String)>,
    /// A file system of its own, to be taken away.
    mounted: bool,
}

impl Drop for World {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A process of Backbeat; killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    address: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Processor time it has used, seconds.
    pub(super) fn cpu_s(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: f64 =
            fields.get(11..13).context("no times")?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
        // The kernel's ticks have been hundredths of a second on every Linux for decades.
        Ok(ticks / 100.0)
    }

    /// Calls curl on it and gives the answer, which must be a success.
    pub(super) fn curl(&self, path: &str, more: &[&str]) -> Result<Value> {
        let url = format!("http://{}{path}", self.address);
        let output = Command::new("curl").args(["-sS", "--fail-with-body", &url]).args(more).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "{path}: {said}{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_str(&said).unwrap_or(Value::String(said)))
    }

    /// Registers somebody and gives the header that proves who they are.
    pub(super) fn log_in(&self) -> Result<String> {
        let account = r#"{"email": "drill@example.com", "password": "a-long-secret-7"}"#;
        self.curl("/users/register", &["-H", "content-type: application/json", "-d", account])?;
        let login =
            self.curl("/users/login", &["-d", "username=drill@example.com", "-d", "password=a-long-secret-7"])?;
        Ok(format!("Authorization: Bearer {}", text(&login["access_token"])?))
    }

    /// Uploads the demo clip; gives the recording's id.
    pub(super) fn upload(&self, login: &str) -> Result<String> {
        let part = format!("file=@{}", demo().display());
        let answer = self.curl("/videos/upload", &["-H", login, "-F", &part])?;
        text(&answer["video"]["id"])
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Starts an upload that takes some seconds, and does not wait for it.
    pub(super) fn slow_upload(&self, login: &str) -> Result<Child> {
        let part = format!("file=@{}", demo().display());
        let url = format!("http://{}/videos/upload", self.address);
        let mut command = Command::new("curl");
        command.args(["-sS", "--limit-rate", "60k", "-H", login, "-F", &part, &url]);
        Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }
}

pub(super) fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("no text: {value}"))?.to_owned())
}

fn demo() -> PathBuf {
    crate::root().join("demo/demo.mp4")
}

impl World {
    pub(super) fn new(base: &Base) -> Result<Self> {
        let binary = std::env::var_os("BACKBEAT_BIN").map(PathBuf::from);
        let binary = binary.unwrap_or_else(|| crate::root().join("target/release/backbeat"));
        ensure!(binary.is_file(), "{} is not there; build it or set BACKBEAT_BIN", binary.display());
        let number = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        let folder = std::env::temp_dir().join(format!("backbeat-drill-{number}"));
        std::fs::create_dir_all(&folder)?;
        let mut world = Self { binary, folder, postgres: None, settings: Vec::new(), mounted: false };
        if let Base::Postgres(url) = base {
            let name = format!("drill_{number}");
            psql(url, &format!("CREATE DATABASE {name}"))?;
            let (server, _) = url.rsplit_once('/').context("the database address has no name")?;
            world.postgres = Some(format!("{server}/{name}"));
        }
        Ok(world)
    }

    /// A setting for every process that starts from now on.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings.push((name.to_owned(), value.into()));
    }

    /// The data folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the data folder a file system of so many megabytes; false where this machine does not let us.
    pub(super) fn shrink(&mut self, megabytes: u32) -> Result<bool> {
        let size = format!("size={megabytes}m");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "backbeat-drill"]).arg(&self.folder).output();
        self.mounted = mount.is_ok_and(|output| output.status.success());
        Ok(self.mounted)
    }

    /// Starts `serve --no-worker` or `work` and waits until it says where it listens.
    pub(super) fn start(&self, command: &[&str]) -> Result<Process> {
        // Workers lead sessions of their own, as services do. The process stays the same: it becomes the program.
        let mut program =
            Command::new(if command.contains(&"work") { "setsid".as_ref() } else { self.binary.as_os_str() });
        program
            .args(command.contains(&"work").then_some(&self.binary))
            .args(command)
            .args(["--port", "0", "--data"])
            .arg(&self.folder)
            .env_clear();
        for name in ["PATH", "HOME", "TMPDIR"] {
            program.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        // Lost workers are missed soon, and nobody is given up or kept waiting.
        program.envs([
            ("JOB_LEASE_S", "3"),
            ("JOB_HEARTBEAT_MS", "300"),
            ("JOB_BACK_OFF_S", "0"),
            ("JOB_ATTEMPTS_MAX", "1000"),
            ("JOB_POLL_MS", "500"),
            ("USER_RUNNING_MAX", "0"),
            ("USER_JOBS_MAX", "1000000"),
            ("BCRYPT_COST", "10"),
            ("LOG_LEVEL", "warn"),
        ]);
        program.envs(self.postgres.as_ref().map(|url| ("DATABASE_URL_ASYNC", url)));
        program.envs(self.settings.iter().map(|(name, value)| (name, value)));
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut child = program.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let Some(Ok(first)) = lines.next() else {
            let _ = child.kill();
            let _ = child.wait();
            anyhow::bail!("{command:?} did not start: {}", std::fs::read_to_string(self.folder.join("log"))?);
        };
        // The rest is read to the end, so that the process never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let address = first.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        Ok(Process { address: address.context("it says no address")?.to_owned(), child })
    }

    /// The end of what the processes complained of.
    pub(super) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(LAST_WORDS).collect();
        lines.into_iter().rev().fold(String::new(), |all, line| format!("{all}\n    {line}"))
    }

    /// Asks the database; rows by line, columns by `|`.
    pub(super) fn ask(&self, sql: &str) -> Result<Vec<String>> {
        let said = match &self.postgres {
            Some(url) => psql(url, sql)?,
            None => sqlite(&self.folder.join("backbeat.db"), sql)?,
        };
        Ok(said.lines().map(ToOwned::to_owned).collect())
    }

    /// The one number a question has for an answer.
    pub(super) fn count(&self, sql: &str) -> Result<u64> {
        let rows = self.ask(sql)?;
        Ok(rows.first().with_context(|| format!("nothing for {sql}"))?.trim().parse()?)
    }

    /// Waits until every job has ended.
    pub(super) fn wait_for_jobs(&self) -> Result<()> {
        self.wait_for("status IN ('pending', 'running')")
    }

    /// Waits until no job is of this kind any more.
    pub(super) fn wait_for(&self, open: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            let open = self.count(&format!("SELECT count(*) FROM processing_jobs WHERE {open}"));
            match open {
                Ok(0) => return Ok(()),
                Ok(_) | Err(_) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(200)),
                other => anyhow::bail!("{:?} jobs are still open after {} s", other, PATIENCE.as_secs()),
            }
        }
    }

    /// Every stored file has its row and every row its file.
    pub(super) fn files_and_rows_agree(&self) -> Result<usize> {
        let mut files = BTreeSet::new();
        let blobs = self.folder.join("blobs");
        collect(&blobs, &blobs, &mut files)?;
        self.agree_with(&files)
    }

    /// The same for files that are elsewhere.
    pub(super) fn agree_with(&self, files: &BTreeSet<String>) -> Result<usize> {
        let rows = self.ask("SELECT storage_path FROM videos UNION ALL SELECT storage_path FROM audio_files")?;
        let rows: BTreeSet<String> = rows.into_iter().collect();
        let lost: Vec<_> = rows.difference(files).collect();
        let stray: Vec<_> = files.difference(&rows).collect();
        ensure!(lost.is_empty() && stray.is_empty(), "rows without file: {lost:?}; files without row: {stray:?}");
        Ok(files.len())
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeSet<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.insert(path.strip_prefix(root)?.display().to_string());
        }
    }
    Ok(())
}

fn psql(url: &str, sql: &str) -> Result<String> {
    said(Command::new("psql").args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]))
}

fn sqlite(file: &Path, sql: &str) -> Result<String> {
    // Python has SQLite with it, which is rarely installed as a program.
    let script = "import datetime, sqlite3, sys, uuid\n\
        rows = sqlite3.connect(sys.argv[1], timeout=30)\n\
        rows.create_function('gen_random_uuid', 0, lambda: uuid.uuid4().bytes)\n\
        rows.create_function('now', 0, lambda: datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='microseconds'))\n\
        for statement in sys.argv[2].split(';'):\n \
            for row in rows.execute(statement): print('|'.join(str(value) for value in row))\n\
        rows.commit()";
    said(Command::new("python3").args(["-c", script]).arg(file).arg(sql))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
