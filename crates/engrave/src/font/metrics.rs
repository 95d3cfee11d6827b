//! Numbers of the music font: code points, boxes and anchors. Made by `fonts/subset.py`; do not edit.
//!
//! Conventions: staff spaces; y upwards, as SMuFL has it. Source: the metadata of Bravura 1.392 (OFL 1.1).

/// What the font says about a glyph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Metrics {
    pub(crate) glyph: char,
    /// Left, bottom, right, top.
    pub(crate) bounds: [f64; 4],
    pub(crate) advance: f64,
    /// Where the stem of a stem-up note leaves the head.
    pub(crate) stem_up: Option<[f64; 2]>,
    /// The same for stem-down notes.
    pub(crate) stem_down: Option<[f64; 2]>,
}

/// Thicknesses and distances the font was drawn for, in staff spaces.
pub(crate) mod defaults {
    pub(crate) const STAFF_LINE_THICKNESS: f64 = 0.13;
    pub(crate) const STEM_THICKNESS: f64 = 0.12;
    pub(crate) const BEAM_THICKNESS: f64 = 0.5;
    pub(crate) const BEAM_SPACING: f64 = 0.25;
    pub(crate) const LEDGER_LINE_THICKNESS: f64 = 0.16;
    pub(crate) const LEDGER_LINE_EXTENSION: f64 = 0.4;
    pub(crate) const THIN_BARLINE_THICKNESS: f64 = 0.16;
    pub(crate) const THICK_BARLINE_THICKNESS: f64 = 0.5;
    pub(crate) const BARLINE_SEPARATION: f64 = 0.4;
    pub(crate) const TUPLET_BRACKET_THICKNESS: f64 = 0.16;
    pub(crate) const SLUR_MIDPOINT_THICKNESS: f64 = 0.22;
    pub(crate) const TEXT_ENCLOSURE_THICKNESS: f64 = 0.16;
}

