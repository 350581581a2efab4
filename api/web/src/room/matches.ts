// Whom the attendee has met, and staying in touch with them.
import { details, fill, h, say, show } from "./dom";
import { dialog } from "./dialog";
import type { House, Showing } from "./house";
import type { Connection, Match } from "./protocol";
import { troubleMenu } from "./trouble";
import { connecting } from "./view";
import { spokenTime } from "./words";

/** The list, which keeps itself up to date while it is shown. */
export function matchList(house: House): { element: HTMLElement; update(): void } {
  const list = h("ul", { class: "matches" });
  const empty = h("p");
  const rows = new Map<string, HTMLElement>();
  let all: Match[] | null = null;
  let asked = -1;
  let asking = false;

  async function ask(): Promise<void> {
    if (asking) {
      return;
    }
    asking = true;
    try {
      all = await house.matches();
    } catch {
      if (all === null) {
        asked = -1; // the next view is the next attempt
      }
    }
    asking = false;
    draw();
  }

  function draw(): void {
    const { pending } = house.state();
    say(empty, all === null ? "One moment…" : "You have met nobody in this session.");
    show(empty, !all?.length);
    const items = (all ?? []).map((m) => {
      const id = `${m.meeting}-${m.person}`;
      const item = rows.get(id) ?? h("li");
      rows.set(id, item);
      const connection = connecting(m, pending);
      const lasted = duration(m.seconds);
      fill(item, [m.name, m.shows, m.met_at, lasted, connection, m.email], () => row(house, m, connection, lasted));
      return item;
    });
    if (items.length !== list.children.length || items.some((item, i) => list.children[i] !== item)) {
      list.replaceChildren(...items);
    }
  }

  return {
    element: h("div", {}, empty, list),
    update() {
      const now = Date.parse(house.state().view?.now ?? "");
      if (now !== asked) {
        asked = now;
        void ask();
      }
      draw();
    },
  };
}

function row(house: House, m: Match, connection: Connection, lasted: string): (HTMLElement | null)[] {
  const at = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(new Date(m.met_at));
  return [
    h("div", { class: "match-head" }, h("h3", {}, m.name), h("p", { class: "small" }, `Met at ${at}, for ${lasted}`)),
    details(m.shows),
    h("div", { class: "match-foot" }, connect(house, m, connection), troubleMenu(house, () => m)),
  ];
}

function duration(seconds: number): string {
  return seconds < 60 ? "less than a minute" : spokenTime(Math.round(seconds / 60) * 60_000);
}

/** The button of a connection, or what has become of it. */
export function connect(house: House, who: Pick<Match, "meeting" | "person" | "name" | "email">, connection: Connection): HTMLElement {
  const ask = (): void => void house.act("connect", { meeting: who.meeting, person: who.person });
  const whom = h("span", { class: "hidden" }, ` ${connection === "asked" ? "the request of" : "with"} ${who.name}`);
  switch (connection) {
    case "none":
      return h("button", { type: "button", class: "connect", click: ask }, "Request connection", whom);
    case "asked":
      return h("div", { class: "asked" }, h("p", {}, `${who.name} would like to stay in touch.`), h("button", { type: "button", class: "connect main", click: ask }, "Accept", whom));
    case "requested":
      return h("p", { class: "connect-state" }, h("strong", {}, "Requested"), ` ${who.name} can accept now or later.`);
    case "connected":
      return h("p", { class: "connect-state" }, h("strong", {}, "Connected"), " ", who.email ? h("a", { href: `mailto:${encodeURIComponent(who.email).replace("%40", "@")}` }, who.email) : "");
  }
}

export function showMatches(house: House): { update(): void; closed(): boolean } {
  const list = matchList(house);
  const element = dialog("Your matches", () => [list.element], true);
  element.dataset.kind = "matches";
  list.update();
  return { update: list.update, closed: () => !element.open };
}

/** What is left when the session is over. */
export function endedScreen(house: House): Showing {
  const list = matchList(house);
  const title = h("h1", { tabindex: -1 });
  const lead = h("p", { class: "lead" });
  return {
    element: h("section", { class: "card ended" }, title, lead, h("h2", {}, "Your matches"), list.element),
    title: () => "Your matches",
    update() {
      const { view } = house.state();
      say(title, "The session is over");
      say(lead, `Thank you for being at ${view?.session.name ?? "it"}. You can still ask to stay in touch with those you met, and accept when they do.`);
      list.update();
    },
  };
}
