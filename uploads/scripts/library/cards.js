// Cards come with the page, by scrolling, and when one that is being processed changes: whoever
// has something to do for each of them is told of all.

const grids = [];

/** Call `act(cards)` with the cards that are there, and again whenever some have come or changed. */
export function onCards(act) {
  grids.push(act);
  act([...document.querySelectorAll(".card")]);
}

new MutationObserver((changes) => {
  const changed = new Set();
  for (const { target, addedNodes } of changes) {
    for (const node of [target, ...addedNodes]) {
      if (!(node instanceof Element)) continue;
      const card = node.closest(".card");
      if (card) changed.add(card);
      else if (node !== target) node.querySelectorAll(".card").forEach((each) => changed.add(each));
    }
  }
  if (changed.size) grids.forEach((act) => act([...changed]));
}).observe(document.getElementById("main"), { childList: true, subtree: true });