/// Code points by SMuFL name.
#[expect(dead_code, reason = "the whole subset has names")]
pub(crate) mod glyphs {
    pub(crate) const BRACKET_TOP: char = '\u{E003}';
    pub(crate) const BRACKET_BOTTOM: char = '\u{E004}';
    pub(crate) const REPEAT_DOT: char = '\u{E044}';
    pub(crate) const SEGNO: char = '\u{E047}';
    pub(crate) const CODA: char = '\u{E048}';
    pub(crate) const UNPITCHED_PERCUSSION_CLEF_1: char = '\u{E069}';
    pub(crate) const TIME_SIG_0: char = '\u{E080}';
    pub(crate) const TIME_SIG_1: char = '\u{E081}';
    pub(crate) const TIME_SIG_2: char = '\u{E082}';
    pub(crate) const TIME_SIG_3: char = '\u{E083}';
    pub(crate) const TIME_SIG_4: char = '\u{E084}';
    pub(crate) const TIME_SIG_5: char = '\u{E085}';
    pub(crate) const TIME_SIG_6: char = '\u{E086}';
    pub(crate) const TIME_SIG_7: char = '\u{E087}';
    pub(crate) const TIME_SIG_8: char = '\u{E088}';
    pub(crate) const TIME_SIG_9: char = '\u{E089}';
    pub(crate) const TIME_SIG_COMMON: char = '\u{E08A}';
    pub(crate) const TIME_SIG_CUT_COMMON: char = '\u{E08B}';
    pub(crate) const TIME_SIG_PLUS: char = '\u{E08C}';
    pub(crate) const NOTEHEAD_WHOLE: char = '\u{E0A2}';
    pub(crate) const NOTEHEAD_HALF: char = '\u{E0A3}';
    pub(crate) const NOTEHEAD_BLACK: char = '\u{E0A4}';
    pub(crate) const NOTEHEAD_X_WHOLE: char = '\u{E0A7}';
    pub(crate) const NOTEHEAD_X_HALF: char = '\u{E0A8}';
    pub(crate) const NOTEHEAD_X_BLACK: char = '\u{E0A9}';
    pub(crate) const NOTEHEAD_PLUS_WHOLE: char = '\u{E0AD}';
    pub(crate) const NOTEHEAD_PLUS_HALF: char = '\u{E0AE}';
    pub(crate) const NOTEHEAD_PLUS_BLACK: char = '\u{E0AF}';
    pub(crate) const NOTEHEAD_CIRCLE_X_WHOLE: char = '\u{E0B1}';
    pub(crate) const NOTEHEAD_CIRCLE_X_HALF: char = '\u{E0B2}';
    pub(crate) const NOTEHEAD_CIRCLE_X: char = '\u{E0B3}';
    pub(crate) const NOTEHEAD_TRIANGLE_UP_WHOLE: char = '\u{E0BB}';
    pub(crate) const NOTEHEAD_TRIANGLE_UP_HALF: char = '\u{E0BC}';
    pub(crate) const NOTEHEAD_TRIANGLE_UP_BLACK: char = '\u{E0BE}';
    pub(crate) const NOTEHEAD_SLASHED_BLACK_1: char = '\u{E0CF}';
    pub(crate) const NOTEHEAD_SLASHED_HALF_1: char = '\u{E0D1}';
    pub(crate) const NOTEHEAD_SLASHED_WHOLE_1: char = '\u{E0D3}';
    pub(crate) const NOTEHEAD_TRIANGLE_DOWN_BLACK: char = '\u{E0C7}';
    pub(crate) const NOTEHEAD_DIAMOND_WHOLE: char = '\u{E0D8}';
    pub(crate) const NOTEHEAD_DIAMOND_HALF: char = '\u{E0D9}';
    pub(crate) const NOTEHEAD_DIAMOND_BLACK: char = '\u{E0DB}';
    pub(crate) const NOTEHEAD_DIAMOND_WHITE: char = '\u{E0DD}';
    pub(crate) const NOTEHEAD_CIRCLE_SLASH: char = '\u{E0F7}';
    pub(crate) const NOTEHEAD_HEAVY_X: char = '\u{E0F8}';
    pub(crate) const NOTEHEAD_HEAVY_X_HAT: char = '\u{E0F9}';
    pub(crate) const NOTEHEAD_PARENTHESIS_LEFT: char = '\u{E0F5}';
    pub(crate) const NOTEHEAD_PARENTHESIS_RIGHT: char = '\u{E0F6}';
    pub(crate) const AUGMENTATION_DOT: char = '\u{E1E7}';
    pub(crate) const TREMOLO_1: char = '\u{E220}';
    pub(crate) const TREMOLO_2: char = '\u{E221}';
    pub(crate) const TREMOLO_3: char = '\u{E222}';
    pub(crate) const TREMOLO_4: char = '\u{E223}';
    pub(crate) const BUZZ_ROLL: char = '\u{E22A}';
    pub(crate) const FLAG_8TH_UP: char = '\u{E240}';
    pub(crate) const FLAG_8TH_DOWN: char = '\u{E241}';
    pub(crate) const FLAG_16TH_UP: char = '\u{E242}';
    pub(crate) const FLAG_16TH_DOWN: char = '\u{E243}';
    pub(crate) const FLAG_32ND_UP: char = '\u{E244}';
    pub(crate) const FLAG_32ND_DOWN: char = '\u{E245}';
    pub(crate) const FLAG_64TH_UP: char = '\u{E246}';
    pub(crate) const FLAG_64TH_DOWN: char = '\u{E247}';
    pub(crate) const ARTIC_ACCENT_ABOVE: char = '\u{E4A0}';
    pub(crate) const ARTIC_ACCENT_BELOW: char = '\u{E4A1}';
    pub(crate) const ARTIC_STACCATO_ABOVE: char = '\u{E4A2}';
    pub(crate) const ARTIC_TENUTO_ABOVE: char = '\u{E4A4}';
    pub(crate) const ARTIC_MARCATO_ABOVE: char = '\u{E4AC}';
    pub(crate) const FERMATA_ABOVE: char = '\u{E4C0}';
    pub(crate) const FERMATA_BELOW: char = '\u{E4C1}';
    pub(crate) const REST_WHOLE: char = '\u{E4E3}';
    pub(crate) const REST_HALF: char = '\u{E4E4}';
    pub(crate) const REST_QUARTER: char = '\u{E4E5}';
    pub(crate) const REST_8TH: char = '\u{E4E6}';
    pub(crate) const REST_16TH: char = '\u{E4E7}';
    pub(crate) const REST_32ND: char = '\u{E4E8}';
    pub(crate) const REST_64TH: char = '\u{E4E9}';
    pub(crate) const REST_H_BAR_LEFT: char = '\u{E4EF}';
    pub(crate) const REST_H_BAR_MIDDLE: char = '\u{E4F0}';
    pub(crate) const REST_H_BAR_RIGHT: char = '\u{E4F1}';
    pub(crate) const REPEAT_1_BAR: char = '\u{E500}';
    pub(crate) const REPEAT_2_BARS: char = '\u{E501}';
    pub(crate) const REPEAT_4_BARS: char = '\u{E502}';
    pub(crate) const DYNAMIC_PIANO: char = '\u{E520}';
    pub(crate) const DYNAMIC_MEZZO: char = '\u{E521}';
    pub(crate) const DYNAMIC_FORTE: char = '\u{E522}';
    pub(crate) const GRACE_NOTE_ACCIACCATURA_STEM_UP: char = '\u{E560}';
    pub(crate) const GRACE_NOTE_SLASH_STEM_UP: char = '\u{E564}';
    pub(crate) const BRASS_MUTE_CLOSED: char = '\u{E5E5}';
    pub(crate) const STRINGS_HARMONIC: char = '\u{E614}';
    pub(crate) const PICT_HALF_OPEN_2: char = '\u{E7F7}';
    pub(crate) const PICT_CHOKE_CYMBAL: char = '\u{E805}';
    pub(crate) const TUPLET_0: char = '\u{E880}';
    pub(crate) const TUPLET_1: char = '\u{E881}';
    pub(crate) const TUPLET_2: char = '\u{E882}';
    pub(crate) const TUPLET_3: char = '\u{E883}';
    pub(crate) const TUPLET_4: char = '\u{E884}';
    pub(crate) const TUPLET_5: char = '\u{E885}';
    pub(crate) const TUPLET_6: char = '\u{E886}';
    pub(crate) const TUPLET_7: char = '\u{E887}';
    pub(crate) const TUPLET_8: char = '\u{E888}';
    pub(crate) const TUPLET_9: char = '\u{E889}';
    pub(crate) const TUPLET_COLON: char = '\u{E88A}';
    pub(crate) const MET_NOTE_WHOLE: char = '\u{ECA2}';
    pub(crate) const MET_NOTE_HALF_UP: char = '\u{ECA3}';
    pub(crate) const MET_NOTE_QUARTER_UP: char = '\u{ECA5}';
    pub(crate) const MET_NOTE_8TH_UP: char = '\u{ECA7}';
    pub(crate) const MET_NOTE_16TH_UP: char = '\u{ECA9}';
    pub(crate) const MET_NOTE_32ND_UP: char = '\u{ECAB}';
    pub(crate) const MET_AUGMENTATION_DOT: char = '\u{ECB7}';
}

