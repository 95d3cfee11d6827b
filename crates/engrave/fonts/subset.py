"""Makes the embedded fonts and `src/font/metrics.rs` from their published sources.

    npm pack @vexflow-fonts/bravura@1.0.2 @fontsource/source-serif-4@5.3.1   # unpack each into a folder
    python -m venv venv && venv/bin/pip install fonttools brotli
    venv/bin/python subset.py BRAVURA.otf BRAVURA_METADATA.json SOURCE_SERIF_PACKAGE_FOLDER
    cargo fmt -p engrave

Both families reserve their names under the OFL, so the subsets are renamed: "Backbeat Music" and "Backbeat Text".
Conventions: SMuFL: 1 em is 4 staff spaces; y upwards in the font and in its metadata.
"""

import json
import pathlib
import sys

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

HERE = pathlib.Path(__file__).parent

# SMuFL name -> code point, in the order of the SMuFL ranges.
MUSIC = {
    "bracketTop": 0xE003, "bracketBottom": 0xE004,
    "repeatDot": 0xE044, "segno": 0xE047, "coda": 0xE048,
    "unpitchedPercussionClef1": 0xE069,
    **{f"timeSig{n}": 0xE080 + n for n in range(10)},
    "timeSigCommon": 0xE08A, "timeSigCutCommon": 0xE08B, "timeSigPlus": 0xE08C,
    "noteheadWhole": 0xE0A2, "noteheadHalf": 0xE0A3, "noteheadBlack": 0xE0A4,
    "noteheadXWhole": 0xE0A7, "noteheadXHalf": 0xE0A8, "noteheadXBlack": 0xE0A9,
    "noteheadPlusWhole": 0xE0AD, "noteheadPlusHalf": 0xE0AE, "noteheadPlusBlack": 0xE0AF,
    "noteheadCircleXWhole": 0xE0B1, "noteheadCircleXHalf": 0xE0B2, "noteheadCircleX": 0xE0B3,
    "noteheadTriangleUpWhole": 0xE0BB, "noteheadTriangleUpHalf": 0xE0BC, "noteheadTriangleUpBlack": 0xE0BE,
    "noteheadSlashedBlack1": 0xE0CF, "noteheadSlashedHalf1": 0xE0D1, "noteheadSlashedWhole1": 0xE0D3,
    "noteheadTriangleDownBlack": 0xE0C7,
    "noteheadDiamondWhole": 0xE0D8, "noteheadDiamondHalf": 0xE0D9, "noteheadDiamondBlack": 0xE0DB,
    "noteheadDiamondWhite": 0xE0DD,
    "noteheadCircleSlash": 0xE0F7, "noteheadHeavyX": 0xE0F8, "noteheadHeavyXHat": 0xE0F9,
    "noteheadParenthesisLeft": 0xE0F5, "noteheadParenthesisRight": 0xE0F6,
    "augmentationDot": 0xE1E7,
    "tremolo1": 0xE220, "tremolo2": 0xE221, "tremolo3": 0xE222, "tremolo4": 0xE223, "buzzRoll": 0xE22A,
    "flag8thUp": 0xE240, "flag8thDown": 0xE241, "flag16thUp": 0xE242, "flag16thDown": 0xE243,
    "flag32ndUp": 0xE244, "flag32ndDown": 0xE245, "flag64thUp": 0xE246, "flag64thDown": 0xE247,
    "articAccentAbove": 0xE4A0, "articAccentBelow": 0xE4A1, "articStaccatoAbove": 0xE4A2, "articTenutoAbove": 0xE4A4,
    "articMarcatoAbove": 0xE4AC,
    "fermataAbove": 0xE4C0, "fermataBelow": 0xE4C1,
    "restWhole": 0xE4E3, "restHalf": 0xE4E4, "restQuarter": 0xE4E5, "rest8th": 0xE4E6, "rest16th": 0xE4E7,
    "rest32nd": 0xE4E8, "rest64th": 0xE4E9,
    "restHBarLeft": 0xE4EF, "restHBarMiddle": 0xE4F0, "restHBarRight": 0xE4F1,
    "repeat1Bar": 0xE500, "repeat2Bars": 0xE501, "repeat4Bars": 0xE502,
    "dynamicPiano": 0xE520, "dynamicMezzo": 0xE521, "dynamicForte": 0xE522,
    "graceNoteAcciaccaturaStemUp": 0xE560, "graceNoteSlashStemUp": 0xE564,
    "brassMuteClosed": 0xE5E5, "stringsHarmonic": 0xE614, "pictHalfOpen2": 0xE7F7, "pictChokeCymbal": 0xE805,
    **{f"tuplet{n}": 0xE880 + n for n in range(10)}, "tupletColon": 0xE88A,
    "metNoteWhole": 0xECA2, "metNoteHalfUp": 0xECA3, "metNoteQuarterUp": 0xECA5, "metNote8thUp": 0xECA7,
    "metNote16thUp": 0xECA9, "metNote32ndUp": 0xECAB, "metAugmentationDot": 0xECB7,
}

