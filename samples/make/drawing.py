"""Colours, textures and objects for the sample images, drawn with numpy.

Everything is computed on a grid of SS x SS sub-pixels per pixel of a 96 x 96 picture. Coordinates
are in pixels of the final picture, y points down. Colours are sRGB in 0..1, chosen in OKLCh so that
lightness, chroma and hue can be varied one by one.
"""
import numpy as np

SIZE = 96  # side of a finished picture in pixels
SS = 3  # sub-pixels along each side of a pixel
Y, X = (np.mgrid[0:SIZE * SS, 0:SIZE * SS].astype(np.float32) + 0.5) / SS
TAU = 2 * np.pi


# ---------------------------------------------------------------- colour

def oklch(light, chroma, hue):
    """sRGB colour of an OKLCh colour (hue in degrees), clipped to the gamut."""
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    lms = np.array([light + 0.3963377774 * a + 0.2158037573 * b,
                    light - 0.1055613458 * a - 0.0638541728 * b,
                    light - 0.0894841775 * a - 1.2914855480 * b]) ** 3
    rgb = np.array([[4.0767416621, -3.3077115913, 0.2309699292],
                    [-1.2684380046, 2.6097574011, -0.3413193965],
                    [-0.0041960863, -0.7034186147, 1.7076147010]]) @ lms
    rgb = np.clip(rgb, 0, 1)
    return np.where(rgb < 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055).astype(np.float32)


def colour_pair(rng):
    """Two colours (as L, C, h) that differ in lightness, in hue alone, or in both."""
    kind = rng.choice(["lightness", "hue", "grey"], p=[0.55, 0.28, 0.17])
    hue = rng.choice([25, 60, 95, 145, 200, 245, 345]) + rng.uniform(-16, 16)
    if kind == "hue":  # nearly equal lightness: only a colour-opponent unit sees the boundary
        light = rng.uniform(0.55, 0.76)
        pair = [(light, rng.uniform(0.09, 0.15), hue),
                (light + rng.uniform(-0.07, 0.07), rng.uniform(0.09, 0.15), hue + rng.uniform(110, 250))]
    else:
        low = rng.uniform(0.28, 0.56)
        high = min(low + rng.uniform(0.17, 0.42), 0.95)
        c1, c2 = rng.uniform(0.03, 0.13, 2) if kind == "lightness" else rng.uniform(0, 0.012, 2)
        pair = [(low, c1, hue), (high, c2, hue + rng.choice([0, 0, 30, -40, 180]) + rng.uniform(-15, 15))]
    return pair if rng.random() < 0.5 else pair[::-1]


def palette(rng):
    """A harmonious set of colours: ground, main, accent, dark and pale."""
    ground, main = colour_pair(rng)
    shift = rng.choice([35, -35, 150, 180, 210])
    accent = (np.clip(main[0] + rng.choice([-0.22, 0.2]), 0.3, 0.92), max(main[1], 0.05) + 0.03, main[2] + shift)
    return {"ground": ground, "main": main, "accent": accent,
            "dark": (rng.uniform(0.2, 0.3), 0.03, main[2]), "pale": (rng.uniform(0.9, 0.97), 0.02, ground[2])}


def mix(a, b, t):
    """Colours a and b blended by the map t (0: a, 1: b)."""
    return a + (b - a) * t[..., None]


# ---------------------------------------------------------------- textures

