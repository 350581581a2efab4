// The camera and the microphone of this device. The same tracks serve all meetings, so that the next one begins at once.
import { createLocalAudioTrack, createLocalTracks, createLocalVideoTrack, LocalAudioTrack, LocalVideoTrack, TrackEvent, VideoPresets, type LocalTrack } from "livekit-client";
import { Level } from "./level";
import { recall, remember } from "./memory";
import type { Devices as Status, Fault } from "./view";

export interface Choice {
  id: string;
  label: string;
}

export type Sort = "camera" | "microphone" | "speaker";

const kinds: Record<Sort, MediaDeviceKind> = { camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" };

export class Devices {
  camera: LocalVideoTrack | null = null;
  microphone: LocalAudioTrack | null = null;
  status: Status = { state: "idle", camera: "", microphone: "" };
  readonly level = new Level();

  /** changed is called whenever a track, a fault or a switch is another. */
  constructor(private readonly changed: () => void) {
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.plugged());
  }

  get cameraOn(): boolean {
    return this.camera !== null && !this.camera.isMuted;
  }

  get microphoneOn(): boolean {
    return this.microphone !== null && !this.microphone.isMuted;
  }

  /** Asks for both, or for one where the other is not to be had. */
  async start(): Promise<void> {
    if (this.status.state === "asking") {
      return;
    }
    this.set({ state: "asking", camera: "", microphone: "" });
    if (!navigator.mediaDevices) {
      this.set({ state: "done", camera: "insecure", microphone: "insecure" });
      return;
    }
    const { camera, microphone } = recall();
    const video = { deviceId: { ideal: camera ?? "default" }, resolution: VideoPresets.h720.resolution };
    const audio = { deviceId: { ideal: microphone ?? "default" } };
    this.stop();
    let faults: Pick<Status, "camera" | "microphone"> = { camera: "", microphone: "" };
    try {
      for (const track of await createLocalTracks({ audio, video })) {
        await this.take(track);
      }
    } catch {
      faults = {
        camera: await this.one(() => createLocalVideoTrack(video)),
        microphone: await this.one(() => createLocalAudioTrack(audio)),
      };
    }
    this.set({ state: "done", ...faults });
  }

  private async one(create: () => Promise<LocalTrack>): Promise<Fault> {
    try {
      await this.take(await create());
      return "";
    } catch (e) {
      return faultOf(e);
    }
  }

  private async take(track: LocalTrack): Promise<void> {
    track.on(TrackEvent.Ended, () => this.lost(track));
    const { cameraOn, microphoneOn } = recall();
    if (track instanceof LocalVideoTrack) {
      this.camera = track;
      if (!cameraOn) {
        await track.mute();
      }
    } else if (track instanceof LocalAudioTrack) {
      this.microphone = track;
      this.level.follow(track.mediaStreamTrack);
      if (!microphoneOn) {
        await track.mute();
      }
    }
  }

  private lost(track: LocalTrack): void {
    if (track === this.camera && !track.isMuted) {
      this.camera = null;
      this.set({ ...this.status, camera: "none" });
    } else if (track === this.microphone) {
      this.microphone = null;
      this.set({ ...this.status, microphone: "none" });
    }
  }

  /** Something was plugged in or out: what was missing may be there now. */
  private async plugged(): Promise<void> {
    const { state, camera, microphone } = this.status;
    if (state === "done" && (camera === "none" || microphone === "none")) {
      await this.mend();
    }
    this.changed();
  }

  /** Tries again for what is missing, and leaves what works alone. */
  async mend(): Promise<void> {
    const { camera, microphone } = recall();
    const status: Status = { ...this.status, state: "done" };
    if (!this.camera) {
      status.camera = await this.one(() => createLocalVideoTrack({ deviceId: { ideal: camera ?? "default" }, resolution: VideoPresets.h720.resolution }));
    }
    if (!this.microphone) {
      status.microphone = await this.one(() => createLocalAudioTrack({ deviceId: { ideal: microphone ?? "default" } }));
    }
    this.set(status);
  }

  async setCamera(on: boolean): Promise<void> {
    remember({ cameraOn: on });
    await this.toggle(this.camera, on, "camera");
  }

  async setMicrophone(on: boolean): Promise<void> {
    remember({ microphoneOn: on });
    await this.toggle(this.microphone, on, "microphone");
  }

  private async toggle(track: LocalTrack | null, on: boolean, sort: "camera" | "microphone"): Promise<void> {
    if (!track) {
      await (on ? this.mend() : Promise.resolve());
      return;
    }
    try {
      await (on ? track.unmute() : track.mute());
      this.set({ ...this.status, [sort]: "" });
    } catch (e) {
      this.set({ ...this.status, [sort]: faultOf(e) });
    }
  }

  /** The devices to choose from. Their names are known once the browser's user has let us use one. */
  async list(sort: Sort): Promise<Choice[]> {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return all
      .filter((d) => d.kind === kinds[sort] && d.deviceId !== "")
      .map((d, i) => ({ id: d.deviceId, label: d.label || `${sort} ${i + 1}` }));
  }

  using(sort: Sort): string {
    if (sort === "speaker") {
      return recall().speaker ?? "default";
    }
    const track = sort === "camera" ? this.camera : this.microphone;
    return track?.getSourceTrackSettings().deviceId ?? recall()[sort] ?? "";
  }

  async use(sort: Sort, id: string): Promise<void> {
    remember({ [sort]: id });
    const track = sort === "camera" ? this.camera : sort === "microphone" ? this.microphone : null;
    if (sort !== "speaker" && !track) {
      await this.mend();
    } else if (track) {
      try {
        await track.setDeviceId({ ideal: id });
        this.set({ ...this.status, [sort]: "" });
      } catch (e) {
        this.set({ ...this.status, [sort]: faultOf(e) });
      }
      if (this.microphone) {
        this.level.follow(this.microphone.mediaStreamTrack);
      }
    }
    this.changed();
  }

  /** Lets go of camera and microphone; their lights go out. */
  stop(): void {
    this.camera?.stop();
    this.microphone?.stop();
    this.level.stop();
    this.camera = this.microphone = null;
  }

  /** Lets go of everything, as when the attendee has left. */
  release(): void {
    this.stop();
    this.set({ state: "idle", camera: "", microphone: "" });
  }

  private set(status: Status): void {
    this.status = status;
    this.changed();
  }
}

function faultOf(e: unknown): Fault {
  switch (e instanceof Error ? e.name : "") {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    default:
      return "other";
  }
}
