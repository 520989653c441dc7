// Small comforts. Every page works without this file: it only saves a step or a reload.

const say = (words) => {
  const region = document.getElementById("say");
  if (region) region.textContent = words;
};

// <button data-copy="text">: copies, and says so for two seconds.
async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Browsers lend the clipboard to https and to this machine only: elsewhere the text is at least selected.
    const value = button.parentElement.querySelector(".value");
    if (value) getSelection().selectAllChildren(value);
    say("Copying is not allowed here. The text is selected, copy it yourself.");
    return;
  }
  button.classList.add("copied");
  say(button.dataset.said || "Copied");
  setTimeout(() => {
    button.classList.remove("copied");
    say("");
  }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-shows]");
  if (button?.dataset.copy) copy(button);
  else if (button) showPassword(button);
});

// <button data-shows="field-id">: what is typed in a password field.
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

// <output data-follows="field-id" data-unit="%">: where a slider stands, while it moves.
document.addEventListener("input", (event) => {
  const output = document.querySelector(`[data-follows="${CSS.escape(event.target.id)}"]`);
  if (output) output.textContent = event.target.value + (output.dataset.unit || "");
});

// <div data-focus="x-field y-field">: a click on a picture says how far from its left and top, in percent.
document.addEventListener("click", (event) => {
  const picture = event.target.closest("[data-focus]");
  if (!picture) return;
  const box = picture.getBoundingClientRect();
  const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  picture.dataset.focus.split(" ").forEach((id, axis) => {
    const field = document.getElementById(id);
    field.value = Math.round(Math.min(Math.max(shares[axis], 0), 1) * 100);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
});
document.addEventListener("input", (event) => {
  const picture = document.querySelector("[data-focus]");
  const axis = picture?.dataset.focus.split(" ").indexOf(event.target.id);
  if (!(axis >= 0)) return;
  const share = Math.min(Math.max(Number(event.target.value), 0), 100);
  for (const ring of picture.querySelectorAll("circle")) ring.setAttribute(axis ? "cy" : "cx", `${share}%`);
});

// aria-keyshortcuts="J": the letter follows a link or opens a part; a button that sends something only gets the
// focus, because a slip of the finger must not decide. <input data-keys> switches all of it off (WCAG 2.1.4).
const keys = {
  get on() {
    return localStorage.getItem("keys") !== "off";
  },
  show() {
    document.querySelectorAll("[data-keys]").forEach((box) => (box.checked = this.on));
    document.body.classList.toggle("without-keys", !this.on);
  },
};
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys]")) return;
  localStorage.setItem("keys", event.target.checked ? "on" : "off");
  keys.show();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing || !keys.on || event.ctrlKey || event.metaKey || event.altKey || !/^[a-z?]$/i.test(event.key)) return;
  const wanted = document.querySelector(`[aria-keyshortcuts="${event.key.toUpperCase()}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.focus();
  if (wanted.type !== "submit") wanted.click();
  // Whoever opens a part wants to write there, and no letter of it may be a key.
  if (wanted.matches("details[open] > summary")) wanted.parentElement.querySelector("textarea")?.focus();
});
keys.show();

// <button data-fills="field" value="words">: words to begin with, edited before they are sent.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fills]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fills);
  field.value = button.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// <span data-seconds>: how long something can still be taken back.
const countDown = () => document.querySelectorAll("[data-seconds]").forEach((place) => (place.textContent = Math.max(0, place.textContent - 1)));
if (document.querySelector("[data-seconds]")) setInterval(countDown, 1_000);

// A form is sent once, however often the button is pressed.
const release = () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") form.dataset.sent = "yes";
  setTimeout(release, 10_000);
});
addEventListener("pageshow", release);
document.addEventListener("htmx:finally:request", release);

// <form data-starts="id">: sent as usual, and the part that shows its progress begins to ask.
document.addEventListener("submit", (event) => {
  const part = document.getElementById(event.target.dataset.starts);
  if (part) part.dispatchEvent(new Event("started"));
});

// <time data-clock>: the reader's own time of day instead of UTC.
function tellTime() {
  const near = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  document.querySelectorAll("time[data-clock]").forEach((time) => (time.textContent = near.format(new Date(time.dateTime))));
}
tellTime();
document.addEventListener("htmx:after:swap", tellTime);

// <form data-saves="id">: it keeps itself as one types. When that fails, it says so there and tries again.
function saysNotSaved(form) {
  const place = document.getElementById(form.dataset.saves);
  if (!place) return;
  place.classList.add("is-not");
  place.textContent = "Not saved just now. Leave this page open; the next word tries again.";
}

// What htmx could not fetch or was refused is said where the reader is, not swallowed.
function complain() {
  const words = "That did not work. Load the page again, then try once more.";
  const notice = document.createElement("div");
  notice.className = "notice flash is-wrong";
  notice.textContent = words;
  document.querySelectorAll(".notice.is-wrong.flash").forEach((old) => old.remove());
  document.getElementById("content")?.prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
  say(words);
}
// 422 brings the form back with its errors, and 409 its refusal: both are shown as they come.
document.addEventListener("htmx:response:error", (event) => {
  const form = event.detail.ctx.sourceElement?.closest?.("[data-saves]");
  if (form) saysNotSaved(form);
  else if (![409, 422].includes(event.detail.ctx.response.status)) complain();
});
document.addEventListener("htmx:error", (event) => {
  const form = event.detail?.ctx?.sourceElement?.closest?.("[data-saves]");
  if (form) saysNotSaved(form);
  else complain();
});
