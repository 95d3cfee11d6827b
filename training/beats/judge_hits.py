#!/usr/bin/env python3
"""Judge the beat tracker on hits known exactly: suite truth -> 5 % of the hits dropped, 2 % put in, 3 ms of noise -> tracker -> DIR.

  cargo build --release -p listen --example beats
  judge_hits.py --suite SUITE --tracker target/release/examples/beats --out DIR
  score_suite.py --pred DIR --suite SUITE

SUITE is a folder made by make_suite.py; only its NNN.json are read. The same suite gives the same hits.
"""
import argparse, json, os, subprocess
import numpy as np


def damaged(truth, seed):
    rng, hits = np.random.default_rng(seed), []
    clean = [{k: h[k] for k in ("time_seconds", "instrument", "velocity")} for h in truth["hits"]]
    hits = [dict(h) for h in clean if rng.random() > .05]
    for _ in range(rng.binomial(len(clean), .02)):
        extra = dict(clean[rng.integers(len(clean))])
        extra["time_seconds"] = float(rng.uniform(clean[0]["time_seconds"], clean[-1]["time_seconds"]))
        hits.append(extra)
    for h in hits:
        h["time_seconds"] += float(rng.normal(0, .003))
    return sorted(hits, key=lambda h: h["time_seconds"])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--suite", required=True)
    ap.add_argument("--tracker", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    ids = [i["id"] for i in json.load(open(os.path.join(a.suite, "suite.json")))["items"]]
    hits = {t: damaged(json.load(open(os.path.join(a.suite, t + ".json"))), [5, int(t)]) for t in ids}
    lines = "\n".join(json.dumps(dict(hits=hits[t])) for t in ids)
    out = subprocess.run([a.tracker], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    os.makedirs(a.out, exist_ok=True)
    for t, line in zip(ids, out):
        read = json.loads(line)
        json.dump(dict({k: read[k] for k in ("beats", "bpm", "meter")}, hits=hits[t]), open(os.path.join(a.out, t + ".json"), "w"))


if __name__ == "__main__":
    main()
