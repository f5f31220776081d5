// Which part of a frame of pixels is seen in a stage, and how large: arithmetic without a page.

export const MOST_ZOOM = 32;

export class Viewport {
  #stage = { width: 1, height: 1 };
  #frame = { width: 1, height: 1 };
  // The frame's pixel in the middle of the stage.
  #center = { x: 0.5, y: 0.5 };
  #zoom = 1;
  #fitted = true;

  get zoom() {
    return this.#zoom;
  }

  get frame() {
    return this.#frame;
  }

  /** The zoom at which all is seen; nothing is enlarged for that. */
  get least() {
    const { width, height } = this.#frame;
    return Math.min(1, this.#stage.width / width, this.#stage.height / height);
  }

  get isFitted() {
    return this.#fitted;
  }

  /** Where the frame's top left corner lies in the stage. */
  get offset() {
    return {
      x: this.#stage.width / 2 - this.#center.x * this.#zoom,
      y: this.#stage.height / 2 - this.#center.y * this.#zoom,
    };
  }

  setStage(width, height) {
    this.#stage = { width: Math.max(1, width), height: Math.max(1, height) };
    this.#settle();
  }

  /** Change the frame; the part that is seen stays the same part of the picture. */
  setFrame(width, height) {
    const [across, down] = [width / this.#frame.width, height / this.#frame.height];
    this.#center = { x: this.#center.x * across, y: this.#center.y * down };
    this.#zoom /= across;
    this.#frame = { width, height };
    this.#settle();
  }

  fit() {
    this.#fitted = true;
    this.#settle();
  }

  /** Change the zoom around a point of the stage, by default its middle. */
  zoomTo(zoom, point = { x: this.#stage.width / 2, y: this.#stage.height / 2 }) {
    const { x, y } = this.#under(point);
    this.#zoom = Math.min(MOST_ZOOM, Math.max(this.least, zoom));
    this.#fitted = this.#zoom === this.least;
    this.#center = {
      x: x + (this.#stage.width / 2 - point.x) / this.#zoom,
      y: y + (this.#stage.height / 2 - point.y) / this.#zoom,
    };
    this.#settle();
  }

  /** Move what is seen by pixels of the stage. */
  pan(across, down) {
    this.#center = {
      x: this.#center.x - across / this.#zoom,
      y: this.#center.y - down / this.#zoom,
    };
    this.#settle();
  }

  /** Bring a point of the stage into its middle. */
  centerOn(point) {
    this.#center = this.#under(point);
    this.#settle();
  }

  #under(point) {
    const { x, y } = this.offset;
    return { x: (point.x - x) / this.#zoom, y: (point.y - y) / this.#zoom };
  }

  #settle() {
    this.#zoom = this.#fitted ? this.least : Math.min(MOST_ZOOM, Math.max(this.least, this.#zoom));
    this.#center = {
      x: within(this.#center.x, this.#stage.width / this.#zoom, this.#frame.width),
      y: within(this.#center.y, this.#stage.height / this.#zoom, this.#frame.height),
    };
  }
}

// No empty margin is shown as long as there is picture enough to fill it.
function within(center, seen, length) {
  if (seen >= length) return length / 2;
  return Math.min(length - seen / 2, Math.max(seen / 2, center));
}
