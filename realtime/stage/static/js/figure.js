// Draws the dancer's joints over a picture.

const BONES = [
  [11, 12], [11, 13], [13, 15], [15, 19], [12, 14], [14, 16], [16, 20], [11, 23], [12, 24], [23, 24],
  [23, 25], [25, 27], [27, 29], [29, 31], [24, 26], [26, 28], [28, 30], [30, 32], [7, 2], [2, 0], [0, 5], [5, 8],
];
const COLOURS = ["#f2b84b", "#5ec8f2", "#b58cf5", "#7ee0a1"];

export function drawFigure(context, pose, width, height) {
  context.lineWidth = Math.max(3, width / 160);
  context.lineCap = "round";
  context.strokeStyle = COLOURS[pose.person % COLOURS.length];
  for (const [from, to] of BONES) {
    const a = pose.joints[from];
    const b = pose.joints[to];
    const seen = Math.min(a.visibility, b.visibility);
    if (seen < 0.2) continue;
    context.globalAlpha = 0.35 + 0.65 * seen;
    context.beginPath();
    context.moveTo(a.x * width, a.y * height);
    context.lineTo(b.x * width, b.y * height);
    context.stroke();
  }
  context.globalAlpha = 1;
}
