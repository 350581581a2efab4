// The attendee room of a networking session. The server's views come in by the stream, the attendee's wishes go out as
// actions, and what is shown follows from the state alone.
import "./room.css";
import { Api, key, Refused, type Fields } from "./api";
import { Clock } from "./clock";
import { Front } from "./front";
import type { House } from "./house";
import type { Media } from "./media";
import { TabMemory } from "./memory";
import type { Kind, View } from "./protocol";
import { Reach } from "./reach";
import { Stream } from "./stream";
import { able, about, begin, callOf, reduce, type Happening, type Own, type Screen, type State } from "./view";
import { sentence } from "./words";

class Page implements House {
  readonly clock = new Clock();
  private api: Api;
  private stream: Stream | null = null;
  private current: State;
  private library: Media | null = null;
  private loading: Promise<Media> | null = null;
  private readonly front: Front;
  private readonly sound = document.createElement("div");
  private readonly memory: TabMemory;
  private readonly way: Reach;
  private opened: (view: View) => void = () => {};
  private readonly first = new Promise<View>((done) => (this.opened = done));

  constructor(
    root: HTMLElement,
    private readonly base: string,
    private readonly path: string, // of the signed link
    video: string,
  ) {
    this.memory = new TabMemory(`rondo.room.${path.slice(-16)}`);
    this.api = new Api(path, key());
    this.current = begin(this.api.tab, this.memory.get("in") === "yes");
    const own = this.memory.get("own");
    if (own) {
      this.current = { ...this.current, own: JSON.parse(own) as Own };
    }
    this.way = new Reach(video, () => this.draw());
    this.front = new Front(root, this, () => this.happen({ what: "calm" }), (screen) => this.arrived(screen));
    this.sound.className = "hidden";
    root.append(this.sound);
    window.addEventListener("offline", () => this.happen({ what: "link", link: "lost" }));
    window.addEventListener("online", () => this.stream?.kick(true));
    document.addEventListener("pointerdown", () => this.library?.devices.level.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.stream?.kick());
  }

  start(): void {
    this.connect();
    this.draw();
    if (this.current.returning) {
      void this.comeBack();
    } else {
      void this.greet();
    }
  }

  state(): State {
    return this.current;
  }

  media(): Media | null {
    return this.library;
  }

  reach(): ReturnType<House["reach"]> {
    return this.way.state;
  }

  private connect(): void {
    const { tab } = this.api;
    const stream = new Stream(`${this.path}/events?tab=${tab}`, {
      view: (view) => this.take(view),
      replaced: () => this.end("replaced"),
      refused: (problem) => this.end(problem),
      connected: (live) => this.happen({ what: "link", link: live ? "live" : this.current.view ? "lost" : "connecting" }),
    });
    this.stream = stream;
    void stream.run();
  }

  private take(view: View): void {
    this.clock.learn(view.now);
    this.happen({ what: "view", view });
    this.opened(view);
    const { me, session } = view;
    // Who was lost and is back goes on where they were, as does who has just loaded the page again.
    if (this.current.entered && me.state === "away" && me.tab === this.api.tab && !this.current.pending.has("enter")) {
      void this.act("enter");
    }
    const over = session.phase === "ending" || session.phase === "closed" || session.phase === "cancelled";
    if (me.state === "exited" || me.state === "removed" || (over && !view.meeting)) {
      this.leaveDevices();
    }
    const url = view.meeting?.url;
    if (url) {
      this.way.look(url);
    }
  }

  private end(why: State["over"] & {}): void {
    this.happen({ what: "over", why });
    this.memory.set("in", "");
    this.leaveDevices();
  }

  private leaveDevices(): void {
    if (this.current.devices.state === "done" && !this.current.pending.has("enter")) {
      this.happen({ what: "entered", entered: false });
      this.memory.set("in", "");
      this.library?.calls.hold(null);
      this.library?.devices.release();
    }
  }

  private async loadMedia(): Promise<Media> {
    this.loading ??= import("./media").then(({ openMedia }) => {
      this.library = openMedia(
        this.base,
        this.sound,
        (no) => void this.act("media", { meeting: no }),
        () => this.devicesChanged(),
      );
      return this.library;
    });
    return await this.loading;
  }

