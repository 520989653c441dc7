// The board on which slots are placed. The numbers in the form are the truth: the board shows and changes them, and
// without this file they are typed.

const board = document.getElementById("board");
const KEYS = ["left", "top", "width", "height"];
const LEAST = 8;
const GRIP = 12; // on the screen, whatever the picture is scaled to

const field = (slot, key) => document.getElementById(`${key}-${slot.dataset.slot}`);
const most = { width: board.viewBox.baseVal.width, height: board.viewBox.baseVal.height };
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function read(slot) {
  return Object.fromEntries(KEYS.map((key) => [key, Number.parseInt(field(slot, key).value, 10) || 0]));
}

function draw(slot) {
  const place = read(slot);
  const width = Math.max(place.width, LEAST);
  const height = Math.max(place.height, LEAST);
  for (const box of slot.querySelectorAll(".place-box, .place-halo")) {
    const values = { x: place.left, y: place.top, width, height };
    for (const [name, value] of Object.entries(values)) box.setAttribute(name, value);
  }
  const scale = board.getScreenCTM()?.a || 1;
  const name = slot.querySelector(".place-name");
  name.setAttribute("x", place.left + 4 / scale);
  name.setAttribute("y", place.top + 4 / scale);
  name.setAttribute("font-size", 12 / scale);
  const grip = slot.querySelector(".place-grip");
  const side = GRIP / scale;
  grip.setAttribute("x", place.left + width - side / 2);
  grip.setAttribute("y", place.top + height - side / 2);
  grip.setAttribute("width", side);
  grip.setAttribute("height", side);
  const title = slot.dataset.title;
  slot.setAttribute("aria-label", `${title}, ${place.left} from the left, ${place.top} from the top, ${width} wide, ${height} high`);
}

// Inside the picture, in whole pixels.
function write(slot, place) {
  const width = clamp(Math.round(place.width), LEAST, most.width);
  const height = clamp(Math.round(place.height), LEAST, most.height);
  const inside = {
    left: clamp(Math.round(place.left), 0, most.width - width),
    top: clamp(Math.round(place.top), 0, most.height - height),
    width,
    height,
  };
  for (const key of KEYS) field(slot, key).value = inside[key];
  draw(slot);
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function step(event) {
  const slot = event.target.closest(".place");
  const way = STEPS[event.key];
  if (!slot || !way || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const [x, y] = way.map((one) => one * (event.shiftKey ? 10 : 1));
  const place = read(slot);
  if (event.altKey) {
    write(slot, {
      ...place,
      width: Math.min(place.width + x, most.width - place.left),
      height: Math.min(place.height + y, most.height - place.top),
    });
  } else {
    write(slot, { ...place, left: place.left + x, top: place.top + y });
  }
  const now = read(slot);
  const said = event.altKey ? `${now.width} × ${now.height}` : `${now.left} from the left, ${now.top} from the top`;
  document.getElementById("say").textContent = said;
}

let dragged = null;

function begin(event) {
  const slot = event.target.closest(".place");
  if (!slot || event.button !== 0) return;
  event.preventDefault();
  slot.focus();
  board.setPointerCapture(event.pointerId);
  dragged = { slot, from: read(slot), x: event.clientX, y: event.clientY, grows: event.target.matches(".place-grip") };
}

function drag(event) {
  if (!dragged) return;
  const scale = board.getScreenCTM().a;
  const x = (event.clientX - dragged.x) / scale;
  const y = (event.clientY - dragged.y) / scale;
  const { from, slot, grows } = dragged;
  if (grows) {
    write(slot, {
      ...from,
      width: Math.min(from.width + x, most.width - from.left),
      height: Math.min(from.height + y, most.height - from.top),
    });
  } else {
    write(slot, { ...from, left: from.left + x, top: from.top + y });
  }
}

const end = () => (dragged = null);
const slots = [...board.querySelectorAll(".place")];

for (const slot of slots) {
  slot.dataset.title = slot.getAttribute("aria-label");
  slot.setAttribute("tabindex", "0");
  slot.setAttribute("role", "group");
  slot.setAttribute("aria-roledescription", "slot, moved with the arrow keys");
  draw(slot);
  for (const key of KEYS) field(slot, key).addEventListener("input", () => draw(slot));
  // Whoever is at a slot's numbers sees which one it is, and the other way round.
  const fields = document.querySelector(`[data-slot-fields="${slot.dataset.slot}"]`);
  fields.addEventListener("focusin", () => slot.classList.add("is-meant"));
  fields.addEventListener("focusout", () => slot.classList.remove("is-meant"));
  slot.addEventListener("focus", () => fields.classList.add("is-meant"));
  slot.addEventListener("blur", () => fields.classList.remove("is-meant"));
}
board.classList.add("is-live");
board.addEventListener("keydown", step);
board.addEventListener("pointerdown", begin);
board.addEventListener("pointermove", drag);
board.addEventListener("pointerup", end);
board.addEventListener("pointercancel", end);
new ResizeObserver(() => slots.forEach(draw)).observe(board);
