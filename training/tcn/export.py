"""Writes a model folder: network, card and parity arrays.

Goal: `OUT/{model.onnx, model.toml, parity.bin}` from trained weights. Conventions: thresholds, velocity and confidence lines and
the one latency come from validation packs (rendered sound nobody trained on); arrays are in the format of `crates/listen/src/classic/weights.rs`.
"""
import argparse, csv, hashlib, json, os, struct, warnings
import numpy as np, torch

from features import LAYERS, RATE, HOP, log_mel
from model import CLASSES, CONTEXT, GROUPS, SPANS, Ear, WithTimbre
from pack import load
from score import candidates, matches
from timbre import NEIGHBOURS, REACH, SHARE, VALUES, around, directions, lent, log_odds, moments
from train import hear

MEMBERS = [(name, CLASSES[s]) for (name, _), s in zip(GROUPS, SPANS)]
HEADS = ["onset", "velocity", "offset", "beat", "timbre"]
THRESHOLDS = np.arange(.15, .801, .025)
MATCH_S = .03
# Whose strokes are taken for whose, and what a log-odd of the other group may take off (below 0: add): what is tried.
BLEED = dict(kick=("toms", (-.5, -1, -1.5)), toms=("kick", (1, 2, 3)))
BLEED_FROM = np.log(.1 / .9)
BLEED_MIN = .01     # F that a bleed has to gain
FEW = 40            # hits of a group in validation below which its threshold is the middle
FLAT = .02          # F that is not worth a threshold far from the middle: validation has few kits


def write_arrays(path, arrays):
    out = [b"BBARRAY1", struct.pack("<I", len(arrays))]
    for name, a in arrays.items():
        a = np.ascontiguousarray(a, "<f4")
        out += [struct.pack("<I", len(name)), name.encode(), struct.pack("<I", a.ndim), struct.pack(f"<{a.ndim}I", *a.shape), a.tobytes()]
    open(path, "wb").write(b"".join(out))


def write_onnx(net, path):
    axes = {n: {1: "frames"} for n in ["features", *HEADS]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, 300, sum(b * len(c) for _, b, _, _, c in LAYERS)),), path, dynamo=False,
                          opset_version=17, input_names=["features"], output_names=HEADS, dynamic_axes=axes)


def write_parity(net, path):
    """A made sound, its features and what the network says of it."""
    rng, n = np.random.default_rng(5), RATE * 3
    t = np.arange(n)
    x = rng.standard_normal(n) * np.exp(-(t % 11025) / 2000) * .2 + np.sin(t * .009) * np.exp(-(t % 22050) / 6000) * .4
    x = x.astype(np.float32)
    f = log_mel(x)
    with torch.no_grad():
        y = [v[0].numpy() for v in net(torch.from_numpy(f)[None])]
    write_arrays(path, dict(samples=x, features=f, **dict(zip(HEADS, y))))


def matched(songs, c):
    """(probability, is a hit, time error, velocity heard, true velocity) of the candidates of a class, and missed hits."""
    rows, missed = [], 0
    for (time, k, p, v, _), hits, _ in songs:
        mine, free = np.flatnonzero(k == c), {}
        for t, _, velocity in hits[hits[:, 1] == c]:
            near = [i for i in mine if abs(time[i] - t) <= MATCH_S and i not in free]
            if near:
                free[max(near, key=lambda i: p[i])] = (time, t, velocity)
            else:
                missed += 1
        rows += [(p[i], 1, free[i][1] - time[i], v[i], free[i][2]) if i in free else (p[i], 0, 0, v[i], 0) for i in mine]
    return np.array(rows, float).reshape(-1, 5), missed


def company(onset, found):
    """Largest log-odds of each group within two frames of each candidate, as far as they are above one in ten."""
    near = around(onset)[found[4]]
    return np.stack([np.maximum(0, log_odds(near[:, s].max(1)) - BLEED_FROM) for s in SPANS], 1)


def heard(song, span, threshold, bleed):
    """Log-odds of the candidates, less what another group explains of them; the same as `listen::hits::decide`."""
    found, _, beside = song
    odds = log_odds(found[2])
    if bleed is None:
        return odds
    other, slope = bleed
    mine = (found[1] >= span.start) & (found[1] < span.stop) & (odds >= log_odds(threshold))
    share = (1 + (beside[mine, other] > 0).sum()) / (4 + mine.sum())
    return odds - slope * share ** 2 * beside[:, other]


def struck(song, span, threshold, together, bleed=None):
    """Which candidates are the hits of a group, the likeliest first, one at a time but for toms and cymbals; and all log-odds."""
    time, c = song[0][:2]
    odds, kept = heard(song, span, threshold, bleed), []
    for i in sorted(np.flatnonzero((c >= span.start) & (c < span.stop) & (odds >= log_odds(threshold))), key=lambda i: -odds[i]):
        if all(abs(time[i] - time[k]) > .03 or (together and c[i] != c[k]) for k in kept):
            kept.append(i)
    return np.array(sorted(kept, key=lambda i: time[i]), int), odds


