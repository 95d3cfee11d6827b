"""Peaks of activations and how well they match a truth; the training's own yardstick, not the judge of record."""
import numpy as np

from model import CLASSES, SPANS

FIVE = [list(range(s.start, s.stop)) for s in SPANS[:5]]
THRESHOLDS = np.array([.08, .12, .17, .22, .28, .34, .4, .46, .52, .58, .65, .72, .8])


def peaks(a, offset, floor=.05, reach=2):
    """(times in s, heights) of the local maxima of one activation curve."""
    p = np.pad(a, reach, constant_values=-1)
    around = np.max([p[i:len(p) - 2 * reach + i] for i in range(2 * reach + 1) if i != reach], 0)
    before = np.max([p[i:len(p) - 2 * reach + i] for i in range(reach)], 0)
    at = np.flatnonzero((a >= floor) & (a >= around) & (a > before))
    return (at + np.clip(offset[at], -1, 1)) / 100, a[at]


def candidates(activations):
    """Local maxima: arrays time_s, class, probability, velocity, frame, sorted by frame; as `crates/listen/src/hits/candidates.rs`."""
    onset, velocity, offset = activations[:3]
    p = np.pad(onset, ((2, 2), (0, 0)))
    b2, b1, here, a1, a2 = [p[i:len(onset) + i] for i in range(5)]
    dip = .65 * here
    peak = (here >= .05) & (here > b1) & (here >= a1) & ((here > b2) | (b1 <= dip)) & ((here >= a2) | (a1 <= dip))
    f, c = np.nonzero(peak)
    return (f + np.clip(offset[f, c], -1, 1)) / 100, c, onset[f, c], velocity[f, c], f


def matches(times, truth, window_s):
    """How many of the sorted times can be paired with sorted truths, each within the window (greedy from the left)."""
    i = j = n = 0
    while i < len(times) and j < len(truth):
        d = times[i] - truth[j]
        if abs(d) <= window_s:
            n, i, j = n + 1, i + 1, j + 1
        elif d < 0:
            i += 1
        else:
            j += 1
    return n


def sweep(found, window_s):
    """F per threshold over items: found is a list of (times, heights, truth times)."""
    rows = np.zeros((len(THRESHOLDS), 3))
    for times, heights, truth in found:
        order = np.argsort(times)
        times, heights = times[order], heights[order]
        for k, t in enumerate(THRESHOLDS):
            on = heights >= t
            rows[k] += (matches(times[on], truth, window_s), on.sum(), len(truth))
    return rows


def best_f(results):
    """Pooled F of five groups (at 50 and 20 ms) and of all classes, each at its best threshold."""
    five, every = [], []
    for g in FIVE:
        found = []
        for (onset, _, offset, *_), hits in results:
            who = onset[:, g].argmax(1)
            o = offset[:, g][np.arange(len(who)), who]
            t = np.sort(hits[np.isin(hits[:, 1], g), 0])
            found.append((*peaks(onset[:, g].max(1), o), t[np.r_[True, np.diff(t) > .02]] if len(t) else t))
        five.append(found)
    for c in range(len(CLASSES)):
        every.append([(*peaks(onset[:, c], offset[:, c]), np.sort(hits[hits[:, 1] == c, 0]))
                      for (onset, _, offset, *_), hits in results])
    f = lambda r: 2 * r[0] / max(1, r[1] + r[2])
    out, chosen = {}, []
    for window_s in (.05, .02):
        rows = [sweep(found, window_s) for found in five]
        chosen = chosen or [int(np.argmax([f(r) for r in rr])) for rr in rows]
        picked = [rr[k] for rr, k in zip(rows, chosen)]
        out[f"f{window_s * 1000:.0f}"] = round(f(sum(picked)), 4)
        if window_s == .05:
            out["per"] = [round(f(r), 3) for r in picked]
            out["at"] = [float(THRESHOLDS[k]) for k in chosen]
    rows = [sweep(found, .05) for found in every]
    out["f_all"] = round(f(sum(rr[int(np.argmax([f(r) for r in rr]))] for rr in rows)), 4)
    return out
