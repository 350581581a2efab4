// Asking for more time, once both want it.
import { button, h, say, show } from "./dom";
import type { House } from "./house";
import type { Meeting } from "./protocol";
import { about } from "./view";
import { names, spokenTime } from "./words";

export function extension(house: House): { element: HTMLElement; update(m: Meeting): void } {
  const text = h("p");
  const yes = button("Extend", () => send("extend"), { class: "main" });
  const no = button("No, thanks", () => send("decline"));
  const choices = h("div", { class: "choices" }, yes, no);
  const element = h("div", { class: "extension" }, text, choices);
  let no_ = 0;
  let told = "";

  function send(kind: "extend" | "decline"): void {
    void house.act(kind, { meeting: no_ });
  }

  return {
    element,
    update(m) {
      no_ = m.no;
      const { pending, view } = house.state();
      const saidYes = m.extension?.mine === "yes" || pending.has(about("extend", m.no));
      const saidNo = m.extension?.mine === "no" || m.extension?.theirs === "no" || pending.has(about("decline", m.no));
      const offered = m.extension !== null && !m.extended && !saidNo;
      const by = spokenTime(Math.floor((view?.session.meeting_seconds ?? 0) / 2) * 1000);
      const who = names(m.partners);
      const words = !offered ? "" : saidYes ? `Waiting for ${who}` : m.extension?.theirs === "yes" ? `${who} wants to extend by ${by}. You too?` : `Extend this meeting by ${by}?`;
      say(text, words);
      show(element, words !== "");
      show(choices, !saidYes);
      if (words !== told && words !== "" && m.extension?.theirs === "yes" && !saidYes) {
        house.announce(words);
      }
      told = words;
    },
  };
}
