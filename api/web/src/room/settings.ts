// Devices and backgrounds.
import { button, h, say, show } from "./dom";
import { dialog } from "./dialog";
import { resized } from "./pictures";
import type { House } from "./house";
import { identity } from "./identity";
import { keepPicture, picture, recall, type Effect } from "./memory";
import { pickers } from "./pickers";
import { preview } from "./preview";

const colours = [
  ["#1f3a5f", "Night blue"],
  ["#2f5d50", "Forest"],
  ["#7a4b3a", "Clay"],
  ["#5b4b7a", "Violet"],
  ["#d9d4c7", "Sand"],
  ["#3b3f45", "Slate"],
] as const;

export function showSettings(house: House): { update(): void; tick(): void; closed(): boolean } {
  const own = preview(house);
  const devices = pickers(house, ["camera", "microphone", "speaker"]);
  const whoami = identity(house);
  const outcome = h("p", { class: "small", role: "status" });
  const file = h("input", { type: "file", accept: "image/*", id: "own-picture", class: "hidden", change: () => void upload(), tabindex: -1, "aria-hidden": "true" });
  const radios = h("fieldset", { class: "effects" }, h("legend", {}, "Background"));
  const add = (effect: Effect, label: string, swatch?: string): void => {
    const input = h("input", { type: "radio", name: "effect", value: valueOf(effect), change: () => choose(effect) });
    const sample = h("span", { class: "swatch", "aria-hidden": "true", "data-kind": effect.kind });
    if (swatch) {
      sample.style.backgroundColor = swatch;
    }
    radios.append(h("label", { class: "effect" }, input, sample, h("span", {}, label)));
  };
  add({ kind: "none" }, "None");
  add({ kind: "blur" }, "Blur");
  colours.forEach(([color, label]) => add({ kind: "color", color }, label, color));
  add({ kind: "picture" }, "Your picture");
  const change = button("Choose a picture…", () => file.click());

  let wrong = ""; // about the last file, until something else is chosen

  function choose(effect: Effect): void {
    wrong = "";
    if (effect.kind === "picture" && picture() === "") {
      file.click();
      reflect();
      return;
    }
    const media = house.media();
    media?.effects.choose(effect, media.devices.camera);
    reflect();
  }

  async function upload(): Promise<void> {
    const chosen = file.files?.[0];
    file.value = "";
    if (!chosen) {
      return;
    }
    try {
      if (keepPicture(await resized(chosen))) {
        choose({ kind: "picture" });
        return;
      }
      wrong = "Your browser does not let us keep the picture.";
    } catch {
      wrong = "This file is not a picture that your browser can read.";
    }
    reflect();
  }

  function reflect(): void {
    const { effect } = recall();
    radios.querySelectorAll("input").forEach((input) => (input.checked = input.value === valueOf(effect)));
    say(outcome, wrong || outcomeText(house, effect));
    show(change, picture() !== "");
    say(change, "Choose another picture…");
  }

  const element = dialog(
    "Settings",
    (close) => [
      h("div", { class: "settings" }, h("div", {}, own.element, whoami.element), h("div", {}, devices.element, radios, file, change, outcome)),
      h("div", { class: "stack" }, button("Done", close, { class: "main" })),
    ],
    true,
  );
  element.dataset.kind = "settings";
  element.addEventListener("close", () => own.gone());
  const update = (): void => {
    own.update();
    devices.update();
    whoami.update();
    reflect();
  };
  update();
  return { update, tick: () => own.tick(), closed: () => !element.open };
}

function outcomeText(house: House, effect: Effect): string {
  const media = house.media();
  if (media?.effects.busy) {
    return "One moment, we are loading the effect…";
  }
  switch (media?.effects.outcome) {
    case "unsupported":
      return "Your browser cannot change backgrounds. A current Chrome or Edge can.";
    case "failed":
      return "The background could not be changed on this device, so it stays as it is.";
    case "slow":
      return "This device takes long to compute the effect: your picture may stutter.";
    default:
      return effect.kind !== "none" && !media?.devices.cameraOn
        ? "The effect begins when your camera is on."
        : "Effects are computed on your device. A picture that you choose stays on it.";
  }
}

function valueOf(effect: Effect): string {
  return effect.kind === "color" ? effect.color : effect.kind;
}
