//! Spans arrive at a collector: a request, the job it asked for and the job's stages, in one trace.

use crate::program::backbeat;
use crate::serve::Server;
use crate::workers::{ask, wait};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A collector of OTLP over HTTP: its address, and every span it is sent.
fn collector() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (spans, collected) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            let spans = spans.clone();
            std::thread::spawn(move || {
                let mut answer = stream.try_clone().unwrap();
                let mut reader = BufReader::new(stream);
                while let Some(body) = body(&mut reader) {
                    let message: Value = serde_json::from_slice(&body).unwrap();
                    let resource = &message["resourceSpans"][0];
                    assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "backbeat");
                    for span in resource["scopeSpans"][0]["spans"].as_array().unwrap() {
                        let _ = spans.send(span.clone());
                    }
                    answer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
                }
            });
        }
    });
    (address, collected)
}

/// The body of the next request on a connection.
fn body(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let (mut length, mut line) = (0, String::new());
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    assert_eq!(line.trim(), "POST /v1/traces HTTP/1.1");
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim().to_lowercase().split_once(": ") {
            Some(("content-length", number)) => length = number.parse().unwrap(),
            Some(("content-type", kind)) => assert_eq!(kind, "application/json"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

#[test]
fn a_request_its_job_and_the_stages_of_the_job_are_one_trace() {
    let (address, collected) = collector();
    let data = tempfile::tempdir().unwrap();
    let mut command = backbeat();
    command.args(["serve", "--port", "0", "--data"]).arg(data.path());
    let server = Server::of(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", address));
    let (token, job) = ask(&server);
    wait(&server, &token, &job, "status", "completed");
    let (mut spans, started) = (Vec::<Value>::new(), Instant::now());
    let traced = loop {
        spans.extend(collected.recv_timeout(Duration::from_secs(1)));
        let jobs = spans.iter().find(|span| span["name"] == "job");
        if let Some(job) = jobs {
            break job.clone();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "no job among {} spans", spans.len());
    };
    let of_trace: Vec<&Value> = spans.iter().filter(|span| span["traceId"] == traced["traceId"]).collect();
    let named = |name: &str| of_trace.iter().filter(|span| span["name"] == name).count();
    assert_eq!((named("request"), named("job"), named("stage")), (1, 1, 3), "{of_trace:#?}");
    assert!(traced["attributes"].to_string().contains(&job), "{traced}");
    let stage = of_trace.iter().find(|span| span["name"] == "stage").unwrap();
    assert_eq!(stage["parentSpanId"], traced["spanId"]);
    let number = |field: &Value| field.as_str().unwrap().parse::<u128>().unwrap();
    assert!(number(&traced["startTimeUnixNano"]) < number(&traced["endTimeUnixNano"]));
    let request = of_trace.iter().find(|span| span["name"] == "request").unwrap();
    assert!(request["events"].to_string().contains("answered"), "{request}");
    server.terminate();
}
