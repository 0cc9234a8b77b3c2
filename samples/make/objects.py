"""The objects of the sample images: each a list of (signed distance, colour) parts, back to front.

An object lives in a frame (u, v) of about -1..1, v pointing down. `pal` is a palette of OKLCh colours.
"""
import numpy as np

from drawing import box, disc, line, oklch, polygon


def tone(colour, light=0.0, chroma=1.0):
    """sRGB of an OKLCh colour made lighter by `light` and its chroma scaled."""
    return oklch(np.clip(colour[0] + light, 0.12, 0.98), colour[1] * chroma, colour[2])


def face(u, v, rng, pal):
    """Head, hair, ears, eyes, brows, nose and mouth."""
    skin = (rng.uniform(0.5, 0.88), rng.uniform(0.05, 0.1), rng.uniform(45, 75)) if rng.random() < 0.85 else pal["main"]
    hair = (rng.uniform(0.2, 0.65), rng.uniform(0.02, 0.1), rng.uniform(40, 80)) if rng.random() < 0.7 else pal["accent"]
    wide, top = rng.uniform(0.62, 0.76), rng.uniform(-0.5, -0.34)
    head = disc(u, v, 0, 0, wide, 0.88)
    parts = [(disc(u, v, 0, -0.16, wide + 0.12, rng.choice([0.83, 1.02])), tone(hair))] if rng.random() < 0.75 else []
    parts += [(disc(u, v, s * wide, 0.02, 0.14, 0.19), tone(skin, -0.05)) for s in (-1, 1)]
    parts.append((head, tone(skin)))
    if parts[0][0] is not head and rng.random() < 0.8:
        parts.append((np.maximum(head - 0.01, v - top - rng.uniform(-0.5, 0.5) * u * u), tone(hair)))
    gaze, big = rng.uniform(-0.05, 0.05), rng.uniform(0.12, 0.18)
    for s in (-1, 1):
        parts += [(disc(u, v, s * 0.29, -0.1, big, big * 0.85), tone(pal["pale"])),
                  (disc(u, v, s * 0.29 + gaze, -0.1, big * 0.55), oklch(0.2, 0.02, 260)),
                  (line(u, v, s * 0.16, -0.3 - big * 0.4, s * 0.42, -0.29 - big * 0.4, 0.035), tone(skin, -0.3))]
    parts.append((line(u, v, 0, 0.02, rng.uniform(-0.05, 0.05), 0.18, 0.045), tone(skin, -0.12)))
    lips, half = oklch(rng.uniform(0.38, 0.55), 0.13, 22), rng.uniform(0.22, 0.34)
    if rng.random() < 0.3:
        parts.append((disc(u, v, 0, 0.46, half * 0.7, rng.uniform(0.09, 0.17)), lips))
    else:
        curve = rng.uniform(0.3, 2.2)
        parts.append((np.maximum(np.abs(v - 0.5 + curve * u * u) - 0.06, np.abs(u) - half), lips))
    return parts


def house(u, v, rng, pal):
    """Walls, roof, door, windows, perhaps a chimney."""
    w, eaves, top = rng.uniform(0.5, 0.72), rng.uniform(-0.2, 0), rng.uniform(-0.95, -0.7)
    over, wall, roof = rng.uniform(0.08, 0.2), pal["main"], pal["accent"]
    parts = [(box(u, v, rng.choice([-1, 1]) * 0.5 * w, top + 0.25, 0.09, 0.25), tone(roof, -0.12))] if rng.random() < 0.6 else []
    parts += [(box(u, v, 0, (eaves + 0.8) / 2, w, (0.8 - eaves) / 2), tone(wall)),
              (polygon(u, v, [(-w - over, eaves), (0, top), (w + over, eaves)]), tone(roof))]
    door = rng.choice([-0.5, 0, 0.5]) * w
    parts.append((box(u, v, door, 0.58, 0.13, 0.22), tone(roof, -0.15)))
    glass = rng.choice([0, 1])
    for wx in (-0.5 * w, 0.5 * w) if door == 0 else (-door,):
        wy, r = rng.uniform(0.24, 0.32), rng.uniform(0.12, 0.16)
        parts += [(box(u, v, wx, wy, r + 0.04, r + 0.04), tone(pal["pale"])),
                  (np.maximum(box(u, v, wx, wy, r, r), 0.022 - np.minimum(np.abs(u - wx), np.abs(v - wy))),
                   oklch(0.86, 0.12, 92) if glass else oklch(0.42, 0.06, 250))]
    return parts