DEFAULTS = [
    "staffLineThickness", "stemThickness", "beamThickness", "beamSpacing", "legerLineThickness", "legerLineExtension",
    "thinBarlineThickness", "thickBarlineThickness", "barlineSeparation", "tupletBracketThickness",
    "slurMidpointThickness", "textEnclosureThickness",
]

PARTS = ["latin", "latin-ext", "greek", "cyrillic"]


def rename(font, family, style):
    """Writes the names afresh and keeps copyright and licence."""
    old = {i: font["name"].getDebugName(i) for i in (0, 9, 13, 14)}
    font["name"].names = []
    full = f"{family} {style}"
    names = {0: old[0], 1: family, 2: style, 3: f"{full} subset", 4: full, 5: "Version 1.0", 6: full.replace(" ", ""),
             9: old[9], 13: (old[13] or "").split("\n\n")[0] or None, 14: old[14] or "https://openfontlicense.org"}
    for name_id, text in names.items():
        if text:
            font["name"].setName(text, name_id, 3, 1, 0x409)


def make_music(source, metadata):
    options = subset.Options()
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 4, 5, 6, 9, 13, 14]
    options.drop_tables += ["DSIG", "FFTM", "GDEF", "GPOS", "GSUB"]
    options.desubroutinize = False
    font = subset.load_font(source, options)
    cmap, glyphs = font.getBestCmap(), font.getGlyphSet()
    for name, code in MUSIC.items():
        pen = BoundsPen(glyphs)
        glyphs[cmap[code]].draw(pen)
        box = metadata["glyphBBoxes"].get(name)
        wanted = box and [250 * v for v in box["bBoxSW"] + box["bBoxNE"]]
        near = box and all(abs(a - b) < 4 for a, b in zip(pen.bounds, wanted))
        if not near:
            print(f"note: {name} U+{code:X} differs from the metadata: {pen.bounds} / {wanted}")
    tool = subset.Subsetter(options)
    tool.populate(unicodes=MUSIC.values())
    tool.subset(font)
    rename(font, "Backbeat Music", "Regular")
    cff = font["CFF "].cff
    cff.fontNames = ["BackbeatMusic-Regular"]
    top = cff.topDictIndex[0]
    top.FullName, top.FamilyName = "Backbeat Music Regular", "Backbeat Music"
    font.save(HERE / "BackbeatMusic-Regular.otf")
    font = TTFont(HERE / "BackbeatMusic-Regular.otf")
    write_metrics(font, metadata)


def write_metrics(font, metadata):
    cmap, glyphs = font.getBestCmap(), font.getGlyphSet()
    lines = [
        "//! Numbers of the music font: code points, boxes and anchors. Made by `fonts/subset.py`; do not edit.", "//!",
        "//! Conventions: staff spaces; y upwards, as SMuFL has it. Source: the metadata of Bravura 1.392 (OFL 1.1).", "",
        "/// What the font says about a glyph.", "#[derive(Debug, Clone, Copy)]", "pub(crate) struct Metrics {",
        "    pub(crate) glyph: char,", "    /// Left, bottom, right, top.", "    pub(crate) bounds: [f64; 4],",
        "    pub(crate) advance: f64,", "    /// Where the stem of a stem-up note leaves the head.",
        "    pub(crate) stem_up: Option<[f64; 2]>,", "    /// The same for stem-down notes.",
        "    pub(crate) stem_down: Option<[f64; 2]>,", "}", "",
        "/// Thicknesses and distances the font was drawn for, in staff spaces.", "pub(crate) mod defaults {",
    ]
    snake = lambda s: "".join("_" + c if c.isupper() else c for c in s).upper()
    for key in DEFAULTS:
        lines.append(f"    pub(crate) const {snake(key).replace('LEGER', 'LEDGER')}: f64 = {float(metadata['engravingDefaults'][key])};")
    lines += ["}", "", "/// Code points by SMuFL name.", "#[expect(dead_code, reason = \"the whole subset has names\")]",
              "pub(crate) mod glyphs {"]
    words = lambda s: "".join(("_" if c.isupper() or (c.isdigit() and not s[i - 1].isdigit()) else "") + c.upper()
                              for i, c in enumerate(s))
    for name, code in MUSIC.items():
        lines.append(f"    pub(crate) const {words(name)}: char = '\\u{{{code:X}}}';")
    lines += ["}", "", "/// One row per glyph, by code point.", f"pub(crate) static METRICS: [Metrics; {len(MUSIC)}] = ["]
    for name, code in sorted(MUSIC.items(), key=lambda item: item[1]):
        pen = BoundsPen(glyphs)
        glyphs[cmap[code]].draw(pen)
        bounds = [float(round(v / 250, 3)) for v in pen.bounds]
        anchors = metadata["glyphsWithAnchors"].get(name, {})
        point = lambda key: f"Some({[float(v) for v in anchors[key]]})" if key in anchors else "None"
        up = point("stemUpSE") if name.startswith("notehead") else point("stemUpNW")
        down = point("stemDownNW") if name.startswith("notehead") else point("stemDownSW")
        lines.append(f"    Metrics {{ glyph: '\\u{{{code:X}}}', bounds: {bounds}, advance: {font['hmtx'][cmap[code]][0] / 250}, "
                     f"stem_up: {up}, stem_down: {down} }},")
    lines += ["];", ""]
    (HERE.parent / "src/font/metrics.rs").write_text("\n".join(lines))


