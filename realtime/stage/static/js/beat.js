// The beat, flashed when it is heard: at the stage's loudspeaker, or at this page's own.

const SAMPLES_PER_MS = 48;

export class Beats {
  /** @param heardAt (fields) => performance.now() at which the event is heard here */
  constructor(panel, counts, heardAt) {
    this.panel = panel;
    this.counts = counts;
    this.heardAt = heardAt;
    this.flashed = 0;
    this.late = 0;
  }

  take(beat) {
    const wait = this.heardAt(beat) - performance.now();
    if (wait < -150) { this.late += 1; return; }
    setTimeout(() => this.flash(beat), Math.max(0, wait));
  }

  flash(beat) {
    this.flashed += 1;
    this.counts.forEach((count, index) => count.classList.toggle("now", index + 1 === beat.beat_in_bar));
    this.panel.classList.remove("hit", "down");
    requestAnimationFrame(() => this.panel.classList.add("hit", ...(beat.beat_in_bar === 1 ? ["down"] : [])));
  }
}

/** Signed difference of two RTP time stamps in ms. */
export const rtpMs = (later, earlier) => ((later - earlier) | 0) / SAMPLES_PER_MS;
