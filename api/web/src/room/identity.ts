// Who the attendee is to others: their name, which they may change, and what else is shown.
import { about } from "./view";
import { button, details, fill, h, say, show } from "./dom";
import type { House } from "./house";

let ids = 0;

export function identity(house: House): { element: HTMLElement; update(): void } {
  const id = `name-${++ids}`;
  const name = h("strong");
  const shows = h("div");
  const input = h("input", { id, type: "text", maxlength: 80, required: true, autocomplete: "name" });
  const change = button("Change", () => edit(true), { class: "quiet", "aria-label": "Change your name" });
  const form = h(
    "form",
    { class: "line", hidden: true, submit: (e: SubmitEvent) => void save(e) },
    h("label", { for: id }, "What others call you"),
    input,
    h("button", {}, "Save"),
  );
  const line = h("p", {}, "Others see you as ", name, " ", change);

  function edit(on: boolean): void {
    input.value = house.state().view?.me.name ?? "";
    show(form, on);
    show(line, !on);
    (on ? input : change).focus();
  }

  async function save(e: SubmitEvent): Promise<void> {
    e.preventDefault();
    if (input.value.trim() === "" || (await house.act("rename", { text: input.value.trim() }))) {
      edit(false);
    }
  }

  return {
    element: h("div", { class: "identity" }, line, form, shows),
    update() {
      const { view, pending } = house.state();
      say(name, view?.me.name || "…");
      input.disabled = pending.has(about("rename"));
      fill(shows, view?.me.shows ?? [], () => [details(view?.me.shows ?? [])]);
    },
  };
}