def kern_pairs(font):
    """Pair distances of the printable ASCII characters, from the kern feature."""
    cmap = {code: name for code, name in font.getBestCmap().items() if 33 <= code < 127}
    names, table, pairs = set(cmap.values()), font["GPOS"].table, {}
    lookups = {i for f in table.FeatureList.FeatureRecord if f.FeatureTag == "kern" for i in f.Feature.LookupListIndex}
    for index in sorted(lookups):
        for sub in table.LookupList.Lookup[index].SubTable:
            sub = sub.ExtSubTable if sub.LookupType == 9 else sub
            if sub.LookupType != 2:
                continue
            firsts = [g for g in sub.Coverage.glyphs if g in names]
            for first in firsts:
                if sub.Format == 1:
                    records = sub.PairSet[sub.Coverage.glyphs.index(first)].PairValueRecord
                    found = {r.SecondGlyph: r.Value1.XAdvance for r in records if r.SecondGlyph in names and r.Value1}
                else:
                    row = sub.Class1Record[sub.ClassDef1.classDefs.get(first, 0)].Class2Record
                    found = {}
                    for second in names:
                        value = row[sub.ClassDef2.classDefs.get(second, 0)].Value1
                        if value is not None:
                            found[second] = getattr(value, "XAdvance", 0) or 0
                for second, distance in found.items():
                    pairs.setdefault((first, second), distance)
    return {pair: distance for pair, distance in pairs.items() if abs(distance) >= 8}


def make_text(folder, weight, slope, style):
    order, cmap, outlines, widths = [".notdef"], {}, {}, {".notdef": (500, 0)}
    pen = TTGlyphPen(None)
    for box in [(50, 0, 450, 700), (90, 40, 410, 660)]:
        x0, y0, x1, y1 = box
        corners = [(x0, y0), (x0, y1), (x1, y1), (x1, y0)]
        corners = corners if box[0] == 50 else corners[::-1]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    outlines[".notdef"] = pen.glyph()
    kern, info = {}, None
    for part in PARTS:
        font = TTFont(pathlib.Path(folder) / "files" / f"source-serif-4-{part}-{weight}-{slope}.woff2")
        info = info or font
        names = {}
        for code, old in sorted(font.getBestCmap().items()):
            if code in cmap:
                continue
            new = f"uni{code:04X}"
            order.append(new)
            cmap[code], names[old] = new, new
            recording = DecomposingRecordingPen(font.getGlyphSet())
            font.getGlyphSet()[old].draw(recording)
            pen = TTGlyphPen(None)
            recording.replay(pen)
            outlines[new] = pen.glyph()
            widths[new] = font["hmtx"][old]
        if part == "latin":
            kern = {(names[a], names[b]): d for (a, b), d in kern_pairs(font).items()}
    builder = FontBuilder(info["head"].unitsPerEm, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(cmap)
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics({name: (widths[name][0], builder.font["glyf"][name].xMin if hasattr(builder.font["glyf"][name], "xMin") else 0) for name in order})
    builder.setupHorizontalHeader(ascent=info["hhea"].ascent, descent=info["hhea"].descent)
    builder.setupOS2(sTypoAscender=info["hhea"].ascent, sTypoDescender=info["hhea"].descent, usWeightClass=weight)
    builder.font["name"] = info["name"]
    rename(builder.font, "Backbeat Text", style)
    builder.setupPost(keepGlyphNames=False)
    add_kern(builder.font, kern)
    path = HERE / f"BackbeatText-{style}.ttf"
    builder.font.save(path)
    print(path.name, path.stat().st_size, "bytes,", len(cmap), "characters,", len(kern), "kerned pairs")
    return info["name"].getDebugName(0)


def add_kern(font, pairs):
    from fontTools.ttLib import newTable
    from fontTools.ttLib.tables._k_e_r_n import KernTable_format_0
    part = KernTable_format_0()
    part.coverage, part.tupleIndex, part.kernTable = 1, None, pairs
    font["kern"] = newTable("kern")
    font["kern"].version, font["kern"].kernTables = 0, [part]


def main():
    music, metadata, text_folder = sys.argv[1:4]
    make_music(music, json.load(open(metadata)))
    for weight, slope, style in [(400, "normal", "Regular"), (700, "normal", "Bold"), (400, "italic", "Italic")]:
        print(make_text(text_folder, weight, slope, style))


if __name__ == "__main__":
    main()
