// Reporting and blocking somebody.
import { button, h } from "./dom";
import { dialog } from "./dialog";
import type { House } from "./house";

export interface Somebody {
  meeting: number;
  person: number;
  name: string;
}

const reasons = [
  ["harassment", "Harassment or threats"],
  ["inappropriate", "Something inappropriate"],
  ["spam", "Selling or spam"],
  ["other", "Something else"],
] as const;

/** A menu with what one may have to do about somebody. */
export function troubleMenu(house: House, who: () => Somebody): HTMLDetailsElement {
  const menu = h(
    "details",
    { class: "menu" },
    h("summary", {}, "Report or block", h("span", { class: "hidden" }, ` ${who().name}`)),
    h(
      "div",
      { class: "menu-items" },
      button("Report…", () => (close(), report(house, who()))),
      button("Block…", () => (close(), block(house, who()))),
    ),
  );
  const close = (): void => {
    menu.open = false;
  };
  menu.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && menu.open) {
      close();
      menu.querySelector("summary")?.focus();
      e.preventDefault();
    }
  });
  menu.addEventListener("focusout", (e) => {
    if (e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget)) {
      close();
    }
  });
  return menu;
}

function report(house: House, who: Somebody): void {
  const element = dialog(`Report ${who.name}`, (close) => {
    const text = h("textarea", { id: "report-text", rows: 4, maxlength: 2000 });
    const send = async (e: SubmitEvent): Promise<void> => {
      e.preventDefault();
      const reason = new FormData(e.target as HTMLFormElement).get("reason");
      close();
      if (await house.act("report", { meeting: who.meeting, person: who.person, reason: String(reason), text: text.value })) {
        house.tell("Thank you. The organisers have your report.");
      }
    };
    return [
      h("p", {}, `Those who run the event read this. ${who.name} is not told.`),
      h(
        "form",
        { submit: (e: SubmitEvent) => void send(e) },
        h(
          "fieldset",
          {},
          h("legend", {}, "What happened?"),
          ...reasons.map(([value, label]) => h("label", { class: "choice" }, h("input", { type: "radio", name: "reason", value, required: true }), h("span", {}, label))),
        ),
        h("label", { for: "report-text" }, "In your words ", h("span", { class: "optional" }, "(optional)")),
        text,
        h("div", { class: "stack" }, h("button", { class: "main" }, "Send the report"), button("Cancel", close)),
      ),
    ];
  });
  element.dataset.kind = "report";
}

function block(house: House, who: Somebody): void {
  const element = dialog(`Block ${who.name}?`, (close) => [
    h("p", {}, `A block holds for ever, in this event and all others: you two are never matched again. A meeting you have with ${who.name} ends now. ${who.name} is not told who did it.`),
    h(
      "div",
      { class: "stack" },
      button(`Block ${who.name} for ever`, () => (close(), void house.act("block", { meeting: who.meeting, person: who.person }, "blocked")), { class: "main danger" }),
      button("Cancel", close),
    ),
  ]);
  element.dataset.kind = "block";
}
