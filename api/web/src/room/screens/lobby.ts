// Between meetings: who else is here, and the one button that counts.
import { button, fill, h, say, show } from "../dom";
import type { House, Showing } from "../house";
import { identity } from "../identity";
import { preview } from "../preview";
import type { View } from "../protocol";
import { about, type State } from "../view";
import { clockText } from "../../times";
import { ended, relaxed, spokenTime } from "../words";

export function lobby(house: House): Showing {
  const title = h("h1", { tabindex: -1 });
  const last = h("p", { class: "last" });
  const lead = h("p", { class: "lead" });
  const ready = button("I'm Ready", () => void house.act("ready"), { class: "main large" });
  const unready = button("Not ready", () => void house.act("unready"));
  const wait = h("p", { class: "wait" });
  const waited = h("span", { role: "timer", "aria-live": "off" });
  const why = h("p", { class: "why" });
  const counts = h("div", { class: "counts" });
  const note = h("p", { class: "small" });
  const own = preview(house);
  const whoami = identity(house);
  wait.append("Waiting for ", waited);

  const words = h(
    "div",
    { class: "lobby-words" },
    last,
    title,
    lead,
    h("div", { class: "pulse", "aria-hidden": "true" }, h("span"), h("span"), h("span")),
    wait,
    why,
    h("div", { class: "stack" }, ready, unready),
    counts,
    note,
  );
  let told = "";

  return {
    element: h("section", { class: "card lobby" }, words, h("div", { class: "lobby-side" }, own.element, whoami.element)),
    title: () => (house.state().view?.me.state === "ready" ? "Looking for somebody" : "Lobby"),
    update() {
      const state = house.state();
      const { view } = state;
      if (!view) {
        return;
      }
      const { me, session } = view;
      const waiting = me.state === "ready" || state.pending.has(about("ready"));
      this.element.classList.toggle("waiting-now", waiting);
      say(title, waiting ? "Looking for somebody for you" : "Ready to meet somebody?");
      say(lead, leadText(view, waiting));
      const text = view.last && !waiting ? ended(view.last, state.own) : "";
      say(last, text);
      show(last, text !== "");
      const reason = waiting ? relaxed(me.relaxed, false) : "";
      say(why, reason);
      show(why, reason !== "");
      if (reason !== told && reason !== "") {
        house.announce(reason);
      }
      told = reason;
      show(ready, !waiting);
      show(unready, waiting);
      unready.disabled = state.pending.has(about("unready"));
      show(wait, waiting && session.phase === "open" && !session.paused);
      fill(counts, [view.here, view.ready], () => numbers(view));
      own.update();
      whoami.update();
      tick(state);
    },
    tick() {
      own.tick();
      tick(house.state());
    },
    gone: () => own.gone(),
  };

  function tick({ view }: State): void {
    if (!view) {
      return;
    }
    const { me, session } = view;
    say(waited, clockText(me.ready_at ? Math.max(0, house.clock.now() - Date.parse(me.ready_at)) : 0));
    const left = house.clock.until(session.ends_at);
    const starts = house.clock.until(session.starts_at);
    say(note, session.phase === "doors" && starts > 0 ? `The session starts in ${clockText(starts)}.` : left > 0 && left < 600_000 ? `The session ends in ${clockText(left)}.` : `Meetings last ${spokenTime(session.meeting_seconds * 1000)}.`);
  }
}

function leadText({ session, here }: View, waiting: boolean): string {
  if (session.paused) {
    return "The organisers have paused the session for a moment. You keep your place, and it goes on by itself.";
  }
  if (session.phase === "doors") {
    return waiting ? "You are among the first: as soon as the session starts, you meet somebody." : "The session has not started yet. If you are ready, you are among the first.";
  }
  if (waiting) {
    return here < 2 ? "You are the first one here. As soon as somebody else is ready, you meet." : "It begins by itself as soon as somebody suits. You may leave this page open and look away.";
  }
  return "Press the button, and you are matched with somebody for a short talk, just the two of you.";
}

function numbers({ here, ready }: View): Node[] {
  return [
    h("p", {}, h("strong", {}, String(here)), here === 1 ? " person here" : " people here"),
    h("p", {}, h("strong", {}, String(ready)), " ready"),
  ];
}
