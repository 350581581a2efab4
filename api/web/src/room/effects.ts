// What is behind the attendee: as it is, blurred, a colour or a picture. It is computed on this device.
import type { BackgroundProcessorWrapper } from "@livekit/track-processors";
import type { LocalVideoTrack } from "livekit-client";
import { recall, remember, type Effect } from "./memory";
import { colour, own } from "./pictures";

declare const VISION_FOLDER: string; // see vite.config.ts

export type Outcome = "" | "slow" | "unsupported" | "failed";

const patience = 8000; // ms until the first frames must have been processed
const first = 5; // frames, after which we know how fast this device is
const slow = 100; // ms for a frame
const small = { width: 480, height: 270, frameRate: 15 }; // where there are no graphics to compute with

export class Effects {
  outcome: Outcome = "";
  busy = false;
  private processor: BackgroundProcessorWrapper | null = null;
  private track: LocalVideoTrack | null = null;
  private frames = 0;
  private spent = 0; // ms for those frames
  private image = "";
  private delegate: "GPU" | "CPU" = graphics() ? "GPU" : "CPU";
  private queue: Promise<void> = Promise.resolve();

  /** base is the path below which the server is reached. */
  constructor(
    private readonly base: string,
    private readonly changed: () => void,
  ) {}

  /** Remembers a choice and applies it. */
  choose(effect: Effect, camera: LocalVideoTrack | null): void {
    remember({ effect });
    this.apply(camera);
  }

  /** Applies what was chosen to a camera; to the same camera again it only changes what has changed. */
  apply(camera: LocalVideoTrack | null): void {
    this.queue = this.queue.then(() => this.set(camera)).catch(() => this.end("failed"));
  }

  private async set(camera: LocalVideoTrack | null): Promise<void> {
    const { effect } = recall();
    if (!camera || camera.isMuted || (effect.kind === "none" && this.track !== camera)) {
      return; // a muted camera is dressed when it is on again
    }
    this.busy = true;
    this.changed();
    try {
      if (this.track !== camera && !(await this.attach(camera))) {
        return;
      }
      await this.switchTo(effect);
      if (effect.kind !== "none" && !(await this.flows())) {
        await this.retry(camera, effect);
      }
    } finally {
      this.busy = false;
      this.changed();
    }
  }

  // Disabled at first, so that nobody sees a flash of something else.
  private async attach(camera: LocalVideoTrack): Promise<boolean> {
    const { BackgroundProcessor, supportsBackgroundProcessors } = await import("@livekit/track-processors");
    if (!supportsBackgroundProcessors()) {
      this.end("unsupported");
      return false;
    }
    if (this.delegate === "CPU" && (camera.dimensions?.width ?? 0) > small.width) {
      await camera.restartTrack({ deviceId: camera.getSourceTrackSettings().deviceId, resolution: small });
    }
    const files = `${this.base}/assets/${VISION_FOLDER}`;
    const make = (): BackgroundProcessorWrapper =>
      BackgroundProcessor({
        mode: "disabled",
        segmenterOptions: { delegate: this.delegate },
        assetPaths: { tasksVisionFileSet: files, modelAssetPath: `${files}/selfie_segmenter.tflite` },
        onFrameProcessed: ({ processingTimeMs }) => {
          this.frames++;
          this.spent += processingTimeMs;
        },
      });
    try {
      this.processor = make();
      await camera.setProcessor(this.processor);
    } catch (e) {
      if (this.delegate === "CPU") {
        throw e;
      }
      this.delegate = "CPU";
      this.processor = make();
      await camera.setProcessor(this.processor);
    }
    this.track = camera;
    this.outcome = "";
    return true;
  }

  private async switchTo(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case "none":
        await this.processor?.switchTo({ mode: "disabled" });
        break;
      case "blur":
        await this.processor?.switchTo({ mode: "background-blur", blurRadius: 12 });
        break;
      case "color":
        await this.processor?.switchTo({ mode: "virtual-background", imagePath: this.keep(await colour(effect.color)) });
        break;
      case "picture":
        await this.processor?.switchTo({ mode: "virtual-background", imagePath: this.keep(await own()) });
        break;
    }
    this.outcome = "";
  }

  // The processor loads the picture again when the camera changes, so its address lasts until the next one's.
  private keep(image: Blob): string {
    URL.revokeObjectURL(this.image);
    this.image = URL.createObjectURL(image);
    return this.image;
  }

  /**
   * Whether frames come out, and fast enough where another way may be faster. A processor that fails does so silently, and the
   * partner would see a still picture.
   */
  private async flows(): Promise<boolean> {
    this.frames = this.spent = 0;
    for (const until = Date.now() + patience; Date.now() < until && this.frames < first; ) {
      if (document.hidden || this.track?.isMuted) {
        return true;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    const pace = this.frames > 0 ? this.spent / this.frames : Infinity;
    this.outcome = pace > slow ? "slow" : "";
    return this.frames > 0 && (pace <= slow || this.delegate === "CPU");
  }

  private async retry(camera: LocalVideoTrack, effect: Effect): Promise<void> {
    await camera.stopProcessor();
    this.track = null;
    if (this.delegate === "CPU") {
      this.end("failed");
      return;
    }
    this.delegate = "CPU";
    if (await this.attach(camera)) {
      await this.switchTo(effect);
      if (!(await this.flows())) {
        await this.retry(camera, effect);
      }
    }
  }

  /** Goes on without an effect, and says why. */
  private end(outcome: Outcome): void {
    const { track } = this;
    this.track = this.processor = null;
    this.outcome = outcome;
    this.busy = false;
    remember({ effect: { kind: "none" } });
    void track?.stopProcessor().catch(() => {});
    this.changed();
  }
}

/** Whether there are real graphics: where the processor paints, it had better segment as well. */
function graphics(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const renderer = gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(renderer);
}
