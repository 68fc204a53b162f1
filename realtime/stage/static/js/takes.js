// The recordings: the one that is being made with its running length, and those to fetch or delete.

import { item } from "./health.js";
import { bearer, token } from "./token.js";

const length = (seconds) => {
  const whole = Math.floor(seconds ?? 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
const size = (bytes) => (bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil((bytes ?? 0) / 1e3)} kB`);
const clock = (began) => (began ? began.slice(11, 16) : "");
const address = (name) => `/takes/${encodeURIComponent(name)}`;

async function reasonOf(response) {
  try { return (await response.json()).detail; } catch { return `the stage answered ${response.status}`; }
}

export class Takes {
  /** @param say (text) tells the performer what went wrong */
  constructor(list, say) {
    this.list = list;
    this.say = say;
    this.shown = "";
    this.asked = null; // the take whose deletion waits for a second press
  }

  show(takes) {
    const [running] = takes.filter((take) => take.state === "recording");
    this.tick(running);
    const text = JSON.stringify([takes.map((take) => [take.name, take.state, take.state === "recording" || take.seconds]), this.asked]);
    if (text === this.shown) return;
    this.shown = text;
    const held = document.activeElement?.closest("[data-take]")?.dataset.take;
    const lines = takes.map((take) => this.line(take));
    this.list.replaceChildren(...(lines.length ? lines : [item("li", "Nothing recorded yet", "none")]));
    this.tick(running);
    if (held) this.list.querySelector(`[data-take="${CSS.escape(held)}"] button`)?.focus(); // who was here stays here
  }

  /** The running take's length, without drawing the list anew. */
  tick(running) {
    const place = this.list.querySelector("[data-running]");
    if (place && running) place.textContent = `${length(running.seconds)} · ${size(running.bytes)}`;
  }

  line(take) {
    const entry = item("li", "", take.state === "recording" || take.state === "failed" ? "bad" : "");
    entry.dataset.take = take.name;
    if (take.state === "recording") {
      const running = item("small", "");
      running.dataset.running = "";
      entry.append(item("b", "Recording"), running);
      return entry;
    }
    entry.append(item("b", length(take.seconds)), item("small", `${clock(take.began)} · ${size(take.bytes)}`));
    if (take.state === "finishing") entry.append(item("span", "completing"));
    else entry.append(...this.buttons(take));
    if (take.reason) entry.append(item("span", `ended early: ${take.reason}`));
    return entry;
  }

  buttons(take) {
    const fetched = item("a", "Fetch");
    fetched.href = address(take.name);
    fetched.download = take.name;
    fetched.setAttribute("aria-label", `Fetch ${take.name}`);
    if (token()) fetched.onclick = (event) => { event.preventDefault(); this.fetch(take.name); };
    const asked = this.asked === take.name;
    const gone = item("button", asked ? "Really?" : "Delete", asked ? "small panic" : "small");
    gone.type = "button";
    gone.setAttribute("aria-label", asked ? `Really delete ${take.name}` : `Delete ${take.name}`);
    gone.onclick = () => (asked ? this.remove(take.name) : this.ask(take.name));
    return [fetched, gone];
  }

  /** A second press within four seconds deletes. */
  ask(name) {
    this.asked = name;
    setTimeout(() => { if (this.asked === name) this.asked = null; }, 4000);
  }

  async remove(name) {
    this.asked = null;
    const response = await fetch(address(name), { method: "DELETE", headers: bearer() });
    if (!response.ok) this.say(await reasonOf(response));
  }

  /** A link carries no token: ask for an address that is good once. */
  async fetch(name) {
    const response = await fetch(address(name), { method: "POST", headers: bearer() });
    if (!response.ok) { this.say(await reasonOf(response)); return; }
    const link = document.createElement("a");
    link.href = (await response.json()).address;
    link.download = name;
    link.click();
  }
}
