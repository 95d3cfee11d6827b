#!/usr/bin/env python3
"""Checks our files as other programs read them.

  check_readers.py [--all] FILE.score.json [...]

Beside each FILE.score.json stand other formats of the same score; whichever are there are read:

  .musicxml .mxl  the W3C schema, music21, Verovio; with --all also MuseScore 3, which must be installed (Debian: musescore3)
  .ly             LilyPond, if it is installed; its MIDI is compared
  .abc            music21; abcm2ps, if it is installed
  .score.json     the JSON Schema in crates/export/schema, as are .performance.json and .timemap.json

Notes, grace notes, places, lengths, voices, tuplets and staff lines must be those of the score. Prints a line per file and
reader; exits with 1 where one fails. Needs the packages pinned in requirements.txt, and no network.

Conventions: places and lengths are quarters from the bar line, as exact fractions.
"""
import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

TICKS_PER_QUARTER = 10_080
SCHEMAS = Path(__file__).resolve().parent.parent / "crates" / "export" / "schema"

# What MusicXML takes from the two schemas it imports; the package that ships it leaves them out.
XML = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
 <xs:attribute name="lang" type="xs:language"/>
 <xs:attribute name="space" type="xs:NCName"/>
</xs:schema>"""
XLINK = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xlink">
 <xs:attribute name="href" type="xs:anyURI"/>
 <xs:attribute name="type" type="xs:string"/>
 <xs:attribute name="role" type="xs:token"/>
 <xs:attribute name="title" type="xs:token"/>
 <xs:attribute name="show" type="xs:token"/>
 <xs:attribute name="actuate" type="xs:token"/>
</xs:schema>"""


# The score itself, from our own document.


def length_of(value):
    names = ["whole", "half", "quarter", "eighth", "sixteenth", "thirty_second", "sixty_fourth"]
    length = Fraction(4, 2 ** names.index(value["base"])) * (2 - Fraction(1, 2 ** value.get("dots", 0)))
    played, replaced = value.get("tuplet", (1, 1))
    return length * replaced / played


def chords_of(score):
    """-> (measure index, start of the measure, voice, event) of every chord."""
    for index, measure in enumerate(score["measures"]):
        for voice in measure["voices"]:
            for event in voice["events"]:
                if "chord" in event:
                    yield index, Fraction(measure["start"], TICKS_PER_QUARTER), voice["role"], event


def notes_of(score):
    """-> notes as a Counter of (measure, kind, place, length, staff line, voice, tuplet)."""
    places = {piece["instrument"]: piece["place"] for piece in score["kit"]}
    strokes = dict(flam=1, drag=2, ruff=3)
    notes = Counter()
    for index, _, role, event in chords_of(score):
        offset, voice = Fraction(event["offset"], TICKS_PER_QUARTER), "1" if role == "hands" else "2"
        tuplet = tuple(event["value"].get("tuplet", ()))
        for note in event["chord"]["notes"]:
            key = (index, "note", offset, length_of(event["value"]), places[note["instrument"]], voice, tuplet)
            notes[key] += 1
        if graces := event["chord"].get("graces"):
            key = (index, "grace", offset, Fraction(0), places[graces["instrument"]], voice, ())
            notes[key] += strokes[graces["kind"]]
    return notes


def differences(expected, found, describe):
    lines = []
    for key in sorted((expected - found) | (found - expected), key=str)[:5]:
        more = found[key] - expected[key]
        lines.append(f"{'extra' if more > 0 else 'lost'}: {abs(more)} x {describe(key)}")
    return lines


def describe(key):
    index, kind, offset, length, place, voice, tuplet = key
    ratio = f", {tuplet[0]} in {tuplet[1]}" if tuplet else ""
    return f"{kind} on {place}, {length} quarters{ratio}, voice {voice}, at {offset} of measure {index + 1}"


# MusicXML.


def schema():
    """The schema of MusicXML 4.0, its two imports answered by local files."""
    source = Path(find_spec("musicxml").origin).parent / "generate_classes"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "xlink.xsd").write_bytes(XLINK)
        (folder / "xml.xsd").write_bytes(XML)
        text = (source / "musicxml_4_0.xsd").read_text(encoding="utf-8")
        (folder / "musicxml.xsd").write_text(text.replace("http://www.musicxml.org/xsd/", ""), encoding="utf-8")
        return etree.XMLSchema(etree.parse(str(folder / "musicxml.xsd"), etree.XMLParser(no_network=True)))


