/** The seven labels, in the order of the network's outputs, and their colours from theme.css. */
export const EMOTIONS = ["Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral"];

/** The CSS variable that holds an emotion's colour. */
export const variable = (emotion) => `var(--${emotion.toLowerCase()})`;

/** The same colour resolved, for canvases. */
export const colour = (emotion) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${emotion.toLowerCase()}`).trim();

/** 0.943 → "94 %" */
export const percent = (share) => `${Math.round(share * 100)} %`;
