//! Tests against real files and real programs: ffmpeg and ffprobe run as they do in service.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report, in what tests share as well")]

mod clips;
mod edge;
mod hostile;
mod limits;
mod pictures;
mod processes;
mod timing;
mod waveform;
