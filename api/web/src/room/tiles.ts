// The pictures of the others.
import { fill, h, say, show } from "./dom";
import type { House } from "./house";
import type { Meeting, Partner } from "./protocol";
import { detach } from "./preview";

interface Tile {
  element: HTMLElement;
  update(p: Partner, started: boolean): void;
  gone(): void;
}

export function tiles(house: House): { element: HTMLElement; update(m: Meeting): void; gone(): void } {
  const element = h("div", { class: "tiles" });
  const all = new Map<number, Tile>();
  return {
    element,
    update(meeting) {
      for (const p of meeting.partners) {
        const tile = all.get(p.person) ?? add(p.person);
        tile.update(p, meeting.started_at !== null);
      }
      for (const [person, tile] of all) {
        if (!meeting.partners.some((p) => p.person === person)) {
          tile.gone();
          tile.element.remove();
          all.delete(person);
        }
      }
      element.dataset.count = String(meeting.partners.length);
    },
    gone: () => all.forEach((t) => t.gone()),
  };

  function add(person: number): Tile {
    const tile = make(house, person);
    all.set(person, tile);
    element.append(tile.element);
    return tile;
  }
}

function make(house: House, person: number): Tile {
  const video = h("video", { playsinline: true, class: "remote" });
  const initials = h("span", { class: "initials", "aria-hidden": "true" });
  const state = h("span");
  const cover = h("div", { class: "cover" }, initials, state);
  const label = h("figcaption");
  const element = h("figure", { class: "tile" }, video, cover, label);
  let shown: unknown = null;

  return {
    element,
    update(p, started) {
      const remote = house.media()?.calls.remotes.get(person);
      const track = remote?.video ?? null;
      if (track !== shown) {
        detach(shown, video);
        track?.attach(video);
        shown = track;
      }
      const visible = track !== null && !remote?.cameraOff && !house.media()?.calls.audioOnly;
      show(cover, !visible || (remote?.paused ?? false));
      cover.classList.toggle("veil", visible);
      say(initials, initialsOf(p.name));
      say(state, stateText(p, started, remote !== undefined, visible));
      element.classList.toggle("speaking", remote?.speaking ?? false);
      video.setAttribute("aria-label", `Video of ${p.name}`);
      const marks = [remote?.muted && remote.audio ? "muted" : "", remote?.weak ? "weak connection" : ""].filter(Boolean);
      fill(label, [p.name, marks], () => [h("strong", {}, p.name), marks.length > 0 && ` · ${marks.join(", ")}`]);
    },
    gone: () => detach(shown, video),
  };

  function stateText(p: Partner, started: boolean, joined: boolean, visible: boolean): string {
    if (visible) {
      return "Their video pauses: the connection is weak. You still hear each other.";
    }
    if (house.media()?.calls.audioOnly) {
      return "Sound only";
    }
    return joined ? "Camera is off" : started ? "Reconnecting…" : `Connecting you with ${p.name}…`;
  }
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((w) => Array.from(w ?? "")[0] ?? "").join("").toUpperCase();
}
