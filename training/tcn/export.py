"""Writes a model folder: network, judge, card and parity arrays.

Goal: `OUT/{model.onnx, judge.bin, model.toml, parity.bin}` from trained weights and a judge. Conventions: thresholds,
velocity lines and the one latency come from validation packs (rendered sound of kits nobody trained on); arrays are in the
format of `crates/listen/src/classic/weights.rs`.
"""
import argparse, csv, hashlib, json, os, struct, warnings
import numpy as np, torch

from features import LAYERS, RATE, HOP, log_mel
from judge import MATCH_S, Judge, candidates, inputs
from model import CLASSES, CONTEXT, GROUPS, SPANS, Ear
from pack import load
from score import matches
from train import hear

MEMBERS = [(name, CLASSES[s]) for (name, _), s in zip(GROUPS, SPANS)]
HEADS = ["onset", "velocity", "offset", "beat"]
THRESHOLDS = np.arange(.15, .701, .025)
FEW = 40            # hits of a group in validation below which its threshold is the middle


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


def matched(songs, says, c):
    """(probability, is a hit, time error, velocity heard, true velocity) of the candidates of a class, and missed hits."""
    rows, missed = [], 0
    for (found, hits), p in zip(songs, says):
        time, k, _, v, _ = found
        mine, free = np.flatnonzero(k == c), {}
        for t, _, velocity in hits[hits[:, 1] == c]:
            near = [i for i in mine if abs(time[i] - t) <= MATCH_S and i not in free]
            if near:
                free[max(near, key=lambda i: p[i])] = (time, t, velocity)
            else:
                missed += 1
        rows += [(p[i], 1, free[i][1] - time[i], v[i], free[i][2]) if i in free else (p[i], 0, 0, v[i], 0) for i in mine]
    return np.array(rows, float).reshape(-1, 5), missed


def struck(found, p, span, threshold, together):
    """(times, classes) of the hits of a group: the likeliest first, one at a time but for toms and cymbals."""
    time, c = found[:2]
    kept = []
    for i in sorted(np.flatnonzero((c >= span.start) & (c < span.stop) & (p >= threshold)), key=lambda i: -p[i]):
        if all(abs(time[i] - time[k]) > .03 or (together and c[i] != c[k]) for k in kept):
            kept.append(i)
    kept.sort(key=lambda i: time[i])
    return time[kept], c[kept]


def group_f(songs, says, span, threshold, together):
    """Mean of the F of the group as a whole and the pooled F of its members."""
    whole, members = np.zeros(3), np.zeros(3)
    apart = lambda t: t[np.r_[True, np.diff(t) > .02]] if len(t) else t
    for (found, hits), p in zip(songs, says):
        times, classes = struck(found, p, span, threshold, together)
        truth = hits[(hits[:, 1] >= span.start) & (hits[:, 1] < span.stop)]
        t, u = apart(times), apart(truth[:, 0])
        whole += (matches(t, u, .05), len(t), len(u))
        for c in range(span.start, span.stop):
            t, u = times[classes == c], truth[truth[:, 1] == c, 0]
            members += (matches(t, u, .05), len(t), len(u))
    f = lambda r: 2 * r[0] / max(1, r[1] + r[2])
    return (f(whole) + f(members)) / 2, whole[2]


def numbers(songs, says):
    """Threshold and velocity line per group, latency in s."""
    table = [matched(songs, says, c) for c in range(len(CLASSES))]
    thresholds, lines = {}, {}
    for (name, members), span in zip(MEMBERS, SPANS):
        tried = [group_f(songs, says, span, t, name in ("toms", "cymbals")) for t in THRESHOLDS]
        thresholds[name] = float(THRESHOLDS[np.argmax([f for f, _ in tried])]) if tried[0][1] >= FEW else .5
        print(name, "threshold", thresholds[name], "F", round(max(f for f, _ in tried), 4), "of", tried[0][1])
        r = np.concatenate([table[CLASSES.index(c)][0] for c in members])
        r = r[(r[:, 1] == 1) & (r[:, 0] > .3)]
        if len(r) >= FEW:
            lines[name] = (r[:, 3].mean(), r[:, 4].mean(), float(np.clip(r[:, 4].std() / (r[:, 3].std() + 1e-6), .8, 1.6)))
    every = np.concatenate([r for r, _ in table])
    late = every[(every[:, 1] == 1) & (every[:, 0] > .4), 2]
    return thresholds, lines, float(np.median(late)) if len(late) else 0.0


