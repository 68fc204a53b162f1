// The performer's page: what is seen, what is played, and how well.

import { Beats, rtpMs } from "./beat.js";
import { Dancers } from "./dancers.js";
import { Health } from "./health.js";
import { Link } from "./link.js";
import { Pads, STYLES } from "./pads.js";
import { Picture } from "./picture.js";
import { dance, Listening } from "./rtc.js";
import { Spectrum } from "./spectrum.js";
import { Takes } from "./takes.js";
import { COLUMN, PICTURE, POSE } from "./wire.js";

const $ = (id) => document.getElementById(id);
const remember = (key, value) => localStorage.setItem(`noverre.${key}`, value);
const remembered = (key) => localStorage.getItem(`noverre.${key}`);

let listening = null; // a Listening while this page plays the sound
let dancing = null; // what ends it, its place and its connection, while this page's camera is on stage
let state = {};
let place = 0; // the dancer whom this page shows and hears
let anchor = null; // one moment known on both clocks: RTP and the server's

const picture = new Picture($("picture"), $("nopicture"));
const spectrum = new Spectrum($("spectrum"), $("meter"));
const beats = new Beats($("beat"), [...document.querySelectorAll(".counts i")], heardHere);
const health = new Health({
  sum: $("latency-sum"), bar: $("latency"), legend: $("latency-legend"), counts: $("counts"), osc: $("osc"),
});
const takes = new Takes($("takes"), say);
const dancers = new Dancers($("dancers"), watch);

const link = new Link({
  up: () => {
    $("link").textContent = "live";
    $("link").className = "chip good";
    if (place > 0) link.send({ do: "watch", place });
  },
  down: () => { $("link").textContent = "no connection"; $("link").className = "chip bad"; },
  state: show,
  event: takeEvent,
  packed: takePacked,
});
const pads = new Pads($("pads"), (fields) => link.send(fields));

function heardHere(fields) {
  const here = listening?.heardAt(fields.rtp);
  return here ?? link.local(fields.heard_at_s ?? fields.heard);
}

function takeEvent(fields) {
  if (fields.rtp !== undefined && fields.heard_at_s !== undefined) anchor = fields;
  if (fields.type === "beat") beats.take(fields);
  else if (fields.type === "refused") say(fields.reason);
}

function takePacked(message) {
  if (message.kind === PICTURE) picture.show(message);
  else if (message.kind === POSE) picture.pose(message);
  else if (message.kind === COLUMN) {
    const wait = heardHere(message) - performance.now();
    if (wait > -500) setTimeout(() => spectrum.show(message), Math.max(0, wait));
  }
}

function say(text) { if (text && $("message").textContent !== text) $("message").textContent = text; }

function show(fields) {
  state = fields;
  const dancer = place > 0 ? fields.dancers?.[place] ?? {} : fields;
  dancers.show(fields.dancers ?? [], place);
  $("bpm").textContent = dancer.bpm > 0 ? dancer.bpm.toFixed(1) : "–";
  const sure = Math.round(100 * (dancer.confidence ?? 0));
  $("confidence").setAttribute("aria-valuenow", sure);
  $("confidence").firstElementChild.style.transform = `scaleX(${sure / 100})`;
  $("confidence").classList.toggle("low", sure < 40);
  $("confidence-text").textContent = `${sure} %`;
  $("sure-label").textContent = dancer.people === 0 ? "Nobody seen" : "Following";
  pads.show(fields.style ?? {});
  if (document.activeElement !== $("intensity") && typeof fields.intensity === "number") setIntensity(fields.intensity);
  press("mute", fields.mute);
  press("record", fields.recording);
  press("free", fields.tempo_set === null || fields.tempo_set === undefined);
  $("free").textContent = fields.tempo_set ? `Set ${Math.round(fields.tempo_set)}` : "Follow";
  $("record").textContent = fields.recording ? "Stop" : "Record";
  document.body.classList.toggle("muted", fields.mute === true);
  document.body.classList.toggle("recording", fields.recording === true);
  $("listeners").textContent = fields.listeners ?? 0;
  $("publish").hidden = !fields.publish;
  if (fields.publish) {
    $("publish").textContent = fields.publish.state === "publishing" ? "on air" : `publish: ${fields.publish.state}`;
    $("publish").title = fields.publish.reason || fields.publish.url;
  }
  say(fields.message);
  health.show(fields);
  takes.show(fields.takes ?? []);
}

/** Another dancer's picture, beat and sound. */
async function watch(chosen) {
  if (chosen === place) return;
  place = chosen;
  anchor = null;
  link.send({ do: "watch", place });
  show(state);
  if (!listening) return;
  stopListening();
  await startListening();
}

function press(id, on) { $(id).setAttribute("aria-pressed", String(on === true)); }

function setIntensity(value) {
  $("intensity").value = Math.round(100 * value);
  $("intensity-text").textContent = Math.round(100 * value);
}

function turnIntensity(value) {
  const within = Math.min(1, Math.max(0, value));
  state.intensity = within;
  setIntensity(within);
  link.send({ do: "intensity", value: within });
}

