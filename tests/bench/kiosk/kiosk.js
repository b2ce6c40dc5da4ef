// The page that the counter is measured against: an MQTT client that shows a payment request as a QR code.
//
// Written to be fast, or the comparison would be worth nothing: the signature is checked by the browser's own native
// code, the mask is given (the encoder's search costs milliseconds), the code is one ImageData, and the whole screen
// changes within one task, so that the browser lays out and paints once.
//
// It keeps no journal, prints nothing and acknowledges nothing but the PUBACK: in all of that it has less to do.

import mqtt from "mqtt";
import QRCode from "qrcode";

const asked = new URLSearchParams(location.search);
const QUIET_MODULES = 4;
const PANEL_PX = 552;
const MASK = asked.get("mask") === "search" ? undefined : Number(asked.get("mask"));
const LONGEST_S = 300;

const $ = (id) => document.getElementById(id);
const bytes = new TextEncoder();
const pen = $("code").getContext("2d", { alpha: false });

let shown = null;
let countdown = 0;

const fromBase64Url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const key = asked.get("key")
  ? crypto.subtle.importKey("raw", fromBase64Url(asked.get("key")), { name: "Ed25519" }, false, ["verify"])
  : null;

// RFC 7797: the signature covers the protected header, a dot, and the payload as it stands.
async function isSigned(message) {
  const covered = bytes.encode(`${message.protected}.${message.payload}`);
  return crypto.subtle.verify({ name: "Ed25519" }, await key, fromBase64Url(message.signature), covered);
}

async function take(raw) {
  const message = JSON.parse(raw);
  if (key && !(await isSigned(message))) return;
  const { body } = JSON.parse(message.payload);
  if (body.type === "payment_request") show(body);
  if (body.type === "payment_parking" && shown && shown.payment === body.payment) rest();
}

function show(request) {
  shown = request;
  drawCode(request.payload);
  $("amount").textContent = `${request.amount.toLocaleString("vi-VN")} đ`;
  $("purpose").textContent = `${request.lines[0].fee_name} · Hồ sơ …${request.lines[0].dossier.slice(-4)}`;
  $("payee").textContent = request.beneficiary.account_name;
  $("bank").textContent = `Ngân hàng: ${request.beneficiary.bank_name}`;
  $("account").textContent = `Tài khoản: ${request.beneficiary.account}`;
  $("memo").textContent = `Nội dung: ${request.reference}`;
  count();
  clearInterval(countdown);
  countdown = setInterval(count, 1000);
  $("idle").hidden = true;
  $("paying").hidden = false;
}

function rest() {
  shown = null;
  clearInterval(countdown);
  $("paying").hidden = true;
  $("idle").hidden = false;
}

function drawCode(payload) {
  const { modules } = QRCode.create(payload, { errorCorrectionLevel: "M", maskPattern: MASK });
  const px = Math.floor(PANEL_PX / (modules.size + 2 * QUIET_MODULES));
  const side = modules.size * px;
  const picture = new ImageData(side, side);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / px) * modules.size;
    for (let x = 0; x < side; x++) pixels[y * side + x] = modules.data[row + Math.floor(x / px)] ? 0xff000000 : 0xffffffff;
  }
  if (pen.canvas.width !== side) pen.canvas.width = pen.canvas.height = side;
  pen.putImageData(picture, 0, 0);
}

function count() {
  const left = Math.max(0, Math.floor((Date.parse(shown.expires_at) - Date.now()) / 1000));
  $("left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  $("full").style.width = `${Math.min(100, (100 * left) / LONGEST_S)}%`;
}

const client = mqtt.connect(asked.get("broker"), { protocolVersion: 5, clientId: "kiosk", reconnectPeriod: 1000 });
client.on("connect", () => client.subscribe(asked.getAll("topic"), { qos: 1 }));
client.on("message", (_topic, payload) => take(payload));
