/** Starts the page: its views, what they share, and the address that chooses one. */
import { cameraView } from "./camera/view.js";
import { startDevice } from "./device/view.js";
import { healthView } from "./health/view.js";
import { startCameras } from "./live/cameras.js";
import { photoView, startPhoto } from "./photo/view.js";
import { startAwayBanner } from "./shell/away.js";
import { find } from "./shell/dom.js";
import { startFeeling } from "./shell/feeling.js";
import { startNotice } from "./shell/notice.js";
import { startRouter } from "./shell/router.js";
import { Wall } from "./wall/wall.js";

const all = new Wall(find("wall"));
const few = new Wall(find("few"), { most: 4 });

startAwayBanner();
startFeeling();
startNotice();
startPhoto();
startDevice();
startCameras();
startRouter({
  "": { title: () => "My camera", show: () => few.show(), hide: () => few.hide() },
  cameras: { title: () => "Cameras", show: () => all.show(), hide: () => all.hide() },
  camera: cameraView,
  photo: photoView,
  health: healthView,
});
