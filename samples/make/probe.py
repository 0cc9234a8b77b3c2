"""Describes the stem's filters: `python probe.py` prints them as a table.

Each filter is summed up by its main colour direction (first singular vector), the share of its energy that
a uniform field would excite, and the grating (orientation, period) along that colour direction that drives it most.
"""
import argparse
from pathlib import Path

import numpy as np

from export import load

ROOT = Path(__file__).resolve().parent.parent
HUES = ["red", "yellow", "green", "cyan", "blue", "magenta"]


def colour_name(vector):
    """Name of a direction in RGB: light, dark or the nearest hue."""
    mean = vector.mean()
    red, green, blue = vector - mean
    if np.linalg.norm(vector - mean) < 0.4 * np.linalg.norm(vector):
        return "light" if mean > 0 else "dark"
    hue = np.degrees(np.arctan2(np.sqrt(3) / 2 * (green - blue), red - (green + blue) / 2)) % 360
    return HUES[int((hue + 30) // 60) % 6]


def best_grating(profile):
    """Orientation of the stripes (degrees, 0 horizontal, 45 rising to the right) and period in pixels."""
    y, x = np.mgrid[0:7, 0:7] - 3.0
    best = (0.0, 0, 0)
    for orientation in range(0, 180, 5):
        angle = np.radians(orientation)
        across = x * np.sin(angle) + y * np.cos(angle)
        for period in (4, 5, 6, 7, 8, 9, 10, 12, 14):
            wave = np.exp(2j * np.pi * across / period)
            wave -= wave.mean()
            best = max(best, (float(abs((profile * wave).sum()) / np.linalg.norm(wave)), orientation, period))
    return best[1:]


def main():
    """Print one row for each stem unit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "scopenet" / "checkpoints" / "final.pt")
    model, checkpoint = load(parser.parse_args().checkpoint)
    weight = model.stem.conv.weight.detach().numpy() / np.array(checkpoint["config"]["image_std"])[None, :, None, None]
    print("| unit | kind | orientation | period | colours | uniform share |\n|---|---|---|---|---|---|")
    for unit, kernel in enumerate(weight):
        u, s, v = np.linalg.svd(kernel.reshape(3, 49), full_matrices=False)
        colour, profile = u[:, 0], v[0].reshape(7, 7)
        if profile.sum() < 0:
            colour, profile = -colour, -profile
        share = 49 * (kernel.mean((1, 2)) ** 2).sum() / (kernel ** 2).sum()
        if share > 0.5:
            print(f"| {unit} | blob | – | – | {colour_name(colour)} | {share:.2f} |")
        else:
            orientation, period = best_grating(profile)
            kind = "edge" if period >= 12 else "bar"
            print(f"| {unit} | {kind} | {orientation}° | {period} px | {colour_name(colour)} / {colour_name(-colour)} | {share:.2f} |")


if __name__ == "__main__":
    main()
