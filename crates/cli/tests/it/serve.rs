//! `backbeat serve`: starts on an empty folder, answers the README's curl lines, stops when told.

use crate::program::{backbeat, root, run, succeed};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for the jobs of one clip.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server of its own; ends with the test.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(data: &Path) -> Self {
        Self::of(backbeat().args(["serve", "--port", "0", "--data"]).arg(data))
    }

    /// A process that says an address in its first line: a server or a worker.
    pub(crate) fn of(command: &mut Command) -> Self {
        // Its log is told where the test fails.
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it says where it is").unwrap();
        let address = first.split("http://").nth(1).unwrap_or_else(|| panic!("no address in {first:?}"));
        Self { address: address.split('/').next().unwrap().to_owned(), process }
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn terminate(mut self) -> std::process::ExitStatus {
        succeed(Command::new("kill").arg(self.process.id().to_string()));
        self.process.wait().unwrap()
    }

    /// Its number among processes.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    /// Runs lines of a shell in which `localhost:8000` means this server.
    pub(crate) fn shell(&self, lines: &str) -> String {
        let script =
            format!("set -euo pipefail\ncd '{}'\n{}", root().display(), lines.replace("localhost:8000", &self.address));
        let output = Command::new("bash").arg("-c").arg(&script).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{err}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The README's lines that use curl, as one script.
fn readme_lines() -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme.split("```").find(|block| block.contains("/users/register")).unwrap();
    block.replace("curl ", "curl -sS --fail-with-body ")
}

#[test]
fn the_lines_of_the_readme_lead_to_a_score() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let lines = format!("{}\necho; echo $TOKEN; echo $VIDEO", readme_lines());
    let said = server.shell(&lines);
    let mut tail = said.lines().rev();
    let (video, token) = (tail.next().unwrap().to_owned(), tail.next().unwrap().to_owned());

    let started = Instant::now();
    let status = loop {
        let asked =
            format!("curl -sS localhost:8000/videos/{video}/processing-status -H 'Authorization: Bearer {token}'");
        let status: Value = serde_json::from_str(&server.shell(&asked)).unwrap();
        let text = status.to_string();
        assert!(!text.contains("\"failed\""), "{text}");
        if !text.contains("\"pending\"") && !text.contains("\"running\"") {
            break status;
        }
        assert!(started.elapsed() < PATIENCE, "still at {text}");
        std::thread::sleep(Duration::from_millis(200));
    };
    let notation = find(&status, "notation_id").unwrap_or_else(|| panic!("no notation in {status}"));
    let export = format!(
        "curl -sS --fail-with-body localhost:8000/notation/{notation}/export/musicxml -H 'Authorization: Bearer {token}'"
    );
    let musicxml = server.shell(&export);
    assert!(musicxml.contains("<score-partwise") && musicxml.contains("<beats>4</beats>"), "{}", &musicxml[..200]);
}

#[test]
fn an_account_made_at_the_machine_can_log_in() {
    let data = tempfile::tempdir().unwrap();
    let mut create = backbeat();
    create.args([
        "user",
        "create",
        "--admin",
        "--email",
        "chef@example.com",
        "--password",
        "a-long-secret-7",
        "--data",
    ]);
    succeed(create.arg(data.path()));
    let server = Server::start(data.path());
    let said = server.shell(
        "TOKEN=$(curl -sS --fail-with-body localhost:8000/users/login -d username=chef@example.com \
         -d password=a-long-secret-7 | jq -r .access_token)\n\
         curl -sS localhost:8000/users/me -H \"Authorization: Bearer $TOKEN\"",
    );
    assert!(said.contains("chef@example.com") && said.contains("admin"), "{said}");
}

#[test]
fn accounts_are_managed_at_the_machine() {
    let data = tempfile::tempdir().unwrap();
    let user = |what: &[&str]| {
        let mut command = backbeat();
        command.args(["user"]).args(what).arg("--data").arg(data.path());
        run(command.env("BACKBEAT_PASSWORD", "a-long-secret-7"))
    };
    assert!(user(&["setup-link"]).out.contains("/setup?token="));
    assert_eq!(user(&["create", "--admin", "--email", "chef@example.com"]).code, 0);
    assert_eq!(user(&["create", "--email", "drummer@example.com"]).code, 0);
    assert!(user(&["setup-link"]).out.contains("there is an admin already"));
    assert_eq!(user(&["grant", "drummer@example.com", "premium"]).code, 0);
    assert!(user(&["list"]).out.contains("drummer@example.com  premium,user"));
    assert_eq!(user(&["revoke", "drummer@example.com", "premium"]).code, 0);
    let last = user(&["revoke", "chef@example.com", "admin"]);
    assert!(last.code == 1 && last.err.contains("last admin"), "{}", last.err);
    assert_eq!(user(&["close", "drummer@example.com"]).code, 0);
    assert!(user(&["list", "--all"]).out.contains("closed"));
    assert!(user(&["password", "drummer@example.com"]).err.contains("no account"));
    assert_eq!(user(&["reopen", "drummer@example.com"]).code, 0);
    assert_eq!(user(&["password", "drummer@example.com"]).code, 0);
}

#[test]
fn a_server_without_an_admin_prints_the_link_that_makes_one() {
    let data = tempfile::tempdir().unwrap();
    let mut command = backbeat();
    command.args(["serve", "--port", "0", "--data"]).arg(data.path());
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().split("http://").nth(1).unwrap().to_owned();
    let link = lines.find(|line| line.contains("/setup?token=")).unwrap();
    let server = Server { process, address };
    let token = link.split("token=").nth(1).unwrap();
    let said = server.shell(&format!(
        "curl -sS --fail-with-body localhost:8000/setup -d token={token} -d email=chef@example.com \
         -d password=a-long-secret-7"
    ));
    assert!(said.contains("chef@example.com") && said.contains("\"admin\""), "{said}");
}

#[test]
fn migrations_go_down_and_up_again() {
    let data = tempfile::tempdir().unwrap();
    let migrate = |what: &[&str]| succeed(backbeat().arg("migrate").args(what).arg("--data").arg(data.path())).out;
    assert!(migrate(&["status"]).contains("missing"));
    assert!(!migrate(&["up"]).contains("missing"));
    assert!(migrate(&["down"]).contains("missing"));
    assert!(!migrate(&["up"]).contains("missing"));
}

/// The first value of that name anywhere in a document.
fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(fields) => fields
            .get(name)
            .and_then(|found| found.as_str().map(str::to_owned))
            .or_else(|| fields.values().find_map(|inner| find(inner, name))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}