def text_of(path):
    """The document itself; of a compressed file the one its container names."""
    if path.suffix != ".mxl":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        container = etree.fromstring(archive.read("META-INF/container.xml"))
        return archive.read(container.find(".//{*}rootfile").get("full-path"))


def by_schema(rules, text):
    document = etree.parse(io.BytesIO(text), etree.XMLParser(no_network=True, load_dtd=False))
    if rules.validate(document):
        return []
    return [f"line {error.line}: {error.message}" for error in rules.error_log][:5]


def music21_score(text, kind):
    from music21 import converter

    with warnings.catch_warnings():
        # It has no names for some percussion keys, and says so.
        warnings.simplefilter("ignore")
        return converter.parseData(text, format=kind)


def by_music21(text, score, exact=True):
    """Without exact, places and lengths that are a hundredth of a quarter off are forgiven."""
    notes, problems, expected = Counter(), [], notes_of(score)
    known = {value for key in expected for value in key[2:4]}
    known |= {Fraction(value) for value in range(1, 9)}

    def near(value):
        best = min(known, key=lambda other: abs(other - value))
        return value if exact or abs(best - value) > Fraction(1, 100) else best

    for index, measure in enumerate(music21_score(text, "musicxml").parts[0].getElementsByClass("Measure")):
        full = Fraction(measure.barDuration.quarterLength)
        own = score["measures"][index]["voices"] if index < len(score["measures"]) else []
        only = "2" if len(own) == 1 and own[0]["role"] == "feet" else "1"
        for voice in list(measure.voices) or [measure]:
            number = str(voice.id) if measure.voices else only
            filled = sum((Fraction(e.quarterLength) for e in voice.notesAndRests if not e.duration.isGrace), Fraction(0))
            if near(filled) != full:
                problems.append(f"measure {measure.number}, voice {number}: {filled} of {full} quarters")
            for element in voice.notes:
                offset = near(Fraction(element.getOffsetInHierarchy(measure)))
                grace = element.duration.isGrace
                length = Fraction(0) if grace else near(Fraction(element.quarterLength))
                tuplets = [] if grace else element.duration.tuplets
                tuplet = (tuplets[0].numberNotesActual, tuplets[0].numberNotesNormal) if tuplets else ()
                for note in getattr(element, "notes", [element]):
                    place = f"{note.displayStep}{note.displayOctave}"
                    notes[index, "grace" if grace else "note", offset, length, place, number, tuplet] += 1
    return problems[:5] + differences(expected, notes, describe)


def by_verovio(text, score):
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    if not toolkit.loadData(text.decode()):
        return ["it cannot load the document"]
    starts, ends = {}, {}
    for entry in toolkit.renderToTimemap({"includeRests": False}):
        place = Fraction(*entry["qfrac"]) if "qfrac" in entry else Fraction(entry["qstamp"]).limit_denominator(10_080)
        starts.update(dict.fromkeys(entry.get("on", []), place))
        ends.update(dict.fromkeys(entry.get("off", []), place))
    document = etree.fromstring(toolkit.getMEI().encode())
    graces = len(document.findall(".//{*}note[@grace]")) + sum(
        len(chord.findall("{*}note")) for chord in document.findall(".//{*}chord[@grace]")
    )
    problems, wanted = [], 0
    for _, start, _, event in chords_of(score):
        begins = start + Fraction(event["offset"], TICKS_PER_QUARTER)
        wanted += dict(flam=1, drag=2, ruff=3).get(event["chord"].get("graces", {}).get("kind"), 0)
        for note in event["chord"]["notes"]:
            name = f"n{note['id']}"
            found = (starts.get(name), ends.get(name))
            expected = (begins, begins + length_of(event["value"]))
            # Its grace notes take their time from the note behind them, up to half of it.
            late = length_of(event["value"]) / 2 if "graces" in event["chord"] else 0
            near = Fraction(1, 100)
            if found[0] is None or not expected[0] - near <= found[0] <= expected[0] + late + near:
                problems.append(f"{name} begins at {found[0]}, expected {expected[0]}")
            elif found[1] is None or abs(found[1] - expected[1]) > near:
                problems.append(f"{name} ends at {found[1]}, expected {expected[1]}")
    if graces != wanted:
        problems.append(f"{graces} grace notes, expected {wanted}")
    tuplets = sum(1 for m in score["measures"] for v in m["voices"] for e in v["events"] if e.get("tuplet", {}).get("starts"))
    drawn = len(document.findall(".//{*}tuplet"))
    if drawn != tuplets:
        problems.append(f"{drawn} tuplets, expected {tuplets}")
    return problems[:5]


