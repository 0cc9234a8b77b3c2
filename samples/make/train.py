"""Trains ScopeNet: `python train.py` writes ../scopenet/checkpoints/{init,midway,final}.pt and .safetensors.

The training pictures (seed 1) are drawn once and cached; the held-out pictures are the committed JPEGs.
"""
import argparse
import json
import tempfile
import time
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional as F

from images import CLASSES, SIZE, TRAIN_SEED, picture
from scopenet import ScopeNet

ROOT = Path(__file__).resolve().parent.parent
MIRROR = {"grating-left": "grating-right", "grating-right": "grating-left"}
MIRRORED = torch.tensor([CLASSES.index(MIRROR.get(name, name)) for name in CLASSES])


def draw(args):
    """All training pictures of one class."""
    label, count = args
    return np.stack([picture(TRAIN_SEED, label, n) for n in range(count)])


def training_set(per_class, cache, workers):
    """Training pictures (N, 96, 96, 3) and labels, drawn once and cached."""
    path = cache / f"scopenet-train-{TRAIN_SEED}-{per_class}.npy"
    if not path.exists():
        with Pool(workers) as pool:
            np.save(path, np.concatenate(pool.map(draw, [(c, per_class) for c in range(len(CLASSES))], 1)))
    return np.load(path), np.repeat(np.arange(len(CLASSES)), per_class)


def held_out_set(folder):
    """The committed pictures and their labels."""
    files = [(file, label) for label, name in enumerate(CLASSES) for file in sorted((folder / name).glob("*.jpg"))]
    pictures = np.stack([np.asarray(Image.open(file).convert("RGB")) for file, _ in files])
    return pictures, np.array([label for _, label in files])


def normalise(pictures, mean, std):
    """uint8 (N, 96, 96, 3) to a normalised float tensor (N, 3, 96, 96), stored channels last."""
    x = torch.from_numpy(pictures).float().div_(255).sub_(torch.tensor(mean)).div_(torch.tensor(std))
    return x.permute(0, 3, 1, 2)


def augment(x, y, generator):
    """Mirroring, shifts, brightness, contrast, channel gain and pixel noise."""
    n = len(x)
    rand = lambda low, high, *shape: torch.empty(*shape).uniform_(low, high, generator=generator)
    flip = rand(0, 1, n) < 0.5
    x, y = torch.where(flip[:, None, None, None], x.flip(3), x), torch.where(flip, MIRRORED[y], y)
    shift = torch.randint(-6, 7, (2,), generator=generator).tolist()
    x = F.pad(x, (6, 6, 6, 6), mode="reflect")[:, :, 6 + shift[0]:6 + shift[0] + SIZE, 6 + shift[1]:6 + shift[1] + SIZE]
    x = x * rand(0.75, 1.25, n, 1, 1, 1) * rand(0.94, 1.06, n, 3, 1, 1) + rand(-0.3, 0.3, n, 1, 1, 1)
    noise = torch.empty(x.shape).normal_(generator=generator)
    return (x + noise * rand(0, 0.3, n, 1, 1, 1)).contiguous(memory_format=torch.channels_last), y


@torch.no_grad()
def accuracy(model, x, y):
    """Share of pictures classified correctly."""
    model.eval()
    predicted = torch.cat([model(part).argmax(1) for part in x.split(200)])
    model.train()
    return (predicted == y).float().mean().item()


def save(folder, name, model, epoch, config, held_out, optimiser=None):
    """A training checkpoint as .pt and its weights alone as .safetensors."""
    state = {key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in model.state_dict().items()}
    checkpoint = {"epoch": epoch, "model_state": state, "config": config, "val_accuracy": round(accuracy(model, *held_out), 4)}
    if optimiser is not None:
        names = [key for key, _ in model.named_parameters()]
        momenta = [optimiser.state[p]["momentum_buffer"].contiguous().clone() for p in model.parameters()]
        checkpoint["optimizer_state"] = {"momentum_buffer": dict(zip(names, momenta))}
    torch.save(checkpoint, folder / f"{name}.pt")
    save_file(state, folder / f"{name}.safetensors", metadata={"format": "pt", "epoch": str(epoch)})
    print(f"saved {name}: epoch {epoch}, held-out accuracy {checkpoint['val_accuracy']:.4f}", flush=True)


def main():
    """Draw, train, save three checkpoints, print the training curve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "scopenet")
    parser.add_argument("--images", type=Path, default=ROOT / "images")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--per-class", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--midway", type=int, default=5, help="epoch of the midway checkpoint")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=1e-3)
    parser.add_argument("--stem-decay", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)

    pictures, labels = training_set(args.per_class, args.cache, args.threads)
    mean = [round(float(v), 4) for v in pictures.mean((0, 1, 2)) / 255]
    std = [round(float(v), 4) for v in np.sqrt([np.square(pictures[..., c] / 255.0 - mean[c]).mean() for c in range(3)])]
    test_pictures, test_labels = held_out_set(args.images)
    held_out = normalise(test_pictures, mean, std), torch.from_numpy(test_labels)
    config = {"arch": "ScopeNet", "classes": CLASSES, "image_size": SIZE, "image_mean": mean, "image_std": std,
              "train_images": len(pictures), "epochs": args.epochs, "batch_size": args.batch, "lr": args.lr,
              "momentum": 0.9, "weight_decay": args.weight_decay, "stem_weight_decay": args.stem_decay, "seed": args.seed}
    print(json.dumps(config))

    model = ScopeNet(len(CLASSES)).to(memory_format=torch.channels_last)
    folder = args.out / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    save(folder, "init", model, 0, config, held_out)
    stem = [model.stem.conv.weight]
    weights = [p for p in model.parameters() if p.ndim > 1 and p is not stem[0]]
    groups = [{"params": stem, "weight_decay": args.stem_decay}, {"params": weights, "weight_decay": args.weight_decay},
              {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=args.lr, momentum=0.9, nesterov=True)
    steps = len(pictures) // args.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, args.lr, total_steps=args.epochs * steps, pct_start=0.05,
                                                   cycle_momentum=False, final_div_factor=1e3)
    print("| epoch | loss | train accuracy | held-out accuracy | minutes |\n|---|---|---|---|---|")
    start = time.time()
    for epoch in range(1, args.epochs + 1):
        order = torch.randperm(len(pictures), generator=generator).numpy()
        loss_sum = hits = 0.0
        for k in range(steps):
            index = order[k * args.batch:(k + 1) * args.batch]
            x, y = augment(normalise(pictures[index], mean, std), torch.from_numpy(labels[index]), generator)
            logits = model(x)
            loss = F.cross_entropy(logits, y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            loss_sum += loss.item()
            hits += (logits.argmax(1) == y).float().mean().item()
        print(f"| {epoch} | {loss_sum / steps:.3f} | {hits / steps:.3f} | {accuracy(model, *held_out):.3f} | "
              f"{(time.time() - start) / 60:.1f} |", flush=True)
        if epoch == args.midway:
            save(folder, "midway", model, epoch, config, held_out)
    save(folder, "final", model, args.epochs, config, held_out, optimiser)


if __name__ == "__main__":
    main()
