// The hand's part of every page. Nothing here is needed to reach or save anything; it makes both faster.
//
// data-item in data-items   J/K walk over it; data-url: Enter opens; .pick inside: X selects
// data-drawer="url"         opens beside the page (a link with it, or a row outside its links and boxes)
//   data-sheet              on a phone too (a short form), where other links open their page; data-cancel closes it
// data-key="a"              this letter clicks it: in the current item first, then on the page
// data-search               "/" goes there        data-focus   gets the focus when it comes (refusal, errors)
// data-guard (form)         leaving with unsaved input asks first
// data-open, data-close     dialogs by id         data-menu    a details that closes by Esc or a click outside
// data-list, data-list-link a list and the links that only redraw it
// data-redraw               a choice on which the rest of its form depends: the form comes anew
// data-passkey              a button: the device signs, the form is sent with its answer (passkeys.js)
// data-picker, data-pick    a row found by typing data-drop    files by drag            data-print   prints
import { startKeys } from "./keys.js";
import { startDrawer, openDrawer, closeDrawer } from "./drawer.js";
import { startFields } from "./fields.js";
import { openDialog } from "./dialogs.js";
import { startEnds } from "./ends.js";
import { startPasskeys } from "./passkeys.js";
import { dirty, unsaved } from "./unsaved.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- sending once, and nothing typed is lost -------------------------------------------------------------------------

const LONGEST_WAIT = 15000;
const HERE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);
const cut = () => !HERE && !navigator.onLine; // a server on this very machine answers without any network

function release(form) {
  delete form.dataset.sent;
  for (const button of $$(".busy", form)) {
    button.classList.remove("busy");
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("data-theme-form")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (cut()) {
    event.preventDefault();
    event.stopImmediatePropagation();
    lost("network");
    return;
  }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (button) {
    button.classList.add("busy");
    button.setAttribute("aria-disabled", "true");
  }
  setTimeout(() => release(form), LONGEST_WAIT);
}, true);

document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form) release(form);
});

window.addEventListener("pageshow", () => $$("form[data-sent]").forEach(release));

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-guard]");
  if (form) dirty.add(form);
});
document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (xhr.status < 300 && elt.matches?.("form[data-guard]")) dirty.delete(elt);
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});

// --- the connection --------------------------------------------------------------------------------------------------

function lost(why) {
  const banner = $("#lost");
  for (const part of $$("[data-lost]", banner)) part.hidden = part.dataset.lost !== why;
  banner.hidden = false;
}
const found = () => { $("#lost").hidden = true; };

document.body.addEventListener("htmx:sendError", () => lost("network"));
document.body.addEventListener("htmx:timeout", () => lost("network"));
const WHY = { 401: "signed-out", 413: "too-large" };
document.body.addEventListener("htmx:responseError", (event) => lost(WHY[event.detail.xhr.status] || "server"));
document.body.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.successful) found(); });
window.addEventListener("online", found);
window.addEventListener("offline", () => { if (cut() && unsaved()) lost("network"); });

// A form shown again because the person lacks a right is swapped like one that is refused.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 403 && xhr.getResponseHeader("X-Form")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// A form with input worth keeping is sent from the page, so that a lost connection or an expired sign-in leaves it standing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-guard]") || form.hasAttribute("hx-post") || !window.htmx) return;
  event.preventDefault();
  const url = event.submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href;
  htmx.ajax("POST", url, {
    source: form, values: new FormData(form, event.submitter), target: "main [data-page]", select: "[data-page]", swap: "outerHTML show:window:top",
  }).catch(() => {}); // said by the banner
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const form = requestConfig.elt; // the event's own is what would be replaced
  if (!form?.matches("form[data-guard]") || form.closest("#drawer") || xhr.status !== 200) return;
  const there = new URL(xhr.responseURL);
  if (there.pathname + there.search === new URL(requestConfig.path, location.href).pathname + new URL(requestConfig.path, location.href).search) return;
  event.detail.shouldSwap = false; // the answer led to another page
  dirty.delete(form);
  location.assign(there);
});

