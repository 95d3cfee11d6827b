//! Encrypted connections, to a real PostgreSQL that takes no others.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use store::{Error, Rows, Store};

/// The server; gone with this.
struct Server {
    process: Child,
    folder: String,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let script = Command::new("bash")
            .arg("crates/store/tests/it/tls.sh")
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = script.unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (folder, port) = line.trim().split_once(' ').expect("the server did not start");
        Self { folder: folder.to_owned(), port: port.parse().unwrap(), process }
    }

    async fn open(&self, host: &str, how: &str) -> Result<Store, Error> {
        let how = how.replace("ROOT", &format!("{}/root.pem", self.folder));
        Store::open(&format!("postgresql://backbeat@{host}:{}/postgres{how}", self.port), 2).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Fails unless this connection is encrypted.
const ENCRYPTED: &str = "DO $$ BEGIN IF NOT (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) \
                         THEN RAISE EXCEPTION 'in the clear'; END IF; END $$";

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgresql_are_encrypted_and_its_certificate_is_checked_as_the_address_says() {
    if std::env::var_os("BACKBEAT_TEST_POSTGRES_BIN").is_none() {
        println!("PostgreSQL skipped: BACKBEAT_TEST_POSTGRES_BIN is not set");
        return;
    }
    let server = Server::start();
    let refused = server.open("localhost", "?sslmode=disable").await.unwrap_err();
    assert!(refused.to_string().contains("no encryption"), "{refused}");
    for how in ["", "?sslmode=require", "?ssl=require", "?sslmode=verify-full&sslrootcert=ROOT"] {
        let store = server.open("localhost", how).await.unwrap_or_else(|error| panic!("{how}: {error}"));
        store.rows().execute_unprepared(ENCRYPTED).await.unwrap();
    }
    // Nobody vouches for the certificate; and it is for a name, not for this address.
    for (host, how) in [("localhost", "?sslmode=verify-full"), ("127.0.0.1", "?sslmode=verify-full&sslrootcert=ROOT")] {
        let refused = server.open(host, how).await.map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("certificate"), "{host}{how}: {refused}");
    }
    // What migrates and what listens for notifications has connections of its own: encrypted as well.
    let store = server.open("localhost", "?sslmode=verify-full&sslrootcert=ROOT").await.unwrap();
    store.migrate_up(None).await.unwrap();
    let mut signals = store.signals().subscribe();
    let relayed = store.clone();
    let relay = tokio::spawn(async move { relayed.signals().relay().await });
    let told = async {
        loop {
            let id = uuid::Uuid::now_v7();
            let notify = format!("SELECT pg_notify('backbeat_jobs', 'pending {id} ')");
            store.rows().execute_unprepared(&notify).await.unwrap();
            if tokio::time::timeout(Duration::from_millis(200), signals.recv()).await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("no notification came");
    relay.abort();
}
