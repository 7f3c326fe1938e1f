// Passkeys in the browser: a device answers the site's question; what comes back is sent as it is.
const words = JSON.parse(document.getElementById("words").textContent);
const told = document.getElementById("told");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function send(path, body, csrf) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  if (csrf) headers["x-csrf-token"] = csrf;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error), said);
  return said;
}

const known = (several = []) => several.map((one) => ({ ...one, id: bytes(one.id) }));

async function registered(options) {
  const made = await navigator.credentials.create({ publicKey: {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
  } });
  return JSON.stringify({
    id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {},
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    },
  });
}

async function proved(options) {
  const given = await navigator.credentials.get({ publicKey: {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: known(options.allowCredentials),
  } });
  return JSON.stringify({
    id: given.id, rawId: text(given.rawId), type: given.type, clientExtensionResults: {},
    response: {
      clientDataJSON: text(given.response.clientDataJSON),
      authenticatorData: text(given.response.authenticatorData),
      signature: text(given.response.signature),
    },
  });
}

async function tried(button, work) {
  button.disabled = true;
  told.hidden = true;
  try {
    location.assign((await work()).to);
  } catch (error) {
    if (error.to) return location.assign(error.to);
    told.textContent = error instanceof DOMException ? words[error.name] || words.other : error.message;
    told.hidden = false;
    button.disabled = false;
  }
}

document.getElementById("prove")?.addEventListener("click", ({ currentTarget: button }) => tried(button, async () => {
  const options = await send("/login/second/question", {});
  return send("/login/second/device", { answer: await proved(options), next: button.dataset.next });
}));

document.getElementById("register")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { csrf, name } = event.target.elements;
  tried(event.submitter, async () => {
    const options = await send("/account/devices/question", {}, csrf.value);
    return send("/account/devices", { answer: await registered(options), name: name.value }, csrf.value);
  });
});
if (!window.PublicKeyCredential) for (const one of document.querySelectorAll("[data-device]")) {
  one.disabled = true;
  told.textContent = words.SecurityError;
  told.hidden = false;
}