  private devicesChanged(): void {
    const status = this.library?.devices.status;
    if (status && status !== this.current.devices) {
      this.happen({ what: "devices", devices: status });
    } else {
      this.draw();
    }
  }

  /** If the browser need not ask, neither do we. */
  private async greet(): Promise<void> {
    try {
      const all = await Promise.all(["camera", "microphone"].map((name) => navigator.permissions.query({ name: name as PermissionName })));
      if (all.every((p) => p.state === "granted")) {
        await this.untilDoors();
        this.ask();
      }
    } catch {
      // a browser that does not tell: then it is asked when its user says so
    }
  }

  private doors: () => void = () => {};

  private async untilDoors(): Promise<void> {
    if (this.front.screen !== "check") {
      await new Promise<void>((done) => (this.doors = done));
    }
  }

  private async comeBack(): Promise<void> {
    const [{ devices }, view] = await Promise.all([this.loadMedia(), this.first]);
    if (["lobby", "ready", "meeting", "away"].includes(view.me.state)) {
      await devices.start();
      if (able(this.current.devices)) {
        await this.goIn();
      }
    }
    this.happen({ what: "returned" });
  }

  ask(): void {
    void this.loadMedia().then(async ({ devices }) => {
      devices.level.wake();
      await (devices.status.state === "done" && (devices.camera ?? devices.microphone) ? devices.mend() : devices.start());
    });
    this.way.check();
  }

  enter(): void {
    this.library?.devices.level.wake();
    void this.goIn();
  }

  private async goIn(): Promise<void> {
    const { devices } = this.current;
    if (devices.state !== "done") {
      await (await this.loadMedia()).devices.start();
    }
    this.happen({ what: "entered", entered: true });
    if (await this.act("enter")) {
      this.memory.set("in", "yes");
    } else {
      this.happen({ what: "entered", entered: false });
    }
  }

  takeOver(): void {
    this.memory.set("in", "yes");
    window.location.reload(); // a new page, and therefore a new tab to the server
  }

  exit(): void {
    void this.act("exit", {}, "exited");
  }

  async act(kind: Kind, fields: Fields = {}, did?: Own["did"]): Promise<boolean> {
    const what = about(kind, kind === "connect" ? fields.person : fields.meeting);
    if (this.current.pending.has(what) && kind !== "media") {
      return false;
    }
    const no = this.current.view?.meeting?.no;
    const own = did && no !== undefined && (fields.meeting ?? no) === no ? { no, did } : undefined;
    if (own) {
      this.memory.set("own", JSON.stringify(own));
    }
    this.happen({ what: "sent", about: what, own });
    try {
      await this.api.act(kind, fields);
      // Its effect comes with a view. If none does, as when it came too late, it may be pressed again.
      window.setTimeout(() => this.happen({ what: "settled", about: what }), kind === "rename" ? 0 : 4000);
      return true;
    } catch (e) {
      this.refused(what, e);
      return false;
    }
  }

  private refused(what: string, e: unknown): void {
    if (!(e instanceof Refused)) {
      throw e;
    }
    const { problem } = e;
    if (problem.status === 410 || problem.code === "ticket_needed") {
      this.stream?.stop();
      this.end(problem);
      return;
    }
    this.happen({ what: "refused", about: what, trouble: sentence(problem.detail) || "That did not work. Please try again." });
  }

  async matches(): ReturnType<House["matches"]> {
    return await this.api.matches();
  }

  announce(text: string): void {
    this.front.announce(text);
  }

  tell(text: string): void {
    this.front.tell(text);
  }

  settings(): void {
    this.front.settings();
  }

  viewMatches(): void {
    this.front.viewMatches();
  }

  private happen(h: Happening): void {
    this.current = reduce(this.current, h);
    this.draw();
  }

  private draw(): void {
    this.library?.calls.hold(callOf(this.current));
    this.front.draw();
  }

  private arrived(screen: Screen["name"]): void {
    if (screen === "check") {
      this.doors();
      void this.loadMedia();
      this.way.check();
    }
  }
}

const root = document.getElementById("room");
if (root) {
  const { base = "", tokenPath = "", video = "" } = root.dataset;
  new Page(root, base, tokenPath, video).start();
}