def run(command, folder):
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", XDG_RUNTIME_DIR=str(folder))
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def by_musescore(path, score):
    """MuseScore reads the file and writes it again; what it wrote is read."""
    with tempfile.TemporaryDirectory() as name:
        again = Path(name) / "again.musicxml"
        code, said = run(["mscore3", "-o", str(again), str(path.resolve())], Path(name))
        if code != 0 or not again.exists():
            return [f"it fails: {said.strip()[-200:]}"]
        # Its ticks are 480 to the quarter, which a septuplet does not fit.
        return by_music21(again.read_bytes(), score, exact=False)


# LilyPond.


def number_at(data, at):
    value = 0
    while True:
        value = value << 7 | data[at] & 127
        at += 1
        if data[at - 1] < 128:
            return value, at


def onsets_of(midi):
    """-> the note-ons of a MIDI file as a Counter of (quarters from the start, key)."""
    per_quarter, onsets, at = int.from_bytes(midi[12:14], "big"), Counter(), 14
    while at < len(midi):
        end = at + 8 + int.from_bytes(midi[at + 4 : at + 8], "big")
        at, now, status = at + 8, 0, 0
        while at < end:
            delta, at = number_at(midi, at)
            now += delta
            if midi[at] & 128:
                status, at = midi[at], at + 1
            if status in (0xFF, 0xF0, 0xF7):
                size, at = number_at(midi, at + (status == 0xFF))
                at += size
            elif status & 0xE0 == 0xC0:
                at += 1
            else:
                if status & 0xF0 == 0x90 and midi[at + 1]:
                    onsets[Fraction(now, per_quarter), midi[at]] += 1
                at += 2
    return onsets


def by_lilypond(path, score):
    with tempfile.TemporaryDirectory() as name:
        command = ["lilypond", "-s", "--loglevel=WARN", "-o", "out", str(path.resolve())]
        code, said = run(command, Path(name))
        # Grace notes in front of very short ones trouble its MIDI, not its pages.
        harmless = ("programming error: Going back in MIDI time", "continuing, cross fingers")
        said = "\n".join(line for line in said.splitlines() if line.strip() and not line.startswith(harmless))
        if code != 0 or said:
            return [f"it says: {said[:300]}"]
        onsets = sum((onsets_of(file.read_bytes()) for file in Path(name).glob("*.mid*")), Counter())
    places = Counter()
    for (place, _), count in onsets.items():
        places[place] += count
    expected, graces = Counter(), 0
    for _, start, _, event in chords_of(score):
        chord = event["chord"]
        # A stroke of the same key in both voices sounds once for each.
        expected[start + Fraction(event["offset"], TICKS_PER_QUARTER)] += len(chord["notes"])
        graces += dict(flam=1, drag=2, ruff=3).get(chord.get("graces", {}).get("kind"), 0)
    problems = []
    if not score["measures"] or any(chord["chord"].get("slashes") for *_, chord in chords_of(score)):
        # It plays rolls out.
        return problems
    if (total := sum(places.values())) != sum(expected.values()) + graces:
        problems.append(f"{total} notes sound, expected {sum(expected.values()) + graces}")
    # Its ticks are 1/384 of a quarter, and grace notes take their time from what is in front.
    for place, count in expected.items():
        near = sum(found for at, found in places.items() if abs(at - place) <= Fraction(1, 200))
        if near < count:
            problems.append(f"{near} of {count} notes at {place}")
    return problems[:5]


# ABC.


def by_abcm2ps(path):
    with tempfile.TemporaryDirectory() as name:
        code, said = run(["abcm2ps", "-q", "-O", "out.ps", str(path.resolve())], Path(name))
        # How tight its lines are is a matter of taste.
        wrong = [line for line in said.splitlines() if "error" in line.lower() and "too much shrunk" not in line]
        drawn = (Path(name) / "out.ps").exists()
        return wrong[:5] if drawn or wrong else [f"it fails with {code}: {said.strip()[:200]}"]


def has_mixed_tuplets(score):
    """Whether a tuplet holds more than plain single notes of one value; music21 miscounts those of ABC."""
    for measure in score["measures"]:
        for event in (event for voice in measure["voices"] for event in voice["events"] if "tuplet" in event):
            notes, value = event.get("chord", {}).get("notes", []), event["value"]
            played = value["tuplet"][0]
            names = {2: "eighth", 3: "eighth", 5: "sixteenth", 6: "sixteenth", 7: "sixteenth"}
            if len(notes) != 1 or "graces" in event["chord"] or value["base"] != names.get(played) or "dots" in value:
                return True
    return False


