// Screens that say one thing and offer at most one way on.
import { button, h, say, show } from "../dom";
import type { House, Showing } from "../house";
import type { Problem } from "../protocol";
import { heading, sentence } from "../words";

interface Words {
  heading: string;
  text: string;
  action?: { label: string; press: () => void };
}

function plain(words: () => Words): Showing {
  const title = h("h1", { tabindex: -1 });
  const text = h("p");
  const action = button("", () => words().action?.press(), { class: "main" });
  const stack = h("div", { class: "stack" }, action);
  return {
    element: h("section", { class: "card plain" }, title, text, stack),
    title: () => words().heading,
    update() {
      const w = words();
      say(title, w.heading);
      say(text, w.text);
      show(stack, w.action !== undefined);
      say(action, w.action?.label ?? "");
    },
  };
}

export function loading(house: House): Showing {
  return plain(() =>
    house.state().link === "lost"
      ? { heading: "We cannot reach the server", text: "We keep trying. Please check your connection." }
      : { heading: "One moment…", text: "We are opening the door." },
  );
}

export function over(problem: Problem): Showing {
  const text = sentence(problem.detail) || "If you think it should work, please ask those who run the event for a new link.";
  return plain(() => ({ heading: heading(problem), text }));
}

export function replaced(house: House): Showing {
  return plain(() => ({
    heading: "You opened this in another tab",
    text: "So that nobody is in two places at once, this page has stopped. Your place is safe in the other tab.",
    action: { label: "Use it here instead", press: () => house.takeOver() },
  }));
}

export function cancelled(house: House): Showing {
  return plain(() => ({
    heading: "This session does not take place",
    text: `${house.state().view?.session.name ?? "The session"} was cancelled. You need do nothing.`,
  }));
}

export function exited(house: House): Showing {
  return plain(() => ({
    heading: "You have left networking",
    text: "Nobody is matched with you any more. The session is still on, and you are welcome back.",
    action: { label: "Come back in", press: () => house.enter() },
  }));
}

export function removed(): Showing {
  return plain(() => ({
    heading: "The organisers have ended your part",
    text: "You can no longer take part in this session. If you think this is a mistake, please ask those who run the event.",
  }));
}
