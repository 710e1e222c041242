/**
 * One caller's media from end to end: the browser's transports in mediasoup and the stream in a media thread, opened
 * and closed together.
 */
import type { types } from 'mediasoup';
import type { Config } from '../config.js';
import type { SpeakingRateHz } from '../engines/engine-types.js';
import type { StartCallResult } from '../protocol.js';
import { BrowserLink } from './browser-link.js';
import type { MediaServer } from './media-server.js';
import type { MediaThread } from './media-thread.js';
import type { MediaThreads } from './media-threads.js';
import type { HeardWindow, PlayoutEvent } from './media-types.js';

export interface CallMediaEvents {
  /** Sound can flow both ways. */
  connected(): void;
  heard(window: HeardWindow): void;
  playout(event: PlayoutEvent): void;
  /** The browser cannot be reached any more. */
  lost(message: string): void;
  /** A part of the server that carries this call broke. */
  failed(message: string): void;
}

export class CallMedia {
  readonly #id: string;
  readonly #link: BrowserLink;
  readonly #thread: MediaThread;
  readonly #workerDied: AbortSignal;
  #stopWatching: () => void = () => undefined;
  #connected: () => void = () => undefined;
  #handshakesDone = false;
  #microphoneTaken = false;
  #closing: Promise<void> | undefined;

  /**
   * Opens everything that the browser needs to know of.
   * @throws MediaFailedError when a worker or the media thread refuses.
   */
  static async open(
    shared: { config: Pick<Config, 'calls'>; mediaServer: MediaServer; mediaThreads: MediaThreads },
    id: string,
    voiceRateHz: SpeakingRateHz,
  ): Promise<CallMedia> {
    const thread = shared.mediaThreads.place();
    const worker = shared.mediaServer.place();
    const { port } = await thread.open(id);
    try {
      const link = await BrowserLink.open(worker, port, voiceRateHz, consentSeconds(shared.config));
      return new CallMedia(id, link, thread, worker.died);
    } catch (error) {
      await thread.close(id);
      throw error;
    }
  }

  private constructor(id: string, link: BrowserLink, thread: MediaThread, workerDied: AbortSignal) {
    this.#id = id;
    this.#link = link;
    this.#thread = thread;
    this.#workerDied = workerDied;
  }

  /** Tells what happens to the caller's sound. Once, before the browser knows of the call. */
  listen(events: CallMediaEvents): void {
    this.#connected = () => events.connected();
    this.#link.listen({
      connected: () => {
        this.#handshakesDone = true;
        this.#tellWhenConnected();
      },
      lost: (why) => events.lost(`The connection to the browser is lost: ${why}.`),
    });
    this.#thread.listen(this.#id, {
      onHeard: (window) => events.heard(window),
      onPlayout: (event) => events.playout(event),
      onFailed: (message) => events.failed(message),
    });
    const died = () => events.failed('The media worker of this call died. Please call again.');
    if (this.#workerDied.aborted) queueMicrotask(died);
    this.#workerDied.addEventListener('abort', died, { once: true });
    this.#stopWatching = () => this.#workerDied.removeEventListener('abort', died);
  }

  /** What the browser needs to make its side. */
  describe(): Pick<StartCallResult, 'routerRtpCapabilities' | 'send' | 'receive' | 'voiceTrack'> {
    return this.#link.describe();
  }

  /** See {@link BrowserLink.connect}. */
  connect(direction: 'send' | 'receive', dtlsParameters: types.DtlsParameters): Promise<void> {
    return this.#link.connect(direction, dtlsParameters);
  }

  /** See {@link BrowserLink.restartIce}. */
  restartIce(direction: 'send' | 'receive'): Promise<types.IceParameters> {
    return this.#link.restartIce(direction);
  }

  /** Leads the browser's microphone to the media thread; see {@link BrowserLink.takeMicrophone}. */
  async takeMicrophone(rtpParameters: types.RtpParameters): Promise<string> {
    const { producerId, stream, start } = await this.#link.takeMicrophone(rtpParameters);
    this.#thread.connect(this.#id, stream);
    await start();
    this.#microphoneTaken = true;
    this.#tellWhenConnected();
    return producerId;
  }

  /** Gives sound to a segment of the playout. */
  play(segmentId: number, samples: Int16Array, last: boolean): void {
    this.#thread.play(this.#id, segmentId, samples, last);
  }

  /** Drops all sound that has not left. */
  stopPlayout(): void {
    this.#thread.stopPlayout(this.#id);
  }

  /** Volume of the voice, 1 as synthesised. */
  gain(gain: number): void {
    this.#thread.gain(this.#id, gain);
  }

  /** Lets the voice pause where it is, and go on. */
  hold(held: boolean): void {
    this.#thread.hold(this.#id, held);
  }

  /** Frees transports, ports and codecs. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeOnce();
    return this.#closing;
  }

  async #closeOnce(): Promise<void> {
    this.#stopWatching();
    this.#link.close();
    await this.#thread.close(this.#id);
  }

  #tellWhenConnected(): void {
    if (this.#handshakesDone && this.#microphoneTaken) this.#connected();
  }
}

/** At least as long as a call waits for its page to connect again: the sound comes back after that. mediasoup allows a minute. */
function consentSeconds({ calls }: Pick<Config, 'calls'>): number {
  return Math.min(60, Math.max(15, Math.ceil(calls.reconnectMs / 1000)));
}
