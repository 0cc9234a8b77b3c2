"""Draws the sample images: `python images.py` fills ../images and makes ../contact-sheet.jpg.

Picture n of a class is a function of (seed, class, n) alone. The held-out pictures use seed 2,
training pictures seed 1.
"""
import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from drawing import SIZE, SS, TAU, TEXTURES, X, Y, box, clouds, disc, line, mix, oklch, palette, polygon, rotated
from objects import OBJECTS, tone

CLASSES = sorted([*TEXTURES, *OBJECTS])
TRAIN_SEED, HELD_OUT_SEED = 1, 2
HERE = Path(__file__).resolve().parent


def cover(distance, px=1.0, soft=0.8):
    """How much of each sub-pixel a shape covers, from its signed distance in units of px pixels."""
    return np.clip(0.5 - distance * px / soft, 0, 1)


def background(rng, pal):
    """A quiet ground for an object: gradient, clouds, landscape, soft discs or a faint texture."""
    ground = pal["ground"]
    kind = rng.choice(["gradient", "clouds", "hills", "bokeh", "texture"], p=[0.17, 0.23, 0.18, 0.14, 0.28])
    u, _ = rotated(rng.uniform(60, 120))
    ramp = np.clip(0.5 + u / SIZE, 0, 1)
    spread = rng.uniform(0.03, 0.11)
    image = mix(tone(ground, spread), tone(ground, -spread), ramp)
    if kind == "clouds":
        image = mix(tone(ground, -spread), tone(ground, spread + 0.04, 0.5), clouds(rng))
    elif kind == "hills":
        for k in range(rng.integers(1, 4)):
            height = rng.uniform(50, 76) + 9 * k
            ridge = height + rng.uniform(2, 7) * np.sin(TAU * X / rng.uniform(60, 140) + rng.uniform(0, TAU))
            far = (ground[0] - 0.07 - 0.05 * k, ground[1] + 0.02, ground[2] + rng.uniform(-50, 50))
            image = mix(image, tone(far), cover(ridge - Y))
    elif kind == "bokeh":
        for _ in range(rng.integers(5, 12)):
            spot = disc(X, Y, *rng.uniform(0, SIZE, 2), rng.uniform(4, 13))
            image = mix(image, tone(ground, rng.uniform(-0.1, 0.14)), 0.7 * cover(spot, soft=rng.uniform(1, 6)))
    elif kind == "texture":
        field = TEXTURES[rng.choice(list(TEXTURES))](rng)
        image = mix(image, tone(ground, rng.choice([-1, 1]) * rng.uniform(0.06, 0.15)), field)
    return image


def paint_parts(image, parts, u, v, px, rng, shadow=True):
    """Parts painted back to front with soft shading, perhaps a shadow and an outline."""
    whole = np.minimum.reduce([d for d, _ in parts])
    if shadow and rng.random() < 0.6:
        dx, dy = rng.integers(-2, 3) * SS, rng.integers(1, 4) * SS
        fall = np.roll(cover(whole, px, soft=6), (dy, dx), (0, 1))
        image = mix(image, image * 0.6, rng.uniform(0.3, 0.7) * fall)
    if rng.random() < 0.18:
        image = mix(image, oklch(rng.choice([0.22, 0.96]), 0.02, 60), cover(whole - rng.uniform(1.2, 2.2) / px, px))
    shade = 1 + rng.uniform(0, 0.16) * np.clip(-(u * rng.uniform(-0.6, 0.6) + v), -1, 1)
    for distance, colour in parts:
        image = mix(image, np.clip(colour * shade[..., None], 0, 1), cover(distance, px))
    return image


def small_shape(image, rng, pal, radius):
    """A plain little disc, block or triangle somewhere: a distractor or an occluder."""
    u, v = rotated(rng.uniform(0, 360), *rng.uniform(8, SIZE - 8, 2))
    u, v = u / radius, v / radius
    shape = [disc(u, v, 0, 0, 0.9), box(u, v, 0, 0, 0.75, 0.75), polygon(u, v, [(-0.9, 0.6), (0.9, 0.6), (0, -0.9)])]
    colour = tone(pal[rng.choice(["accent", "pale", "dark", "main"])])
    return paint_parts(image, [(shape[rng.integers(3)], colour)], u, v, radius, rng)


def texture_scene(name, rng, pal):
    """A texture over the whole picture or seen through an aperture, at times partly covered."""
    a, b = tone(pal["ground"]), tone(pal["main"])
    field = TEXTURES[name](rng)
    if name == "dots" and rng.random() < 0.4:  # dots of two colours
        b = mix(tone(pal["main"]), tone(pal["accent"]), cover(rotated(rng.uniform(0, 360))[0], soft=30))
    field = field * rng.uniform(0.45, 1)
    if rng.random() < 0.3:  # a weaker second texture over the first
        field = field + rng.uniform(0.35, 0.75) * field.max() * (TEXTURES[rng.choice(list(TEXTURES))](rng) - 0.5)
    image = mix(a, b, np.clip(field, -0.2, 1.2))
    if rng.random() < 0.35:
        radius, soft = rng.uniform(28, 42), rng.choice([1, 10, 30])
        window = cover(disc(X, Y, *rng.uniform(38, 58, 2), radius), soft=soft)
        quiet = mix(tone(pal["ground"], -0.03), tone(pal["ground"], 0.05), clouds(rng))
        image = mix(quiet if rng.random() < 0.5 else (a + b) / 2, image, window)
    if rng.random() < 0.25:
        image = small_shape(image, rng, pal, rng.uniform(8, 17))
    return image


