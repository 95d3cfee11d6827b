#!/usr/bin/env python3
"""How sure a figure is: bootstrap intervals over tracks, paired differences of two models, and whether confidence is true.

  intervals.py JUDGES --suite DIR PRED [PRED2]         items of a made suite, truth in DIR/NNN.json
  intervals.py JUDGES --ref DIR PRED [PRED2]           recordings with references DIR/NAME.txt of five classes

JUDGES is the folder of evaluate.py and score_suite.py, PRED a folder of NAME.json as `hear` or `backbeat transcribe --to judge`
write them. Conventions: pooled F of five classes; tracks are drawn with replacement 2,000 times from a fixed seed; intervals hold
95 %; the interval of a difference draws the same tracks for both. Confidence is read of fifteen classes on suites, of five on
recordings; ECE is the mean distance between confidence and share right over ten bins (Naeini and others, 2015).
"""
import argparse, glob, json, os, sys
import numpy as np

DRAWS = 2000


def hits_of(path):
    found = json.load(open(path))
    return found if isinstance(found, list) else found.get("hits", found.get("events"))


def counts(judge, refs, preds, window_s):
    """Rows of true, extra and missed strokes, one per track."""
    scored = judge.score(refs, preds, judge.FIVE, window_s)["per_track"]
    return np.array([[scored[t][k] for k in ("tp", "fp", "fn")] for t in refs], float)


def f(rows):
    tp, fp, fn = rows.sum(-2).T
    return 2 * tp / (2 * tp + fp + fn)


def reliability(judge, classes, extra, truths, found):
    """Rows of (confidence, whether right) of all hits: each truth goes to the surest hit within 50 ms."""
    rows = []
    for name, truth in truths.items():
        truth, used = list(truth), set()
        for hit in sorted(found[name], key=lambda h: -h["confidence"]):
            c = judge.classify(hit["instrument"], classes, extra)
            near = [(abs(t - hit["time_seconds"]), i) for i, (t, k) in enumerate(truth)
                    if k == c and i not in used and abs(t - hit["time_seconds"]) <= .05]
            used |= {min(near)[1]} if near else set()
            rows.append((hit["confidence"], bool(near)))
    return np.array(rows, float)


def told(rows):
    """The reliability table in words."""
    at = np.clip((rows[:, 0] * 10).astype(int), 0, 9)
    bins = [(k, rows[at == k]) for k in range(10) if (at == k).any()]
    ece = sum(abs(b[:, 0].mean() - b[:, 1].mean()) * len(b) for _, b in bins) / len(rows)
    return f"ECE {ece:.3f}; confidence: hits, share right: " + ", ".join(f".{k}: {len(b)}, {b[:, 1].mean():.2f}" for k, b in bins)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("judges")
    ap.add_argument("--suite")
    ap.add_argument("--ref")
    ap.add_argument("pred", nargs="+")
    a = ap.parse_args()
    sys.path.insert(0, a.judges)
    import evaluate as judge, score_suite
    extra = score_suite.names()
    folder, ending = (a.suite, ".json") if a.suite else (a.ref, ".txt")
    names = [n for n in sorted(os.path.basename(p)[:-len(ending)] for p in glob.glob(f"{folder}/*{ending}")) if n != "suite"]
    classes = judge.RICH if a.suite else judge.FIVE
    if a.suite:
        strokes = {n: [(h["time_seconds"], h["instrument"]) for h in hits_of(f"{folder}/{n}.json")] for n in names}
    else:
        strokes = {n: [(float(p[0]), p[1]) for p in map(str.split, open(f"{folder}/{n}.txt")) if len(p) > 1] for n in names}

    def by_class(pairs, classes):
        named = [(float(t), k if k in classes else judge.classify(k, classes, extra)) for t, k in pairs]
        return {c: judge.dedupe(sorted((t, np.nan) for t, k in named if k == c)) for c in classes}
    refs = {n: by_class(strokes[n], judge.FIVE) for n in names}
    draws = np.random.default_rng(1).integers(0, len(names), (DRAWS, len(names)))
    spread = lambda values: "{:.3f} .. {:.3f}".format(*np.quantile(values, [.025, .975]))
    first = {}
    for folder in a.pred:
        found = {n: hits_of(f"{folder}/{n}.json") for n in names}
        preds = {n: by_class([(h["time_seconds"], h["instrument"]) for h in found[n]], judge.FIVE) for n in names}
        for window_s in (.05, .02):
            rows = counts(judge, refs, preds, window_s)
            drawn = f(rows[draws])
            line = f"{folder} F at {window_s * 1000:.0f} ms {f(rows):.3f}, {spread(drawn)}"
            if window_s in first:
                line += f"; more than the first by {spread(drawn - first[window_s])}"
            first.setdefault(window_s, drawn)
            print(line)
        named = {n: [(float(t), k if k in classes else judge.classify(k, classes, extra)) for t, k in strokes[n]] for n in names}
        print("  ", told(reliability(judge, classes, extra, named, found)))


if __name__ == "__main__":
    main()