def abc_by_music21(text, score):
    expected, found = Counter(), Counter()
    places = {piece["instrument"]: piece["place"] for piece in score["kit"]}
    for _, start, role, event in chords_of(score):
        place = start + Fraction(event["offset"], TICKS_PER_QUARTER)
        for note in event["chord"]["notes"]:
            expected["note", place, length_of(event["value"]), places[note["instrument"]]] += 1
        if graces := event["chord"].get("graces"):
            key = ("grace", place, Fraction(0), places[graces["instrument"]])
            expected[key] += dict(flam=1, drag=2, ruff=3)[graces["kind"]]
    # Its reader knows voices by their own lines, so each is read as a tune.
    head, *voices = text.decode().split("\nV:")
    for voice in voices:
        # It does not know the rest that is not drawn.
        music = re.sub(r"(^|[|\]\n ])x(?=[\d/])", r"\1z", voice.split("\n", 1)[1])
        stream = music21_score(f"{head}\n{music}", "abc")
        for element in stream.recurse().notes:
            grace = element.duration.isGrace
            place = Fraction(element.getOffsetInHierarchy(stream)).limit_denominator(10_080)
            length = Fraction(0) if grace else Fraction(element.quarterLength).limit_denominator(10_080)
            for pitch in element.pitches:
                found["grace" if grace else "note", place, length, f"{pitch.step}{pitch.octave}"] += 1
    words = lambda key: f"{key[0]} on {key[3]}, {key[2]} quarters, at {key[1]} of the piece"
    return differences(expected, found, words)


# JSON.


def by_json_schema(path, name):
    from jsonschema import Draft202012Validator

    rules = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(rules)
    errors = Draft202012Validator(rules).iter_errors(json.loads(path.read_text()))
    return [f"{error.json_path}: {error.message[:150]}" for _, error in zip(range(5), errors)]


def checks(base, score, rules, ask_all):
    """-> (file, reader, check) for every file beside a score and every reader at hand."""

    def beside(extension):
        path = base.with_name(f"{base.name}.{extension}")
        return [path] if path.exists() else []

    for path in beside("musicxml") + beside("mxl"):
        text = text_of(path)
        yield path, "W3C schema", lambda: by_schema(rules, text)
        if not score["measures"]:
            continue
        yield path, "music21", lambda: by_music21(text, score)
        yield path, "Verovio", lambda: by_verovio(text, score)
        if ask_all:
            yield path, "MuseScore 3", lambda: by_musescore(path, score)
    for path in beside("ly"):
        if shutil.which("lilypond"):
            yield path, "LilyPond", lambda: by_lilypond(path, score)
    for path in beside("abc"):
        if not has_mixed_tuplets(score):
            yield path, "music21", lambda: abc_by_music21(path.read_bytes(), score)
        if shutil.which("abcm2ps"):
            yield path, "abcm2ps", lambda: by_abcm2ps(path)
    for name in ["score", "performance", "timemap"]:
        for path in beside(f"{name}.json"):
            yield path, "JSON Schema", lambda: by_json_schema(path, name)


def main():
    parser = argparse.ArgumentParser(description="Checks our files as other programs read them.")
    parser.add_argument("--all", action="store_true", help="ask MuseScore 3 too")
    parser.add_argument("scores", nargs="+", type=Path, metavar="FILE.score.json")
    arguments = parser.parse_args()
    rules, failed, asked = schema(), Counter(), Counter()
    for path in arguments.scores:
        score = json.loads(path.read_text())
        base = path.with_name(path.name.removesuffix(".score.json"))
        for file, reader, check in checks(base, score, rules, arguments.all):
            try:
                problems = check()
            except Exception as error:  # whatever another program's reader throws is the finding
                problems = [f"{type(error).__name__}: {error}"]
            asked[reader] += 1
            failed[reader] += bool(problems)
            print(f"{'FAIL' if problems else 'ok':4}  {file.name:40}  {reader}", flush=True)
            for problem in problems:
                print(f"      {problem}")
    for reader, count in asked.items():
        print(f"{reader}: {count - failed[reader]} of {count} files")
    sys.exit(int(failed.total() > 0))


if __name__ == "__main__":
    main()
