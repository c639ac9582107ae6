// The keyboard: lists, dialogs and the palette. Single letters can be switched off (WCAG 2.1.4), and never act while typing.
import { openDialog } from "./dialogs.js";
import { closeDrawer, drawerIsOpen, openDrawer } from "./drawer.js";

const SETTING = "single-keys";
const typing = (el) => el.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]");
const items = () => [...document.querySelectorAll("main [data-item]")].filter((el) => el.checkVisibility());
const current = () => document.querySelector("main [data-item].current");

function remembered() {
  try { return localStorage.getItem(SETTING) !== "off"; } catch { return true; }
}

function move(step) {
  const all = items();
  if (!all.length) return;
  const from = all.indexOf(current() ?? document.activeElement.closest?.("[data-item]"));
  const next = all[Math.max(0, Math.min(all.length - 1, from + step))];
  current()?.classList.remove("current");
  next.classList.add("current");
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (drawerIsOpen() && (next.dataset.drawer || next.dataset.url)) openDrawer(next.dataset.drawer || next.dataset.url, next);
}

function letter(event) {
  const key = event.key.toLowerCase();
  const item = current();
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (event.key === "/") return document.querySelector("[data-search]")?.focus();
  if (event.key === "?") return openDialog("keys");
  if (key === "o" && item) {
    const url = item.dataset.drawer || item.dataset.url;
    return url && openDrawer(url, item);
  }
  if (key === "x" && item) return item.querySelector(".pick")?.click();
  const wanted = `[data-key="${CSS.escape(key)}"]`;
  const target = item?.querySelector(wanted) ?? [...document.querySelectorAll(`main ${wanted}`)].find((el) => !el.closest("[data-item]"));
  if (!target) return false;
  target.click();
}

function escape(event) {
  const menu = event.target.closest?.("details[open]") ?? document.querySelector("details.menu[open]");
  if (menu?.matches(".menu, [data-menu]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (drawerIsOpen() && !document.querySelector("dialog:modal")) {
    closeDrawer();
  } else if (event.target.matches?.("[data-search]")) {
    event.target.blur();
  }
}

function inPalette(event, palette) {
  const options = [...palette.querySelectorAll("[role=option]")];
  const input = palette.querySelector("input");
  const at = options.findIndex((o) => o.ariaSelected === "true");
  if (event.key === "Enter") {
    event.preventDefault();
    (options[at] ?? options[0])?.click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(options, at + (event.key === "ArrowDown" ? 1 : -1), input);
  }
}

export function select(options, to, input) {
  if (!options.length) return;
  const place = (to + options.length) % options.length;
  options.forEach((option, i) => {
    option.ariaSelected = String(i === place);
    option.id ||= `option-${i}`;
  });
  input.setAttribute("aria-activedescendant", options[place].id);
  options[place].scrollIntoView({ block: "nearest" });
}

export function startKeys() {
  const setting = document.querySelector("[data-single-keys]");
  setting.checked = remembered();
  setting.addEventListener("change", () => {
    try { localStorage.setItem(SETTING, setting.checked ? "on" : "off"); } catch { /* private mode: for this page only */ }
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return openDialog("palette");
    }
    const palette = event.target.closest?.("#palette");
    if (palette && event.key !== "Escape") return inPalette(event, palette);
    if (event.key === "Escape") return escape(event);
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog:modal")) return;
    if (event.key === "Enter") {
      const item = event.target.matches?.("[data-item][data-url]") ? event.target : null;
      if (item) location.assign(item.dataset.url);
      return;
    }
    if (!setting.checked || event.key.length !== 1 || event.key === " ") return;
    if (letter(event) !== false) event.preventDefault();
  });

  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "palette-results") return;
    const palette = document.getElementById("palette");
    select([...palette.querySelectorAll("[role=option]")], 0, palette.querySelector("input"));
  });
}
