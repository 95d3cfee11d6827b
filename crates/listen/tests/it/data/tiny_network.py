"""Makes `tiny/`: a small network with made-up weights, its card, and what numpy says it should answer.

Run: `python tiny_network.py` with numpy and onnx. Sound: the same formula as `log_mel.py`, longer. The network: frames of
40 values (24 bands of 1024 samples, 8 bands of 256 samples at two places), a convolution over time and bands, two dilated
ones over time, one head; it looks 1 + 4 + 8 = 13 frames to each side.
"""
import hashlib, pathlib, struct
import numpy as np, onnx
from onnx import helper, numpy_helper, reference

RATE, HOP, CLASSES = 44100, 441, ["kick", "snare", "tom_high", "tom_floor", "hihat_closed", "hihat_open", "crash"]
LAYERS = [(1024, 24, 30.0, 16500.0, (0,)), (256, 8, 200.0, 16500.0, (-64, 64))]
OUT = pathlib.Path(__file__).parent / "tiny"


def mel_bank(window, bands, low_hz, high_hz):
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = 700 * (10 ** (np.linspace(mel(low_hz), mel(high_hz), bands + 2) / 2595) - 1)
    hz = np.arange(window // 2 + 1) * RATE / window
    bank = np.zeros((len(hz), bands))
    for i, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:])):
        bank[:, i] = np.maximum(np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre)), 0)
        if not bank[:, i].any():
            bank[min(round(centre * window / RATE), len(hz) - 1), i] = 1
    return bank


