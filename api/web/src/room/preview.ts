// The attendee's own picture, as in a mirror, with how loud they are.
import { dress, button, h, show } from "./dom";
import type { House } from "./house";

export interface Part {
  element: HTMLElement;
  update(): void;
  tick(): void;
  gone(): void;
}

export function preview(house: House): Part {
  const video = h("video", { class: "mirror", playsinline: true, muted: true, "aria-label": "Your own picture" });
  video.muted = true;
  const off = h("p", { class: "cover" }, "Your camera is off");
  const loud = h("div");
  const meter = h("div", { class: "meter", role: "meter", "aria-label": "How loud your microphone is", "aria-valuemin": 0, "aria-valuemax": 10, "aria-valuenow": 0 }, loud);
  const camera = button("", () => void switchCamera(house), { class: "round" });
  const microphone = button("", () => void switchMicrophone(house), { class: "round" });
  let shown: unknown = null;

  return {
    element: h("div", { class: "preview" }, video, off, h("div", { class: "preview-foot" }, microphone, camera, meter)),
    update() {
      const devices = house.media()?.devices;
      const track = devices?.camera ?? null;
      if (track !== shown) {
        detach(shown, video);
        track?.attach(video);
        video.muted = true;
        shown = track;
      }
      show(off, !devices?.cameraOn);
      dressCamera(camera, house);
      dressMicrophone(microphone, house);
      show(meter, devices?.microphone != null);
    },
    tick() {
      const level = house.media()?.devices.level.read() ?? 0;
      loud.style.transform = `scaleX(${level.toFixed(2)})`;
      meter.setAttribute("aria-valuenow", String(Math.round(level * 10)));
    },
    gone: () => detach(shown, video),
  };
}

/** Lets a track go of an element, whatever it is. */
export function detach(track: unknown, element: HTMLMediaElement): void {
  if (track && typeof track === "object" && "detach" in track && typeof track.detach === "function") {
    track.detach(element);
  }
}

export async function switchCamera(house: House): Promise<void> {
  const devices = house.media()?.devices;
  await devices?.setCamera(!devices.cameraOn);
}

export async function switchMicrophone(house: House): Promise<void> {
  const devices = house.media()?.devices;
  devices?.level.wake();
  await devices?.setMicrophone(!devices.microphoneOn);
}

export function dressCamera(element: HTMLButtonElement, house: House): void {
  const on = house.media()?.devices.cameraOn ?? false;
  dress(element, on ? "camera" : "camera-off", on ? "Turn camera off" : "Turn camera on");
  element.classList.toggle("off", !on);
}

export function dressMicrophone(element: HTMLButtonElement, house: House): void {
  const on = house.media()?.devices.microphoneOn ?? false;
  dress(element, on ? "microphone" : "microphone-off", on ? "Mute microphone" : "Unmute microphone");
  element.classList.toggle("off", !on);
}
