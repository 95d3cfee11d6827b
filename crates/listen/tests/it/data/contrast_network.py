"""Makes `contrast/`: a small network that takes recordings apart, its card, and what numpy says its stems should be. Makes
`fragile/` too: masks = .7 sqrt(1.9 - x), which are no numbers where sound is cut off for longer than its windows.

Run: `python contrast_network.py` with numpy and onnx. The network: where a bin is louder than the mean of it over nine
frames, something struck; kick, snare and hi-hat are told apart by nothing but their pitch. It is good enough to be looked
at, and simple enough to be computed by hand: masks = sigmoid(6 ln((x + e) / (mean of nine x + e))) * weight of stem and bin.
"""
import hashlib, pathlib
import numpy as np, onnx
from onnx import helper, numpy_helper, reference
from tiny_network import arrays

RATE, WINDOW, HOP, REACH, FLOOR, SLOPE = 44100, 1024, 256, 4, 1e-5, 6
STEMS = ["kick", "hihat", "snare"]
OUT = pathlib.Path(__file__).parent / "contrast"
FRAGILE, FRAGILE_WINDOW = pathlib.Path(__file__).parent / "fragile", 256
ROOT_HANN = np.sqrt(.5 - .5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW))


def weights():
    """Stems x bins: low, high, and most of what lies between."""
    hz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    low, high = 1 / (1 + (hz / 150) ** 4), 1 / (1 + (5000 / np.maximum(hz, 1)) ** 4)
    return np.stack([low, high, .8 * (1 - low - high).clip(0)]).astype(np.float32)


def network():
    bins = WINDOW // 2 + 1
    constants = {"floor": np.array(FLOOR, np.float32), "slope": np.array(SLOPE, np.float32),
                 "plane": np.array([1], np.int64), **{f"of.{stem}": of for stem, of in zip(STEMS, weights())}}
    node = helper.make_node
    nodes = [
        node("Unsqueeze", ["magnitudes", "plane"], ["x"]),
        node("AveragePool", ["x"], ["mean"], kernel_shape=[2 * REACH + 1, 1], strides=[1, 1],
             pads=[REACH, 0, REACH, 0]),
        node("Add", ["x", "floor"], ["x.up"]), node("Log", ["x.up"], ["x.log"]),
        node("Add", ["mean", "floor"], ["mean.up"]), node("Log", ["mean.up"], ["mean.log"]),
        node("Sub", ["x.log", "mean.log"], ["contrast"]), node("Mul", ["contrast", "slope"], ["steep"]),
        node("Sigmoid", ["steep"], ["struck"]), node("Squeeze", ["struck", "plane"], ["y"]),
        *[node("Mul", ["y", f"of.{stem}"], [f"mask.{stem}"]) for stem in STEMS],
        node("Concat", [f"mask.{stem}" for stem in STEMS], ["masks"], axis=2)]
    port = lambda name, width: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, "frames", width])
    graph = helper.make_graph(nodes, "contrast", [port("magnitudes", bins)], [port("masks", bins * len(STEMS))],
                              [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")


def fragile():
    bins = FRAGILE_WINDOW // 2 + 1
    node = helper.make_node
    nodes = [node("Sub", ["most", "magnitudes"], ["left"]), node("Sqrt", ["left"], ["root"]),
             node("Mul", ["root", "down"], ["masks"])]
    port = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, "frames", bins])
    graph = helper.make_graph(nodes, "fragile", [port("magnitudes")], [port("masks")],
                              [numpy_helper.from_array(np.array(value, np.float32), name)
                               for name, value in [("most", 1.9), ("down", .7)]])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="")


def card(name, what, weights, stems, window, hop, context):
    stems = ", ".join(f'"{stem}"' for stem in stems)
    return f'''# A network that {what}, for tests; made by contrast_network.py.
name = "{name}"
version = "1"
kind = "separator"
licence = "MIT"
sha256 = "{hashlib.sha256(weights).hexdigest()}"
stems = [{stems}]

[spectra]
sample_rate_hz = {RATE}
window_samples = {window}
hop_samples = {hop}

[network]
context_frames = {context}
'''


def sound():
    n = np.arange(11025, dtype=np.float64)
    t, since = n / RATE, n % 3675
    grain = .02 * ((n * 7919 % 1009) / 504.5 - 1)
    return (.5 * np.sin(2 * np.pi * 70 * t) * np.exp(-since / 1500) + .2 * np.sin(2 * np.pi * 440 * t)
            + .3 * np.sin(2 * np.pi * 8000 * t) * np.exp(-since / 300) + grain).astype(np.float32)


def spectra(x):
    """Frames x bins, from the first frame that touches the sound to the last."""
    half = WINDOW // 2
    first, end = -((half - 1) // HOP), (len(x) - 1 + half) // HOP + 1
    padded = np.pad(x.astype(np.float64), (WINDOW, WINDOW))
    cut = np.stack([padded[n * HOP - half + WINDOW:][:WINDOW] for n in range(first, end)])
    return first, np.fft.rfft(cut * ROOT_HANN)


def masks(magnitudes):
    rows = np.arange(len(magnitudes))
    mean = np.stack([magnitudes[max(n - REACH, 0):n + REACH + 1].mean(0) for n in rows])
    struck = 1 / (1 + np.exp(-SLOPE * np.log((magnitudes + FLOOR) / (mean + FLOOR))))
    return struck[:, None, :] * weights()


def sounds(first, spectrum, masks, samples):
    out = np.zeros(samples + 3 * WINDOW)
    for row, (bins, mask) in enumerate(zip(spectrum, masks)):
        at = (first + row) * HOP - WINDOW // 2 + WINDOW
        out[at:at + WINDOW] += np.fft.irfft(bins * mask) * ROOT_HANN * 2 * HOP / WINDOW
    return out[WINDOW:WINDOW + samples]


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    FRAGILE.mkdir(exist_ok=True)
    model = network()
    onnx.checker.check_model(model, full_check=True)
    weights_bytes, x = model.SerializeToString(), sound()
    first, spectrum = spectra(x)
    magnitudes = np.abs(spectrum) * 2 / ROOT_HANN.sum()
    by_hand = masks(magnitudes)
    answer = reference.ReferenceEvaluator(model).run(None, {"magnitudes": magnitudes[None].astype(np.float32)})[0][0]
    print("masks by numpy and by the graph differ by", np.abs(answer - by_hand.reshape(len(by_hand), -1)).max())
    assert np.abs(sounds(first, spectrum, np.ones_like(magnitudes), len(x)) - x).max() < 1e-9
    stems = {stem: sounds(first, spectrum, by_hand[:, at], len(x)) for at, stem in enumerate(STEMS)}
    for stem, found in stems.items():
        print(stem, np.abs(found).max())
    (OUT / "model.onnx").write_bytes(weights_bytes)
    (OUT / "model.toml").write_text(
        card("contrast", "knows nothing but contrast", weights_bytes, STEMS, WINDOW, HOP, REACH))
    arrays(OUT / "parity.bin", {"samples": x, **stems})
    breaks = fragile()
    onnx.checker.check_model(breaks, full_check=True)
    (FRAGILE / "model.onnx").write_bytes(breaks.SerializeToString())
    (FRAGILE / "model.toml").write_text(
        card("fragile", "breaks on loud sound", breaks.SerializeToString(), ["kick"], FRAGILE_WINDOW, 64, 0))
