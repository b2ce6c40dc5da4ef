// The desk's small comforts: keys, a running total, time left. Every page works without it.
"use strict";

const asGroups = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ".");
const asNumber = (text) => {
  const bare = text.replace(/\s*(đ|₫|đồng|vnd|vnđ)\.?$/i, "").trim();
  return /^\d+$|^\d{1,3}([. ]\d{3})+$/.test(bare) ? Number(bare.replace(/\D/g, "")) : null;
};

// Keys: whatever carries data-key is clicked by it. The last one in the page wins, so a view outranks the header.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const wanted = [...document.querySelectorAll(`[data-key="${event.key}"]`)].pop();
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
  const question = wanted.closest("details.sure");
  if (question?.open) question.querySelector("button").focus();
});

// A form that makes something is sent once, however often its button is pressed. (The office would notice, too.)
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-once]")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

// Price times quantity, until the clerk enters another amount; and the sum of all lines.
const usual = (line) => {
  const price = line.querySelector(".fee select").selectedOptions[0]?.dataset.price;
  const pieces = asNumber(line.querySelector(".quantity input").value);
  return price === undefined || pieces === null ? null : Number(price) * pieces;
};
const addUp = () => {
  const total = document.getElementById("total");
  if (!total) return;
  const amounts = [...document.querySelectorAll(".line .amount input")].map((input) => asNumber(input.value));
  total.value = amounts.includes(null) ? "…" : asGroups(amounts.reduce((sum, amount) => sum + amount, 0)) + "\u202fđ";
};
const settle = () => {
  for (const line of document.querySelectorAll(".line")) {
    const amount = line.querySelector(".amount input");
    const number = asNumber(amount.value);
    if (number !== null) amount.value = asGroups(number);
    line.dataset.usual = usual(line) ?? "";
  }
  addUp();
};
document.addEventListener("input", (event) => {
  const line = event.target.closest(".line");
  if (!line) return;
  if (event.target.closest(".fee, .quantity")) {
    const amount = line.querySelector(".amount input");
    const wasUsual = amount.value === "" || asNumber(amount.value) === Number(line.dataset.usual || NaN);
    const now = usual(line);
    if (wasUsual) amount.value = now === null ? "" : asGroups(now);
    line.dataset.usual = now ?? "";
  }
  addUp();
});
document.addEventListener("change", settle);

// Time left, counted from when the page was given it: the clerk's clock may be wrong.
const shownAt = new WeakMap();
const countDown = () => {
  for (const left of document.querySelectorAll("[data-left]")) {
    if (!shownAt.has(left)) shownAt.set(left, performance.now());
    const seconds = Math.ceil(Number(left.dataset.left) - (performance.now() - shownAt.get(left)) / 1000);
    left.textContent = seconds > 0 ? ` (còn ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})` : "";
    if (seconds <= 0) window.htmx?.trigger(left.closest("[hx-get]"), "due");
  }
};
setInterval(countDown, 1000);

// Calls: the tab says who calls, and rings once for each call. A browser that has not been touched yet is not allowed to
// sound; then the ring waits for the first touch, and banner and title do without it.
let ownTitle = document.title;
let sound;
const RUNG = "quaythu-rung";
const chime = () => {
  sound ??= new AudioContext();
  for (const [tone, at] of [[880, 0], [660, 0.22], [880, 0.44], [660, 0.66]]) {
    const voice = sound.createOscillator();
    const volume = sound.createGain();
    const begins = sound.currentTime + at;
    voice.frequency.value = tone;
    volume.gain.setValueAtTime(0.25, begins);
    volume.gain.exponentialRampToValueAtTime(0.001, begins + 0.2);
    voice.connect(volume).connect(sound.destination);
    voice.start(begins);
    voice.stop(begins + 0.2);
  }
};
const ring = () => {
  const calls = [...document.querySelectorAll("#calls [data-ring]")];
  const newest = Math.max(0, ...calls.map((call) => Number(call.dataset.ring)));
  document.title = calls.length ? `(!) ${calls[0].dataset.call}` : ownTitle;
  if (newest <= Number(sessionStorage.getItem(RUNG)) || !navigator.userActivation?.hasBeenActive) return;
  sessionStorage.setItem(RUNG, newest);
  chime();
};
for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, ring);

// Live parts: swap only what is new; what the clerk opened, typed and ticked stays, and what was complained of.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse } = event.detail;
  if (target.seen === serverResponse) event.detail.shouldSwap = false;
  target.seen = serverResponse;
  target.opened = [...target.querySelectorAll("details[open][id]")].map((details) => details.id);
  const boxes = "[type=radio], [type=checkbox]";
  target.typed = [...target.querySelectorAll(`input[id]:not(${boxes}), select[id]`)].map((field) => [field.id, field.value]);
  target.ticked = [...target.querySelectorAll("input[id]:checked")].map((box) => box.id);
  target.wrong = [...target.querySelectorAll("p.wrong[id]")].map((complaint) => [complaint.id, complaint.outerHTML]);
  target.focused = target.contains(document.activeElement) ? document.activeElement.id : "";
});
document.addEventListener("htmx:afterSwap", (event) => {
  const { opened, typed, ticked, wrong, focused } = event.detail.target;
  for (const id of opened ?? []) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, value] of typed ?? []) if (document.getElementById(id)) document.getElementById(id).value = value;
  for (const id of ticked ?? []) if (document.getElementById(id)) document.getElementById(id).checked = true;
  for (const [id, complaint] of wrong ?? []) {
    const field = document.getElementById(id.replace(/-wrong$/, ""));
    if (!document.getElementById(id)) field?.insertAdjacentHTML(field.matches("fieldset") ? "beforeend" : "afterend", complaint);
  }
  if (focused) document.getElementById(focused)?.focus();
  settle();
  countDown();
  const heading = document.querySelector("#payment .status h1");
  const sum = document.querySelector("#payment .figure");
  if (heading && sum) ownTitle = `${heading.textContent} · ${sum.textContent}`;
  ring();
});
// A 4xx answer to a live part (the office says no) is not to wipe it; a form's lines come back with 200.
document.addEventListener("htmx:sseError", () => document.getElementById("lost")?.removeAttribute("hidden"));
document.addEventListener("htmx:sseOpen", () => document.getElementById("lost")?.setAttribute("hidden", ""));
document.addEventListener("htmx:sendError", () => document.getElementById("lost")?.removeAttribute("hidden"));

// How much room is left in a line of a card.
const measure = () => {
  for (const line of document.querySelectorAll("[data-most]")) {
    const label = document.querySelector(`label[for="${line.id}"]`);
    const count = label.querySelector("output") ?? label.appendChild(document.createElement("output"));
    const left = Number(line.dataset.most) - line.value.trim().length;
    count.value = left < 0 ? `dài quá ${-left} ký tự` : line.value ? `còn ${left}` : "";
    count.classList.toggle("amber", left < 0);
  }
};
document.addEventListener("input", measure);

settle();
countDown();
measure();
ring();
