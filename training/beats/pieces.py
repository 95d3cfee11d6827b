"""Pieces of music with known beats, for learning and judging the beat tracker: performed grooves and pieces composed by rule.

A piece is {"hits": [{"time_seconds", "instrument", "velocity", "confidence"?}], "beats": [{"time", "beat"}], "bpm", "meter"}; the beat is
the dotted quarter in 6/8, 9/8 and 12/8 and the eighth in 7/8. Groove MIDI Dataset: Gillick et al. 2019, CC BY 4.0.
"""
import csv, functools, os, sys
from fractions import Fraction as Fr
import mido, numpy as np

# What the pads of the drum set send; 22, 26 and 58 go beyond General MIDI.
PADS = {35: "kick", 36: "kick", 37: "snare_xstick", 38: "snare", 39: "clap", 40: "snare_rimshot", 22: "hh_closed", 42: "hh_closed",
        26: "hh_open", 46: "hh_open", 44: "hh_pedal", 49: "crash1", 57: "crash2", 52: "china", 55: "splash", 51: "ride", 59: "ride2",
        53: "ride_bell", 48: "tom_high", 50: "tom_high", 47: "tom_mid", 45: "tom_low", 43: "tom_floor", 58: "tom_floor", 41: "tom_floor"}
BEAT_QUARTERS = {"6/8": 1.5, "9/8": 1.5, "12/8": 1.5, "7/8": .5}
# Meters of composed pieces, one after the other: half of them in 4/4.
METERS = ["4/4"] * 6 + ["3/4", "6/8", "12/8", "5/4", "7/8", "2/4", "9/8"]
BARS_MIN = 2
# What a stroke is taken for now and then.
MISTAKEN = {"hh_closed": ["ride", "hh_open"], "hh_open": ["crash1", "hh_closed"], "ride": ["hh_closed", "crash1"], "crash1": ["ride", "hh_open"],
            "snare": ["tom_high", "snare_xstick"], "tom_high": ["snare"], "tom_low": ["tom_floor", "kick"], "tom_floor": ["kick"],
            "hh_pedal": ["hh_closed"], "kick": ["tom_floor"]}


def listed(data, split):
    """Rows of the performances in meters the tracker knows."""
    known = {"4-4", "3-4", "2-4", "5-4", "6-8", "12-8", "7-8"}
    rows = csv.DictReader(open(os.path.join(data, "grooves.csv")))
    return [r for r in rows if (r["dataset"], r["split"], r["beat_type"]) == ("gmd", split, "beat") and r["time_signature"] in known
            and int(r["n_notes"]) >= 16]


@functools.lru_cache(maxsize=4)
def strokes_of(path):
    """Strokes of a performance [(quarters, instrument, velocity)] and its last tempo in microseconds a quarter, if it names one."""
    midi = mido.MidiFile(path)
    tick, tempo, strokes = 0, None, []
    for msg in mido.merge_tracks(midi.tracks):
        tick += msg.time
        if msg.type == "set_tempo":
            tempo = msg.tempo
        elif msg.type == "note_on" and msg.velocity and msg.note in PADS:
            strokes.append((tick / midi.ticks_per_beat, PADS[msg.note], msg.velocity / 127))
    return strokes, tempo


def counted(row, tempo):
    """(meter, quarters in a beat, beats in a bar, seconds in a beat) of a performance; `tempo` as its file names it."""
    meter = row["time_signature"].replace("-", "/")
    unit, per_bar = BEAT_QUARTERS.get(meter, 1), int(meter.split("/")[0]) // (3 if meter in ("6/8", "12/8") else 1)
    return meter, unit, per_bar, (tempo or 60e6 / float(row["bpm"])) / 1e6 * unit


