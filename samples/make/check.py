"""Checks the committed samples: `python check.py` (add --redraw to draw every picture again and compare)."""
import argparse
import json
import re
import socket
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image
from safetensors.torch import load_file

from export import load
from images import CLASSES, HELD_OUT_SEED, SIZE, jpeg, picture
from train import accuracy, held_out_set, normalise

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 5_500_000
FAILED = []


def check(what, ok, detail=""):
    """Report one check."""
    print(("ok    " if ok else "FAIL  ") + what + (f"  ({detail})" if detail else ""))
    if not ok:
        FAILED.append(what)


def run_onnx(path, x):
    """Logits of an ONNX file."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"image": x})[0]


def check_models(folder, x, y, readme):
    """Checkpoints against each other, against both ONNX files and against the README."""
    for name in ("init", "midway", "final"):
        model, checkpoint = load(folder / "checkpoints" / f"{name}.pt")
        twin = load_file(folder / "checkpoints" / f"{name}.safetensors")
        same = twin.keys() == checkpoint["model_state"].keys() and all(
            torch.equal(twin[key], value) and twin[key].dtype == value.dtype for key, value in checkpoint["model_state"].items())
        check(f"{name}.pt equals {name}.safetensors", same, f"{len(twin)} tensors, epoch {checkpoint['epoch']}")
        found = accuracy(model, x, y)
        model.eval()
        check(f"{name}: accuracy is the checkpoint's", abs(found - checkpoint["val_accuracy"]) < 6e-5, f"{found:.4f}")
        row = rf"\| {name} \| {checkpoint['epoch']} \| {100 * found:.1f} % \|"
        check(f"{name}: accuracy is the README's", re.search(row, readme) is not None, row.replace("\\", ""))
    check("labels.txt", (folder / "labels.txt").read_text().split("\n") == [*CLASSES, ""])
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    check("preprocessor_config.json", all(settings[k] == checkpoint["config"][k] for k in ("image_mean", "image_std"))
          and settings["size"] == {"height": SIZE, "width": SIZE} and settings["channel_order"] == "RGB")
    sample = x[::len(x) // 64][:64].contiguous()
    with torch.no_grad():
        expected = model(sample).numpy()
    for file in ("scopenet.onnx", "scopenet-named.onnx"):
        graph = onnx.load(folder / file)
        onnx.checker.check_model(graph, full_check=True)
        error = np.abs(run_onnx(folder / file, sample.numpy()) - expected).max() / np.abs(expected).max()
        check(f"{file} computes what final.pt computes on 64 images", error < 1e-5, f"relative error {error:.1e}")
        check(f"{file}: opset 17, dynamic batch, no doc strings", graph.opset_import[0].version == 17
              and graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
              and not any(node.doc_string for node in graph.graph.node))
    names = {tensor.name for tensor in graph.graph.initializer}
    missing = [key for key in checkpoint["model_state"] if key not in names and not key.endswith("num_batches_tracked")]
    check("scopenet-named.onnx has the names of the state_dict", not missing, f"{len(names)} initializers")


def check_images(folder, redraw):
    """Number, size and balance of the pictures; with redraw also their content, byte for byte."""
    files = {name: sorted((folder / name).glob("*.jpg")) for name in CLASSES}
    counts = {len(found) for found in files.values()}
    check("class folders", sorted(p.name for p in folder.iterdir()) == CLASSES)
    check("at least 600 pictures, balanced", len(counts) == 1 and 16 * min(counts) >= 600, f"{len(CLASSES)} x {counts}")
    opened = [Image.open(file) for found in files.values() for file in found]
    check("96 x 96 RGB JPEG", all((im.format, im.mode, im.size) == ("JPEG", "RGB", (SIZE, SIZE)) for im in opened))
    if redraw:
        changed = sum(jpeg(picture(HELD_OUT_SEED, label, n)) != file.read_bytes()
                      for label, name in enumerate(CLASSES) for n, file in enumerate(files[name]))
        check("pictures drawn again are the same files", changed == 0, f"{changed} differ")


def check_files():
    """Total size, and that no file names a place or a machine."""
    files = [p for p in ROOT.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    total = sum(p.stat().st_size for p in files)
    check(f"at most {LIMIT:,} bytes in all", total <= LIMIT, f"{total:,} bytes in {len(files)} files")
    own = [name for name in (socket.gethostname(), str(Path.home())) if len(name) > 5]
    places = re.compile(b"|".join([rb"/(home|root|work|tmp|usr|opt|Users|mnt)/", rb"[A-Z]:\\Users", b"site-packages/",
                                   *(re.escape(name).encode() for name in own)]))
    named = [str(p.relative_to(ROOT)) for p in files if p != Path(__file__).resolve() and places.search(p.read_bytes())]
    check("no path of a machine in any file", not named, ", ".join(named))


def main():
    """Run all checks; exit 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraw", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    readme = (ROOT / "README.md").read_text()
    settings = json.loads((ROOT / "scopenet" / "preprocessor_config.json").read_text())
    pictures, labels = held_out_set(ROOT / "images")
    x = normalise(pictures, settings["image_mean"], settings["image_std"])
    check_models(ROOT / "scopenet", x, torch.from_numpy(labels), readme)
    check_images(ROOT / "images", args.redraw)
    check_files()
    raise SystemExit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
