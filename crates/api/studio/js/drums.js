// The written notes, played: each stroke is a sample of the engine's own kit, started by the sound card's clock, so that
// slow practice keeps its pitch and corrections are heard at once. Also the click.

const AHEAD_S = 0.18;
const LANE_GAIN = 1.6;

export class Drums {
  constructor({ kitUrl, kitStepS, instruments }) {
    this.kitUrl = kitUrl;
    this.kitStepS = kitStepS;
    this.places = new Map(instruments.map((one, index) => [one.id, index]));
    this.hats = new Set(instruments.filter((one) => one.piece === "hihat").map((one) => one.id));
    this.ringing = new Set();
  }

  /** Starts the sound card; only after somebody pressed something, as browsers want it. */
  async wake() {
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.out = new GainNode(this.context, { gain: 0 });
      this.pan = new StereoPannerNode(this.context);
      this.out.connect(this.pan).connect(this.context.destination);
      this.clicks = new GainNode(this.context, { gain: 0.5 });
      this.clicks.connect(this.context.destination);
    }
    if (this.context.state === "suspended") await this.context.resume();
  }

  /** Loads the kit once. */
  async load() {
    await this.wake();
    this.loading ??= fetch(this.kitUrl)
      .then((response) => (response.ok ? response.arrayBuffer() : Promise.reject(new Error("the kit did not come"))))
      .then((bytes) => this.context.decodeAudioData(bytes));
    try {
      this.kit = await this.loading;
    } catch (error) {
      this.loading = undefined;
      throw error;
    }
  }

  /** Hears the recording through this sound card too, so that it can be put to one side. */
  attach(media) {
    if (this.source) return;
    this.source = this.context.createMediaElementSource(media);
    this.mediaPan = new StereoPannerNode(this.context);
    this.source.connect(this.mediaPan).connect(this.context.destination);
  }

  /** `level` 0-1 of the drums; `split` puts the recording left and the drums right. */
  mix({ level, split }) {
    if (!this.context) return;
    this.out.gain.setTargetAtTime(level, this.context.currentTime, 0.02);
    this.pan.pan.value = split ? 1 : 0;
    if (this.mediaPan) this.mediaPan.pan.value = split ? -1 : 0;
  }

  /** Plays an instrument at a moment of the sound card's clock. */
  stroke(instrument, velocity, when) {
    const place = this.places.get(instrument);
    if (!this.kit || place === undefined) return;
    const gain = new GainNode(this.context, { gain: LANE_GAIN * (0.05 + 0.95 * velocity * velocity) });
    const source = new AudioBufferSourceNode(this.context, { buffer: this.kit });
    source.connect(gain).connect(this.out);
    if (this.hats.has(instrument)) {
      // A hat that is struck again, or closed, stops ringing.
      this.lastHat?.gain.setTargetAtTime(0, when, 0.012);
      this.lastHat = gain;
    }
    source.start(when, place * this.kitStepS, this.kitStepS);
    this.ringing.add(source);
    source.onended = () => this.ringing.delete(source);
  }

  click(when, strong) {
    const tone = new OscillatorNode(this.context, { frequency: strong ? 1760 : 1174, type: "triangle" });
    const shape = new GainNode(this.context, { gain: 0 });
    shape.gain.setValueAtTime(strong ? 0.9 : 0.6, when);
    shape.gain.exponentialRampToValueAtTime(0.001, when + 0.05);
    tone.connect(shape).connect(this.clicks);
    tone.start(when);
    tone.stop(when + 0.06);
    this.ringing.add(tone);
    tone.onended = () => this.ringing.delete(tone);
  }

  /** Takes back whatever has not sounded yet. */
  hush() {
    for (const source of this.ringing) {
      try { source.stop(); } catch { /* it had not been started */ }
    }
    this.ringing.clear();
    this.lastHat = null;
  }

  get aheadS() { return AHEAD_S; }
}
