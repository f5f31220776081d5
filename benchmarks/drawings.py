"""Drawn pictures, the same on every machine: what a codec makes of text, flat areas and ramps."""

from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 800)


def drawings() -> dict[str, Image.Image]:
    """Return graphics by name: text, a chart and a drawing with smooth shades."""
    return {"text": _text(), "chart": _chart(), "shaded drawing": _shaded()}


def _text() -> Image.Image:
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(20)
    for line in range(SIZE[1] // 30):
        words = " ".join(f"{(line * 37 + word * 101) % 997:03d} darkroom" for word in range(9))
        draw.text((40, 20 + 30 * line), words, fill="#1d2327", font=font)
    return image


def _chart() -> Image.Image:
    image = Image.new("RGB", SIZE, "#f6f3ee")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(28)
    colors = ("#b5482a", "#31708e", "#5b6770", "#c7a84b", "#3c6e47")
    for index in range(15):
        height = 80 + (index * 211) % 560
        left = 60 + index * 78
        draw.rectangle((left, 720 - height, left + 56, 720), fill=colors[index % 5])
        draw.text((left + 8, 730), str(height), fill="black", font=font)
    draw.line([(60 + 5 * x, 500 - (x * x) % 311) for x in range(230)], fill="black", width=3)
    return image


def _shaded() -> Image.Image:
    image = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    draw = ImageDraw.Draw(image)
    for index in range(24):
        x, y = (index * 263) % SIZE[0], (index * 157) % SIZE[1]
        shade = (index * 53 % 256, index * 97 % 256, index * 29 % 256)
        draw.ellipse((x - 90, y - 90, x + 90, y + 90), fill=shade, outline="white", width=4)
    return image