def place(image, name, rng, pal, px, cx, cy):
    """The picture with an object of size px at (cx, cy), and the object's frame."""
    draw, turn, mirror = OBJECTS[name]
    u, v = rotated(rng.uniform(-turn, turn), cx, cy)
    u, v = u / px * (rng.choice([-1, 1]) if mirror else 1), v / px
    return paint_parts(image, draw(u, v, rng, pal), u, v, px, rng), u, v


def object_scene(name, rng, pal):
    """An object on a background, at times with a distractor or an occluder."""
    image = background(rng, pal)
    px = np.exp(rng.uniform(np.log(17), np.log(41)))
    extra = rng.random()
    if extra < 0.2:
        image = small_shape(image, rng, pal, rng.uniform(4, 9))
    elif extra < 0.45:  # a smaller object of any class behind
        side = rng.choice([-1, 1])
        image = place(image, rng.choice(list(OBJECTS)), rng, palette(rng), px * rng.uniform(0.36, 0.55),
                      SIZE / 2 + side * rng.uniform(24, 40), rng.uniform(14, 82))[0]
    plain = image
    image, u, v = place(image, name, rng, pal, px, *rng.normal(SIZE / 2, 8, 2))
    if rng.random() < 0.3:  # faint, as in mist
        image = plain + (image - plain) * rng.uniform(0.4, 0.85)
    if name == "boat" and rng.random() < 0.7:  # water up to the hull
        surface = 0.62 + 0.04 * np.sin(u * rng.uniform(9, 16) + rng.uniform(0, TAU)) - v
        image = mix(image, tone((rng.uniform(0.45, 0.7), 0.08, rng.uniform(215, 260))), 0.9 * cover(surface, px))
    if rng.random() < 0.2:
        image = small_shape(image, rng, pal, rng.uniform(8, 15))
    elif rng.random() < 0.08:  # a pole in front
        ends = rng.uniform(0, SIZE, 4)
        image = mix(image, tone(pal["accent"], -0.1), cover(line(X, Y, ends[0], -5, ends[1], SIZE + 5, rng.uniform(1.5, 3.5))))
    return image


def picture(seed, label, n):
    """Picture n of class `label` as a 96 x 96 x 3 uint8 array."""
    rng = np.random.default_rng([seed, label, n])
    name, pal = CLASSES[label], palette(rng)
    image = (texture_scene if name in TEXTURES else object_scene)(name, rng, pal)
    u, _ = rotated(rng.uniform(0, 360))
    image = image * (1 + rng.uniform(0, 0.28) * u / SIZE)[..., None] * rng.uniform(0.93, 1.07, 3).astype(np.float32)
    image = 0.5 + (image - 0.5) * rng.uniform(0.75, 1.1) + rng.uniform(-0.05, 0.05)
    small = Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)).reduce(SS)
    small = small.filter(ImageFilter.GaussianBlur(float(rng.choice([0, 0, 0.5, 0.8, 1.3]))))
    noisy = np.asarray(small, np.float32) + rng.normal(0, rng.choice([0.5, 1.5, 3]), (SIZE, SIZE, 3))
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def jpeg(array, quality=91):
    """A picture as the bytes of a JPEG file, colour at full resolution."""
    data = io.BytesIO()
    Image.fromarray(array).save(data, "JPEG", quality=quality, subsampling=0, optimize=True)
    return data.getvalue()


def contact_sheet(folder, path, columns=10, side=56, gap=4, margin=128):
    """One labelled row of pictures for each class, written as a JPEG."""
    sheet = Image.new("RGB", (margin + columns * (side + gap), gap + len(CLASSES) * (side + gap)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for row, name in enumerate(CLASSES):
        top = gap + row * (side + gap)
        pen.text((margin - 10, top + side / 2), name, fill="#333333", font=font, anchor="rm")
        for column, file in enumerate(sorted((folder / name).glob("*.jpg"))[:columns]):
            sheet.paste(Image.open(file).resize((side, side), Image.LANCZOS), (margin + column * (side + gap), top))
    sheet.save(path, quality=84, optimize=True)


def main():
    """Write the held-out pictures and the contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent / "images")
    parser.add_argument("--sheet", type=Path, default=HERE.parent / "contact-sheet.jpg")
    parser.add_argument("--per-class", type=int, default=45)
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED)
    args = parser.parse_args()
    for label, name in enumerate(CLASSES):
        (args.out / name).mkdir(parents=True, exist_ok=True)
        for n in range(args.per_class):
            (args.out / name / f"{n + 1:03d}.jpg").write_bytes(jpeg(picture(args.seed, label, n)))
    contact_sheet(args.out, args.sheet)


if __name__ == "__main__":
    main()
