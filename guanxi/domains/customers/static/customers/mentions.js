// Typing @ in a comment offers colleagues; without this a name or sign-in name typed in full does the same.
import { select } from "../ui/keys.js";

const TYPED = /(?:^|[^\w.+-])@([\p{L}\p{N}._-]{0,20})$/u;
let asked = 0;

function listOf(text) {
  if (text.nextElementSibling?.matches("[data-mention-list]")) return text.nextElementSibling;
  const list = document.createElement("div");
  list.className = "mention-list";
  list.dataset.mentionList = "";
  list.id = `${text.id}-mentions`;
  list.setAttribute("role", "listbox");
  text.after(list);
  text.setAttribute("aria-controls", list.id);
  text.setAttribute("aria-autocomplete", "list");
  return list;
}

const options = (text) => [...listOf(text).querySelectorAll("[role=option]")];
const close = (text) => { asked += 1; listOf(text).replaceChildren(); };

function choose(text, option) {
  const before = text.value.slice(0, text.selectionStart);
  const typed = TYPED.exec(before);
  if (!typed) return close(text);
  const from = text.selectionStart - typed[1].length;
  text.setRangeText(`${option.dataset.mention} `, from, text.selectionStart, "end");
  close(text);
  text.focus();
  text.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("input", async (event) => {
  const text = event.target;
  if (!text.matches?.("textarea[data-mentions]")) return;
  const typed = TYPED.exec(text.value.slice(0, text.selectionStart));
  if (!typed) return close(text);
  const mine = (asked += 1);
  const answer = await fetch(`${text.dataset.mentions}?q=${encodeURIComponent(typed[1])}`).catch(() => null);
  if (mine !== asked || !answer?.ok) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes;
  listOf(text).replaceChildren(...found);
  const first = options(text)[0];
  if (first) select(options(text), 0, text);
});

document.addEventListener("keydown", (event) => {
  const text = event.target;
  if (!text.matches?.("textarea[data-mentions]") || event.isComposing) return;
  const all = options(text);
  if (!all.length) return;
  const at = all.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(all, at + (event.key === "ArrowDown" ? 1 : -1), text);
  } else if (event.key === "Enter" || event.key === "Tab") {
    event.preventDefault();
    choose(text, all[Math.max(at, 0)]);
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close(text);
  }
}, true);

document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-mention]");
  const list = option?.closest("[data-mention-list]");
  if (list) return choose(list.previousElementSibling, option);
  for (const open of document.querySelectorAll("[data-mention-list]:has(button)")) {
    if (!open.contains(event.target)) open.replaceChildren();
  }
});
