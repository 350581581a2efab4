// Holds the call of the meeting that the server's view names: one at a time, again when it breaks, none when there is none.
import { ConnectionQuality, DisconnectReason, type RemoteParticipant, type RemoteTrack, type RemoteTrackPublication, Room, RoomEvent, Track } from "livekit-client";
import type { Devices } from "./devices";
import { recall } from "./memory";
import type { Meeting } from "./protocol";

/** What is seen and heard of somebody. */
export interface Remote {
  video: RemoteTrack | null;
  audio: RemoteTrack | null;
  cameraOff: boolean;
  muted: boolean;
  speaking: boolean;
  weak: boolean;
  /** Their video is not sent for the moment, for lack of bandwidth. */
  paused: boolean;
}

export type Line = "idle" | "connecting" | "live" | "reconnecting";

const weakAfter = 6000; // ms

export class Calls {
  line: Line = "idle";
  /** Our own connection has been poor for a while. */
  weak = false;
  /** The attendee has chosen to do without video, theirs and ours. */
  audioOnly = false;
  /** The browser plays no sound before its user presses something. */
  silent = false;
  readonly remotes = new Map<number, Remote>();

  private room: Room | null = null;
  private no = 0;
  private wanted: Meeting | null = null;
  private working = false;
  private told = false;
  private weakTimer = 0;

  /** inCall is called when we send and receive, once for each time we connect; sound is where audio elements live. */
  constructor(
    private readonly devices: Devices,
    private readonly sound: HTMLElement,
    private readonly inCall: (no: number) => void,
    private readonly changed: () => void,
  ) {
    window.addEventListener("pagehide", () => this.hold(null));
  }

  /** Makes DNS, TLS and the first request to the video server beforehand. */
  async prepare(url: string): Promise<void> {
    await new Room().prepareConnection(url);
  }

  hold(meeting: Meeting | null): void {
    this.wanted = meeting;
    void this.work();
  }

  private async work(): Promise<void> {
    if (this.working) {
      return;
    }
    this.working = true;
    for (let failures = 0; ; ) {
      const { wanted } = this;
      if (this.room && this.no !== wanted?.no) {
        await this.drop();
      } else if (!this.room && wanted) {
        failures = (await this.connect(wanted)) ? 0 : failures + 1;
        await new Promise((done) => setTimeout(done, failures === 0 ? 0 : Math.min(500 * failures, 3000)));
      } else {
        break;
      }
    }
    this.working = false;
  }

  private async drop(): Promise<void> {
    const { room } = this;
    this.room = null;
    this.forget();
    await room?.disconnect(false).catch(() => {}); // false: the tracks serve the next meeting
  }

  private forget(): void {
    this.remotes.clear();
    this.sound.replaceChildren();
    this.line = "idle";
    this.weak = this.silent = this.told = false;
    window.clearTimeout(this.weakTimer);
    this.weakTimer = 0;
    this.changed();
  }

  private async connect(meeting: Meeting): Promise<boolean> {
    const room = new Room({
      adaptiveStream: true,
      dynacast: false,
      stopLocalTrackOnUnpublish: false,
      disconnectOnPageLeave: true,
      publishDefaults: { simulcast: true, red: true, dtx: true },
    });
    this.room = room;
    this.no = meeting.no;
    this.line = "connecting";
    this.listen(room);
    this.changed();
    try {
      await room.connect(meeting.url, meeting.token);
      await this.publish();
      this.line = "live";
      this.readAll(room);
      this.silent = !room.canPlaybackAudio;
      this.tell();
      this.changed();
      return true;
    } catch {
      if (this.room === room) {
        await this.drop();
      }
      return false;
    }
  }

  /** Sends what the devices give, also when one of them came later. */
  async publish(): Promise<void> {
    const room = this.room;
    if (!room || room.state !== "connected") {
      return;
    }
    const own = [this.devices.microphone, this.devices.camera].filter((t) => t !== null);
    for (const publication of room.localParticipant.trackPublications.values()) {
      if (publication.track && !own.some((t) => t === publication.track)) {
        await room.localParticipant.unpublishTrack(publication.track);
      }
    }
    await Promise.all(
      own
        .filter((track) => ![...room.localParticipant.trackPublications.values()].some((p) => p.track === track))
        .map((track) => room.localParticipant.publishTrack(track)),
    );
  }