def flower(u, v, rng, pal):
    """Petals round a centre, often on a stem with a leaf."""
    n, pointed = rng.integers(5, 10), rng.uniform(0.5, 1.4)
    petal = (rng.uniform(0.6, 0.9), rng.uniform(0.08, 0.17), rng.choice([5, 30, 85, 300, 345]) + rng.uniform(-12, 12))
    heart = (rng.choice([0.36, 0.84]), 0.12, rng.uniform(60, 95))
    parts, cy, size = [], 0.0, 1.0
    if rng.random() < 0.5:
        cy, size, lean, green = -0.32, 0.68, rng.uniform(-0.15, 0.15), (rng.uniform(0.42, 0.6), 0.11, rng.uniform(125, 150))
        parts.append((line(u, v, 0, cy, lean, 1.1, 0.055), tone(green)))
        for s in rng.choice([-1, 1], rng.integers(1, 3)):
            a, b = (u - lean * 0.6) * s, v - 0.66
            parts.append((disc(a * 0.82 - b * 0.57, a * 0.57 + b * 0.82, 0.3, 0, 0.3, 0.12), tone(green, 0.05)))
    r, theta = np.hypot(u, v - cy) / size, np.arctan2(v - cy, u) + rng.uniform(0, 6.3)
    lobe = np.abs(np.cos(n * theta / 2)) ** pointed
    parts += [((r - 0.5 - 0.48 * lobe) * 0.6 * size, tone(petal)),
              ((r - 0.28 - 0.34 * lobe) * 0.6 * size, tone(petal, rng.choice([-0.1, 0.07]))),
              ((r - rng.uniform(0.2, 0.31)) * size, tone(heart))]
    return parts


def tree(u, v, rng, pal, hue=(102, 152)):
    """A trunk and a crown (round, oval or conifer); the crown's hue is given."""
    leaf = (rng.uniform(0.46, 0.68), rng.uniform(0.09, 0.14), rng.uniform(*hue))
    bark, w = (rng.uniform(0.28, 0.45), 0.05, rng.uniform(45, 70)), rng.uniform(0.08, 0.14)
    parts = [(polygon(u, v, [(-w * 0.7, 0), (w * 0.7, 0), (w * 1.3, 0.95), (-w * 1.3, 0.95)]), tone(bark))]
    kind = rng.choice(["round", "conifer", "oval"], p=[0.5, 0.3, 0.2])
    if kind == "conifer":
        wide = rng.uniform(0.5, 0.68)
        for k in range(3):
            top, half = -0.12 - 0.42 * k, wide * (1 - 0.24 * k)
            parts.append((polygon(u, v, [(-half, top + 0.72), (0, top - 0.02), (half, top + 0.72)]), tone(leaf, 0.05 * k - 0.05)))
        return parts
    if kind == "oval":
        crown = disc(u, v, 0, -0.3, rng.uniform(0.4, 0.55), 0.68)
    else:
        crown = disc(u, v, 0, -0.3, 0.46)
        for a in rng.uniform(0, 6.3) + np.arange(6) * 1.05:
            crown = np.minimum(crown, disc(u, v, 0.4 * np.cos(a), -0.3 + 0.33 * np.sin(a), rng.uniform(0.24, 0.36)))
    parts.append((crown, tone(leaf)))
    for _ in range(rng.integers(3, 7)):  # clumps of leaves, lit or in shade
        cx, cy = rng.normal(0, 0.22), -0.3 + rng.normal(0, 0.22)
        parts.append((np.maximum(disc(u, v, cx, cy, rng.uniform(0.1, 0.2)), crown), tone(leaf, rng.choice([-0.07, 0.06]))))
    return parts


def autumn_tree(u, v, rng, pal):
    """The same trees with red, orange or golden crowns."""
    return tree(u, v, rng, pal, hue=(30, 92))


