/** What the server says of a camera. */

/** How old what a message shows is at this moment, in milliseconds; null if nobody knows. */
export function ageOf(message, now) {
  return message.age_ms === null || message.age_ms === undefined ? null : Math.round(message.age_ms + now - message.receivedAt);
}
