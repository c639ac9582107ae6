// Fields that need a hand: a row found by typing, and files dropped into their place.
import { select } from "./keys.js";

function choose(option) {
  const picker = option.closest("[data-picker]");
  const text = picker.querySelector("[role=combobox]");
  picker.querySelector("input[type=hidden]").value = option.dataset.pick;
  text.value = option.dataset.label;
  close(picker);
  text.focus();
  text.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { value: option.dataset.pick } }));
}

function close(picker) {
  picker.querySelector("[role=listbox]").replaceChildren();
  picker.querySelector("[role=combobox]").ariaExpanded = "false";
}

function keys(event) {
  const text = event.target.closest?.("[data-picker] [role=combobox]");
  if (!text || event.isComposing) return;
  const picker = text.closest("[data-picker]");
  const options = [...picker.querySelectorAll("[role=option]")];
  if (!options.length) return;
  const at = options.findIndex((o) => o.ariaSelected === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(options, at + (event.key === "ArrowDown" ? 1 : -1), text);
  } else if (event.key === "Enter") {
    event.preventDefault();
    choose(options[Math.max(at, 0)]);
  } else if (event.key === "Escape") {
    event.stopPropagation();
    close(picker);
  }
}

function name(drop) {
  const names = [...drop.querySelector("input[type=file]").files].map((file) => file.name);
  drop.querySelector("[data-drop-name]").textContent = names.join("、");
}

// What was typed into a field that had only just come, before anybody listened, is looked for too.
function early() {
  for (const text of document.querySelectorAll("[data-picker] [role=combobox]")) {
    const listened = text.dataset.listened;
    text.dataset.listened = "1";
    if (listened || text.value === text.defaultValue) continue;
    for (const value of ["", text.value]) { // htmx asks only for what differs from what it saw first
      text.value = value;
      text.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

export function startFields() {
  document.addEventListener("click", (event) => {
    const option = event.target.closest("[data-pick]");
    if (option) return choose(option);
    for (const list of document.querySelectorAll(".picker-list:has(button)")) {
      if (!list.closest("[data-picker]").contains(event.target)) close(list.closest("[data-picker]"));
    }
  });
  document.addEventListener("keydown", keys, true);
  document.addEventListener("input", (event) => {
    const picker = event.target.closest?.("[data-picker]");
    if (picker && event.target.matches("[role=combobox]")) picker.querySelector("input[type=hidden]").value = "";
  });
  window.addEventListener("load", early);
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const picker = event.detail.target?.closest?.("[data-picker]");
    if (!picker) return early();
    picker.querySelector("[role=combobox]").ariaExpanded = String(!!picker.querySelector("[role=option]"));
  });
  document.addEventListener("change", (event) => {
    const drop = event.target.closest?.("[data-drop]");
    if (drop) name(drop);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => event.target.closest?.("[data-drop]")?.classList.toggle("over", kind === "dragover"));
  }
}