  private listen(room: Room): void {
    const on = (event: RoomEvent, change: (...args: never[]) => void): void => {
      room.on(event as never, ((...args: never[]) => {
        if (this.room === room) {
          change(...args);
          this.changed();
        }
      }) as never);
    };
    on(RoomEvent.TrackSubscribed, (track: RemoteTrack, _: RemoteTrackPublication, from: RemoteParticipant) => this.subscribed(track, from));
    on(RoomEvent.TrackUnsubscribed, (track: RemoteTrack, _: RemoteTrackPublication, from: RemoteParticipant) => {
      track.detach().forEach((element) => element.tagName === "AUDIO" && element.remove());
      this.read(from);
    });
    for (const event of [RoomEvent.TrackMuted, RoomEvent.TrackUnmuted]) {
      on(event, () => this.readAll(room));
    }
    on(RoomEvent.TrackStreamStateChanged, () => this.readAll(room));
    on(RoomEvent.ActiveSpeakersChanged, () => this.readAll(room));
    on(RoomEvent.ParticipantConnected, (p: RemoteParticipant) => this.read(p));
    on(RoomEvent.ParticipantDisconnected, (p: RemoteParticipant) => this.remotes.delete(personOf(p.identity)));
    on(RoomEvent.ConnectionQualityChanged, () => this.quality(room));
    on(RoomEvent.AudioPlaybackStatusChanged, () => (this.silent = !room.canPlaybackAudio));
    on(RoomEvent.Reconnecting, () => (this.line = "reconnecting"));
    on(RoomEvent.Reconnected, () => (this.line = "live"));
    on(RoomEvent.Disconnected, (why?: DisconnectReason) => this.disconnected(why));
  }

  // The server decides whether the meeting goes on: a moment later its view tells, and if it does, work connects again.
  private disconnected(why?: DisconnectReason): void {
    if (this.line === "connecting") {
      return; // connect fails and tells work
    }
    this.room = null;
    this.forget();
    window.setTimeout(() => void this.work(), why === DisconnectReason.DUPLICATE_IDENTITY ? 3000 : 700);
  }

  private subscribed(track: RemoteTrack, from: RemoteParticipant): void {
    if (track.kind === Track.Kind.Audio) {
      const element = track.attach();
      const { speaker } = recall();
      if (speaker && "setSinkId" in element) {
        void element.setSinkId(speaker).catch(() => {}); // gone since: the usual one will do
      }
      this.sound.append(element);
    }
    this.read(from);
    this.tell();
  }

  /** Our side of the meeting begins when we send and receive. */
  private tell(): void {
    if (!this.told && this.line === "live" && [...this.remotes.values()].some((r) => r.audio ?? r.video)) {
      this.told = true;
      this.inCall(this.no);
    }
  }

  private readAll(room: Room): void {
    room.remoteParticipants.forEach((p) => this.read(p));
  }

  private read(p: RemoteParticipant): void {
    const camera = p.getTrackPublication(Track.Source.Camera);
    const microphone = p.getTrackPublication(Track.Source.Microphone);
    this.remotes.set(personOf(p.identity), {
      video: camera?.track instanceof Object ? (camera.track as RemoteTrack) : null,
      audio: microphone?.track instanceof Object ? (microphone.track as RemoteTrack) : null,
      cameraOff: !camera || camera.isMuted,
      muted: !microphone || microphone.isMuted,
      speaking: p.isSpeaking,
      weak: poor(p.connectionQuality),
      paused: camera?.track?.streamState === Track.StreamState.Paused,
    });
  }

  private quality(room: Room): void {
    this.readAll(room);
    if (!poor(room.localParticipant.connectionQuality)) {
      window.clearTimeout(this.weakTimer);
      this.weakTimer = 0;
      this.weak = false;
    } else if (!this.weakTimer) {
      this.weakTimer = window.setTimeout(() => {
        this.weak = this.room === room;
        this.changed();
      }, weakAfter);
    }
  }

  /** Goes on with sound alone, or takes video up again. */
  async setAudioOnly(on: boolean): Promise<void> {
    this.audioOnly = on;
    this.room?.remoteParticipants.forEach((p) => p.videoTrackPublications.forEach((t) => (t as RemoteTrackPublication).setEnabled(!on)));
    await this.devices.setCamera(!on);
    this.changed();
  }

  /** Whether somebody is missing from the call that we are in. */
  misses(person: number): boolean {
    return this.line === "live" && !this.remotes.has(person);
  }

  /** Lets sound be heard, from within a gesture. */
  async listenNow(): Promise<void> {
    await this.room?.startAudio().catch(() => {});
    this.silent = this.room ? !this.room.canPlaybackAudio : false;
    this.changed();
  }

  /** Plays everybody on the speaker that was chosen. */
  speaker(id: string): void {
    this.sound.querySelectorAll("audio").forEach((element) => "setSinkId" in element && void element.setSinkId(id).catch(() => {}));
  }
}

function personOf(identity: string): number {
  return Number(identity.replace(/^p/, ""));
}

function poor(q: ConnectionQuality): boolean {
  return q === ConnectionQuality.Poor || q === ConnectionQuality.Lost;
}
