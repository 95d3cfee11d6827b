//! `backbeat move`: to PostgreSQL and a bucket and back, cut off on the way, and nothing is lost or doubled.

use crate::program::{backbeat, root, run, succeed};
use crate::serve::Server;
use crate::workers::{ask, wait};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// More recordings and strokes than are moved in a moment, as rows and files beside those of the server.
const MANY: &str = "
import os, sqlite3, sys, uuid
folder = sys.argv[1]
rows = sqlite3.connect(folder + '/backbeat.db')
video = rows.execute('SELECT id FROM videos').fetchone()[0]
names = [name for _, name, *_ in rows.execute('PRAGMA table_info(videos)') if name not in ('id', 'storage_path')]
for number in range(300):
    new = uuid.uuid4()
    path = f'recordings/{new}'
    rows.execute(f'INSERT INTO videos (id, storage_path, {\", \".join(names)}) SELECT ?, ?, {\", \".join(names)} '
        'FROM videos WHERE id = ?', (new.bytes, path, video))
    with open(f'{folder}/blobs/{path}', 'wb') as file:
        file.write(os.urandom(50_000 + number))
names = [name for _, name, *_ in rows.execute('PRAGMA table_info(drum_events)') if name != 'id']
one = rows.execute(f'SELECT {\", \".join(names)} FROM drum_events').fetchone()
some = [(uuid.uuid4().bytes, *one) for _ in range(20_000)]
rows.executemany(f'INSERT INTO drum_events (id, {\", \".join(names)}) VALUES ({\", \".join(\"?\" * (1 + len(names)))})', some)
rows.commit()
";

/// What a client sees of an installation: the score, and the recording's hash.
fn seen(server: &Server, token: &str, notation: &str, video: &str) -> String {
    server.shell(&format!(
        "curl -sS --fail-with-body localhost:8000/notation/{notation}/export/musicxml -H 'Authorization: Bearer {token}'\n\
         curl -sSL --fail-with-body localhost:8000/videos/{video}/download -H 'Authorization: Bearer {token}' | sha256sum"
    ))
}

/// Starts a move and kills it once it says this.
fn cut_off(command: &mut Command, at: &str) {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.starts_with(at) || line.starts_with("moved")).unwrap_or_default();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(said.starts_with(at), "it was never at {at}: {said}");
}

#[test]
fn an_installation_moves_to_postgresql_and_a_bucket_and_back_though_it_is_cut_off() {
    let (Ok(postgres), Ok(s3)) = (std::env::var("BACKBEAT_TEST_POSTGRES_URL"), std::env::var("BACKBEAT_TEST_S3_URL"))
    else {
        println!("skipped: BACKBEAT_TEST_POSTGRES_URL and BACKBEAT_TEST_S3_URL are not both set");
        return;
    };
    let number = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let (base, _) = postgres.rsplit_once('/').unwrap();
    succeed(Command::new("psql").args(["-Xqd", &postgres, "-c", &format!("CREATE DATABASE move_{number}")]));
    let to_db = format!("{base}/move_{number}");
    let to_blobs = s3.replacen('?', &format!("/move-{number}?"), 1);

    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let (token, job) = ask(&server);
    let done = wait(&server, &token, &job, "status", "completed");
    let notation = done["result"]["notation_id"].as_str().unwrap();
    let video = done["video_id"].as_str().unwrap();
    let before = seen(&server, &token, notation, video);
    server.terminate();
    succeed(Command::new("python3").args(["-c", MANY]).arg(data.path()));

    let there = || {
        let mut command = backbeat();
        command.args(["move", "--to-db", &to_db, "--to-blobs", &to_blobs, "--data"]).arg(data.path());
        command
    };
    let looked = succeed(there().arg("--dry-run")).out;
    assert!(looked.contains("target is empty") && looked.contains("drum_events"), "{looked}");
    cut_off(&mut there(), "files ");
    let serve_there = || {
        let mut command = backbeat();
        command.args(["serve", "--port", "0", "--data"]).arg(data.path());
        let secret = std::fs::read_to_string(data.path().join("secret_key")).unwrap();
        command.env("DATABASE_URL_ASYNC", &to_db).env("BLOBS_URL", &to_blobs).env("SECRET_KEY", secret);
        command
    };
    let refused = run(&mut serve_there());
    assert!(refused.code == 1 && refused.err.contains("not finished"), "{}", refused.err);
    cut_off(&mut there(), "rows  users");
    assert!(succeed(there().arg("--dry-run")).out.contains("would go on"));
    let moved = succeed(&mut there()).out;
    assert!(moved.contains("the same on both sides") && !moved.contains("MB, 0 of them were there"), "{moved}");
    let again = run(&mut there());
    assert!(again.code == 1 && again.err.contains("the target is in use"), "{}", again.err);

    // The same accounts, scores and recordings, and work goes on.
    let server = Server::of(&mut serve_there());
    assert_eq!(seen(&server, &token, notation, video), before);
    let asked = format!(
        "curl -sS -X POST 'localhost:8000/jobs/transcription/{video}?force=true' -H 'Authorization: Bearer {token}' | jq -r .id"
    );
    let job = server.shell(&asked);
    wait(&server, &token, job.trim(), "status", "completed");
    let busy = run(back(&to_db, &to_blobs, data.path(), &root().join("nowhere")).arg("--dry-run"));
    assert_eq!(busy.code, 0, "{}", busy.err);
    server.terminate();

    let home = tempfile::tempdir().unwrap();
    cut_off(&mut back(&to_db, &to_blobs, data.path(), home.path()), "rows  users");
    let moved = succeed(&mut back(&to_db, &to_blobs, data.path(), home.path())).out;
    assert!(moved.contains("the same on both sides"), "{moved}");
    std::fs::copy(data.path().join("secret_key"), home.path().join("secret_key")).unwrap();
    let server = Server::start(home.path());
    assert_eq!(seen(&server, &token, notation, video), before);
}

/// The move from there into a folder.
fn back(from_db: &str, from_blobs: &str, data: &Path, home: &Path) -> Command {
    let mut command = backbeat();
    command.args(["move", "--from-db", from_db, "--from-blobs", from_blobs, "--data"]).arg(data);
    command.arg("--to-db").arg(format!("sqlite:///{}/backbeat.db", home.display()));
    command.arg("--to-blobs").arg(format!("file:{}/blobs", home.display()));
    command
}

#[test]
fn a_move_without_a_source_or_onto_itself_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let command = || {
        let mut command = backbeat();
        command.args(["move", "--data"]).arg(data.path());
        command
    };
    let here = format!("sqlite:///{}/backbeat.db", data.path().display());
    assert!(run(&mut command()).err.contains("--to-db"));
    assert!(run(command().args(["--to-db", "sqlite:///elsewhere.db"])).err.contains("no database"));
    succeed(backbeat().args(["migrate", "up", "--data"]).arg(data.path()));
    std::fs::create_dir(data.path().join("blobs")).unwrap();
    assert!(run(command().args(["--to-db", &here])).err.contains("the same database"));
    let other = format!("sqlite:///{}/other.db", data.path().display());
    succeed(backbeat().args(["migrate", "up", "--data"]).arg(data.path()).env("DATABASE_URL_ASYNC", &other));
    succeed(backbeat().args(["migrate", "down", "--data"]).arg(data.path()));
    let old = run(command().args(["--to-db", &other]));
    assert!(old.code == 1 && old.err.contains("migrate up"), "{}", old.err);
}