def performed(data, row, rng, bars=16, cut=True):
    """A stretch of a performance, from a random bar on, of up to `bars` bars; with `cut` from a random beat of its first bar."""
    strokes, tempo = strokes_of(os.path.join(data, row["path"]))
    meter, unit, per_bar, beat_s = counted(row, tempo)
    notes = [(quarters / unit, instrument, velocity) for quarters, instrument, velocity in strokes]
    last = int(notes[-1][0] // per_bar)
    start = int(rng.integers(max(1, last - BARS_MIN))) * per_bar if last > BARS_MIN and rng.random() < .75 else 0
    begin = start + (int(rng.integers(per_bar)) if cut else 0)
    notes = [n for n in notes if begin - .25 < n[0] < start + bars * per_bar]
    if len(notes) < 8:
        return None
    beat_s *= float(np.exp(rng.normal(0, .04)))
    shift = float(rng.uniform(0, 2)) - begin * beat_s + .3
    beats = [dict(time=b * beat_s + shift, beat=b % per_bar + 1) for b in range(begin, int(np.ceil(notes[-1][0])) + 1)]
    hits = [dict(time_seconds=p * beat_s + shift, instrument=k, velocity=v) for p, k, v in notes]
    return dict(hits=hits, beats=beats, bpm=60 / beat_s, meter=meter, kind="performed")


def nine_eight(score, rng):
    """A score in 6/8 made one in 9/8: every bar gets a middle beat, like its first or like its second."""
    like = rng.random() < .6
    bars = []
    for _, notes in score["bars"]:
        middle = [[p + 1 if p < 1 else p, *rest] for p, *rest in notes if (p < 1) == like and not rest[0].startswith(("crash", "china", "splash", "tom"))]
        middle = [n for n in middle if not (n[0] == 1 and n[1] == "kick") or rng.random() < .4]
        bars.append(("9/8", sorted([[p, *rest] for p, *rest in notes if p < 1] + middle + [[p + 1, *rest] for p, *rest in notes if p >= 1],
                                   key=lambda n: n[0])))
    return dict(score, bars=bars)


class Composer:
    """Pieces made by rule, on kits of a split; `folder` holds `make_suite.py` and `drum_composer.py`."""

    def __init__(self, data, folder, split):
        sys.path.insert(0, folder)
        import drum_composer, make_suite
        self.rules, self.suite = drum_composer, make_suite
        self.rules.METER["9/8"] = (3, 3, Fr(3, 2))
        self.kits, self.base = make_suite.load_kits(os.path.join(data, "oneshots.csv"), data, split)

    def piece(self, rng, meter, cut=True, seconds=None, style=None):
        seconds = seconds or float(rng.uniform(9, 34))
        source = "6/8" if meter == "9/8" else meter
        styles = [s for s in self.rules.STYLES if source in s[1].split()]
        style = style or styles[rng.integers(len(styles))]
        kit, lead = self.suite.Kit(self.kits, self.base[rng.integers(len(self.base))], rng), float(rng.uniform(.15, .9))
        score = self.rules.compose(rng, source, style, seconds + 8, kit, lead)
        if meter == "9/8":
            score = nine_eight(score, rng)
        hits, beats, _ = self.rules.perform(rng, score, seconds + 8, lead)
        begin = 0.0
        if cut:
            firsts = [i for i, b in enumerate(beats) if b["beat"] == 1 and b["time"] < seconds / 3] or [0]
            begin = beats[firsts[rng.integers(len(firsts))] + int(rng.integers(self.rules.METER[meter][0]))]["time"] - .03
        keep = lambda t: begin <= t < begin + seconds
        move = begin - float(rng.uniform(.1, 1)) if cut else 0.0
        hits = [dict(time_seconds=h["time_seconds"] - move, instrument=h["instrument"], velocity=h["velocity"]) for h in hits if keep(h["time_seconds"])]
        beats = [dict(time=b["time"] - move, beat=b["beat"], bar=b["bar"]) for b in beats if keep(b["time"])]
        if len(hits) < 12 or len(beats) < 4:
            return None
        hits.sort(key=lambda h: h["time_seconds"])
        gaps = np.diff([b["time"] for b in beats])
        bars = score["bars"][beats[0]["bar"] - 1:beats[-1]["bar"]]
        meters = [dict(bar=i + 1, meter=m) for i, (m, _) in enumerate(bars) if i == 0 or m != bars[i - 1][0]]
        return dict(hits=hits, beats=beats, bpm=60 / float(np.mean(gaps)), meter=meters[0]["meter"], meters=meters, kind="composed")


def counted_in(piece, rng):
    """The same after a bar counted on the hi-hat or with sticks."""
    gap, per_bar = 60 / piece["bpm"], max(b["beat"] for b in piece["beats"])
    if piece["beats"][0]["beat"] != 1 or piece["hits"][0]["time_seconds"] < piece["beats"][0]["time"] - .1:
        return piece
    first, key = piece["beats"][0]["time"], ["hh_closed", "snare_xstick", "hh_pedal"][rng.integers(3)]
    move = per_bar * gap
    for h in piece["hits"]:
        h["time_seconds"] += move
    for b in piece["beats"]:
        b["time"] += move
    count = [dict(time=first + i * gap, beat=i + 1) for i in range(per_bar)]
    clicks = [dict(time_seconds=b["time"] + float(rng.normal(0, .005)), instrument=key, velocity=float(rng.uniform(.4, .9))) for b in count]
    return dict(piece, beats=count + piece["beats"], hits=clicks + piece["hits"])


def damaged(piece, rng):
    """The same as a listener might hear it: strokes missed, put in, mistaken and late, velocities off."""
    worse = float(rng.uniform(0, 1)) ** 2
    clean, hits = piece["hits"], []
    for h in clean:
        if rng.random() < .02 + .12 * worse * (1.6 - h["velocity"]):
            continue
        h = dict(h)
        if rng.random() < .1 * worse and h["instrument"] in MISTAKEN:
            h["instrument"] = MISTAKEN[h["instrument"]][rng.integers(len(MISTAKEN[h["instrument"]]))]
        h["velocity"] = float(np.clip(h["velocity"] + rng.normal(0, .03 + .12 * worse), .03, 1))
        h["time_seconds"] = max(0.0, h["time_seconds"] + float(rng.normal(0, .002 + .005 * worse)))
        h["confidence"] = float(np.clip(1 - worse * rng.exponential(.3), .2, 1))
        hits.append(h)
    for _ in range(rng.binomial(len(clean), .01 + .07 * worse)):
        extra = dict(clean[rng.integers(len(clean))], confidence=float(rng.uniform(.2, .8)))
        extra["time_seconds"] = float(rng.uniform(clean[0]["time_seconds"], clean[-1]["time_seconds"]))
        extra["velocity"] *= float(rng.uniform(.4, 1))
        hits.append(extra)
    return dict(piece, hits=sorted(hits, key=lambda h: h["time_seconds"]))
