// Packed messages of the web socket and the data channels; the other half is realtime/webrtc/wire.py.

export const POSE = 1;
export const PICTURE = 2;
export const COLUMN = 3;
const SCALE = 8192;

export function read(buffer) {
  const view = new DataView(buffer);
  switch (view.getUint8(0)) {
    case POSE: return readPose(view);
    case PICTURE: return readPicture(view, buffer);
    case COLUMN: return readColumn(view, buffer);
    default: return null;
  }
}

function readPose(view) {
  const count = view.getUint16(2, true);
  const joints = new Array(count);
  for (let joint = 0; joint < count; joint += 1) {
    const at = 20 + 7 * joint;
    joints[joint] = {
      x: view.getInt16(at, true) / SCALE,
      y: view.getInt16(at + 2, true) / SCALE,
      visibility: view.getUint8(at + 6) / 255,
    };
  }
  return {
    kind: POSE, person: view.getUint8(1), rtp: view.getUint32(4, true),
    taken: view.getFloat64(8, true), aspect: view.getFloat32(16, true), joints,
  };
}

function readPicture(view, buffer) {
  return {
    kind: PICTURE, index: view.getUint32(4, true), taken: view.getFloat64(8, true),
    blob: new Blob([new Uint8Array(buffer, 16)], { type: "image/jpeg" }),
  };
}

function readColumn(view, buffer) {
  const count = view.getUint16(2, true);
  return {
    kind: COLUMN, rtp: view.getUint32(4, true), heard: view.getFloat64(8, true),
    peak: view.getFloat32(16, true), level: view.getFloat32(20, true),
    bands: new Uint8Array(buffer, 24, count),
  };
}
