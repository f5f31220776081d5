// Pointers, wheel and keys on the stage of a comparison, turned into moves of its viewport.

const STEP = 1.5;
const KEY_PIXELS = 48;
const FAR = 4;
// A finger or hand that moves less than this has clicked.
const CLICK_PIXELS = 4;
const WHEEL_SPEED = 0.002;
const LINE_PIXELS = 16;

/** Let people move `viewport` on `stage`; `changed` is called after each move. */
export function listen(stage, viewport, changed) {
  const move = (act) => {
    act();
    changed();
  };
  listenToPointers(stage, viewport, move);
  listenToWheel(stage, viewport, move);
  listenToKeys(stage, viewport, move);
}

export function zoomIn(viewport) {
  viewport.zoomTo(viewport.zoom * STEP);
}

export function zoomOut(viewport) {
  viewport.zoomTo(viewport.zoom / STEP);
}

function listenToPointers(stage, viewport, move) {
  const pointers = new Map();
  let travelled = 0;

  stage.addEventListener("pointerdown", (event) => {
    if (event.target.matches("input") || event.button !== 0) return;
    if (!pointers.size) travelled = 0;
    pointers.set(event.pointerId, pointIn(stage, event));
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = pointIn(stage, event);
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    move(() => {
      if (other) pinch(viewport, other, before, now);
      else viewport.pan(now.x - before.x, now.y - before.y);
    });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    stage.addEventListener(name, (event) => {
      const known = pointers.delete(event.pointerId);
      const clicked = known && name === "pointerup" && !pointers.size && travelled < CLICK_PIXELS;
      if (clicked) move(() => viewport.centerOn(pointIn(stage, event)));
    });
  }
}

// One finger moves, the other rests; what lay between them stays between them.
function pinch(viewport, other, before, now) {
  const distance = Math.hypot(before.x - other.x, before.y - other.y) || 1;
  const factor = Math.hypot(now.x - other.x, now.y - other.y) / distance;
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  viewport.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  viewport.zoomTo(viewport.zoom * factor, middle);
}

function listenToWheel(stage, viewport, move) {
  stage.addEventListener(
    "wheel",
    (event) => {
      // A page that is scrolled is not caught by the picture that comes by.
      if (!event.ctrlKey && !stage.contains(document.activeElement)) return;
      const pixels = event.deltaMode ? event.deltaY * LINE_PIXELS : event.deltaY;
      if (!event.ctrlKey && pixels > 0 && viewport.isFitted) return;
      event.preventDefault();
      const factor = Math.exp(-pixels * WHEEL_SPEED * (event.ctrlKey ? FAR : 1));
      move(() => viewport.zoomTo(viewport.zoom * factor, pointIn(stage, event)));
    },
    { passive: false },
  );
}

function listenToKeys(stage, viewport, move) {
  const keys = {
    "+": () => zoomIn(viewport),
    "=": () => zoomIn(viewport),
    "-": () => zoomOut(viewport),
    0: () => viewport.fit(),
    1: () => viewport.zoomTo(1),
  };
  const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = event.target === stage && arrows[event.key];
    const far = KEY_PIXELS * (event.shiftKey ? FAR : 1);
    const act = arrow ? () => viewport.pan(arrow[0] * far, arrow[1] * far) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    move(act);
  });
}

function pointIn(stage, event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}