const act = {
  tap: () => { link.send({ do: "tap", server_s: link.server() }); pulse("tap"); },
  free: () => link.send({ do: "tempo", bpm: null }),
  mute: () => link.send({ do: "mute", on: !state.mute }),
  record: () => link.send({ do: "record", on: !state.recording }),
  panic: () => { link.send({ do: "panic" }); pulse("panic"); },
  dance: () => (dancing ? stopDancing() : startDancing()),
  listen: () => (listening ? stopListening() : startListening()),
  mirror: () => mirror($("mirror").getAttribute("aria-pressed") !== "true"),
  help: () => $("keys").showModal(),
};
for (const [id, action] of Object.entries(act)) {
  if (id === "tap" || id === "panic") $(id).onpointerdown = action; // at once, not on release
  else $(id).onclick = action;
}
for (const id of ["tap", "panic"]) {
  $(id).onclick = (event) => { if (event.detail === 0) act[id](); }; // a key, not a finger
}
$("intensity").oninput = () => turnIntensity($("intensity").value / 100);

function pulse(id) {
  $(id).classList.remove("pulse");
  requestAnimationFrame(() => $(id).classList.add("pulse"));
}

function mirror(on) {
  press("mirror", on);
  $("picture").classList.toggle("mirrored", on);
  remember("mirror", on);
}

async function startDancing() {
  press("dance", true);
  try {
    const chosen = $("cameras").value;
    const video = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    if (chosen) video.deviceId = { exact: chosen };
    const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    remember("camera", chosen);
    await listCameras();
    dancing = await dance(stream, (now) => { if (now === "failed") stopDancing("the camera's connection was lost"); });
    await watch(dancing.place);
    say(dancing.place ? `You are dancer ${dancing.place + 1}` : "This page's camera is on stage");
  } catch (error) {
    stopDancing(error.message);
  }
}

function stopDancing(reason) {
  dancing?.end();
  dancing = null;
  press("dance", false);
  if (typeof reason === "string") say(reason);
}

async function listCameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices?.() ?? [];
  const cameras = devices.filter((device) => device.kind === "videoinput" && device.deviceId);
  const options = cameras.map((camera, index) => new Option(camera.label || `Camera ${index + 1}`, camera.deviceId));
  $("cameras").replaceChildren(new Option("default", ""), ...options);
  $("cameras").value = remembered("camera") ?? "";
  if ($("cameras").selectedIndex < 0) $("cameras").value = "";
}

async function startListening() {
  press("listen", true);
  const mine = new Listening({
    prompt: true,
    place,
    onState: (now) => { if (now === "failed") stopListening("the sound's connection was lost"); },
    onEvent: takeOwn,
    onTrack: (track) => {
      $("speaker").srcObject = new MediaStream([track]);
      $("speaker").play().catch(() => say("Press L to hear the music"));
    },
  });
  try {
    await mine.start();
    listening = mine;
    remember("listen", true);
  } catch (error) {
    mine.peer.close();
    press("listen", false);
    say(error.message);
  }
}

// Beats come over the web socket already; the channel's copy keeps the page exact if the socket is slow.
function takeOwn(fields) { if (fields.heard_at_s !== undefined) anchor = fields; }

function stopListening(reason) {
  listening?.end?.();
  listening = null;
  health.here = null;
  remember("listen", false);
  press("listen", false);
  if (typeof reason === "string") say(reason);
}

/** How much later than at the stage's loudspeaker the sound is heard here, and which part the buffer has. */
async function measure() {
  const now = listening?.playing();
  const advance = state.streams?.[place]?.advance_ms;
  if (!now || !anchor || link.offset === null || advance === undefined) return;
  const stage = link.local(anchor.heard_at_s) + rtpMs(now.rtp, anchor.rtp);
  const total = now.at - stage + advance; // from the server's send to here
  const buffer = await listening.buffered();
  if (buffer === null || total < 0) return;
  health.here = { early: advance, network: Math.max(0, total - buffer), buffer };
  window.noverre.heard = { total, buffer, advance, later: now.at - stage };
  link.send({ do: "heard", delay_ms: Math.round(total) });
}
setInterval(measure, 1000);

function nudge(beats) {
  link.send({ do: "nudge", beats });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input:not([type=range]), select");
  if (typing) return;
  const digit = /^Digit(\d)$/.exec(event.code);
  if (digit) {
    const style = STYLES[(Number(digit[1]) + 9) % 10];
    if (event.shiftKey) pads.add(style); else pads.solo(style);
    return;
  }
  const ranged = event.target.matches("input[type=range]");
  const keys = {
    " ": act.tap, t: act.tap, f: act.free, m: act.mute, r: act.record, Escape: act.panic, d: act.dance, l: act.listen,
    "?": act.help, "[": () => nudge(-0.05), "]": () => nudge(0.05), h: () => nudge(0.5),
    ...(ranged ? {} : {
      ArrowUp: () => turnIntensity((state.intensity ?? 0.5) + 0.05),
      ArrowDown: () => turnIntensity((state.intensity ?? 0.5) - 0.05),
    }),
  };
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  if (event.key === " " && event.target.matches("button")) return; // the button in focus has it
  if (event.repeat && !event.key.startsWith("Arrow") && !"[]".includes(event.key)) return;
  event.preventDefault();
  action();
});

addEventListener("pagehide", () => { dancing?.end(); listening?.end?.(); });
mirror(remembered("mirror") !== "false");
listCameras();
if (remembered("listen") === "true") startListening();

window.noverre = {
  beats, picture, spectrum, link, health, heard: null, state: () => state, listening: () => listening, dancing: () => dancing,
};
