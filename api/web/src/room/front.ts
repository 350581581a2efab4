// Draws what the state says: one screen, what is around it, and at most one panel above it.
import { closeDialogs } from "./dialog";
import type { House, Showing } from "./house";
import { showMatches } from "./matches";
import { screenFor } from "./screens";
import { showSettings } from "./settings";
import { Shell } from "./shell";
import { screenOf, type Screen } from "./view";

interface Panel {
  update(): void;
  tick?(): void;
  closed(): boolean;
}

export class Front {
  screen: Screen["name"] | "" = "";
  private showing: Showing | null = null;
  private panel: Panel | null = null;
  private readonly shell: Shell;
  private due = false;

  /** calm is pressed by who has read what went wrong; arrived is called with every new screen. */
  constructor(
    root: HTMLElement,
    private readonly house: House,
    calm: () => void,
    private readonly arrived: (screen: Screen["name"]) => void,
  ) {
    this.shell = new Shell(root, house, calm);
    window.setInterval(() => this.tick(), 250);
  }

  announce(text: string): void {
    this.shell.announce(text);
  }

  tell(text: string): void {
    this.shell.tell(text);
  }

  settings(): void {
    this.panel = showSettings(this.house);
  }

  viewMatches(): void {
    this.panel = showMatches(this.house);
  }

  /** Draws soon, once for all that changes until then. */
  draw(): void {
    if (this.due) {
      return;
    }
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.update();
    });
  }

  private update(): void {
    const state = this.house.state();
    const screen = screenOf(state);
    const focused = document.activeElement;
    const changed = screen.name !== this.screen;
    this.shell.update(state, screen);
    if (changed) {
      this.change(screen);
    }
    this.showing?.update();
    if (this.panel && !this.panel.closed()) {
      this.panel.update();
    }
    const title = [this.showing?.title(), state.view?.session.name].filter(Boolean).join(" · ");
    if (document.title !== title && title !== "") {
      document.title = title;
    }
    if (changed) {
      this.focus();
      window.scrollTo(0, 0);
      this.arrived(screen.name);
    } else if (focused instanceof HTMLElement && focused !== document.body && !focused.checkVisibility()) {
      this.focus(); // what had the focus is gone
    }
  }

  private change(screen: Screen): void {
    const first = this.screen === "";
    this.showing?.gone?.();
    this.screen = screen.name;
    this.showing = screenFor(screen, this.house);
    this.shell.screen.replaceChildren(this.showing.element);
    if (!first) {
      closeDialogs(screen.name === "call" ? ["report", "block"] : ["report", "block", "settings", "matches"]);
    }
  }

  /** The nearest heading says where one is. */
  private focus(): void {
    const dialog = document.querySelector("dialog[open]");
    const heading = dialog ? dialog.querySelector<HTMLElement>("h2") : this.shell.screen.querySelector<HTMLElement>("h1");
    if (!dialog?.contains(document.activeElement)) {
      heading?.focus({ preventScroll: true });
    }
  }

  private tick(): void {
    this.showing?.tick?.();
    if (this.panel && !this.panel.closed()) {
      this.panel.tick?.();
    }
  }
}
