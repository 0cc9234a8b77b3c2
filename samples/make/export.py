"""Exports ScopeNet: `python export.py` turns ../scopenet/checkpoints/final.pt into the files beside it.

scopenet.onnx        evaluation graph, batch normalisation folded into the convolutions
scopenet-named.onnx  the same function with its BatchNormalization nodes and the state_dict's weight names
preprocessor_config.json, labels.txt
"""
import argparse
import json
from pathlib import Path

import onnx
import torch

from scopenet import ScopeNet

ROOT = Path(__file__).resolve().parent.parent


def load(path):
    """The network of a checkpoint, ready for evaluation, and the checkpoint."""
    checkpoint = torch.load(path, map_location="cpu")
    model = ScopeNet(len(checkpoint["config"]["classes"]))
    model.load_state_dict(checkpoint["model_state"])
    return model.eval(), checkpoint


def restore_shared(graph):
    """Tensors of equal values are stored once and passed on by an Identity; give each its own again."""
    stored = {tensor.name: tensor for tensor in graph.initializer}
    for node in [n for n in graph.node if n.op_type == "Identity" and n.input[0] in stored]:
        copy = graph.initializer.add()
        copy.CopyFrom(stored[node.input[0]])
        copy.name = node.output[0]
        graph.node.remove(node)


def export(model, path, size, **options):
    """Write an ONNX file with a dynamic batch and no record of where it was made."""
    torch.onnx.export(model, torch.zeros(1, 3, size, size), path, opset_version=17, input_names=["image"],
                      output_names=["logits"], dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}}, **options)
    graph = onnx.load(path)
    restore_shared(graph.graph)
    graph.doc_string = graph.graph.doc_string = ""
    for node in graph.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, path)


def main():
    """Write the four files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "scopenet")
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    model, checkpoint = load(folder / "checkpoints" / "final.pt")
    config = checkpoint["config"]
    size = config["image_size"]
    export(model, str(folder / "scopenet.onnx"), size)
    export(model, str(folder / "scopenet-named.onnx"), size,
           training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    preprocessing = {
        "do_resize": True, "size": {"height": size, "width": size}, "resample": 2, "do_center_crop": False,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
        "image_mean": config["image_mean"], "image_std": config["image_std"], "channel_order": "RGB",
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing, indent=2) + "\n")
    (folder / "labels.txt").write_text("\n".join(config["classes"]) + "\n")


if __name__ == "__main__":
    main()
