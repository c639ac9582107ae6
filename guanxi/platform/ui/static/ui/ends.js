// A page that stands open when its session ends: what it shows goes out of sight and out of the document. Where something is
// typed and not sent, the page is kept in the memory of this tab for an hour, and comes back for the same person only.
import { unsaved } from "./unsaved.js";

const FIRST = 300; // seconds; whoever has just asked for a page has at least that long
const KEPT = 3600;
const AGAIN = 30;
const { signed, still } = document.body.dataset;
let timer = 0;
let until = Date.now() + FIRST * 1000;
let away = null;
let looking = false;

function wait(seconds) {
  clearTimeout(timer);
  until = Date.now() + seconds * 1000;
  timer = setTimeout(look, Math.min(seconds, 86400) * 1000 + 500);
}

async function look() {
  if (looking) return;
  looking = true;
  try {
    const answer = await fetch(still, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
    const said = answer?.ok ? await answer.json().catch(() => null) : null;
    if (said?.left > 0 && String(said.person) === signed) {
      back();
      wait(said.left);
    } else if (said?.left > 0) {
      location.replace("/"); // somebody else signed in here
    } else if (said || Date.now() >= until) {
      over();
    } else {
      wait(AGAIN); // nobody answers, and the time is not over
    }
  } finally {
    looking = false;
  }
}

function over() {
  if (away) return;
  if (!unsaved()) {
    location.replace(`${document.querySelector("#over").dataset.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const said = document.querySelector("#over").content.cloneNode(true);
  away = [...document.body.childNodes];
  document.body.replaceChildren(said);
  document.querySelector("h1").focus();
  setTimeout(() => {
    if (away) location.replace(location.pathname + location.search);
  }, KEPT * 1000);
}

async function back() {
  if (!away) return;
  const nodes = away;
  away = null;
  document.body.replaceChildren(...nodes);
  const answer = await fetch(location.href).catch(() => null); // the forms carry an old token
  const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").body.getAttribute("hx-headers");
  if (!fresh) return;
  document.body.setAttribute("hx-headers", fresh);
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = JSON.parse(fresh)["X-CSRFToken"];
}

export function startEnds() {
  if (!signed || !still) return;
  wait(FIRST);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
}
