/**
 * Opus through the libopus that opusscript carries as WebAssembly. Its own JavaScript class is passed by: it
 * addresses its buffers at twice their place, so that from some thirty instances on it writes over other callers'
 * state, and its views die when the WebAssembly memory grows. The compiled module beneath is sound.
 *
 * One module per thread; codec state of some 45 kB per encoder or decoder lies in its memory until `close`.
 * The module's decoder offers no entry for in-band FEC, so what is lost is concealed by libopus (PLC) alone.
 */
import { createRequire } from 'node:module';
import { HEARING_RATE_HZ, type SpeakingRateHz } from '../engines/engine-types.js';
import { opusFrameTicks, TICKS_PER_MS } from './opus-packet.js';
import { MAX_PAYLOAD_BYTES } from './rtp-packet.js';

/** Length of every frame that is sent. */
export const FRAME_MS = 20;

export interface OpusEncoderOptions {
  /** Bits per second, 6,000 to 64,000; default 32,000. */
  bitrate?: number;
  /** Work per frame, 0 to 10; default 5: beyond it speech gains nothing that one hears. */
  complexity?: number;
  /** Loss that in-band FEC is laid out for, percent, 0 to 30; default 10. */
  expectedLossPercent?: number;
}

/** The parts of the Emscripten module that are used; `HEAP…` are replaced when its memory grows. */
interface OpusModule {
  readonly HEAPU8: Uint8Array;
  readonly HEAP16: Int16Array;
  readonly OpusScriptHandler: {
    new (sampleRateHz: number, channels: number, application: number): OpusHandler;
    destroy_handler(handler: OpusHandler): void;
  };
  _malloc(bytes: number): number;
}

interface OpusHandler {
  /** `bytes` counts bytes that are to be joined into samples first; 0: the input holds samples already. */
  _encode(input: number, bytes: number, output: number, frameSamples: number): number;
  /** Leaves the low and the high byte of every sample in a 16-bit word each. Negative: libopus's error code. */
  _decode(input: number, bytes: number, output: number): number;
  _encoder_ctl(request: number, value: number): number;
}

const VOIP_APPLICATION = 2_048;
const SET_BITRATE = 4_002;
const SET_COMPLEXITY = 4_010;
const SET_INBAND_FEC = 4_012;
const SET_PACKET_LOSS_PERC = 4_014;
const SET_SIGNAL = 4_024;
const SIGNAL_VOICE = 3_001;

/** The longest decode is 5,760 samples, each in two 16-bit words. */
const PCM_BYTES = 4 * 5_760;
/** What the module's encoder may write at most. */
const PACKET_BYTES = 3 * 1_276;
/** 20 ms of wide-band speech: what is concealed before anything has been decoded. */
const FIRST_TOC = 9 << 3;

/** Turns the microphone's packets into samples at 16 kHz. */
export class OpusDecoder {
  readonly #opus = opus();
  #handler: OpusHandler | undefined;
  #toc = FIRST_TOC;
  readonly #samples = new Int16Array((HEARING_RATE_HZ * 120) / 1_000);

  constructor() {
    this.#handler = new this.#opus.module.OpusScriptHandler(HEARING_RATE_HZ, 1, VOIP_APPLICATION);
  }

