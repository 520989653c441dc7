// Passkeys. Only pages that offer one load this; what works without it stands beside the button.

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const headers = { Accept: "application/json", "Content-Type": "application/json" };
let waiting; // what the browser is asked for now; a newer question ends it
let pressed = false; // whether somebody pressed a button for it, which a mere suggestion must not disturb

async function ask(address, body) {
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (answer.ok) return said;
  if (said.to) location.assign(said.to);
  throw new Error(said.error || "That did not work. Load the page again, then try once more.");
}

function readable(options) {
  const known = (options.allowCredentials || options.excludeCredentials || []).map((one) => ({
    ...one,
    id: bytes(one.id),
  }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.allowCredentials && { allowCredentials: known }),
    ...(options.excludeCredentials && { excludeCredentials: known }),
  };
}

function sendable(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, text(response[part])])),
  };
}

async function ceremony(form, mediation) {
  const asked = await ask(form.dataset.options, {});
  if (mediation && pressed) return;
  const publicKey = readable(asked.publicKey);
  waiting?.abort();
  waiting = new AbortController();
  const wanted = { publicKey, signal: waiting.signal, ...(mediation && { mediation }) };
  const credential = await (form.dataset.passkey === "add"
    ? navigator.credentials.create(wanted)
    : navigator.credentials.get(wanted));
  const answer = { challenge: asked.challenge, credential: sendable(credential) };
  const said = await ask(form.dataset.answer, {
    ...answer,
    next: form.dataset.next,
    name: form.elements.name?.value,
  });
  location.assign(said.to);
}

const REASONS = {
  NotAllowedError: "The browser stopped it, or nobody answered. Try again, or take another way in.",
  InvalidStateError: "This device has a passkey for this account already.",
  SecurityError: "Passkeys don’t work at this address.",
};

function complain(form, problem) {
  const place = form.querySelector("[data-problem]");
  place.querySelector("span").textContent = REASONS[problem.name] || problem.message;
  place.hidden = false;
}

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  if (!window.PublicKeyCredential) {
    complain(form, new Error("This browser has no passkeys."));
    form.querySelector("button").disabled = true;
    return;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.querySelector("[data-problem]").hidden = true;
    pressed = true;
    ceremony(form)
      .catch((problem) => complain(form, problem))
      .finally(() => (pressed = false));
  });
});

// A suggestion in the e-mail field. Whoever does not take it has noticed nothing, so its end is silent.
const suggests = document.querySelector("form[data-autofill]");
function suggest() {
  ceremony(suggests, "conditional").catch((problem) => {
    if (!["AbortError", "NotAllowedError"].includes(problem.name)) complain(suggests, problem);
  });
}
if (suggests && (await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) {
  suggest();
  // What it must sign is good for five minutes, and a page may stay open for longer.
  setInterval(() => pressed || suggest(), 4 * 60_000);
}
