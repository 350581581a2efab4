// What is around every screen: where one is, the ways out, what the organisers say, and the voice for those who listen.
import { button, dress, fill, h, say, show } from "./dom";
import { confirmExit } from "./dialog";
import type { House } from "./house";
import type { Screen, State } from "./view";

export class Shell {
  readonly screen = h("div", { class: "screen" });
  private readonly session = h("p", { class: "session" });
  private readonly news = h("div", { class: "news", role: "status" });
  private readonly trouble = h("div", { class: "trouble", role: "alert" });
  private readonly voice = h("p", { class: "hidden", role: "status" });
  private readonly toast = h("p", { class: "toast", role: "status" });
  private toastTimer = 0;
  private voiceTimer = 0;
  private readonly nav = h("div", { class: "room-nav" });
  private readonly matches: HTMLButtonElement;
  private readonly settings: HTMLButtonElement;
  private readonly exit: HTMLButtonElement;

  constructor(root: HTMLElement, house: House, calm: () => void) {
    const item = (icon: Parameters<typeof dress>[1], text: string, press: () => void): HTMLButtonElement => {
      const element = button("", press, { class: "nav-item" });
      dress(element, icon, text);
      return element;
    };
    this.matches = item("people", "View matches", () => house.viewMatches());
    this.settings = item("settings", "Settings", () => house.settings());
    this.exit = item("exit", "Exit networking", () => confirmExit(() => house.exit()));
    this.nav.append(this.matches, this.settings, this.exit);
    this.close = button("", calm, { class: "round plain-round" });
    dress(this.close, "close", "Dismiss");
    root.replaceChildren(h("div", { class: "room-head" }, this.session, this.nav), this.trouble, this.news, this.screen, this.toast, this.voice);
  }

  private readonly close: HTMLButtonElement;

  update(state: State, screen: Screen): void {
    const { view, trouble, link } = state;
    const inside = screen.name === "lobby" || screen.name === "call";
    fill(this.session, [view?.session.event, view?.session.name], () => (view ? [h("span", {}, view.session.event), h("strong", {}, view.session.name)] : []));
    show(this.matches, inside || screen.name === "exited" || screen.name === "removed");
    show(this.settings, screen.name === "lobby");
    show(this.exit, inside);
    const text = view?.session.announcement?.text ?? "";
    const shown = text !== "" && !state.over;
    fill(this.news, shown ? [text, view?.session.announcement?.at] : "", () => (shown ? [h("strong", {}, "From the organisers: "), text] : []));
    const lost = link === "lost" && inside ? "We lost the connection to the server and keep trying. A meeting goes on meanwhile." : "";
    const words = trouble || lost;
    fill(this.trouble, [words, trouble !== ""], () => (words ? [h("p", {}, words), trouble !== "" && this.close] : []));
    document.body.dataset.screen = screen.name;
  }

  tell(text: string): void {
    say(this.toast, text);
    window.clearTimeout(this.toastTimer);
    this.toastTimer = window.setTimeout(() => say(this.toast, ""), 8000);
  }

  /** Speaks to those who listen, when what they do is done. */
  announce(text: string): void {
    window.clearTimeout(this.voiceTimer);
    say(this.voice, "");
    this.voiceTimer = window.setTimeout(() => {
      say(this.voice, text);
      this.voiceTimer = window.setTimeout(() => say(this.voice, ""), 6000); // said: nobody finds it later, out of place
    }, 50);
  }
}