  /** Samples of a packet, valid until the next call; `undefined` when libopus refuses it. Never throws. */
  decode(payload: Uint8Array): Int16Array | undefined {
    if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) return undefined;
    const { module, packet } = this.#opus;
    module.HEAPU8.set(payload, packet);
    const samples = this.#run(payload.length);
    if (samples) this.#toc = payload[0] ?? FIRST_TOC;
    return samples;
  }

  /**
   * Makes up what a lost packet may have held and writes it to `target`. A packet of nothing but its first byte makes
   * libopus conceal exactly one frame (RFC 6716, section 3.2.1: a frame of length 0 is a lost frame); an empty input
   * would run the decoder over 360 ms.
   */
  conceal(target: Int16Array): void {
    const { module, packet } = this.#opus;
    const frame = (opusFrameTicks(this.#toc) / TICKS_PER_MS) * (HEARING_RATE_HZ / 1_000);
    for (let at = 0; at < target.length; at += frame) {
      module.HEAPU8[packet] = this.#toc & 0xfc;
      const samples = this.#run(1)?.subarray(0, target.length - at);
      if (samples) target.set(samples, at);
      else target.fill(0, at, at + frame);
    }
  }

  /** Frees the decoder's state. Idempotent. */
  close(): void {
    if (this.#handler) this.#opus.module.OpusScriptHandler.destroy_handler(this.#handler);
    this.#handler = undefined;
  }

  #run(bytes: number): Int16Array | undefined {
    const { module, packet, pcm } = this.#opus;
    let count: number;
    try {
      count = this.#handler?._decode(packet, bytes, pcm) ?? 0;
    } catch {
      // A trap inside WebAssembly: the caller counts it like any refused payload.
      return undefined;
    }
    if (count <= 0 || count > this.#samples.length) return undefined;
    const words = module.HEAP16;
    const start = pcm >> 1;
    for (let i = 0; i < count; i++) {
      const at = start + 2 * i;
      this.#samples[i] = (words[at] ?? 0) | ((words[at + 1] ?? 0) << 8);
    }
    return this.#samples.subarray(0, count);
  }
}

/** Turns frames of 20 ms into packets, at the voice's own rate (RFC 6716, section 2.1.3: no resampling needed). */
export class OpusEncoder {
  readonly #opus = opus();
  #handler: OpusHandler | undefined;
  /** Samples in a frame of 20 ms. */
  readonly frameSamples: number;

  constructor(sampleRateHz: SpeakingRateHz, options: OpusEncoderOptions = {}) {
    this.frameSamples = (sampleRateHz * FRAME_MS) / 1_000;
    const handler = new this.#opus.module.OpusScriptHandler(sampleRateHz, 1, VOIP_APPLICATION);
    handler._encoder_ctl(SET_BITRATE, options.bitrate ?? 32_000);
    handler._encoder_ctl(SET_COMPLEXITY, options.complexity ?? 5);
    handler._encoder_ctl(SET_INBAND_FEC, 1);
    handler._encoder_ctl(SET_PACKET_LOSS_PERC, options.expectedLossPercent ?? 10);
    handler._encoder_ctl(SET_SIGNAL, SIGNAL_VOICE);
    this.#handler = handler;
  }

  /**
   * Packet of one frame, a copy that the caller may keep.
   * @throws RangeError when the frame is not of {@link frameSamples} samples, Error when libopus refuses it.
   */
  encode(frame: Int16Array): Buffer {
    if (frame.length !== this.frameSamples) {
      throw new RangeError(`A frame of ${this.frameSamples} samples is needed, not ${frame.length}.`);
    }
    const { module, packet, pcm } = this.#opus;
    module.HEAP16.set(frame, pcm >> 1);
    const bytes = this.#handler?._encode(pcm, 0, packet, frame.length) ?? 0;
    if (bytes <= 0) throw new Error(`libopus did not encode the frame (${bytes}).`);
    return Buffer.from(module.HEAPU8.subarray(packet, packet + bytes));
  }

  /** Frees the encoder's state. Idempotent. */
  close(): void {
    if (this.#handler) this.#opus.module.OpusScriptHandler.destroy_handler(this.#handler);
    this.#handler = undefined;
  }
}

interface LoadedOpus {
  module: OpusModule;
  /** Addresses of the buffers through which every call goes; calls never overlap. */
  packet: number;
  pcm: number;
}

let loaded: LoadedOpus | undefined;

function opus(): LoadedOpus {
  if (!loaded) {
    const require = createRequire(import.meta.url);
    const create = require('opusscript/build/opusscript_native_wasm.js') as () => OpusModule;
    const module = create();
    loaded = { module, packet: module._malloc(PACKET_BYTES), pcm: module._malloc(PCM_BYTES) };
  }
  return loaded;
}
