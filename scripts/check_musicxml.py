#!/usr/bin/env python3
"""Checks MusicXML files as other programs read them.

  check_musicxml.py FILE.musicxml [FILE.mxl ...]

Each file is validated by the W3C schema of MusicXML 4.0 and read by music21: the voices of every measure must fill it.
Where FILE.score.json lies beside it, notes, grace notes, places, lengths and staff lines must be those of the score.
Prints a line per file; exits with 1 where one fails. Needs the packages pinned in requirements.txt, and no network.

Conventions: places and lengths are quarters from the bar line, as exact fractions.
"""
import io
import json
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


def violations(rules, text):
    document = etree.parse(io.BytesIO(text), etree.XMLParser(no_network=True, load_dtd=False))
    if rules.validate(document):
        return []
    return [f"schema, line {error.line}: {error.message}" for error in rules.error_log][:5]


def read_by_music21(text):
    """-> notes as a Counter of (measure from 0, kind, place, length, staff line), and what is wrong."""
    from music21 import converter

    with warnings.catch_warnings():
        # It has no names for some percussion keys, and says so.
        warnings.simplefilter("ignore")
        score = converter.parseData(text, format="musicxml")
    notes, problems = Counter(), []
    for index, measure in enumerate(score.parts[0].getElementsByClass("Measure")):
        full = Fraction(measure.barDuration.quarterLength)
        voices = list(measure.voices) or [measure]
        for voice in voices:
            filled = sum((Fraction(e.quarterLength) for e in voice.notesAndRests if not e.duration.isGrace), Fraction(0))
            if filled != full:
                problems.append(f"measure {measure.number}, voice {voice.id}: {filled} of {full} quarters")
            for element in voice.notes:
                offset = Fraction(element.getOffsetInHierarchy(measure))
                grace = element.duration.isGrace
                length = Fraction(0) if grace else Fraction(element.quarterLength)
                for note in getattr(element, "notes", [element]):
                    place = f"{note.displayStep}{note.displayOctave}"
                    notes[index, "grace" if grace else "note", offset, length, place] += 1
    return notes, problems


def length_of(value):
    names = ["whole", "half", "quarter", "eighth", "sixteenth", "thirty_second", "sixty_fourth"]
    length = Fraction(4, 2 ** names.index(value["base"])) * (2 - Fraction(1, 2 ** value.get("dots", 0)))
    played, replaced = value.get("tuplet", (1, 1))
    return length * replaced / played


def notes_of_score(score):
    """-> the same Counter from our own document."""
    places = {piece["instrument"]: piece["place"] for piece in score["kit"]}
    strokes = dict(flam=1, drag=2, ruff=3)
    notes = Counter()
    for index, measure in enumerate(score["measures"]):
        for event in (event for voice in measure["voices"] for event in voice["events"] if "chord" in event):
            offset = Fraction(event["offset"], TICKS_PER_QUARTER)
            for note in event["chord"]["notes"]:
                notes[index, "note", offset, length_of(event["value"]), places[note["instrument"]]] += 1
            if graces := event["chord"].get("graces"):
                place = places[graces["instrument"]]
                notes[index, "grace", offset, Fraction(0), place] += strokes[graces["kind"]]
    return notes


def check(rules, path):
    """-> what the file holds, and what is wrong with it."""
    text = text_of(path)
    problems = violations(rules, text)
    try:
        notes, unfilled = read_by_music21(text)
    except Exception as error:  # whatever another program's reader throws is the finding
        return "", problems + [f"music21: {type(error).__name__}: {error}"]
    problems += unfilled
    graces = sum(count for key, count in notes.items() if key[1] == "grace")
    measures = len(set(etree.fromstring(text).xpath("//measure")))
    summary = f"{measures} measures, {notes.total() - graces} notes, {graces} graces"
    truth = path.with_name(path.name.removesuffix(path.suffix) + ".score.json")
    if truth.exists():
        expected = notes_of_score(json.loads(truth.read_text()))
        for key, count in sorted(((expected - notes) | (notes - expected)).items())[:5]:
            problems.append(f"{'lost' if expected[key] > notes[key] else 'extra'}: {count} x {describe(key)}")
        summary += ", compared with the score"
    return summary, problems


def describe(key):
    index, kind, offset, length, place = key
    return f"{kind} on {place}, {length} quarters long, at {offset} of measure {index + 1}"


def main():
    paths = [Path(name) for name in sys.argv[1:]]
    if not paths:
        sys.exit(__doc__)
    rules, failed = schema(), False
    for path in paths:
        summary, problems = check(rules, path)
        print(f"{'FAIL' if problems else 'ok':4}  {path.name:40}  {summary}")
        for problem in problems:
            print(f"      {problem}")
        failed |= bool(problems)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
