// The audience's page: the sound, the dancer, the beat.

import { drawFigure } from "./figure.js";
import { rtpMs } from "./beat.js";
import { Listening, RefusedError } from "./rtc.js";
import { ask } from "./token.js";
import { read } from "./wire.js";

const $ = (id) => document.getElementById(id);
const overlay = $("overlay").getContext("2d");
let listening = null;
let wanted = false;
let wait = 500;
const poses = [];

function status(text, name = "") { $("link").textContent = text; $("link").className = `chip ${name}`; }

async function start() {
  wanted = true;
  $("listen").hidden = true;
  status("connecting");
  const performer = Number(new URLSearchParams(location.search).get("performer") ?? 0);
  const mine = new Listening({ picture: true, place: performer, onState: follow, onEvent: takeEvent, onPose: takePose, onTrack: place });
  try {
    await mine.start();
    listening = mine;
    wait = 500;
  } catch (error) {
    mine.peer.close();
    await failed(error);
  }
}

async function failed(error) {
  if (error instanceof RefusedError && error.status === 401) {
    await ask();
    start();
    return;
  }
  status(error.message, "bad");
  setTimeout(() => { if (wanted) start(); }, wait);
  wait = Math.min(15_000, wait * 2);
}

function follow(state) {
  if (state === "connected") status("live", "good");
  else if (state === "failed" && wanted) {
    listening?.end?.();
    listening = null;
    failed(new Error("connection lost"));
  }
}

function place(track) {
  const element = track.kind === "video" ? $("video") : $("speaker");
  element.srcObject = new MediaStream([track]);
  element.play().catch(() => { $("listen").hidden = false; });
}

function takeEvent(fields) {
  if (fields.bpm) $("bpm").textContent = fields.bpm.toFixed(0);
  if (fields.type !== "beat") return;
  const at = listening?.heardAt(fields.rtp) ?? performance.now();
  window.listener.lead = at - performance.now();
  setTimeout(() => flash(fields), Math.max(0, at - performance.now()));
}

function flash(beat) {
  window.listener.beats.push({ rtp: beat.rtp, at: performance.now() });
  $("beat").classList.remove("hit", "down");
  requestAnimationFrame(() => $("beat").classList.add("hit", ...(beat.beat_in_bar === 1 ? ["down"] : [])));
}

function takePose(data) {
  poses.push(read(data));
  if (poses.length > 60) poses.shift();
}

/** Each pose is drawn with the sound of its moment: picture and sound are kept together by the browser. */
function draw() {
  requestAnimationFrame(draw);
  const { videoWidth: width, videoHeight: height } = $("video");
  const playing = listening?.playing();
  if (!width || !playing) return;
  if ($("overlay").width !== width || $("overlay").height !== height) {
    $("overlay").width = width;
    $("overlay").height = height;
  }
  const now = playing.rtp + (performance.now() - playing.at) * 48;
  const due = poses.filter((pose) => rtpMs(pose.rtp, now) <= 0);
  overlay.clearRect(0, 0, width, height);
  if (!$("joints").checked || !due.length) return;
  for (const person of new Set(due.map((pose) => pose.person))) {
    const pose = due.findLast((one) => one.person === person);
    if (rtpMs(now, pose.rtp) < 400) drawFigure(overlay, pose, width, height);
  }
}

setInterval(async () => {
  const buffered = await listening?.buffered();
  $("delay").hidden = typeof buffered !== "number";
  if (typeof buffered === "number") $("delay").textContent = `buffer ${Math.round(buffered)} ms`;
}, 1000);

$("listen").onclick = start;
$("volume").oninput = () => { $("speaker").volume = $("volume").value / 100; };
addEventListener("pagehide", () => listening?.end?.());
requestAnimationFrame(draw);
window.listener = { beats: [], lead: null, listening: () => listening, poses };