def group_f(songs, span, threshold, together, bleed=None):
    """Mean of the F of the group as a whole and the pooled F of its members; and how many strokes there are."""
    whole, members = np.zeros(3), np.zeros(3)
    apart = lambda t: t[np.r_[True, np.diff(t) > .02]] if len(t) else t
    for song in songs:
        found, hits = song[:2]
        kept, _ = struck(song, span, threshold, together, bleed)
        times, classes = found[0][kept], found[1][kept]
        truth = hits[(hits[:, 1] >= span.start) & (hits[:, 1] < span.stop)]
        t, u = apart(times), apart(truth[:, 0])
        whole += (matches(t, u, .05), len(t), len(u))
        for c in range(span.start, span.stop):
            t, u = times[classes == c], truth[truth[:, 1] == c, 0]
            members += (matches(t, u, .05), len(t), len(u))
    f = lambda r: 2 * r[0] / max(1, r[1] + r[2])
    return (f(whole) + f(members)) / 2, whole[2]


def confidence(songs, span, threshold, together, bleed):
    """(shift, gain) of the log-odds of being right over the log-odds said, of the hits of a group; and how many there are."""
    rows = []
    for song in songs:
        found, hits = song[:2]
        free = np.ones(len(hits), bool)
        kept, odds = struck(song, span, threshold, together, bleed)
        for i in kept:
            near = np.flatnonzero(free & (hits[:, 1] == found[1][i]) & (np.abs(hits[:, 0] - found[0][i]) <= .05))
            free[near[:1]] = False
            rows.append((odds[i], len(near) > 0))
    x, right = np.array(rows, float).reshape(-1, 2).T
    x = np.clip(x, -7, 7)
    line = np.array([0.0, 1.0])
    for _ in range(30):              # Newton; some ten hits' worth of belief in (0, 1)
        a = np.column_stack([np.ones_like(x), x])
        q = 1 / (1 + np.exp(-a @ line))
        step = np.linalg.solve((a * (q * (1 - q))[:, None]).T @ a + 2 * np.eye(2), a.T @ (right - q) - 2 * (line - [0, 1]))
        line = line + np.clip(step, -1, 1)
    return float(np.clip(line[0], -8, 8)), float(np.clip(line[1], 0, 4)), len(x)


def mean_f(packs, *how):
    """`group_f` as the mean over the packs with enough strokes: suites and items changed by the renderer count alike."""
    rows = [group_f(songs, *how) for songs in packs]
    known = [f for f, strokes in rows if strokes >= FEW]
    return float(np.mean(known)) if known else 0.0, sum(strokes for _, strokes in rows)


def chosen(tried):
    """Of thresholds about as good as the best the one nearest to the middle."""
    best = max(tried)
    return float(min(THRESHOLDS[np.array(tried) >= best - FLAT], key=lambda t: abs(t - .5)))


def numbers(packs):
    """Threshold, velocity line, confidence line and bleed per group, latency in s."""
    songs = [song for pack in packs for song in pack]
    table = [matched(songs, c) for c in range(len(CLASSES))]
    thresholds, lines, sure, bleeds = {}, {}, {}, {}
    for (name, members), span in zip(MEMBERS, SPANS):
        together = name in ("toms", "cymbals")
        tried = {None: [mean_f(packs, span, t, together) for t in THRESHOLDS]}
        other, slopes = BLEED.get(name, (None, ()))
        for slope in slopes if tried[None][0][1] >= FEW else ():
            bleed = [g for g, _ in GROUPS].index(other), slope
            tried[bleed] = [mean_f(packs, span, t, together, bleed) for t in THRESHOLDS]
        best = max(tried, key=lambda b: max(tried[b])[0] - BLEED_MIN * (b is not None))
        if best is not None:
            bleeds[name] = other, best[1]
        thresholds[name] = chosen([f for f, _ in tried[best]]) if tried[None][0][1] >= FEW else .5
        for b, rows in tried.items():
            print(name, b or "", "F", round(max(f for f, _ in rows), 4), "of", rows[0][1], *(["threshold", thresholds[name]] if b == best else []))
        *line, found = confidence(songs, span, thresholds[name], together, best)
        if found >= FEW:
            sure[name] = line
        r = np.concatenate([table[CLASSES.index(c)][0] for c in members])
        r = r[(r[:, 1] == 1) & (r[:, 0] > .3)]
        if len(r) >= FEW:
            lines[name] = (r[:, 3].mean(), r[:, 4].mean(), float(np.clip(r[:, 4].std() / (r[:, 3].std() + 1e-6), .8, 1.6)))
    every = np.concatenate([r for r, _ in table])
    late = every[(every[:, 1] == 1) & (every[:, 0] > .4), 2]
    return thresholds, lines, sure, bleeds, float(np.median(late)) if len(late) else 0.0


