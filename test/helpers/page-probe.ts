/**
 * What runs inside the page before its own scripts: ears that record the voice which the page plays, and a microphone
 * that says what the test wants when it wants it. Both functions are sent to the page as text: they use nothing from
 * outside themselves.
 */

export interface HeardLevel {
  /** When the browser had decoded it, on the clock of `performance.now()`. */
  atMs: number;
  /** RMS of about 10 ms, full scale 32768. */
  level: number;
}

export interface PlayedClip {
  startedAtMs: number;
  endedAtMs: number;
}

export interface PageProbe {
  levels: HeardLevel[];
  /** All samples heard so far, 48 kHz signed 16-bit, in base64. */
  heard(): Promise<string>;
  /** Says a clip, 16 kHz signed 16-bit in base64; resolves at its end. */
  play(base64: string): Promise<PlayedClip>;
}

/** Records every stream that an audio element of the page is given. */
export function installEars(): void {
  /** https://www.w3.org/TR/mediacapture-transform/; the types of the DOM do not have it yet. */
  interface TrackProcessor {
    readable: ReadableStream<AudioData>;
  }
  const { MediaStreamTrackProcessor } = window as unknown as {
    MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => TrackProcessor;
  };
  const levels: HeardLevel[] = [];
  const chunks: Int16Array<ArrayBuffer>[] = [];

  async function listen(track: MediaStreamTrack): Promise<void> {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      levels.push({ atMs: performance.now(), level: Math.sqrt(power) * 32768 });
      chunks.push(Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 32767));
    }
  }

  const property = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject') ?? {};
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...property,
    set(this: HTMLMediaElement, stream: MediaStream | null) {
      property.set?.call(this, stream);
      const [track] = stream?.getAudioTracks() ?? [];
      if (track) listen(track).catch((error: unknown) => console.error('The ears failed.', error));
    },
  });

  window.parleyProbe = {
    levels,
    heard: async () => {
      const url = await new Promise<string>((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result as string);
        reader.onerror = () => reject(new Error('The recording cannot be read.'));
        reader.readAsDataURL(new Blob(chunks));
      });
      return url.slice(url.indexOf(',') + 1);
    },
    play: () => Promise.reject(new Error('The microphone is not in the hands of the test.')),
  };
}

/** Puts a microphone in place of the browser's that is silent until a clip is played. After {@link installEars}. */
export function installMicrophone(): void {
  let opened: { context: AudioContext; mixer: GainNode } | undefined;
  const sound = () => {
    if (!opened) {
      const context = new AudioContext();
      opened = { context, mixer: context.createGain() };
    }
    return opened;
  };

  navigator.mediaDevices.getUserMedia = (constraints) => {
    if (!constraints?.audio || constraints.video)
      return Promise.reject(new TypeError('Only a microphone was expected to be asked for.'));
    const { context, mixer } = sound();
    const destination = context.createMediaStreamDestination();
    destination.channelCount = 1;
    mixer.connect(destination);
    return Promise.resolve(destination.stream);
  };

  window.parleyProbe.play = async (base64) => {
    const { context, mixer } = sound();
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
    const buffer = context.createBuffer(1, samples.length, 16_000);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(mixer);
    const ended = new Promise((resolve) => source.addEventListener('ended', resolve));
    const startedAtMs = performance.now();
    source.start();
    await ended;
    return { startedAtMs, endedAtMs: performance.now() };
  };
}
