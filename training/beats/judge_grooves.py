#!/usr/bin/env python3
"""Judge the beat tracker on performed grooves: Groove MIDI hits -> tracker -> beat F, downbeat F, places in the bar.

  cargo build --release -p listen --example beats
  judge_grooves.py --data DATA --tracker target/release/examples/beats [--split val] [--cut] [--per-item]

DATA holds `grooves.csv` and the performances it lists (Groove MIDI Dataset, Gillick et al. 2019, CC BY 4.0). Taken are beats in 4/4
with at least 16 hits, their first 16 bars, shifted by a random time; the tracker knows neither tempo nor meter. `--cut` also
takes the start of each away, up to a random beat of its first bar. Tune on `train` and `val`; look at `test` rarely.

Columns: beat and downbeat F within 70 ms; `place`: share of hits whose place in the bar is within 1/16 beat of the true one; `acc1`,
`acc2`: tempo within 4 %, and that times 2, 3, 1/2 or 1/3; `meter`: it is 4/4. The grooves made for `eval_session` are plain and stand
apart. Needs numpy, mido, mir_eval.
"""
import argparse, csv, json, os, subprocess
import mido, mir_eval, numpy as np
from pieces import PADS

BARS, BEATS_PER_BAR = 16, 4


def performed(path, rng, cut):
    """Hits [(seconds, beats from the first bar line, key, velocity)] and beat times, shifted in time."""
    midi = mido.MidiFile(path)
    tick, time, tempo, hits, per_beat = 0, 0.0, 500_000, [], midi.ticks_per_beat
    for msg in mido.merge_tracks(midi.tracks):
        tick, time = tick + msg.time, time + mido.tick2second(msg.time, per_beat, tempo)
        if msg.type == "set_tempo":
            tempo = msg.tempo
        elif msg.type == "note_on" and msg.velocity and tick < BARS * BEATS_PER_BAR * per_beat:
            hits.append((time, tick / per_beat, msg.note, msg.velocity / 127))
    begin = int(rng.integers(BEATS_PER_BAR)) if cut else 0
    hits = [h for h in hits if h[1] > begin - .25]
    beat_s, shift = tempo / 1e6, float(rng.uniform(0, 2))
    last = int(np.ceil(hits[-1][1]))
    beats = [(shift + (b * beat_s), b % BEATS_PER_BAR == 0) for b in range(begin, last + 1)]
    return [(t + shift, p, k, v) for t, p, k, v in hits], beats


def f_measure(truth, guess):
    hits = len(mir_eval.util.match_events(np.array(truth), np.array(guess), .07)) if truth and guess else 0
    return 2 * hits / (len(truth) + len(guess)) if truth or guess else 1.0


def judge(hits, beats, read):
    lo, hi = hits[0][0] - .1, hits[-1][0] + .1
    inside = lambda pairs: [(t, d) for t, d in pairs if lo <= t <= hi]
    truth, guess = inside(beats), inside([(b["time"], b["beat"] == 1) for b in read["beats"]])
    times = [b["time"] for b in read["beats"]]
    index = np.interp([h[0] for h in hits], times, np.arange(len(times))) if times else np.zeros(len(hits))
    place = 0.0
    if times:
        first = read["beats"][0]["beat"] - 1
        off = (index + first - [h[1] for h in hits] + 2) % BEATS_PER_BAR - 2
        place = float(np.mean(np.abs(off) <= 1 / 16)) if read["meter"] == "4/4" else 0.0
    ratio = read["bpm"] * (beats[1][0] - beats[0][0]) / 60 if read["bpm"] else 0
    near = lambda r: abs(ratio / r - 1) <= .04
    return dict(beat=f_measure([t for t, _ in truth], [t for t, _ in guess]),
                down=f_measure([t for t, d in truth if d], [t for t, d in guess if d]), place=place,
                acc1=near(1), acc2=any(map(near, (1, 2, 3, .5, 1 / 3))), meter=read["meter"] == "4/4")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--tracker", required=True)
    ap.add_argument("--split", default="val", choices=["train", "val", "test"])
    ap.add_argument("--cut", action="store_true")
    ap.add_argument("--per-item", action="store_true")
    a = ap.parse_args()
    rows = [r for r in csv.DictReader(open(os.path.join(a.data, "grooves.csv")))
            if (r["dataset"], r["split"], r["beat_type"], r["time_signature"]) == ("gmd", a.split, "beat", "4-4")
            and int(r["n_notes"]) >= 16]
    items = [performed(os.path.join(a.data, r["path"]), np.random.default_rng([8, i]), a.cut) for i, r in enumerate(rows)]
    hit = lambda t, key, v: dict(time_seconds=t, instrument=PADS.get(key, "cowbell"), velocity=v)
    lines = "\n".join(json.dumps(dict(hits=[hit(t, k, v) for t, _, k, v in hits])) for hits, _ in items)
    out = subprocess.run([a.tracker], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    scores = [judge(*item, json.loads(line)) for item, line in zip(items, out)]
    if a.per_item:
        for row, line, s in zip(rows, out, scores):
            read = json.loads(line)
            print(f"{os.path.basename(row['path']):50s} beat {s['beat']:.2f} down {s['down']:.2f} place {s['place']:.2f}"
                  f"  {row['bpm']} read {read['bpm'] or 0:.0f} {read['meter']}  or {read['alternatives'][:2]}")
    for name, group in (("eval_session", True), ("the others", False)):
        chosen = [s for r, s in zip(rows, scores) if ("eval_session" in r["session"]) == group]
        if chosen:
            mean = {k: np.mean([float(s[k]) for s in chosen]) for k in chosen[0]}
            print(f"{a.split} {name:13s} n={len(chosen):3d} " + " ".join(f"{k} {v:.3f}" for k, v in mean.items()))


if __name__ == "__main__":
    main()
