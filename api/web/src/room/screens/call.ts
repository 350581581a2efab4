// A meeting: the other large, oneself small, the time, and what one may do.
import { button, details, dress, fill, h, say, show } from "../dom";
import { detach, dressCamera, dressMicrophone, switchCamera, switchMicrophone } from "../preview";
import { connect } from "../matches";
import { extension } from "../extension";
import type { House, Showing } from "../house";
import type { Connection, Meeting } from "../protocol";
import { timer } from "../timer";
import { tiles } from "../tiles";
import { troubleMenu } from "../trouble";
import { about, connecting, type State } from "../view";
import { names, relaxed } from "../words";

export function call(house: House): Showing {
  const title = h("h1", { tabindex: -1 });
  const others = tiles(house);
  const self = h("video", { class: "self mirror", playsinline: true, muted: true, "aria-label": "Your own picture" });
  self.muted = true;
  const selfOff = h("p", { class: "self self-off" }, "Your camera is off");
  const time = timer(house);
  const more = extension(house);
  const note = h("div", { class: "stage-note", role: "status" });
  const noteText = h("p");
  const noteAction = button("", () => void act(), { class: "light" });
  note.append(noteText, noteAction);
  const microphone = button("", () => void switchMicrophone(house), { class: "round" });
  const camera = button("", () => void switchCamera(house), { class: "round" });
  const settings = button("", () => house.settings(), { class: "round" });
  dress(settings, "settings", "Settings");
  const hangUp = button("", () => leave(), { class: "round hang-up" });
  dress(hangUp, "phone", "Hang up");
  const people = h("div", { class: "partners" });
  const why = h("p", { class: "small" });
  const leaveButton = button("Leave this Session", () => leave(), { class: "leave" });
  const connections = new Map<number, Connection>();
  let shown: unknown = null;

  const controls = h("div", { class: "controls", role: "group", "aria-label": "Your camera, microphone and call" }, microphone, camera, settings, hangUp);
  const stage = h("div", { class: "stage" }, others.element, self, selfOff, time.element, note, controls);
  const side = h("div", { class: "call-side" }, title, more.element, people, why, leaveButton);

  function leave(): void {
    const meeting = house.state().view?.meeting;
    if (meeting) {
      void house.act("leave", { meeting: meeting.no }, "left");
    }
  }

  async function act(): Promise<void> {
    const calls = house.media()?.calls;
    if (calls?.silent) {
      await calls.listenNow();
    } else {
      await calls?.setAudioOnly(!calls.audioOnly);
    }
  }

  return {
    element: h("section", { class: "call" }, stage, side),
    title: () => names(house.state().view?.meeting?.partners ?? []),
    update() {
      const state = house.state();
      const meeting = state.view?.meeting;
      if (!meeting) {
        return;
      }
      const who = names(meeting.partners);
      say(title, meeting.started_at ? who : `You meet ${who}`);
      others.update(meeting);
      time.update(meeting);
      more.update(meeting);
      ownPicture();
      dressCamera(camera, house);
      dressMicrophone(microphone, house);
      notice(meeting);
      tellConnections(meeting, state);
      fill(people, [meeting.no, meeting.partners, [...state.pending].filter((p) => p.startsWith("connect"))], () => cards(house, meeting, state));
      say(why, relaxed(meeting.relaxed, true));
      show(why, meeting.relaxed.length > 0);
      leaveButton.disabled = hangUp.disabled = state.pending.has(about("leave", meeting.no));
    },
    tick: () => time.tick(),
    gone() {
      others.gone();
      detach(shown, self);
    },
  };

  // What others ask for appears without a press of one's own, so those who listen are told.
  function tellConnections(meeting: Meeting, { pending }: State): void {
    for (const p of meeting.partners) {
      const now = connecting(p, pending);
      const before = connections.get(p.person) ?? now;
      connections.set(p.person, now);
      if (now !== before) {
        const text = { none: "", requested: "Requested.", asked: `${p.name} would like to stay in touch. You can accept.`, connected: `You and ${p.name} are connected.` }[now];
        house.announce(text);
      }
    }
  }

  function ownPicture(): void {
    const devices = house.media()?.devices;
    const track = devices?.camera ?? null;
    if (track !== shown) {
      detach(shown, self);
      track?.attach(self);
      self.muted = true;
      shown = track;
    }
    show(self, devices?.cameraOn ?? false);
    show(selfOff, !devices?.cameraOn);
  }

  function notice(meeting: Meeting): void {
    const calls = house.media()?.calls;
    const lost = meeting.partners.filter((p) => !p.here || calls?.misses(p.person));
    let [text, action] = ["", ""];
    if (calls?.silent) {
      [text, action] = ["Your browser keeps the sound off until you press here.", "Turn on sound"];
    } else if (calls?.line === "reconnecting" || (meeting.started_at && calls?.line === "connecting")) {
      text = "Your connection broke. We are reconnecting…";
    } else if (meeting.started_at && lost.length > 0) {
      text = `${names(lost)} lost the connection. We wait a moment…`;
    } else if (calls?.audioOnly) {
      [text, action] = ["You go on with sound only.", "Back to video"];
    } else if (calls?.weak) {
      [text, action] = ["Your connection is weak.", "Go on with sound only"];
    }
    say(noteText, text);
    say(noteAction, action);
    show(noteAction, action !== "");
    note.classList.toggle("empty", text === "");
  }
}

function cards(house: House, meeting: Meeting, { pending }: State): HTMLElement[] {
  return meeting.partners.map((p) => {
    const who = { meeting: meeting.no, person: p.person, name: p.name, email: p.email };
    return h(
      "div",
      { class: "partner" },
      meeting.partners.length > 1 && h("h2", {}, p.name),
      details(p.shows),
      connect(house, who, connecting(p, pending)),
      troubleMenu(house, () => who),
    );
  });
}
