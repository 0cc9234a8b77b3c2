import type { RdmSettings, RdmView } from '../protocol/rdmViews';

interface Figure {
  /** With the exported files. */
  folder: string;
  view: RdmView;
  layer: string;
  /** Row of the files at each place; null where the figure has no order. */
  rows: number[] | null;
  settings: RdmSettings;
}

const colours: Record<RdmSettings['colours'], string> = { viridis: 'viridis', cividis: 'cividis', magma: 'magma', grey: 'gray' };

/** A script that draws a view of the RDM panel with NumPy and Matplotlib from the exported files. */
export function rdmAsPython({ folder, view, layer, rows, settings }: Figure): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const head = `import json
import pathlib

import matplotlib.pyplot as plt
import numpy as np

folder = pathlib.Path(${text(folder)})
result = json.loads((folder / "rdm.json").read_text())
files = dict(zip(result["layers"], result["files"]))
`;
  if (view === 'compare') return head + compareScript;
  const order = rows && rows.length > 2000 ? 'json.loads((folder / "order.json").read_text())' : text(rows);
  const percentile = settings.scale === 'percentile';
  const drawing = `
order = np.array(${order})


def load(layer):
    """The RDM of a layer in the order of the figure${percentile ? ', as percentiles of its dissimilarities' : ''}."""
    rdm = np.load(folder / f"{files[layer]}.npy")
${
  percentile
    ? `    pairs = np.sort(rdm[np.triu_indices(len(rdm), 1)])
    low = np.searchsorted(pairs, rdm, side="left")
    high = np.searchsorted(pairs, rdm, side="right")
    rdm = np.where(np.eye(len(rdm), dtype=bool), 0, 100 * (low + high) / 2 / len(pairs))
`
    : ''
}    return rdm[np.ix_(order, order)]

`;
  const label = percentile ? `f"{result['measure']}, percentile"` : 'result["measure"]';
  const limits = percentile ? ', vmin=0, vmax=100' : '';
  const cmap = colours[settings.colours];
  if (view === 'rdm')
    return `${head}${drawing}
layer = ${text(layer)}
figure, axes = plt.subplots(figsize=(6, 5))
image = axes.imshow(load(layer), cmap="${cmap}"${limits}, interpolation="nearest")
figure.colorbar(image, label=${label})
axes.set(title=layer, xlabel="stimulus", ylabel="stimulus")
plt.show()
`;
  return `${head}${drawing}
columns = min(6, len(files))
lines = -(-len(files) // columns)
figure, grid = plt.subplots(lines, columns, figsize=(2.2 * columns, 2.4 * lines), squeeze=False)
for axes, layer in zip(grid.flat, files):
    axes.imshow(load(layer), cmap="${cmap}"${limits}, interpolation="nearest")
    axes.set_title(layer, fontsize=6)
for axes in grid.flat:
    axes.axis("off")
plt.show()
`;
}

const compareScript = `
layers = result["layers"]
matrix = np.array(result["rsa"]["matrix"], dtype=float)
references = result["references"]

figure, axes = plt.subplots(1, 2 if references else 1, figsize=(12 if references else 6, 5), squeeze=False)
image = axes[0, 0].imshow(matrix, cmap="viridis", interpolation="nearest")
axes[0, 0].set_xticks(range(len(layers)), layers, rotation=90, fontsize=6)
axes[0, 0].set_yticks(range(len(layers)), layers, fontsize=6)
figure.colorbar(image, label=result["rsa"]["compare"])

if references:
    depth = np.arange(len(layers))
    curve = axes[0, 1]
    for reference in references:
        value = np.array([v["value"] for v in reference["values"]], dtype=float)
        interval = np.array([v["interval"] or [np.nan, np.nan] for v in reference["values"]], dtype=float)
        curve.fill_between(depth, interval[:, 0], interval[:, 1], alpha=0.2)
        curve.plot(depth, value, marker="o", label=reference["name"])
    ceiling = result.get("noiseCeiling")
    if ceiling:
        curve.axhspan(ceiling["lower"], ceiling["upper"], color="gray", alpha=0.3, label="noise ceiling")
    curve.axhline(0, color="gray", linewidth=0.5)
    curve.set_xticks(depth, layers, rotation=90, fontsize=6)
    curve.set(ylabel=result["rsa"]["compare"], title="similarity over depth, 95 % bootstrap intervals")
    curve.legend()

figure.tight_layout()
plt.show()
`;
