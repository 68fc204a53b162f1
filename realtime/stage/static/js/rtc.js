// WHIP and WHEP from a page: one POST, one answer. The stage finds us by our own connectivity checks.

import { bearer } from "./token.js";
import { rtpMs } from "./beat.js";

export class RefusedError extends Error {
  constructor(status, reason) { super(reason); this.status = status; }
}

/** Opens a session; returns what ends it, and the place whose music belongs to it. */
export async function open(peer, address) {
  const offer = await peer.createOffer();
  offer.sdp = withStereo(offer.sdp);
  await peer.setLocalDescription(offer);
  const response = await fetch(address, {
    method: "POST", body: offer.sdp, headers: { "Content-Type": "application/sdp", ...bearer() },
  });
  const text = await response.text();
  if (response.status !== 201) throw new RefusedError(response.status, reasonOf(text));
  const session = response.headers.get("Location");
  const end = () => {
    fetch(session, { method: "DELETE", keepalive: true, headers: bearer() }).catch(() => {});
    peer.close();
  };
  await peer.setRemoteDescription({ type: "answer", sdp: text });
  const place = Number(/performer=(\d+)/.exec(response.headers.get("Link") ?? "")?.[1] ?? 0);
  return { end, place };
}

function reasonOf(text) {
  try { return JSON.parse(text).detail; } catch { return "the stage gave no reason"; }
}

/** Chromium decodes Opus in stereo only if its own offer says so. */
function withStereo(sdp) {
  const match = /a=rtpmap:(\d+) opus\/48000\/2/i.exec(sdp);
  return match ? sdp.replace(new RegExp(`(a=fmtp:${match[1]} .*)`), "$1;stereo=1") : sdp;
}

/** A camera on its way to the stage: what ends it, and the place where it dances. */
export async function dance(stream, onState) {
  const peer = new RTCPeerConnection();
  const [track] = stream.getVideoTracks();
  track.contentHint = "motion";
  const sender = peer.addTransceiver(track, { direction: "sendonly", streams: [stream] }).sender;
  peer.onconnectionstatechange = () => onState(peer.connectionState);
  const { end, place } = await open(peer, "/whip");
  const settings = sender.getParameters();
  settings.degradationPreference = "maintain-framerate";
  for (const encoding of settings.encodings) encoding.maxBitrate = 1_500_000;
  await sender.setParameters(settings).catch(() => {});
  return { end: () => { track.stop(); end(); }, place, peer };
}

/** The show on its way to this page: sound, score, and the picture if wanted. */
export class Listening {
  constructor({ picture, prompt, place, onState, onEvent, onPose, onTrack }) {
    this.peer = new RTCPeerConnection();
    this.last = null;
    this.place = place ?? 0;
    this.peer.onconnectionstatechange = () => onState(this.peer.connectionState);
    this.peer.ontrack = ({ track, streams }) => onTrack(track, streams[0]);
    this.receiver = this.peer.addTransceiver("audio", { direction: "recvonly" }).receiver;
    if (prompt && "jitterBufferTarget" in this.receiver) this.receiver.jitterBufferTarget = 0;
    if (picture) this.peer.addTransceiver("video", { direction: "recvonly" });
    this.peer.createDataChannel("noverre").onmessage = ({ data }) => onEvent(JSON.parse(data));
    if (onPose) {
      const poses = this.peer.createDataChannel("noverre-pose", { ordered: false, maxRetransmits: 0 });
      poses.binaryType = "arraybuffer";
      poses.onmessage = ({ data }) => onPose(data);
    }
  }

  async start() { this.end = (await open(this.peer, `/whep?performer=${this.place}`)).end; }

  /** What is playing now: its RTP time stamp, and performance.now() of that moment; null before sound. */
  playing() {
    const [source] = this.receiver.getSynchronizationSources();
    if (!source?.rtpTimestamp) return null;
    return { rtp: source.rtpTimestamp, at: source.timestamp - performance.timeOrigin };
  }

  /** performance.now() at which an RTP moment is heard here; null before sound. */
  heardAt(rtp) {
    const playing = this.playing();
    return playing && playing.at + rtpMs(rtp, playing.rtp);
  }

  /** The jitter buffer's own share of the delay, ms, over the time since the last question. */
  async buffered() {
    for (const report of (await this.receiver.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      const now = { delay: report.jitterBufferDelay, count: report.jitterBufferEmittedCount };
      const before = this.last ?? { delay: 0, count: 0 };
      this.last = now;
      if (now.count > before.count) return (1000 * (now.delay - before.delay)) / (now.count - before.count);
    }
    return null;
  }
}
