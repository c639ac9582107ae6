// A board: a card dragged onto another lane opens the form that moves it there. The card's menu does the same by keyboard.
import { openDrawer } from "./drawer.js";

let dragged = null;
const laneOf = (node) => node.closest?.("[data-board] [data-lane]");
const moveTo = (lane) => dragged && lane && !lane.contains(dragged)
  ? dragged.querySelector(`[data-move="${CSS.escape(lane.dataset.lane)}"]`)
  : null;

function unmark() {
  for (const lane of document.querySelectorAll("[data-lane].over")) lane.classList.remove("over");
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-board] [draggable=true]") ?? null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const lane = laneOf(event.target);
  unmark();
  if (!moveTo(lane)) return;
  event.preventDefault();
  lane.classList.add("over");
});
document.addEventListener("drop", (event) => {
  const lane = laneOf(event.target);
  const link = moveTo(lane);
  if (link) {
    event.preventDefault();
    openDrawer(link.href, dragged.querySelector("a"));
  }
});
document.addEventListener("dragend", () => {
  dragged = null;
  unmark();
});