def sources(data, tiers):
    """What the model was made from, as `[[data]]` entries of the card."""
    found = set()
    for table, keep in (("oneshots.csv", lambda r: r["split"] == "train"), ("rirs.csv", lambda r: True),
                        ("backing.csv", lambda r: True)):
        rows = filter(keep, csv.DictReader(open(os.path.join(data, table))))
        found |= {(r["source"].split(" (")[0], r["licence"], int(r["licence_tier"])) for r in rows if int(r["licence_tier"]) in tiers}
    found.add(("Groove MIDI Dataset v1.0.0, train split", "CC-BY-4.0", 1))
    return [line for source, licence, tier in sorted(found) for line in
            ("", "[[data]]", f"source = {json.dumps(source)}", f"licence = {json.dumps(licence)}", f"tier = {tier}")]


def write_card(out, name, version, thresholds, lines, sure, bleeds, latency_s, extra):
    sha = lambda file: hashlib.sha256(open(os.path.join(out, file), "rb").read()).hexdigest()
    quote = lambda names: "[" + ", ".join(f'"{n}"' for n in names) + "]"
    card = ["# What the model hears, how its numbers are read, where they come from.",
            f'name = "{name}"', f'version = "{version}"', 'kind = "neural"', 'licence = "MIT"', f'sha256 = "{sha("model.onnx")}"',
            f"classes = {quote(CLASSES)}", f"latency_s = {latency_s:.5f}",
            "combine_s = 0.02", "", "[features]", f"sample_rate_hz = {RATE}", f"hop_samples = {HOP}"]
    for window, bands, low, high, centres in LAYERS:
        card += ["", "[[features.layers]]", f"window_samples = {window}", f"bands = {bands}", f"low_hz = {low}", f"high_hz = {high}",
                 f"centres_samples = {list(centres)}"]
    card += ["", "[network]", f"context_frames = {CONTEXT}", "velocity = true",
             f"timbre = {{ values = {VALUES}, neighbours = {NEIGHBOURS}, reach = {REACH}, share = {SHARE} }}"]
    for group, members in MEMBERS:
        card += ["", "[[groups]]", f'name = "{group}"', f"members = {quote(members)}", f"threshold = {thresholds[group]:.3f}"]
        if group in lines:
            heard, true, gain = lines[group]
            card.append(f"velocity = {{ heard_mean = {heard:.3f}, true_mean = {true:.3f}, gain = {gain:.2f} }}")
        if group in sure:
            card.append("confidence = {{ shift = {:.2f}, gain = {:.2f} }}".format(*sure[group]))
        if group in bleeds:
            card.append('bleed = [{{ from = "{}", slope = {:.2f} }}]'.format(*bleeds[group]))
    open(os.path.join(out, "model.toml"), "w").write("\n".join(card + extra) + "\n")


def mean_of(paths):
    """The mean of the weights in several files. Halfway back to where a training began is often better than either end on sound like
    neither: M. Wortsman et al., "Robust fine-tuning of zero-shot models" (2022)."""
    files = [torch.load(path, weights_only=False) for path in paths]
    nets = [file.get("mean", file["net"]) for file in files]
    mean = {name: (sum(net[name].float() for net in nets) / len(nets)).to(first.dtype) for name, first in nets[0].items()}
    return dict(net=mean, width=len(mean["join.bias"]), step=max(file["step"] for file in files))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--weights", required=True, nargs="+", help="a best.pt or last.pt; the mean of several, of which one may be there twice")
    ap.add_argument("--val", nargs="+", required=True)
    ap.add_argument("--name", default="tcn")
    ap.add_argument("--version", default="1")
    ap.add_argument("--tiers", type=int, nargs="+", default=[1, 2])
    ap.add_argument("--training", default="", help="a sentence on how it was trained, for the card")
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    os.makedirs(a.out, exist_ok=True)
    saved = mean_of(a.weights)
    net = Ear(saved["width"])
    net.load_state_dict(saved["net"])
    net.eval()
    raw, packs = WithTimbre(net, torch.eye(saved["width"])).eval(), []
    for path in a.val:
        packs.append([])
        for f, hits, _ in load(path):
            activations = hear(raw, f)
            found = candidates(activations)
            packs[-1].append((found, hits, company(activations[0], found), *moments(activations, found)))
    ways = directions([song[5] for pack in packs for song in pack])
    packs = [[(lent(found, frames, odds, hidden @ ways.T), *known) for found, *known, frames, odds, hidden in pack] for pack in packs]
    whole = WithTimbre(net, torch.from_numpy(ways)).eval()
    write_onnx(whole, os.path.join(a.out, "model.onnx"))
    write_parity(whole, os.path.join(a.out, "parity.bin"))
    thresholds, lines, sure, bleeds, latency_s = numbers(packs)
    extra = ["", "[training]", f"steps = {saved['step']}", f"text = {json.dumps(a.training)}"] + sources(a.data, a.tiers)
    write_card(a.out, a.name, a.version, thresholds, lines, sure, bleeds, latency_s, extra)


if __name__ == "__main__":
    main()