/// One row per glyph, by code point.
pub(crate) static METRICS: [Metrics; 108] = [
    Metrics { glyph: '\u{E003}', bounds: [0.0, 0.0, 1.876, 1.18], advance: 1.876, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E004}', bounds: [0.0, -1.18, 1.876, 0.0], advance: 1.876, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E044}', bounds: [0.0, -0.2, 0.4, 0.2], advance: 0.4, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E047}', bounds: [0.016, -0.108, 2.2, 3.036], advance: 2.228, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E048}',
        bounds: [-0.016, -0.632, 3.82, 3.592],
        advance: 3.816,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E069}', bounds: [0.0, -1.0, 1.528, 1.0], advance: 1.528, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E080}', bounds: [0.08, -1.0, 1.8, 1.004], advance: 1.88, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E081}', bounds: [0.08, -1.0, 1.256, 1.004], advance: 1.336, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E082}', bounds: [0.08, -1.028, 1.704, 1.016], advance: 1.784, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E083}', bounds: [0.08, -1.004, 1.604, 0.996], advance: 1.684, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E084}', bounds: [0.08, -1.0, 1.8, 1.004], advance: 1.88, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E085}', bounds: [0.08, -1.004, 1.532, 0.984], advance: 1.612, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E086}', bounds: [0.08, -0.996, 1.656, 1.004], advance: 1.736, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E087}', bounds: [0.08, -1.0, 1.684, 0.996], advance: 1.764, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E088}', bounds: [0.08, -1.036, 1.664, 1.036], advance: 1.744, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E089}', bounds: [0.08, -0.996, 1.656, 1.004], advance: 1.736, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E08A}', bounds: [0.02, -0.996, 1.696, 1.004], advance: 1.696, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E08B}', bounds: [0.0, -1.436, 1.672, 1.444], advance: 1.668, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E08C}', bounds: [-0.004, -1.0, 1.996, 1.0], advance: 2.0, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E0A2}', bounds: [0.0, -0.5, 1.688, 0.5], advance: 1.688, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0A3}',
        bounds: [0.0, -0.5, 1.18, 0.5],
        advance: 1.18,
        stem_up: Some([1.18, 0.168]),
        stem_down: Some([0.0, -0.168]),
    },
    Metrics {
        glyph: '\u{E0A4}',
        bounds: [0.0, -0.5, 1.18, 0.5],
        advance: 1.18,
        stem_up: Some([1.18, 0.168]),
        stem_down: Some([0.0, -0.168]),
    },
    Metrics { glyph: '\u{E0A7}', bounds: [0.0, -0.5, 1.508, 0.5], advance: 1.508, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0A8}',
        bounds: [0.0, -0.5, 1.336, 0.5],
        advance: 1.336,
        stem_up: Some([1.336, 0.412]),
        stem_down: Some([0.0, -0.412]),
    },
    Metrics {
        glyph: '\u{E0A9}',
        bounds: [0.0, -0.5, 1.16, 0.5],
        advance: 1.16,
        stem_up: Some([1.16, 0.444]),
        stem_down: Some([0.0, -0.44]),
    },
    Metrics { glyph: '\u{E0AD}', bounds: [0.0, -0.5, 1.14, 0.5], advance: 1.14, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0AE}',
        bounds: [0.0, -0.5, 1.044, 0.5],
        advance: 1.044,
        stem_up: Some([1.044, 0.088]),
        stem_down: Some([0.0, -0.112]),
    },
    Metrics {
        glyph: '\u{E0AF}',
        bounds: [-0.004, -0.5, 0.996, 0.5],
        advance: 0.996,
        stem_up: Some([0.996, 0.0]),
        stem_down: Some([-0.004, 0.0]),
    },
    Metrics { glyph: '\u{E0B1}', bounds: [0.0, -0.5, 0.996, 0.5], advance: 0.996, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0B2}',
        bounds: [0.0, -0.5, 1.0, 0.5],
        advance: 1.0,
        stem_up: Some([1.0, 0.0]),
        stem_down: Some([0.0, 0.0]),
    },
    Metrics {
        glyph: '\u{E0B3}',
        bounds: [0.0, -0.5, 0.996, 0.5],
        advance: 0.996,
        stem_up: Some([0.996, 0.0]),
        stem_down: Some([0.0, 0.0]),
    },
    Metrics { glyph: '\u{E0BB}', bounds: [0.0, -0.5, 1.276, 0.5], advance: 1.276, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0BC}',
        bounds: [0.0, -0.5, 1.14, 0.5],
        advance: 1.14,
        stem_up: Some([1.14, -0.46]),
        stem_down: Some([0.0, -0.46]),
    },
    Metrics {
        glyph: '\u{E0BE}',
        bounds: [0.0, -0.5, 1.172, 0.5],
        advance: 1.172,
        stem_up: Some([1.172, -0.5]),
        stem_down: Some([0.0, -0.5]),
    },
    Metrics {
        glyph: '\u{E0C7}',
        bounds: [0.0, -0.5, 1.168, 0.5],
        advance: 1.168,
        stem_up: Some([1.18, 0.4]),
        stem_down: Some([0.0, 0.4]),
    },
    Metrics {
        glyph: '\u{E0CF}',
        bounds: [-0.32, -0.66, 1.5, 0.668],
        advance: 1.18,
        stem_up: Some([1.18, 0.164]),
        stem_down: Some([0.0, -0.172]),
    },
    Metrics {
        glyph: '\u{E0D1}',
        bounds: [-0.268, -0.568, 1.544, 0.64],
        advance: 1.168,
        stem_up: Some([1.168, 0.164]),
        stem_down: Some([0.0, -0.168]),
    },
    Metrics {
        glyph: '\u{E0D3}',
        bounds: [-0.088, -0.628, 1.732, 0.592],
        advance: 1.672,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E0D8}', bounds: [0.0, -0.5, 1.08, 0.5], advance: 1.08, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0D9}',
        bounds: [0.0, -0.5, 1.004, 0.5],
        advance: 1.004,
        stem_up: Some([1.004, 0.0]),
        stem_down: Some([0.0, 0.0]),
    },
    Metrics {
        glyph: '\u{E0DB}',
        bounds: [0.0, -0.5, 1.0, 0.5],
        advance: 1.0,
        stem_up: Some([1.0, 0.0]),
        stem_down: Some([0.0, 0.0]),
    },
    Metrics {
        glyph: '\u{E0DD}',
        bounds: [0.0, -0.5, 1.0, 0.5],
        advance: 1.0,
        stem_up: Some([1.0, 0.0]),
        stem_down: Some([0.0, 0.0]),
    },
    Metrics { glyph: '\u{E0F5}', bounds: [0.0, -0.724, 0.436, 0.724], advance: 0.292, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E0F6}',
        bounds: [-0.144, -0.724, 0.292, 0.724],
        advance: 0.292,
        stem_up: None,
        stem_down: None,
    },
    Metrics {
        glyph: '\u{E0F7}',
        bounds: [0.0, -0.5, 1.0, 0.5],
        advance: 1.0,
        stem_up: Some([0.996, 0.0]),
        stem_down: Some([0.0, 0.0]),
    },
    Metrics {
        glyph: '\u{E0F8}',
        bounds: [0.0, -0.5, 1.54, 0.5],
        advance: 1.54,
        stem_up: Some([1.54, 0.444]),
        stem_down: Some([0.0, -0.44]),
    },
    Metrics {
        glyph: '\u{E0F9}',
        bounds: [-0.292, -0.5, 1.828, 1.04],
        advance: 1.54,
        stem_up: Some([1.54, 0.444]),
        stem_down: Some([0.0, -0.44]),
    },
    Metrics { glyph: '\u{E1E7}', bounds: [0.0, -0.2, 0.4, 0.2], advance: 0.4, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E220}', bounds: [-0.6, -0.372, 0.6, 0.376], advance: 0.6, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E221}',
        bounds: [-0.604, -0.748, 0.596, 0.748],
        advance: 0.596,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E222}', bounds: [-0.6, -1.12, 0.6, 1.112], advance: 0.6, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E223}', bounds: [-0.6, -1.48, 0.6, 1.496], advance: 0.596, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E22A}',
        bounds: [-0.62, -0.464, 0.624, 0.464],
        advance: 0.624,
        stem_up: None,
        stem_down: None,
    },
    Metrics {
        glyph: '\u{E240}',
        bounds: [0.0, -3.241, 1.056, 0.036],
        advance: 1.056,
        stem_up: Some([0.0, -0.04]),
        stem_down: None,
    },
    Metrics {
        glyph: '\u{E241}',
        bounds: [0.0, -0.056, 1.224, 3.232],
        advance: 1.224,
        stem_up: None,
        stem_down: Some([0.0, 0.132]),
    },
    Metrics {
        glyph: '\u{E242}',
        bounds: [0.0, -3.252, 1.116, 0.008],
        advance: 1.116,
        stem_up: Some([0.0, -0.088]),
        stem_down: None,
    },
    Metrics {
        glyph: '\u{E243}',
        bounds: [0.0, -0.036, 1.164, 3.248],
        advance: 1.168,
        stem_up: None,
        stem_down: Some([0.0, 0.128]),
    },
    Metrics {
        glyph: '\u{E244}',
        bounds: [0.0, -3.248, 1.044, 0.596],
        advance: 1.048,
        stem_up: Some([0.0, 0.376]),
        stem_down: None,
    },
    Metrics {
        glyph: '\u{E245}',
        bounds: [0.0, -0.688, 1.092, 3.248],
        advance: 1.096,
        stem_up: None,
        stem_down: Some([0.0, -0.448]),
    },
    Metrics {
        glyph: '\u{E246}',
        bounds: [0.0, -3.248, 1.044, 1.388],
        advance: 1.048,
        stem_up: Some([0.0, 1.172]),
        stem_down: None,
    },
    Metrics {
        glyph: '\u{E247}',
        bounds: [0.0, -1.504, 1.092, 3.248],
        advance: 1.1,
        stem_up: None,
        stem_down: Some([0.0, -1.244]),
    },
    Metrics { glyph: '\u{E4A0}', bounds: [0.0, 0.004, 1.356, 0.98], advance: 1.356, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4A1}', bounds: [0.0, -0.976, 1.356, 0.0], advance: 1.356, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4A2}', bounds: [0.0, 0.0, 0.336, 0.336], advance: 0.336, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4A4}', bounds: [-0.004, 0.0, 1.352, 0.192], advance: 1.352, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E4AC}',
        bounds: [-0.004, -0.004, 0.94, 1.012],
        advance: 0.944,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E4C0}', bounds: [0.012, -0.012, 2.42, 1.316], advance: 2.42, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4C1}', bounds: [0.012, -1.328, 2.42, 0.0], advance: 2.42, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E3}', bounds: [0.0, -0.54, 1.128, 0.036], advance: 1.132, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E4}', bounds: [0.0, -0.008, 1.128, 0.568], advance: 1.132, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E5}', bounds: [0.004, -1.5, 1.08, 1.492], advance: 1.08, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E6}', bounds: [0.0, -1.004, 0.988, 0.696], advance: 1.0, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E7}', bounds: [0.0, -2.0, 1.28, 0.716], advance: 1.28, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E8}', bounds: [0.0, -2.0, 1.452, 1.704], advance: 1.452, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4E9}', bounds: [0.0, -3.012, 1.692, 1.72], advance: 1.696, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E4EF}', bounds: [0.0, -1.08, 1.5, 1.048], advance: 1.508, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E4F0}',
        bounds: [-0.108, -0.416, 1.42, 0.384],
        advance: 1.312,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E4F1}', bounds: [0.0, -1.08, 1.5, 1.048], advance: 1.508, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E500}', bounds: [0.0, -1.0, 2.128, 1.116], advance: 2.132, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E501}', bounds: [0.0, -1.0, 3.048, 1.116], advance: 3.044, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E502}', bounds: [0.0, -1.0, 4.928, 1.116], advance: 4.932, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E520}',
        bounds: [-0.356, -0.568, 1.464, 1.096],
        advance: 1.46,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E521}', bounds: [-0.08, -0.04, 1.784, 1.096], advance: 1.748, stem_up: None, stem_down: None },
    Metrics {
        glyph: '\u{E522}',
        bounds: [-0.564, -0.608, 1.456, 1.776],
        advance: 1.456,
        stem_up: None,
        stem_down: None,
    },
    Metrics { glyph: '\u{E560}', bounds: [0.0, -0.332, 1.428, 2.096], advance: 1.428, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E564}', bounds: [0.0, 0.0, 2.02, 1.604], advance: 2.02, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E5E5}', bounds: [0.0, 0.0, 1.088, 1.088], advance: 1.088, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E614}', bounds: [0.0, 0.0, 0.8, 0.8], advance: 0.8, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E7F7}', bounds: [0.004, -0.244, 1.148, 1.38], advance: 1.148, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E805}', bounds: [0.004, 0.008, 0.608, 1.004], advance: 0.612, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E880}', bounds: [-0.001, -0.032, 1.273, 1.5], advance: 1.276, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E881}', bounds: [0.04, 0.0, 1.024, 1.488], advance: 0.984, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E882}', bounds: [0.04, -0.024, 1.316, 1.5], advance: 1.276, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E883}', bounds: [0.04, -0.032, 1.224, 1.5], advance: 1.184, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E884}', bounds: [0.04, 0.0, 1.252, 1.488], advance: 1.212, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E885}', bounds: [0.04, -0.032, 1.308, 1.492], advance: 1.268, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E886}', bounds: [0.041, -0.032, 1.256, 1.5], advance: 1.216, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E887}', bounds: [0.12, -0.016, 1.332, 1.488], advance: 1.212, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E888}', bounds: [0.04, -0.032, 1.292, 1.5], advance: 1.252, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E889}', bounds: [0.04, -0.032, 1.255, 1.5], advance: 1.216, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{E88A}', bounds: [0.04, 0.232, 0.484, 1.072], advance: 0.444, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECA2}', bounds: [0.0, -0.5, 1.836, 0.592], advance: 1.836, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECA3}', bounds: [0.0, -0.564, 1.364, 2.752], advance: 1.364, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECA5}', bounds: [0.0, -0.564, 1.328, 2.752], advance: 1.328, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECA7}', bounds: [0.0, -0.564, 2.132, 2.784], advance: 2.136, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECA9}', bounds: [0.0, -0.564, 2.084, 2.8], advance: 2.088, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECAB}', bounds: [0.0, -0.564, 2.152, 3.692], advance: 2.152, stem_up: None, stem_down: None },
    Metrics { glyph: '\u{ECB7}', bounds: [0.0, -0.2, 0.4, 0.2], advance: 0.4, stem_up: None, stem_down: None },
];
