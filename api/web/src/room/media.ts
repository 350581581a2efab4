// Everything that needs the video library, which is loaded only when somebody is about to go in.
import { Calls } from "./calls";
import { Devices } from "./devices";
import { Effects } from "./effects";

export interface Media {
  devices: Devices;
  calls: Calls;
  effects: Effects;
}

export function openMedia(base: string, sound: HTMLElement, inCall: (no: number) => void, changed: () => void): Media {
  const devices: Devices = new Devices(() => {
    effects.apply(devices.camera);
    void calls.publish().catch(() => {}); // a broken connection publishes again when it is back
    changed();
  });
  const calls: Calls = new Calls(devices, sound, inCall, changed);
  const effects: Effects = new Effects(base, changed);
  return { devices, calls, effects };
}
