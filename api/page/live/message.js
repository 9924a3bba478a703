/** One binary message of the viewers' WebSocket: 4 bytes length, big-endian; a JSON header; a JPEG, or nothing. */
const LENGTH_BYTES = 4;

/**
 * @param {ArrayBuffer} data
 * @param {number} receivedAt milliseconds
 * @returns the header's members, with `jpeg`, a Blob or null, and `receivedAt`
 */
export function parse(data, receivedAt) {
  const length = new DataView(data).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, LENGTH_BYTES, length)));
  const picture = data.byteLength - LENGTH_BYTES - length;
  const jpeg = picture > 0 ? new Blob([new Uint8Array(data, LENGTH_BYTES + length)], { type: "image/jpeg" }) : null;
  return { ...header, jpeg, receivedAt };
}

/** How old what a message shows is at this moment, in milliseconds; null if nobody knows. */
export function ageOf(message, now) {
  return message.age_ms === null || message.age_ms === undefined ? null : Math.round(message.age_ms + now - message.receivedAt);
}
