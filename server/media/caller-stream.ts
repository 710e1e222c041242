/** Everything that a media thread holds for one caller: the private UDP port, the ear and the mouth. */
import { createSocket, type Socket } from 'node:dgram';
import type { VadState } from '../engines/engine-types.js';
import { Ear, type EarOptions, type EarWindow } from './ear.js';
import { EchoGuard } from './echo-guard.js';
import type { MediaCounts } from './media-counting.js';
import { monotonicMs, type StreamParameters } from './media-types.js';
import type { OpusEncoderOptions } from './opus-codec.js';
import type { PacedVoice, Pacer } from './pacer.js';
import { Playout, type MouthEvent } from './playout.js';
import { SpeechGate, type SpeechGateOptions } from './speech-gate.js';
import { VoiceLevel } from './voice-level.js';

export interface CallerStreamOptions extends SpeechGateOptions, EarOptions {
  opus?: OpusEncoderOptions;
}

/** What a stream needs from its thread. */
export interface CallerStreamParent {
  readonly counts: MediaCounts;
  readonly pacer: Pick<Pacer, 'start' | 'remove'>;
  /** A window is complete; the samples now belong to the parent. */
  heard(stream: CallerStream, window: EarWindow): void;
  played(stream: CallerStream, event: MouthEvent): void;
  /** The stream can no longer be served; it has closed itself. */
  failed(stream: CallerStream, message: string): void;
}

const HOST = '127.0.0.1';
/** Room for a second of packets of one caller, should the thread stall. Bytes; the kernel may give less. */
const RECEIVE_BUFFER_BYTES = 262_144;
/** The remote address is always a number: resolved without leaving the call, so that a packet leaves at once. */
const LOOKUP_HOST = (_: string, __: unknown, done: (error: null, address: string, family: number) => void) =>
  done(null, HOST, 4);

export class CallerStream implements PacedVoice {
  readonly sessionId: string;
  readonly vadState: VadState;
  readonly #gate: SpeechGate;
  readonly #level = new VoiceLevel();
  #echoGuard: EchoGuard | undefined;
  readonly #options: CallerStreamOptions;
  readonly #parent: CallerStreamParent;
  readonly #socket: Socket;
  #remotePort = 0;
  #ear: Ear | undefined;
  #playout: Playout | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    sessionId: string,
    vadState: VadState,
    socket: Socket,
    parent: CallerStreamParent,
    options: CallerStreamOptions,
  ) {
    this.sessionId = sessionId;
    this.vadState = vadState;
    this.#gate = new SpeechGate(options);
    this.#options = options;
    this.#parent = parent;
    this.#socket = socket;
    socket.on('message', (data, { port }) => this.#guard(() => this.#receive(data, port)));
    socket.on('error', (error) => this.#fail(`The private UDP port failed: ${error.message}.`));
  }

  /** Opens a free UDP port on 127.0.0.1. Until `connect`, whatever arrives there is dropped and counted. */
  static async open(
    sessionId: string,
    vadState: VadState,
    parent: CallerStreamParent,
    options: CallerStreamOptions,
  ): Promise<CallerStream> {
    const socket = createSocket({
      type: 'udp4',
      lookup: LOOKUP_HOST,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: HOST, port: 0, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new CallerStream(sessionId, vadState, socket, parent, options);
  }

  /** The private UDP port. */
  get port(): number {
    return this.#socket.address().port;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Begins to hear and makes it possible to speak. A second call begins anew. */
  connect(stream: StreamParameters): void {
    if (this.closed) return;
    this.#guard(() => {
      this.#parent.pacer.remove(this);
      this.#ear?.close();
      this.#playout?.close();
      this.#remotePort = stream.remotePort;
      const onWindow = (window: EarWindow): void => this.#parent.heard(this, window);
      this.#ear = new Ear(stream, this.#parent.counts, onWindow, monotonicMs(), this.#options);
      const onEvent = (event: MouthEvent): void => this.#parent.played(this, event);
      const guard = new EchoGuard(stream.voice.sampleRateHz);
      this.#echoGuard = guard;
      const onSent = (samples: Int16Array, atMs: number): void => guard.send(samples, atMs);
      this.#playout = new Playout(stream.voice, onEvent, this.#options.opus, onSent);
    });
  }

  /** Whether the caller speaks in a window of this probability. To be asked of each window once, in order. */
  voiced({ samples, receivedAtMs }: EarWindow, probability: number): boolean {
    const other = this.#echoGuard?.isEcho(samples, receivedAtMs) === true || this.#level.fallenAway(samples);
    return this.#gate.update(other ? 0 : probability);
  }

  /** Lets time pass for the ear. To be called every 10 to 20 ms. */
  tick(nowMs: number): void {
    this.#guard(() => this.#ear?.tick(nowMs));
  }

  /** See `play` in MediaCommand; false when the queue is full. */
  play(segmentId: number, samples: Int16Array, last: boolean): boolean {
    let accepted = true;
    this.#guard(() => {
      const playout = this.#playout;
      if (!playout) return;
      accepted = playout.play(segmentId, samples, last, monotonicMs());
      playout.prepare();
      this.#parent.pacer.start(this);
    });
    return accepted;
  }

  stopPlayout(): void {
    this.#guard(() => this.#playout?.stop(monotonicMs()));
  }

  /** Lets the voice pause where it is, and go on. */
  hold(held: boolean): void {
    this.#guard(() => {
      this.#playout?.setHeld(held);
      if (!held && this.#playout?.prepare() === true) this.#parent.pacer.start(this);
    });
  }

  setGain(gain: number): void {
    this.#playout?.setGain(gain);
  }

  prepare(): boolean {
    let ready = false;
    this.#guard(() => (ready = this.#playout?.prepare() ?? false));
    return ready;
  }

  send(deadlineMs: number, nowMs: number): void {
    this.#guard(() => {
      if (!this.#playout?.prepare()) return;
      const packet = this.#playout.next(deadlineMs, nowMs);
      if (!packet) return;
      this.#socket.send(packet, this.#remotePort, HOST, this.#onSent);
      this.#parent.counts.packetsSent++;
    });
  }

  /** Frees port and codecs; resolves when the port is free. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#parent.pacer.remove(this);
      this.#ear?.close();
      this.#playout?.close();
      this.#ear = undefined;
      this.#playout = undefined;
      this.#socket.close(resolve);
    });
    return this.#closing;
  }

  #receive(data: Uint8Array, port: number): void {
    if (this.closed) return;
    if (!this.#ear) {
      this.#parent.counts.dropped.source++;
      return;
    }
    this.#ear.receive(data, port, monotonicMs());
    const { failure } = this.#ear;
    if (failure !== undefined) this.#fail(failure);
  }

  readonly #onSent = (error: Error | null): void => {
    if (error && !this.closed) this.#fail(`The voice could not be sent: ${error.message}.`);
  };

  /** What goes wrong for one caller must not stop the thread, which serves the others too. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #fail(message: string): void {
    if (this.closed) return;
    void this.close();
    this.#parent.failed(this, message);
  }
}