def fish(u, v, rng, pal):
    """Body, tail and fins, an eye, a mouth and perhaps stripes."""
    tall, body, fin = rng.uniform(0.36, 0.54), pal["main"], pal["accent"]
    shape = disc(u, v, -0.15, 0, 0.72, tall)
    spread = rng.uniform(0.3, 0.48)
    parts = [(polygon(u, v, [(0.38, 0), (0.95, -spread), (0.8, 0), (0.95, spread)]), tone(fin)),
             (polygon(u, v, [(-0.4, -tall * 0.7), (0.1, -tall - 0.28), (0.35, -tall * 0.4)]), tone(fin)),
             (polygon(u, v, [(-0.2, tall * 0.7), (0.15, tall + 0.2), (0.3, tall * 0.4)]), tone(fin)),
             (shape, tone(body))]
    marks = rng.choice(["stripes", "belly", "plain"])
    if marks == "stripes":
        for cx in (-0.2, 0.05, 0.3):
            parts.append((np.maximum(np.abs(u - cx - 0.15 * v * v) - 0.06, shape), tone(fin, 0.04)))
    elif marks == "belly":
        parts.append((np.maximum(shape, tall * 0.25 - v), tone(body, 0.13, 0.6)))
    parts += [(np.maximum(np.abs(np.hypot(u + 0.75, v) - 0.34) - 0.022, shape), tone(body, -0.2)),
              (disc(u, v, -0.56, -tall * 0.24, 0.125), tone(pal["pale"])),
              (disc(u, v, -0.58, -tall * 0.24, 0.07), oklch(0.2, 0.02, 260)),
              (line(u, v, -0.86, tall * 0.22, -0.68, tall * 0.25, 0.03), tone(body, -0.28))]
    return parts


def boat(u, v, rng, pal):
    """A sailing boat: hull, mast, one or two sails, a pennant."""
    hull, sail = (pal["accent"], pal["main"]) if rng.random() < 0.5 else (pal["main"], pal["pale"])
    top, low = rng.uniform(-1, -0.8), rng.uniform(0.16, 0.26)
    parts = [(box(u, v, 0, (top + 0.4) / 2, 0.035, (0.4 - top) / 2), oklch(0.36, 0.05, 60)),
             (polygon(u, v, [(0.07, top + 0.08), (0.07, low), (rng.uniform(0.55, 0.8), low)]), tone(sail))]
    if rng.random() < 0.75:
        parts.append((polygon(u, v, [(-0.07, top + 0.2), (-0.07, low), (-rng.uniform(0.45, 0.65), low)]), tone(sail, -0.06)))
    if rng.random() < 0.4:
        parts.append((polygon(u, v, [(0, top - 0.02), (0, top + 0.16), (-0.25, top + 0.07)]), oklch(0.6, 0.17, 27)))
    parts += [(polygon(u, v, [(-0.88, 0.34), (0.9, 0.34), (0.6, 0.78), (-0.62, 0.78)]), tone(hull)),
              (box(u, v, 0, 0.42, 0.84, 0.045), tone(hull, 0.16))]
    return parts


def star(u, v, rng, pal):
    """A star of five or six points, flat or faceted."""
    n, inner, turn = rng.choice([5, 5, 5, 6, 7]), rng.uniform(0.4, 0.55), rng.uniform(0, 6.3)
    angles = turn + np.arange(2 * n) * np.pi / n
    radii = np.where(np.arange(2 * n) % 2, inner, 1.0)
    shape = polygon(u, v, list(zip(radii * np.cos(angles), radii * np.sin(angles))))
    gold = (rng.uniform(0.78, 0.88), 0.14, rng.uniform(80, 98)) if rng.random() < 0.35 else pal["main"]
    parts = [(shape, tone(gold))]
    if rng.random() < 0.6:
        facet = np.sin((np.arctan2(v, u) - turn) * n) * np.hypot(u, v) * 0.3
        parts.append((np.maximum(shape, facet), tone(gold, -0.09)))
    return parts


# name -> (drawing function, largest rotation in degrees, drawn mirrored half of the time)
OBJECTS = {
    "autumn-tree": (autumn_tree, 12, True), "boat": (boat, 14, True), "face": (face, 22, False),
    "fish": (fish, 35, True), "flower": (flower, 25, True), "house": (house, 12, True),
    "star": (star, 0, False), "tree": (tree, 12, True),
}
