// The spectrogram and the level meter, drawn when the sound is heard and not when it is known.

const WIDTH = 3;
const FLOOR_DB = -60;

const PALETTE = Array.from({ length: 256 }, (_, value) => {
  const t = value / 255;
  const part = (from, to) => Math.round(255 * Math.min(1, Math.max(0, (t - from) / (to - from))));
  return [part(0.25, 0.75), part(0.45, 1), Math.round(20 + 90 * Math.sin(Math.PI * Math.min(1, t * 1.4)))];
});

export class Spectrum {
  constructor(canvas, meter) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.meter = meter;
    [this.level, this.peak] = meter.children;
    this.columns = 0;
    this.shown = { level: FLOOR_DB, peak: FLOOR_DB };
  }

  show(column) {
    const { canvas, context } = this;
    context.drawImage(canvas, -WIDTH, 0);
    const strip = context.createImageData(WIDTH, canvas.height);
    for (let y = 0; y < canvas.height; y += 1) {
      const band = Math.floor(((canvas.height - 1 - y) * column.bands.length) / canvas.height);
      const [red, green, blue] = PALETTE[column.bands[band]];
      for (let x = 0; x < WIDTH; x += 1) strip.data.set([red, green, blue, 255], 4 * (y * WIDTH + x));
    }
    context.putImageData(strip, canvas.width - WIDTH, 0);
    this.columns += 1;
    this.showLevel(column);
  }

  showLevel({ level, peak }) {
    this.shown.level = Math.max(level, this.shown.level - 2);
    this.shown.peak = Math.max(peak, this.shown.peak - 0.8);
    const place = (db) => Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
    this.level.style.transform = `scaleY(${place(this.shown.level)})`;
    this.peak.style.bottom = `${100 * place(this.shown.peak)}%`;
    this.meter.setAttribute("aria-valuenow", Math.round(Math.max(FLOOR_DB, this.shown.level)));
  }
}
