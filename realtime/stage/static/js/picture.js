// The camera picture with the joints that were found in it.

import { drawFigure } from "./figure.js";

const POSE_LASTS_S = 0.6;

export class Picture {
  constructor(canvas, empty) {
    this.canvas = canvas;
    this.empty = empty;
    this.context = canvas.getContext("2d");
    this.poses = new Map();
    this.image = null;
    this.busy = false;
    this.drawn = 0;
  }

  pose(pose) { this.poses.set(pose.person, pose); }

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
    for (const pose of this.poses.values()) {
      if (Math.abs(taken - pose.taken) < POSE_LASTS_S) drawFigure(context, pose, canvas.width, canvas.height);
    }
    this.empty.hidden = true;
    this.drawn += 1;
  }
}
