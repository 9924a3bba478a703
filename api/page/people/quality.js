/** Why a label is not to be trusted much, in words. */
const WORDS = {
  small: "the face is small",
  blurred: "the face is out of focus or moves",
  dark: "the face is in the dark",
  cut: "the face is cut off by the edge",
  turned: "the face is turned away",
};

/** "Less sure: the face is small, the face is turned away." or nothing. */
export function doubts(face) {
  const flags = (face.quality ?? []).filter((flag) => flag in WORDS);
  return flags.length ? `Less sure: ${flags.map((flag) => WORDS[flag]).join(", ").replaceAll(", the face", ", it")}.` : "";
}
