// How long the meeting still lasts.
import { h, say } from "./dom";
import type { House } from "./house";
import type { Meeting } from "./protocol";
import { clockText } from "../times";
import { spokenTime } from "./words";

const said = [60_000, 30_000, 10_000]; // ms before the end

export function timer(house: House): { element: HTMLElement; update(m: Meeting): void; tick(): void } {
  const element = h("p", { class: "timer", role: "timer", "aria-live": "off", "aria-label": "Time left" });
  let meeting: Meeting | null = null;
  let next = 0; // of said, to come
  let end = "";

  function tick(): void {
    const left = meeting?.ends_at ? house.clock.until(meeting.ends_at) : null;
    say(element, left === null ? "–:––" : clockText(left));
    element.classList.toggle("soon", left !== null && left <= 30_000);
    if (left === null) {
      return;
    }
    const due = said[next];
    if (due !== undefined && left <= due) {
      next = said.filter((t) => left <= t).length;
      const offer = due <= 30_000 && meeting?.extension && meeting.extension.mine === "" ? " You can extend it." : "";
      house.announce(`${spokenTime(left)} left.${offer}`);
    }
  }

  return {
    element,
    update(m) {
      meeting = m;
      if (m.ends_at && m.ends_at !== end) {
        if (end !== "" && m.extended) {
          house.announce(`Extended: ${spokenTime(house.clock.until(m.ends_at))} left.`);
        }
        end = m.ends_at;
        const left = house.clock.until(end);
        next = said.filter((t) => left <= t).length;
      }
      tick();
    },
    tick,
  };
}
