// Questions and forms above the page. The browser's own dialog keeps the focus in and gives it back.
import { button, dress, h } from "./dom";

let ids = 0;

/** Builds a dialog that is in the page while it is open. wide is for lists. */
export function dialog(title: string, content: (close: () => void) => Node[], wide = false): HTMLDialogElement {
  const id = `dialog-${++ids}`;
  const element = h("dialog", { "aria-labelledby": id, class: wide ? "wide" : null });
  const close = (): void => element.close();
  const shut = button("", close, { class: "round plain-round" });
  dress(shut, "close", "Close");
  element.append(h("div", { class: "dialog-head" }, h("h2", { id, tabindex: -1 }, title), shut), ...content(close));
  element.addEventListener("close", () => element.remove());
  document.getElementById("room")?.append(element);
  element.showModal();
  element.querySelector<HTMLElement>("h2")?.focus();
  return element;
}

/** Closes every dialog whose kind is not among the kept. */
export function closeDialogs(kept: string[] = []): void {
  document.querySelectorAll<HTMLDialogElement>("dialog[open]").forEach((d) => kept.includes(d.dataset.kind ?? "") || d.close());
}

export function confirmExit(exit: () => void): void {
  const element = dialog("Exit networking?", (close) => [
    h("p", {}, "Nobody is matched with you any more, and a meeting you are in ends. While the session is on, you can come back."),
    h("div", { class: "stack" }, button("Exit networking", () => (close(), exit()), { class: "main danger" }), button("Stay", close)),
  ]);
  element.dataset.kind = "exit";
}