def features(x):
    frames, pad = len(x) // HOP + 1, 4096
    x = np.pad(x.astype(np.float64), (pad, pad))
    columns = []
    for window, bands, low, high, centres in LAYERS:
        hann = (.5 - .5 * np.cos(2 * np.pi * np.arange(window) / window)) * 4 / window
        bank = mel_bank(window, bands, low, high)
        for centre in centres:
            cut = np.stack([x[pad + n * HOP + centre - window // 2:][:window] for n in range(frames)])
            columns.append(np.abs(np.fft.rfft(cut * hann)) ** 2 @ bank)
    return np.log10(np.maximum(np.concatenate(columns, 1), 1e-10)).astype(np.float32)


def sound():
    n = np.arange(66150, dtype=np.float64)
    t, since = n / RATE, n % 11025
    grain = .001 * ((n * 7919 % 1009) / 504.5 - 1)
    return (.5 * np.sin(2 * np.pi * 70 * t) * np.exp(-since / 3000) * (n // 11025 % 2 == 0)
            + .3 * np.sin(2 * np.pi * 5000 * t) * np.exp(-since / 900) + grain).astype(np.float32)


def network():
    rng = np.random.default_rng(7)
    c = len(CLASSES)
    draw = lambda scale, *shape: (rng.standard_normal(shape) * scale).astype(np.float32)
    whole = lambda *values: np.array(values, np.int64)
    constants = {
        "half": np.array(2, np.float32), "five": np.array(5, np.float32), "axis1": whole(1), "front.w": draw(.5, 4, 1, 5, 3),
        "front.b": draw(.1, 4), "long.from": whole(0), "long.to": whole(24), "short.to": whole(40), "bands": whole(2),
        "cut0": whole(0), "cut1": whole(1), "cut3": whole(3), "end": whole(2**62), "free": whole(-1), "one": whole(1),
        "join.w": draw(.2, 16, 48 + 16, 1), "join.b": draw(.1, 16), "mid.w": draw(.2, 16, 16, 3), "mid.b": draw(.1, 16),
        "far.w": draw(.2, 16, 16, 3), "far.b": draw(.1, 16), "head.w": draw(.15, 3 * c + 2, 16, 1),
        "head.b": draw(.5, 3 * c + 2),
        "at0": whole(0), "at1": whole(c), "at2": whole(2 * c), "at3": whole(3 * c), "at4": whole(3 * c + 2), "four": whole(4),
        "low": np.array(-.6, np.float32), "high": np.array(.6, np.float32)}
    node = helper.make_node
    part = lambda name, a, b: node("Slice", ["y", a, b, "bands"], [name])
    nodes = [
        node("Add", ["features", "five"], ["a"]), node("Div", ["a", "half"], ["b"]),
        node("Transpose", ["b"], ["x"], perm=[0, 2, 1]), node("Unsqueeze", ["x", "axis1"], ["plane0"]),
        node("Slice", ["plane0", "long.from", "long.to", "bands"], ["plane"]),
        node("Conv", ["plane", "front.w", "front.b"], ["f"], kernel_shape=[5, 3], pads=[2, 1, 2, 1], strides=[2, 1]),
        node("Relu", ["f"], ["g"]), node("Shape", ["g"], ["s"]), node("Slice", ["s", "cut0", "cut1"], ["s0"]),
        node("Slice", ["s", "cut3", "end"], ["s3"]), node("Concat", ["s0", "free", "s3"], ["flat"], axis=0),
        node("Reshape", ["g", "flat"], ["h"]), node("Slice", ["x", "long.to", "short.to", "one"], ["quick"]),
        node("Concat", ["h", "quick"], ["both"], axis=1), node("Conv", ["both", "join.w", "join.b"], ["j"], kernel_shape=[1]),
        node("Conv", ["j", "mid.w", "mid.b"], ["m"], kernel_shape=[3], pads=[4, 4], dilations=[4]), node("Relu", ["m"], ["mr"]),
        node("Add", ["j", "mr"], ["k"]),
        node("Conv", ["k", "far.w", "far.b"], ["n"], kernel_shape=[3], pads=[8, 8], dilations=[8]), node("Tanh", ["n"], ["nt"]),
        node("Add", ["k", "nt"], ["trunk"]), node("Conv", ["trunk", "head.w", "head.b"], ["z"], kernel_shape=[1]),
        node("Transpose", ["z"], ["y"], perm=[0, 2, 1]), part("o", "at0", "at1"), part("v", "at1", "at2"),
        part("d", "at2", "at3"), part("p", "at3", "at4"), node("Sigmoid", ["o"], ["onset"]),
        node("Sigmoid", ["v"], ["velocity"]), node("Clip", ["d", "low", "high"], ["offset"]), node("Sigmoid", ["p"], ["beat"]),
        node("Transpose", ["trunk"], ["tt"], perm=[0, 2, 1]), node("Slice", ["tt", "at0", "four", "bands"], ["timbre"])]
    port = lambda name, width: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, "frames", width])
    graph = helper.make_graph(
        nodes, "tiny", [port("features", 40)],
        [port("onset", c), port("velocity", c), port("offset", c), port("beat", 2), port("timbre", 4)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")


def card(weights):
    layer = "\n[[features.layers]]\nwindow_samples = {}\nbands = {}\nlow_hz = {}\nhigh_hz = {}\ncentres_samples = {}\n"
    groups = [("kick", CLASSES[:1]), ("snare", CLASSES[1:2]), ("toms", CLASSES[2:4]), ("hihat", CLASSES[4:6]),
              ("crash", CLASSES[6:])]
    quote = lambda names: "[" + ", ".join(f'"{name}"' for name in names) + "]"
    return "".join([
        '# A network with made-up weights, for tests; made by tiny_network.py.\nname = "tiny"\nversion = "1"\n',
        'kind = "neural"\n',
        f'licence = "MIT"\nsha256 = "{hashlib.sha256(weights).hexdigest()}"\nclasses = {quote(CLASSES)}\ncombine_s = 0.02\n',
        "\n[features]\nsample_rate_hz = 44100\nhop_samples = 441\n", *[layer.format(*row[:4], list(row[4])) for row in LAYERS],
        "\n[network]\ncontext_frames = 13\nvelocity = true\ntimbre = { values = 4, neighbours = 3, reach = 0.1, share = 0.25 }\n",
        *[f'\n[[groups]]\nname = "{name}"\nmembers = {quote(m)}\nthresholds = {[.5] * len(m)}\n' for name, m in groups]])


def arrays(path, named):
    """The format of `crates/listen/src/classic/weights.rs`."""
    with open(path, "wb") as f:
        f.write(b"BBARRAY1" + struct.pack("<I", len(named)))
        for name, value in named.items():
            value = np.ascontiguousarray(value, "<f4")
            f.write(struct.pack("<I", len(name)) + name.encode() + struct.pack(f"<I{value.ndim}I", value.ndim, *value.shape))
            f.write(value.tobytes())


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    model = network()
    onnx.checker.check_model(model, full_check=True)
    weights, x = model.SerializeToString(), sound()
    rows = features(x)
    answers = reference.ReferenceEvaluator(model).run(None, {"features": rows[None]})
    (OUT / "model.onnx").write_bytes(weights)
    (OUT / "model.toml").write_text(card(weights))
    named = dict(zip(["onset", "velocity", "offset", "beat", "timbre"], [answer[0] for answer in answers]))
    for name, value in named.items():
        print(name, value.shape, value.min(), value.max())
    arrays(OUT / "parity.bin", {"samples": x, "features": rows, **named})
