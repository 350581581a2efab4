// Before the doors open: what the organisers want to be seen, and how long it takes.
import { button, dress, fill, h, say, show } from "../dom";
import type { House, Showing } from "../house";
import type { Session } from "../protocol";
import { clockText } from "../../times";
import { span, spokenTime } from "../words";

export function waiting(house: House): Showing {
  const title = h("h1", { tabindex: -1 });
  const event = h("p", { class: "over" });
  const when = h("p", { class: "when" });
  const count = h("p", { class: "count", role: "timer", "aria-live": "off" });
  const until = h("p", { class: "until" });
  const media = h("div", { class: "waiting-media" });
  let said = -1;

  function tick(): void {
    const { view } = house.state();
    if (!view) {
      return;
    }
    const left = house.clock.until(view.session.doors_at);
    const days = Math.floor(left / 86_400_000);
    say(count, left <= 0 ? "Any moment now" : days >= 2 ? `${days} days` : clockText(left));
    show(until, left > 0);
    const minutes = Math.ceil(left / 60_000);
    if (left > 0 && minutes !== said && (minutes === 5 || minutes === 1)) {
      said = minutes;
      house.announce(`The doors open in ${spokenTime(minutes * 60_000)}.`);
    }
  }

  return {
    element: h("section", { class: "card doors" }, media, h("div", { class: "waiting-words" }, event, title, when, h("div", { class: "till" }, until, count))),
    title: () => house.state().view?.session.name ?? "",
    update() {
      const { view } = house.state();
      if (!view) {
        return;
      }
      const { session } = view;
      say(title, session.name);
      say(event, session.event);
      say(when, span(view));
      say(until, session.doors_at === session.starts_at ? "Starts in" : "The doors open in");
      fill(media, session.media, () => shown(session));
      show(media, session.media !== null);
      tick();
    },
    tick,
  };
}

function shown({ media, name }: Session): (Node | null)[] {
  if (!media) {
    return [];
  }
  if (!media.type.startsWith("video/")) {
    return [h("img", { src: media.url, alt: "" })];
  }
  const video = h("video", { src: media.url, loop: true, playsinline: true, muted: true, preload: "auto", "aria-label": `A video about ${name}` });
  video.muted = true; // the attribute counts only for parsers
  const toggle = button("", () => void (video.paused ? video.play().catch(() => {}) : video.pause()), { class: "round toggle" });
  const reflect = (): void => dress(toggle, video.paused ? "play" : "pause", video.paused ? "Play the video" : "Pause the video");
  video.addEventListener("play", reflect);
  video.addEventListener("pause", reflect);
  reflect();
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
    video.play().catch(() => {}); // refused: then the button starts it
  }
  return [video, toggle];
}
