// How loud the microphone is.

export class Level {
  private context: AudioContext | null = null;
  private analyser: AnalyserNode | null = null;
  private source: MediaStreamAudioSourceNode | null = null;
  private samples = new Float32Array(1024);

  follow(track: MediaStreamTrack): void {
    this.stop();
    this.context ??= new AudioContext();
    void this.context.resume().catch(() => {});
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = this.samples.length;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
  }

  /** Browsers start audio only after a gesture of their user; this is for one. */
  wake(): void {
    void this.context?.resume().catch(() => {});
  }

  /** 0 for silence to 1 for shouting, evenly for the ear. */
  read(): number {
    if (!this.analyser) {
      return 0;
    }
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, v) => sum + v * v, 0) / this.samples.length;
    const decibel = 10 * Math.log10(power + 1e-10);
    return Math.min(1, Math.max(0, (decibel + 60) / 50));
  }

  stop(): void {
    this.source?.disconnect();
    this.source = this.analyser = null;
  }
}
