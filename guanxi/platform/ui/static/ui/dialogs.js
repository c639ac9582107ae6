// Dialogs by id: the palette and the keys of this page.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || $("dialog:modal")) return;
  for (const menu of $$("details.menu[open]")) menu.open = false;
  if (id === "keys") listPageKeys();
  dialog.showModal();
  if (id === "palette") {
    const input = $("input", dialog);
    input.select();
    input.dispatchEvent(new Event("palette-open"));
  }
}

function listPageKeys() {
  const list = $("[data-page-keys]");
  const seen = new Map($$("main [data-key]").map((el) => [el.dataset.key, (el.ariaLabel || el.textContent).trim()]));
  list.replaceChildren(...[...seen].flatMap(([key, words]) => {
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.append(Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase() }));
    dd.textContent = words;
    return [dt, dd];
  }));
}
