// Which part of a picture a crop keeps: the arithmetic of processing/imaging/cropping.py, to the pixel.

/** Return the box of a shape within a source (both {width, height}) nearest a point {x, y}. */
export function cropBox(source, shape, point) {
  const scale = Math.min(source.width / shape.width, source.height / shape.height);
  const width = Math.min(source.width, Math.max(1, roundHalfEven(shape.width * scale)));
  const height = Math.min(source.height, Math.max(1, roundHalfEven(shape.height * scale)));
  return {
    left: start(point.x * source.width, width, source.width),
    top: start(point.y * source.height, height, source.height),
    width,
    height,
  };
}

function start(center, length, limit) {
  return Math.min(limit - length, Math.max(0, roundHalfEven(center - length / 2)));
}

// As Python rounds: a half goes to the even neighbour.
function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