def sources(data, tiers):
    """What the model was made from, as `[[data]]` entries of the card."""
    found = set()
    for table, keep in (("oneshots.csv", lambda r: r["split"] == "train"), ("rirs.csv", lambda r: True),
                        ("backing.csv", lambda r: r["kind"] == "audio")):
        rows = filter(keep, csv.DictReader(open(os.path.join(data, table))))
        found |= {(r["source"].split(" (")[0], r["licence"], int(r["licence_tier"])) for r in rows if int(r["licence_tier"]) in tiers}
    found.add(("Groove MIDI Dataset v1.0.0, train split", "CC-BY-4.0", 1))
    return [line for source, licence, tier in sorted(found) for line in
            ("", "[[data]]", f"source = {json.dumps(source)}", f"licence = {json.dumps(licence)}", f"tier = {tier}")]


def write_card(out, name, version, thresholds, lines, latency_s, extra):
    sha = lambda file: hashlib.sha256(open(os.path.join(out, file), "rb").read()).hexdigest()
    quote = lambda names: "[" + ", ".join(f'"{n}"' for n in names) + "]"
    card = ["# What the model hears, how its numbers are read, where they come from.",
            f'name = "{name}"', f'version = "{version}"', 'kind = "neural"', 'licence = "MIT"', f'sha256 = "{sha("model.onnx")}"',
            *([f'judge_sha256 = "{sha("judge.bin")}"'] if os.path.exists(os.path.join(out, "judge.bin")) else []), f"classes = {quote(CLASSES)}", f"latency_s = {latency_s:.5f}",
            "combine_s = 0.02", "", "[features]", f"sample_rate_hz = {RATE}", f"hop_samples = {HOP}"]
    for window, bands, low, high, centres in LAYERS:
        card += ["", "[[features.layers]]", f"window_samples = {window}", f"bands = {bands}", f"low_hz = {low}", f"high_hz = {high}",
                 f"centres_samples = {list(centres)}"]
    card += ["", "[network]", f"context_frames = {CONTEXT}", "velocity = true"]
    for group, members in MEMBERS:
        card += ["", "[[groups]]", f'name = "{group}"', f"members = {quote(members)}", f"threshold = {thresholds[group]:.3f}"]
        if group in lines:
            heard, true, gain = lines[group]
            card.append(f"velocity = {{ heard_mean = {heard:.3f}, true_mean = {true:.3f}, gain = {gain:.2f} }}")
    open(os.path.join(out, "model.toml"), "w").write("\n".join(card + extra) + "\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--weights", required=True)
    ap.add_argument("--judge", help="judge.npz, where there is one")
    ap.add_argument("--val", nargs="+", required=True)
    ap.add_argument("--name", default="tcn")
    ap.add_argument("--version", default="1")
    ap.add_argument("--tiers", type=int, nargs="+", default=[1, 2])
    ap.add_argument("--training", default="", help="a sentence on how it was trained, for the card")
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    os.makedirs(a.out, exist_ok=True)
    saved = torch.load(a.weights)
    net = Ear(saved["width"])
    net.load_state_dict(saved["net"])
    net.eval()
    write_onnx(net, os.path.join(a.out, "model.onnx"))
    write_parity(net, os.path.join(a.out, "parity.bin"))
    songs = [(candidates(hear(net, f)), h) for p in a.val for f, h, _ in load(p)]
    says = [found[2] for found, _ in songs]
    if a.judge:
        judge = Judge()
        judge.load_state_dict({k: torch.from_numpy(v) for k, v in np.load(a.judge).items()})
        write_arrays(os.path.join(a.out, "judge.bin"), {k: v.detach().numpy() for k, v in judge.state_dict().items()})
        with torch.no_grad():
            says = [torch.sigmoid(judge(torch.from_numpy(inputs(f)))).numpy() for f, _ in songs]
    thresholds, lines, latency_s = numbers(songs, says)
    extra = ["", "[training]", f"steps = {saved['step']}", f"text = {json.dumps(a.training)}"] + sources(a.data, a.tiers)
    write_card(a.out, a.name, a.version, thresholds, lines, latency_s, extra)


if __name__ == "__main__":
    main()
