// The camera picture with the joints that were found in it.

import { drawFigure } from "./figure.js";

const POSE_LASTS_S = 0.6;
const REMEMBERED = 40;

export class Picture {
  constructor(canvas, empty) {
    this.canvas = canvas;
    this.empty = empty;
    this.context = canvas.getContext("2d");
    this.poses = [];
    this.image = null;
    this.busy = false;
    this.drawn = 0;
  }

  pose(pose) {
    this.poses.push(pose);
    if (this.poses.length > REMEMBERED) this.poses.shift();
  }

  /** For every person the pose that was taken with the picture, or nearest to it. */
  posesAt(taken) {
    const nearest = new Map();
    for (const pose of this.poses) {
      const distance = Math.abs(pose.taken - taken);
      const best = nearest.get(pose.person);
      if (distance < POSE_LASTS_S && (!best || distance < Math.abs(best.taken - taken))) nearest.set(pose.person, pose);
    }
    return nearest.values();
  }

  /** One picture at a time is decoded; what comes meanwhile is skipped. */
  async show(picture) {
    if (this.busy) return;
    this.busy = true;
    try {
      const image = await createImageBitmap(picture.blob);
      this.image?.close();
      this.image = image;
      this.draw(picture.taken);
    } finally {
      this.busy = false;
    }
  }

  draw(taken) {
    const { canvas, context, image } = this;
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    context.drawImage(image, 0, 0);
    for (const pose of this.posesAt(taken)) drawFigure(context, pose, canvas.width, canvas.height);
    this.empty.hidden = true;
    this.drawn += 1;
  }
}
