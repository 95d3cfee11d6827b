//! Hears raw files and writes hits as JSON: `hear CARD WEIGHTS < LIST`.
//!
//! Each line of LIST names a raw file of mono f32 samples (little endian, 44.1 kHz) and a JSON file to write: a list of
//! `{"time_seconds", "instrument", "velocity", "confidence"}`.

use listen::{Listener, ModelSet, Options};
use std::io::BufRead;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [card, weights] = args.as_slice() else { return Err("usage: hear CARD WEIGHTS < LIST".into()) };
    let listener = Listener::new(&ModelSet::single(&std::fs::read(card)?, &std::fs::read(weights)?))?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (from, to) = line.split_once(' ').ok_or("a line needs two names")?;
        let mut session = listener.start(&Options::default());
        for block in std::fs::read(from)?.chunks(1 << 20) {
            let block: Vec<f32> = block.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            session.push(&block);
        }
        let heard = session.finish();
        let hits: Vec<_> = heard
            .hits
            .iter()
            .map(|hit| {
                serde_json::json!({
                    "time_seconds": hit.time.get(), "instrument": hit.instrument.id(),
                    "velocity": hit.velocity.get(), "confidence": hit.confidence.get(),
                })
            })
            .collect();
        std::fs::write(to, serde_json::to_string(&hits)?)?;
    }
    Ok(())
}
