/** Keeps the screen on while a camera runs, where the browser can; a screen that is off ends the camera. */
let lock = null;
let wanted = false;

async function hold() {
  if (!wanted || document.hidden || lock) return;
  try {
    lock = await navigator.wakeLock?.request("screen");
    lock?.addEventListener("release", () => (lock = null));
  } catch {
    lock = null; // low battery, or forbidden: the screen goes off as it does otherwise
  }
}

export function stayAwake(on) {
  wanted = on;
  if (on) hold();
  else lock?.release().catch(() => {});
}

document.addEventListener("visibilitychange", hold);
