// A passkey: the browser asks the device, the device asks its person, and the answer goes into the form like a typed code.
//
// data-passkey-here         shown where the browser knows passkeys at all
// data-passkey="name"       the button; its form's field of that name takes the answer
//   data-ask="url"          where to get what is to be signed; data-options: what is to be made, as it stands

const from = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const to = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const keys = (list) => (list || []).map((key) => ({ ...key, id: from(key.id) }));
const known = () => window.isSecureContext && "PublicKeyCredential" in window;

function show(root = document) {
  if (known()) for (const part of root.querySelectorAll("[data-passkey-here]")) part.hidden = false;
}

async function made(options) {
  const asked = { ...options, challenge: from(options.challenge), excludeCredentials: keys(options.excludeCredentials) };
  asked.user = { ...options.user, id: from(options.user.id) };
  const { id, type, rawId, response } = await navigator.credentials.create({ publicKey: asked });
  return {
    id, type, rawId: to(rawId),
    response: { clientDataJSON: to(response.clientDataJSON), attestationObject: to(response.attestationObject) },
  };
}

async function signed(options) {
  const asked = { ...options, challenge: from(options.challenge), allowCredentials: keys(options.allowCredentials) };
  const { id, type, rawId, response } = await navigator.credentials.get({ publicKey: asked });
  return {
    id, type, rawId: to(rawId),
    response: {
      clientDataJSON: to(response.clientDataJSON),
      authenticatorData: to(response.authenticatorData),
      signature: to(response.signature),
      userHandle: response.userHandle ? to(response.userHandle) : null,
    },
  };
}

async function asked(url) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  const answer = await fetch(url, { method: "POST", headers });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

async function use(button) {
  const said = button.parentElement.querySelector("[data-passkey-said]");
  said.hidden = true;
  button.disabled = true;
  try {
    const { options, ask } = button.dataset;
    const answer = options ? await made(JSON.parse(options)) : await signed(await asked(ask));
    button.form.elements.namedItem(button.dataset.passkey).value = JSON.stringify(answer);
    button.form.requestSubmit();
  } catch {
    said.hidden = false; // not allowed, given up, too slow, no such key: browsers do not say which
  }
  button.disabled = false;
}

export function startPasskeys() {
  show();
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-passkey]");
    if (button) use(button);
  });
  document.body.addEventListener("htmx:load", (event) => show(event.detail.elt));
}
