// The demo page: mirrors glass, paper, light and loudspeaker, lets the phone scan and pay. Passes on; decides nothing.
"use strict";

const byId = (id) => document.getElementById(id);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const LIGHTS = {
  off: "Đèn tắt", waiting: "Đèn sáng đều: có người đang thanh toán",
  paid: "Đèn nháy chậm: đã nhận tiền", trouble: "Đèn nháy nhanh: cần cán bộ",
};
const PRINTERS = {
  ready: "✓ sẵn sàng", paper_low: "◔ sắp hết giấy", paper_out: "✕ hết giấy",
  cover_open: "✕ mở nắp", cutter_fault: "✕ kẹt dao", overheated: "✕ quá nóng",
  offline: "✕ không trả lời", unknown: "? chưa rõ",
};

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.detail || `Không được (${answer.status})`);
  }
  return answer.status === 204 ? null : answer.json();
}

async function mirrorGlass() {
  const screen = byId("screen");
  if (!screen) return;
  let frame = -1;
  for (;;) {
    try {
      const answer = await fetch(`/screen.png?after=${frame}`);
      if (!answer.ok) throw new Error(String(answer.status));
      frame = Number(answer.headers.get("X-Frame"));
      const before = screen.src;
      screen.src = URL.createObjectURL(await answer.blob());
      if (before) URL.revokeObjectURL(before);
    } catch {
      frame = -1;
      await wait(1000);
    }
  }
}

const loudspeaker = new Audio();
let heard = 0;

function play(number) {
  loudspeaker.src = `/sound.wav?number=${number}`;
  return loudspeaker.play();
}

function mirrorSound(sound) {
  if (!sound || sound.number === heard) return;
  const isFirstLook = heard === 0 && sound.number > 1;
  heard = sound.number;
  byId("said").textContent = sound.text || "Loa vừa phát một đoạn.";
  byId("said-how").textContent = `${String(sound.seconds).replace(".", ",")} giây, âm lượng ${sound.volume} %`;
  byId("play").disabled = false;
  if (byId("aloud").getAttribute("aria-pressed") === "true" && !isFirstLook) play(heard).catch(() => {});
}

function switchAloud(event) {
  const isOn = event.target.getAttribute("aria-pressed") !== "true";
  event.target.setAttribute("aria-pressed", String(isOn));
  event.target.textContent = `Tự phát: ${isOn ? "bật" : "tắt"}`;
  if (!isOn) loudspeaker.pause();
}

async function press(event) {
  const button = event.currentTarget;
  button.classList.add("pressed");
  await Promise.all([post(`/panel/${button.dataset.key}`).catch(() => {}), wait(200)]);
  button.classList.remove("pressed");
}

async function mirrorDevices() {
  let slips = 0;
  for (;;) {
    try {
      const state = await (await fetch("/state")).json();
      byId("light").textContent = LIGHTS[state.light];
      byId("lamp").dataset.light = state.light;
      mirrorSound(state.sound);
      byId("printer").textContent = PRINTERS[state.printer];
      if (state.slips !== slips) {
        slips = state.slips;
        byId("slip").hidden = slips === 0;
        byId("no-slip").hidden = slips > 0;
        if (slips) byId("slip").src = `/slip.png?number=${slips}`;
      }
    } catch { /* the counter is starting again */ }
    await wait(500);
  }
}

function phoneSays(words) { byId("phone-says").textContent = words; }

async function scan() {
  try {
    const shown = await post("/phone/scan");
    for (const part of ["amount", "account", "bank", "memo"]) byId(`phone-${part}`).textContent = shown[part];
    byId("phone-shows").hidden = false;
    byId("pay").disabled = false;
    phoneSays("Kiểm tra rồi bấm Chuyển tiền.");
  } catch (error) {
    byId("phone-shows").hidden = true;
    byId("pay").disabled = true;
    phoneSays(error.message);
  }
}

async function pay() {
  byId("pay").disabled = true;
  try {
    await post("/phone/pay");
    phoneSays("✓ Đã chuyển tiền.");
  } catch (error) {
    phoneSays(error.message);
  }
}

function touch(event) {
  const box = event.target.getBoundingClientRect();
  const border = event.target.clientLeft;
  const scale = event.target.naturalWidth / event.target.clientWidth;
  post("/touch", {
    x: Math.round((event.clientX - box.left - border) * scale),
    y: Math.round((event.clientY - box.top - border) * scale),
  }).catch(() => {});
}

byId("scan").addEventListener("click", scan);
byId("pay").addEventListener("click", pay);
byId("file-dossier").addEventListener("click", (event) => {
  post("/portal/dossier")
    .then(() => { event.target.textContent = "✓ Hồ sơ đã đến bàn cán bộ"; })
    .catch((error) => { event.target.textContent = error.message; });
});
if (byId("screen")) byId("screen").addEventListener("click", touch);
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => {
    const lever = byId("trouble").selectedOptions[0].dataset[button.dataset.do];
    post(`/printer/${lever}`).catch(() => {});
  });
}
for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", press);
byId("play").addEventListener("click", () => play(heard).catch(() => {}));
byId("aloud").addEventListener("click", switchAloud);
mirrorGlass();
mirrorDevices();
