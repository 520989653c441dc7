// Small comforts. Every page works without this file: it only saves a step or a reload.

const say = (words) => {
  const region = document.getElementById("say");
  if (region) region.textContent = words;
};

// <button data-copy="text"> or data-copy-from="#id": copies, says so for two seconds.
async function copy(button) {
  const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  const text = from ? from.value ?? from.textContent : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    say("Copying is not allowed here. Select the text and copy it yourself.");
    return;
  }
  button.classList.add("copied");
  say(button.dataset.said || "Copied");
  setTimeout(() => {
    button.classList.remove("copied");
    say("");
  }, 2000);
}

// <button data-opens="dialog-id"> and <button data-closes>: native dialogs.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-opens], [data-closes], [data-shows]");
  if (!button) return;
  if ("copy" in button.dataset || "copyFrom" in button.dataset) copy(button);
  else if ("opens" in button.dataset) document.getElementById(button.dataset.opens)?.showModal();
  else if ("closes" in button.dataset) button.closest("dialog")?.close();
  else if ("shows" in button.dataset) showPassword(button);
});

function showPassword(button) {
  const field = document.getElementById(button.dataset.shows);
  const hidden = field.type === "password";
  field.type = hidden ? "text" : "password";
  button.setAttribute("aria-pressed", String(hidden));
}

// <output data-counts="field-id">: how much of maxlength is used.
function count(field) {
  const counter = document.querySelector(`[data-counts="${CSS.escape(field.id)}"]`);
  if (counter) counter.textContent = `${[...field.value].length} / ${field.maxLength}`;
}
document.addEventListener("input", (event) => count(event.target));

// <body data-keys>: a single letter presses the visible button or link with that aria-keyshortcuts.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^[a-z]$/i.test(event.key)) return;
  const wanted = document.querySelector(`[aria-keyshortcuts="${event.key.toUpperCase()}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
  wanted.click();
});

// A form is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") form.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.addEventListener("htmx:finally:request", () =>
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent),
);
document.addEventListener("htmx:response:error", () => say("That did not work. Load the page again, then try once more."));
