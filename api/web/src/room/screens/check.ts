// Before going in: is there something to be seen and heard with, and does it work?
import { button, fill, h, icon, say, show } from "../dom";
import type { House, Showing } from "../house";
import { identity } from "../identity";
import { pickers } from "../pickers";
import { preview } from "../preview";
import { able, about, type State } from "../view";
import { faults } from "../words";

export function check(house: House): Showing {
  const title = h("h1", { tabindex: -1 });
  const intro = h("p", { class: "lead" });
  const ask = button("Turn on camera and microphone", () => house.ask(), { class: "main" });
  const own = preview(house);
  const choose = pickers(house, ["camera", "microphone", "speaker"]);
  const wrong = h("div", { class: "faults", role: "status" });
  const line = h("p", { class: "line-check" });
  const again = button("Try again", () => house.ask());
  const enter = button("Enter", () => house.enter(), { class: "main large" });
  const effects = button("Background effects", () => house.settings());
  const whoami = identity(house);
  const before = h("div", { class: "stack" }, ask);
  const actions = h("div", { class: "stack" }, enter, again);
  const right = h("div", { class: "check-side" }, wrong, choose.element, effects, line, whoami.element, actions);

  return {
    element: h("section", { class: "card check" }, h("div", { class: "check-head" }, title, intro, before), own.element, right),
    title: () => "Check your camera",
    update() {
      const state = house.state();
      const { devices } = state;
      const asked = devices.state === "done";
      const [heading, lead] = words(state);
      say(title, heading);
      say(intro, lead);
      show(before, !asked);
      ask.disabled = devices.state === "asking";
      say(ask, devices.state === "asking" ? "Please answer your browser's question…" : "Turn on camera and microphone");
      own.update();
      show(own.element, asked && devices.camera === "");
      show(right, asked);
      choose.update();
      fill(wrong, faults(devices), () => faults(devices).map((text) => h("p", { class: "fault" }, text)));
      show(again, devices.camera !== "" || devices.microphone !== "");
      show(effects, devices.camera === "");
      show(enter, able(devices));
      const going = state.entered || state.pending.has(about("enter"));
      enter.disabled = going;
      say(enter, going ? "Going in…" : devices.camera !== "" ? "Join with audio only" : devices.microphone !== "" ? "Enter without a microphone" : "Enter");
      fill(line, [state.link, house.reach()], () => [icon(state.link === "live" ? "check" : "wait"), lineText(state.link, house.reach())]);
      whoami.update();
      show(whoami.element, able(devices));
    },
    tick: () => own.tick(),
    gone: () => own.gone(),
  };
}

function words({ devices, view }: State): [heading: string, lead: string] {
  if (devices.state !== "done") {
    const others = view?.meeting?.partners.map((p) => p.name).join(" and ");
    return others
      ? [`You are in a meeting with ${others}`, "Turn on your camera and microphone here, and you are back with them."]
      : ["Let us check your camera", "You meet people by video, one at a time. Your browser asks you to let this page use your camera and microphone. Nothing is ever recorded."];
  }
  return able(devices)
    ? ["How do you look and sound?", "Nobody sees or hears you yet."]
    : ["We neither see nor hear you", "To meet people you need a microphone, and better a camera too."];
}

function lineText(link: string, reach: string): string {
  if (link !== "live") {
    return "We are waiting for the server…";
  }
  switch (reach) {
    case "good":
      return "Your connection works.";
    case "bad":
      return "We cannot reach the video server. A firewall or VPN may be in the way: calls may not work.";
    case "looking":
      return "We are checking the way to the video server…";
    default:
      return "Your connection to us works.";
  }
}
