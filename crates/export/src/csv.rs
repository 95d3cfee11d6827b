//! CSV: every hit as a row, for spreadsheets.
//!
//! Conventions: a head line, commas, one line each; times in seconds, velocities and confidences 0 to 1, bars and
//! beats from 1, places inside the beat as exact fractions. Hits that the score left out have empty places. Every text is
//! a word of ours, so that no cell can begin a formula.

use crate::{FormatInfo, Material, Options, Result};
use drums::HitId;
use score::{Placement, placements};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The row of this format.
pub(crate) const INFO: FormatInfo = FormatInfo {
    id: "csv",
    extension: "csv",
    media_type: "text/csv; charset=utf-8",
    name: "CSV of hits",
    description: "Every hit with time, velocity, confidence and place as a row, for spreadsheets.",
    pages: false,
    write,
};

const HEAD: &str = "hit,time_s,instrument,name,midi_key,velocity,midi_velocity,confidence,bar,beat,fraction,ornament,\
                    residual_ms\n";

fn write(material: &Material<'_>, _: &Options) -> Result<Vec<u8>> {
    let places = placements(material.score(), material.performance());
    let places: BTreeMap<HitId, Placement> = places.into_iter().map(|place| (place.hit, place)).collect();
    let mut text = String::from(HEAD);
    for hit in material.performance().hits() {
        let row = hit.instrument.row();
        let name = row.name.replace(',', "");
        let _ = write!(
            text,
            "{},{:.6},{},{name},{},{:.4},{},{:.4}",
            hit.id.0,
            hit.time.get(),
            row.id,
            row.midi_key,
            hit.velocity.get(),
            hit.velocity.to_midi(),
            hit.confidence.get()
        );
        match places.get(&hit.id) {
            None => text.push_str(",,,,,"),
            Some(place) => {
                let (numerator, denominator) = place.fraction;
                let ornament = match (place.grace, place.ghost) {
                    (Some(kind), _) => crate::walk::grace_name(kind),
                    (None, true) => "ghost",
                    (None, false) => "",
                };
                let residual_ms = place.residual_s * 1000.0;
                let (bar, beat) = (place.measure, place.beat);
                let _ = write!(text, ",{bar},{beat},{numerator}/{denominator},{ornament},{residual_ms:.1}");
            }
        }
        text.push('\n');
    }
    Ok(text.into_bytes())
}