def rotated(angle, cx=SIZE / 2, cy=SIZE / 2):
    """Coordinates along and across a direction (degrees), about a centre."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return (X - cx) * c + (Y - cy) * s, (Y - cy) * c - (X - cx) * s


def clouds(rng, slope=1.7):
    """A 1/f^slope noise field scaled to 0..1."""
    n = SIZE
    f = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None])
    f[0, 0] = 1
    spectrum = np.fft.rfft2(rng.standard_normal((n, n))) / f ** slope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(n, n))
    field = np.clip(field / (4 * field.std()) + 0.5, 0, 1).astype(np.float32)
    return field.repeat(SS, 0).repeat(SS, 1)


def stripes(rng, coordinate, period, phase=None):
    """A wave along a coordinate, from sinusoidal to square."""
    sharp = 1 if rng.random() < 0.45 else rng.uniform(1.5, 0.4 * period)
    phase = rng.uniform(0, TAU) if phase is None else phase
    return 0.5 + 0.5 * np.clip(sharp * np.sin(TAU * coordinate / period + phase), -1, 1)


def grating(rng, angle):
    """Stripes whose normal has this angle, within 21 degrees, slightly bent."""
    u, v = rotated(angle + np.clip(rng.normal(0, 10), -21, 21))
    bend = rng.uniform(0, 1.2) * np.sin(TAU * v / rng.uniform(60, 120) + rng.uniform(0, TAU))
    return stripes(rng, u + bend, np.exp(rng.uniform(np.log(4.2), np.log(15))))


def checkers(rng):
    """A checkerboard in any orientation."""
    u, v = rotated(rng.uniform(0, 90))
    a, sharp = rng.uniform(5, 13), rng.uniform(1.5, 5)
    wave = np.sin(np.pi * u / a + rng.uniform(0, TAU)) * np.sin(np.pi * v / (a * rng.uniform(0.8, 1.25)))
    return 0.5 + 0.5 * np.clip(sharp * wave, -1, 1)


def dots(rng):
    """Round dots on a square or hexagonal lattice in any orientation, some out of place."""
    u, v = rotated(rng.uniform(0, 90), *rng.uniform(40, 56, 2))
    step, hexagonal = rng.uniform(9, 19), rng.random() < 0.5
    row = np.floor(v / step)
    u = u + hexagonal * 0.5 * step * (row % 2)
    column = np.floor(u / step)
    cell = (row.astype(int) * 31 + column.astype(int) * 17) % 256
    jitter = rng.uniform(-1, 1, (2, 256)) * rng.uniform(0, 0.13) * step
    radius = step * rng.uniform(0.22, 0.36)
    du, dv = u - (column + 0.5) * step - jitter[0][cell], v - (row + 0.5) * step - jitter[1][cell]
    return np.clip(0.5 - (np.hypot(du, dv) - radius) / rng.uniform(0.7, 2), 0, 1)


def rings(rng):
    """Concentric circles or ellipses about a point inside the picture."""
    u, v = rotated(rng.uniform(0, 180), *rng.uniform(22, 74, 2))
    return stripes(rng, np.hypot(u, v * rng.uniform(0.75, 1)), rng.uniform(5, 16))


def waves(rng):
    """Zigzag or sinusoidal lines in any orientation."""
    u, v = rotated(rng.uniform(0, 180))
    length = rng.uniform(14, 30)
    turn = (v / length + rng.random()) % 1
    bend = np.sin(TAU * turn) if rng.random() < 0.5 else 1 - 4 * np.abs(turn - 0.5)
    return stripes(rng, u + length * rng.uniform(0.13, 0.27) * bend, rng.uniform(6, 16))


TEXTURES = {
    "checkers": checkers, "dots": dots, "rings": rings, "waves": waves,
    "grating-horizontal": lambda rng: grating(rng, 90), "grating-vertical": lambda rng: grating(rng, 0),
    "grating-left": lambda rng: grating(rng, -45), "grating-right": lambda rng: grating(rng, 45),
}


# ---------------------------------------------------------------- shapes: signed distances, < 0 inside

def disc(u, v, cx, cy, a, b=None):
    """A disc, or an ellipse with half axes a and b."""
    b = a if b is None else b
    return (np.hypot((u - cx) / a, (v - cy) / b) - 1) * min(a, b)


def box(u, v, cx, cy, w, h):
    """A rectangle with half width w and half height h."""
    return np.maximum(np.abs(u - cx) - w, np.abs(v - cy) - h)


def line(u, v, ax, ay, bx, by, r):
    """A straight stroke with round ends and half width r."""
    ex, ey = bx - ax, by - ay
    t = np.clip(((u - ax) * ex + (v - ay) * ey) / (ex * ex + ey * ey), 0, 1)
    return np.hypot(u - ax - t * ex, v - ay - t * ey) - r


def polygon(u, v, points):
    """Any simple polygon."""
    nearest, inside = np.full_like(u, 1e9), np.zeros(u.shape, bool)
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
        nearest = np.minimum(nearest, line(u, v, ax, ay, bx, by, 0))
        if ay != by:
            inside ^= ((ay > v) != (by > v)) & (u < (bx - ax) * (v - ay) / (by - ay) + ax)
    return np.where(inside, -nearest, nearest)
