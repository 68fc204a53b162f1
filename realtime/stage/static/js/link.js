// The web socket to the stage: comes back by itself, and knows what time it is there.

import { ask, bearer, socketProtocols } from "./token.js";
import { read } from "./wire.js";

const PING_EVERY_MS = 2000;
const REMEMBERED = 12;

export class Link {
  /** @param handlers state(fields), event(fields), packed(message), up(), down(reason) */
  constructor(handlers) {
    this.handlers = handlers;
    this.wait = 250;
    this.pings = [];
    this.offset = null; // server seconds minus performance.now() / 1000
    setInterval(() => this.ping(), PING_EVERY_MS);
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`, socketProtocols());
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { this.wait = 250; this.pings = []; this.ping(); this.handlers.up(); };
    socket.onmessage = (message) => this.take(message.data);
    socket.onclose = () => this.again();
    this.socket = socket;
  }

  async again() {
    this.handlers.down();
    if (await this.refused()) await ask();
    else await new Promise((resolve) => { setTimeout(resolve, this.wait); });
    this.wait = Math.min(5000, this.wait * 1.7);
    this.open();
  }

  /** A web socket does not say why it was refused; the WHEP address does. */
  async refused() {
    try {
      return (await fetch("/whip/none", { method: "DELETE", headers: bearer() })).status === 401;
    } catch {
      return false;
    }
  }

  take(data) {
    if (typeof data !== "string") {
      const message = read(data);
      if (message) this.handlers.packed(message);
      return;
    }
    const fields = JSON.parse(data);
    if (fields.type === "pong") this.pong(fields);
    else if (fields.type === "state") this.handlers.state(fields);
    else this.handlers.event(fields);
  }

  ping() { this.send({ do: "ping", sent: performance.now() }); }

  /** The quickest answer of the last ones tells the server's clock best. */
  pong({ sent, server_s: server }) {
    const now = performance.now();
    this.pings.push({ trip: now - sent, offset: server - (sent + now) / 2000 });
    if (this.pings.length > REMEMBERED) this.pings.shift();
    this.offset = this.pings.reduce((best, ping) => (ping.trip < best.trip ? ping : best)).offset;
  }

  /** performance.now() of a moment on the server's clock. */
  local(seconds) { return this.offset === null ? performance.now() : (seconds - this.offset) * 1000; }

  /** The server's clock now, s; null before it is known. */
  server() { return this.offset === null ? null : performance.now() / 1000 + this.offset; }

  send(fields) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(fields));
  }
}
