/** How loud the two sides are, for the eye. */

export interface Levels {
  /** 0 for silence to 1 for full scale, even steps in decibels. */
  caller: number;
  agent: number;
}

const FLOOR_DB = -60;
const INTERVAL_MS = 50;
/** A meter falls slower than it rises, so that the eye can follow. */
const FALL_PER_INTERVAL = 0.06;

/** Loudness of a piece of sound (samples from -1 to 1) on the meter's scale. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  const db = 20 * Math.log10(Math.max(rms, 1e-9));
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}

export class LevelMeter {
  readonly #context = new AudioContext({ latencyHint: 'interactive' });
  readonly #onLevels: (levels: Levels) => void;
  readonly #timer: number;
  #caller: Side | undefined;
  #agent: Side | undefined;

  constructor(onLevels: (levels: Levels) => void) {
    this.#onLevels = onLevels;
    this.#timer = window.setInterval(() => this.#measure(), INTERVAL_MS);
  }

  /** Delay between a sample and the loudspeaker as far as the browser knows it, ms. */
  get outputLatencyMs(): number {
    // Safari does not know this property, whatever the type says.
    return ((this.#context as { outputLatency?: number }).outputLatency ?? 0) * 1000;
  }

  set callerTrack(track: MediaStreamTrack) {
    this.#caller?.source.disconnect();
    this.#caller = this.#listenTo(track);
  }

  set agentTrack(track: MediaStreamTrack) {
    this.#agent?.source.disconnect();
    this.#agent = this.#listenTo(track);
  }

  close(): void {
    window.clearInterval(this.#timer);
    if (this.#context.state !== 'closed') void this.#context.close();
  }

  #listenTo(track: MediaStreamTrack): Side {
    const source = this.#context.createMediaStreamSource(new MediaStream([track]));
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 2048;
    source.connect(analyser);
    return { source, analyser, samples: new Float32Array(analyser.fftSize), level: 0 };
  }

  #measure(): void {
    this.#onLevels({ caller: measured(this.#caller), agent: measured(this.#agent) });
  }
}

interface Side {
  source: MediaStreamAudioSourceNode;
  analyser: AnalyserNode;
  samples: Float32Array<ArrayBuffer>;
  level: number;
}

function measured(side: Side | undefined): number {
  if (!side) return 0;
  side.analyser.getFloatTimeDomainData(side.samples);
  side.level = Math.max(levelOf(side.samples), side.level - FALL_PER_INTERVAL);
  return side.level;
}