// After signing in again in another tab the forms of this page carry an old token: take a new one when coming back.
window.addEventListener("focus", async () => {
  if ($("#lost").hidden || $("[data-lost=signed-out]").hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.getAttribute("hx-headers");
  if (!fresh) return;
  document.body.setAttribute("hx-headers", fresh);
  for (const input of $$("input[name=csrfmiddlewaretoken]")) input.value = JSON.parse(fresh)["X-CSRFToken"];
  found();
});

// --- toasts ----------------------------------------------------------------------------------------------------------

const TOAST = 8000;
const TOAST_WITH_UNDO = 20000;

function watchToast(toast) {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "1";
  let timer;
  const start = () => { timer = setTimeout(() => toast.remove(), $("form", toast) ? TOAST_WITH_UNDO : TOAST); };
  const stop = () => clearTimeout(timer);
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusout", start);
  start();
}

function showToast(html) {
  if (!html) return;
  const toast = $("#toast").content.firstElementChild.cloneNode(true);
  toast.insertAdjacentHTML("afterbegin", html);
  $("#toasts").append(toast);
  watchToast(toast);
}

// --- an action done in the drawer: the page below goes on --------------------------------------------------------------

document.body.addEventListener("guanxi:done", (event) => {
  const remedied = closeDrawer({ force: true });
  showToast(event.detail.toast);
  const line = remedied?.closest(".refusal-line");
  if (line) goOn(line);
  else if (!unsaved()) redraw();
});

function goOn(line) {
  const form = line.closest("form");
  line.classList.replace("is-refuse", "is-met");
  line.classList.replace("is-warn", "is-met");
  const left = line.closest("[data-refusal]").querySelector(".is-refuse a");
  if (left) left.focus();
  else form?.requestSubmit();
}

export function redraw() {
  htmx.ajax("GET", location.href, { target: "[data-page]", select: "[data-page]", swap: "outerHTML" }).catch(() => {});
}

// --- dialogs, menus --------------------------------------------------------------------------------------------------


document.addEventListener("click", (event) => {
  const { target } = event;
  for (const menu of $$("details.menu[open], details[data-menu][open]")) if (!menu.contains(target)) menu.open = false;

  const opener = target.closest("[data-open]");
  if (opener) return openDialog(opener.dataset.open);
  const closer = target.closest("[data-close]");
  if (closer) {
    if (closer.dataset.close === "toast") closer.closest("[data-toast]").remove();
    else if (closer.dataset.close === "drawer") closeDrawer();
    else document.getElementById(closer.dataset.close).close();
    return;
  }
  if (target.matches?.("dialog:modal")) return target.close();
  if (target.closest("#drawer [data-cancel]")) {
    event.preventDefault();
    return closeDrawer();
  }
  if (target.closest("[data-print]")) return window.print();

  const plain = !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  const link = target.closest("[data-list-link]");
  if (link && plain && window.htmx) {
    event.preventDefault();
    htmx.ajax("GET", link.href, { source: link, target: link.closest("[data-list]"), swap: "outerHTML" }).catch(() => {});
    return;
  }
  const wanted = target.closest("[data-drawer]");
  const phone = matchMedia("(max-width: 760px)").matches;
  if (!wanted || !plain || !window.htmx || (phone && wanted.matches("a:not([data-sheet])"))) return;
  const inner = target.closest("a, button, input, label, summary, select, textarea");
  if (inner && inner !== wanted) return;
  if (window.getSelection().type === "Range") return;
  event.preventDefault();
  if (phone && !wanted.hasAttribute("data-sheet")) location.assign(wanted.dataset.drawer);
  else openDrawer(wanted.dataset.drawer, wanted);
});

// A filter's body that closes with something changed is applied.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details[data-menu]") || menu.open) return;
  if ($$("input", menu).some((i) => i.type === "checkbox" || i.type === "radio" ? i.checked !== i.defaultChecked : i.value !== i.defaultValue)) {
    menu.closest("form").requestSubmit();
  }
}, true);

// --- a list's filter --------------------------------------------------------------------------------------------------

const SETTLED = 200; // ms: by arrow keys choices follow one another, and the last one counts
let redrawing = 0;
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-redraw]")?.closest("form");
  if (!form || !window.htmx) return;
  htmx.trigger(form, "htmx:abort");
  clearTimeout(redrawing);
  redrawing = setTimeout(() => {
    if (!form.isConnected) return; // sent meanwhile
    htmx.ajax("GET", form.getAttribute("action"), { source: form, values: new FormData(form), target: form, swap: "outerHTML" }).catch(() => {});
  }, SETTLED);
});

// It was put together in the drawer, or on a page of its own.
document.body.addEventListener("guanxi:narrowed", (event) => {
  const list = document.getElementById(event.detail.list);
  if (!list) return location.assign(event.detail.url);
  closeDrawer({ force: true });
  htmx.ajax("GET", event.detail.url, { target: `#${event.detail.list}`, swap: "outerHTML" })
    .then(() => document.querySelector(`#${event.detail.list} .list-filter`)?.focus()).catch(() => {});
});

// --- theme, without a reload -----------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-theme-form") || !event.submitter) return;
  event.preventDefault();
  const chosen = event.submitter.value;
  document.documentElement.dataset.theme = chosen;
  for (const button of $$("[data-theme-form] button")) button.ariaPressed = String(button.value === chosen);
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), headers: { "HX-Request": "true" } }).catch(() => lost("network"));
});

// --- rows chosen for a bulk action -----------------------------------------------------------------------------------

function countPicked(list) {
  const picks = $$(".pick", list);
  const chosen = picks.filter((p) => p.checked).length;
  for (const el of $$("[data-bulk-count]", list)) el.textContent = String(chosen);
  const all = $("[data-pick-all]", list);
  if (all) {
    all.checked = chosen > 0 && chosen === picks.length;
    all.indeterminate = chosen > 0 && chosen < picks.length;
  }
}

document.addEventListener("change", (event) => {
  const list = event.target.closest?.("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-pick-all]")) for (const pick of $$(".pick", list)) pick.checked = event.target.checked;
  if (event.target.matches(".pick, [data-pick-all]")) countPicked(list);
});
document.addEventListener("click", (event) => {
  const list = event.target.closest("[data-pick-none]")?.closest("[data-list]");
  if (!list) return;
  for (const pick of $$(".pick", list)) pick.checked = false;
  countPicked(list);
});

// --- what comes new --------------------------------------------------------------------------------------------------

// Where tabs are wider than the page, the one that is open is in sight.
function showTab(tabs) {
  const open = $("[aria-current], [aria-selected=true]", tabs);
  if (open) tabs.scrollLeft = open.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - open.offsetWidth) / 2;
}

function arrive(root) {
  $$("[data-toast]").forEach(watchToast);
  $$(".tabs").forEach(showTab);
  $$("[data-list]").forEach(countPicked);
  const focus = root.matches?.("[data-focus]") ? root : $("[data-focus]", root);
  if (!focus) return;
  focus.focus();
  const form = focus.closest("form[data-guard]"); // shown again with what was typed
  if (form) dirty.add(form);
}
document.body.addEventListener("htmx:afterSettle", (event) => arrive(event.detail.elt));

startKeys();
startPasskeys();
startEnds();
startDrawer();
startFields();
arrive(document);
