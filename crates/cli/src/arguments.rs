//! Values on the command line that need reading: times and formats.

use drums::Seconds;
use export::Format;

/// Reads `83.5`, `1:23.5` or `1:02:03` as seconds.
pub(crate) fn time(text: &str) -> Result<Seconds, String> {
    let refuse = || format!("{text:?} is not a time; write seconds (83.5) or minutes (1:23.5)");
    let mut seconds = 0.0;
    let parts: Vec<&str> = text.trim().split(':').collect();
    if parts.len() > 3 {
        return Err(refuse());
    }
    for (index, part) in parts.iter().enumerate() {
        let value: f64 = part.parse().map_err(|_| refuse())?;
        if !(value >= 0.0 && (index == 0 || value < 60.0)) {
            return Err(refuse());
        }
        seconds = seconds * 60.0 + value;
    }
    Seconds::new(seconds).map_err(|_| refuse())
}

/// The formats with what each is good for, as `--help` shows them.
pub(crate) fn formats_help() -> String {
    let lines = export::FORMATS.iter().map(|format| format!("\n  {:<12} {}", format.id, format.description));
    format!("Formats to write, separated by commas:{}", lines.collect::<String>())
}

/// Reads the name of a format.
pub(crate) fn format(name: &str) -> Result<Format, String> {
    export::find(name).map_err(|_| {
        let known: Vec<&str> = export::FORMATS.iter().map(|format| format.id).collect();
        format!("there is no format {name:?}; there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text| time(text).map(Seconds::get);
        assert_eq!(read("83.5"), Ok(83.5));
        assert_eq!(read("1:23.5"), Ok(83.5));
        assert_eq!(read("1:00:01"), Ok(3601.0));
        for text in ["", "-1", "1:60", "1:2:3:4", "soon", "nan", "inf"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
