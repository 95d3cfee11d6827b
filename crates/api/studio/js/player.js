// One clock for everything: the recording's own. What else sounds is placed by it, what moves on the page follows it.
//
// Events: "time" (each picture while the clock runs or jumps), "state" (anything a control shows has changed),
// "count" (detail: how many beats are left before it starts, 0 when it has).

const SLOWEST = 0.25;
const FASTEST = 1.5;
const TICK_MS = 40;

export class Player extends EventTarget {
  constructor(media, drums) {
    super();
    this.media = media;
    this.drums = drums;
    this.piece = null;
    // Settles when the media has got what it plays.
    this.arriving = null;
    this.rate = 1;
    this.bars = null;
    // A moment looked at closely; comes before the loop while it is set.
    this.spot = null;
    this.click = false;
    this.countIn = false;
    this.ladder = { on: false, step: 2 };
    this.mix = 0;
    this.split = false;
    this.lanes = { muted: [], solo: [] };
    media.preservesPitch = true;
    for (const name of ["play", "pause", "ended", "ratechange"]) media.addEventListener(name, () => this.changed());
    media.addEventListener("seeked", () => this.moved());
    media.addEventListener("pause", () => this.drums.hush());
    this.step = () => this.frame();
  }

  get time() { return this.media.currentTime; }
  get playing() { return !this.media.paused && !this.media.ended; }
  get running() { return this.playing || Boolean(this.counting); }
  get stretch() {
    if (this.spot) return this.spot;
    if (!this.bars || !this.piece) return null;
    const measures = this.piece.measures;
    const last = measures[Math.min(this.bars.to, measures.length - 1)];
    const first = measures[Math.min(this.bars.from, measures.length - 1)];
    return { from: first.from_s, to: Math.min(last.to_s, this.media.duration || last.to_s) };
  }

  changed() {
    this.dispatchEvent(new Event("state"));
    if (this.playing) this.start();
  }

  /** The clock jumped: what was going to sound is wrong now. */
  moved() {
    this.drums.hush();
    this.placed = this.time - 0.001;
    this.tell();
  }

  tell() { this.dispatchEvent(new Event("time")); }

  start() {
    if (this.moving) return;
    this.placed = this.time - 0.001;
    this.moving = requestAnimationFrame(this.step);
    this.sounding = setInterval(() => this.sound(), TICK_MS);
  }

  frame() {
    if (!this.playing) {
      clearInterval(this.sounding);
      this.moving = 0;
      this.tell();
      return;
    }
    this.tell();
    this.moving = requestAnimationFrame(this.step);
  }

  async toggle() {
    if (this.running) this.pause();
    else await this.play();
  }

  pause() {
    this.stopCounting();
    this.media.pause();
    this.drums.hush();
  }

  async play() {
    await this.drums.wake();
    await this.arriving;
    const stretch = this.stretch;
    if (stretch && (this.time < stretch.from - 0.05 || this.time >= stretch.to - 0.02)) this.seek(stretch.from);
    else if (this.media.ended) this.seek(0);
    if (this.countIn && !this.spot) await this.count();
    else await this.media.play();
  }

  /** As many clicks as the bar has beats, in the speed it is going to be played in. */
  async count() {
    const measure = this.piece?.measures[this.piece.measureAt(this.time)];
    const written = measure && this.piece.score.measures[this.piece.measureIndex.get(measure.id)];
    const beats = Math.min(8, Number(written?.meter.split("/")[0] ?? 4));
    const beatS = 60 / (this.piece?.tempoAt(this.time) ?? 100) / this.rate;
    const from = this.drums.context.currentTime + 0.08;
    for (let beat = 0; beat < beats; beat += 1) this.drums.click(from + beat * beatS, beat === 0);
    const shown = (left) => this.dispatchEvent(new CustomEvent("count", { detail: left }));
    this.counting = [];
    for (let beat = 0; beat < beats; beat += 1) {
      this.counting.push(setTimeout(() => shown(beats - beat), 80 + beat * beatS * 1000));
    }
    this.counting.push(setTimeout(() => {
      this.stopCounting();
      this.media.play();
    }, 80 + beats * beatS * 1000));
    this.changed();
  }

  stopCounting() {
    if (!this.counting) return;
    this.counting.forEach(clearTimeout);
    this.counting = null;
    this.drums.hush();
    this.dispatchEvent(new CustomEvent("count", { detail: 0 }));
    this.changed();
  }

  seek(time) {
    this.media.currentTime = Math.max(0, Math.min(time, (this.media.duration || Infinity) - 0.01));
    this.tell();
  }

  setRate(rate) {
    this.rate = Math.round(Math.min(FASTEST, Math.max(SLOWEST, rate)) * 1000) / 1000;
    this.media.defaultPlaybackRate = this.rate;
    this.media.playbackRate = this.rate;
    this.moved();
    this.changed();
  }

  setLoop(bars) {
    this.bars = bars;
    this.rounds = 0;
    this.changed();
  }

  async setMix(mix, split = this.split) {
    this.mix = mix;
    this.split = split;
    this.changed();
    if (mix > 0 || split) await this.drums.load();
    if (split) this.drums.attach(this.media);
    this.media.volume = Math.min(1, 2 * (1 - mix));
    this.drums.mix({ level: Math.min(1, 2 * mix), split });
  }

  setLanes(lanes) {
    this.lanes = lanes;
    this.drums.hush();
    this.changed();
  }

  heard(instrument) {
    const piece = this.piece.pieceOf(instrument);
    return this.lanes.solo.length > 0 ? this.lanes.solo.includes(piece) : !this.lanes.muted.includes(piece);
  }

  /** Places the strokes and clicks of the next moments, and turns back at the end of a loop. */
  sound() {
    if (!this.playing || !this.piece) return;
    const now = this.time;
    const stretch = this.stretch;
    if (stretch && now >= stretch.to - 0.02) {
      this.again(stretch);
      return;
    }
    const context = this.drums.context;
    const until = Math.min(now + this.drums.aheadS * this.rate, stretch ? stretch.to : Infinity);
    const when = (time) => Math.max(context.currentTime, context.currentTime + (time - now) / this.rate);
    const due = (time) => time > this.placed && time <= until;
    if (this.mix > 0) {
      for (const stroke of this.piece.strokes) {
        if (stroke.time > until) break;
        if (!due(stroke.time)) continue;
        for (const note of stroke.notes) {
          if (this.heard(note.instrument)) this.drums.stroke(note.instrument, note.velocity, when(note.time));
        }
      }
    }
    if (this.click) {
      for (const beat of this.piece.beats) if (due(beat.time_s)) this.drums.click(when(beat.time_s), beat.position === 1);
    }
    this.placed = Math.max(this.placed, until);
  }

  /** Another round; the ladder makes it a little faster, up to the speed it was played in. */
  again(stretch) {
    this.rounds = (this.rounds ?? 0) + 1;
    this.seek(stretch.from);
    if (this.ladder.on && !this.spot && this.rate < 1) {
      const bpm = this.piece.tempoAt(stretch.from);
      this.setRate(Math.min(1, this.rate + this.ladder.step / bpm));
    }
    this.dispatchEvent(new Event("round"));
  }
}
