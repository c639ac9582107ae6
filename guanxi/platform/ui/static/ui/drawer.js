// A record seen from a list, beside it. Any page can be shown there: its [data-page] is taken out of the answer.
import { unsaved } from "./unsaved.js";

const dialog = document.getElementById("drawer");
const body = document.getElementById("drawer-body");
let opener = null;

export function openDrawer(url, from) {
  if (dialog.open && unsaved(dialog) && !confirm(document.body.dataset.leave)) return;
  opener = from;
  // What was said about the last step would lie over the buttons of the next one; an undo stays.
  for (const toast of document.querySelectorAll("#toasts [data-toast]:not(:has(form))")) toast.remove();
  dialog.querySelector("[data-drawer-page]").href = url;
  body.replaceChildren(document.getElementById("skeleton").content.cloneNode(true));
  if (!dialog.open) dialog.show();
  ask("GET", url, body);
}

function ask(verb, url, source, values) {
  return htmx.ajax(verb, url, {
    source, values, target: body, select: "[data-page]", swap: "innerHTML show:#drawer:top", headers: { "X-Drawer": "1" },
  }).catch(() => {}); // said by the banner
}

// Closes it and gives back what opened it; asks first where something typed would be lost.
export function closeDrawer({ force = false } = {}) {
  if (!dialog.open) return null;
  if (!force && unsaved(dialog) && !confirm(document.body.dataset.leave)) return null;
  dialog.close();
  body.replaceChildren();
  const from = opener;
  opener = null;
  (from?.matches("a, button") ? from : from?.closest("[data-item]") ?? from)?.focus();
  return from;
}

export const drawerIsOpen = () => dialog.open;

export function startDrawer() {
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); closeDrawer(); });
  dialog.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("hx-post") || form.hasAttribute("hx-get") || form.method === "dialog") return;
    event.preventDefault();
    const url = event.submitter?.getAttribute("formaction") || form.getAttribute("action") || opener?.dataset.drawer;
    ask(form.method.toUpperCase(), url, form, new FormData(form, event.submitter));
  });
  dialog.addEventListener("htmx:responseError", () => body.querySelector(".skeleton")?.remove());
  dialog.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== body) return; // a part that was drawn anew keeps the focus it has
    const heading = body.querySelector("h1");
    if (!heading || body.querySelector("[data-focus]")) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  });
}
