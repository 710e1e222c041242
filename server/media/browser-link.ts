/**
 * One caller's way through mediasoup: two WebRTC transports to the browser, and one plain transport on 127.0.0.1 over
 * which the microphone leaves to the media thread and the agent's voice comes in.
 */
import { randomInt } from 'node:crypto';
import type { types } from 'mediasoup';
import { BadRequestError, MediaFailedError, WrongStateError } from '../errors.js';
import type { SpeakingRateHz } from '../engines/engine-types.js';
import type { StartCallResult, TransportParameters } from '../protocol.js';
import type { MediaWorker } from './media-server.js';
import type { StreamParameters } from './media-types.js';

const loopback = '127.0.0.1';
const voicePayloadType = 100;

export interface BrowserLinkEvents {
  /** Both transports have finished their DTLS handshake. */
  connected(): void;
  /** ICE or DTLS is gone for good. */
  lost(why: string): void;
}

export class BrowserLink {
  readonly #worker: MediaWorker;
  readonly #send: types.WebRtcTransport;
  readonly #receive: types.WebRtcTransport;
  readonly #plain: types.PlainTransport;
  readonly #voiceSsrc: number;
  readonly #voiceRateHz: SpeakingRateHz;
  readonly #voiceConsumer: types.Consumer;
  readonly #handshakes = new Set<'send' | 'receive'>();
  #microphone: types.Producer | undefined;
  #closed = false;

  /**
   * Makes the transports and the agent's voice.
   * @param mediaPort the media thread's private port for this caller on 127.0.0.1.
   * @param consentSeconds the browser is gone when nothing of ICE has come for so long.
   * @throws MediaFailedError when the worker refuses or is gone.
   */
  static async open(
    worker: MediaWorker,
    mediaPort: number,
    voiceRateHz: SpeakingRateHz,
    consentSeconds: number,
  ): Promise<BrowserLink> {
    const { router, webRtcServer } = worker;
    const made: types.Transport[] = [];
    const keep = <T extends types.Transport>(transport: T): T => {
      made.push(transport);
      return transport;
    };
    try {
      const webRtc = () =>
        router
          .createWebRtcTransport({
            webRtcServer,
            enableUdp: true,
            enableTcp: true,
            preferUdp: true,
            iceConsentTimeout: consentSeconds,
          })
          .then(keep);
      const [send, receive, plain] = await Promise.all([
        webRtc(),
        webRtc(),
        router
          .createPlainTransport({
            listenInfo: { protocol: 'udp', ip: loopback },
            rtcpMux: true,
            comedia: false,
          })
          .then(keep),
      ]);
      const ssrc = randomInt(1, 2 ** 32);
      const [, producer] = await Promise.all([
        plain.connect({ ip: loopback, port: mediaPort }),
        plain.produce({ kind: 'audio', rtpParameters: voiceParameters(ssrc) }),
      ]);
      const consumer = await receive.consume({
        producerId: producer.id,
        rtpCapabilities: browserCapabilities(router),
        paused: false,
      });
      return new BrowserLink(worker, { send, receive, plain, consumer, ssrc, voiceRateHz });
    } catch (error) {
      for (const transport of made) transport.close();
      throw new MediaFailedError('The media server could not open a call.', { cause: error });
    }
  }

  private constructor(
    worker: MediaWorker,
    parts: {
      send: types.WebRtcTransport;
      receive: types.WebRtcTransport;
      plain: types.PlainTransport;
      consumer: types.Consumer;
      ssrc: number;
      voiceRateHz: SpeakingRateHz;
    },
  ) {
    this.#worker = worker;
    this.#send = parts.send;
    this.#receive = parts.receive;
    this.#plain = parts.plain;
    this.#voiceConsumer = parts.consumer;
    this.#voiceSsrc = parts.ssrc;
    this.#voiceRateHz = parts.voiceRateHz;
    worker.calls++;
  }

  /** Tells what becomes of both transports. Once, before the browser knows of them. */
  listen(events: BrowserLinkEvents): void {
    for (const direction of ['send', 'receive'] as const) {
      const transport = this.#transport(direction);
      transport.on('icestatechange', (state) => {
        if (state === 'disconnected' || state === 'closed') this.#lost(events, `ICE is ${state}`);
      });
      transport.on('dtlsstatechange', (state) => {
        if (state === 'failed' || state === 'closed') this.#lost(events, `DTLS is ${state}`);
        if (state !== 'connected') return;
        this.#handshakes.add(direction);
        if (this.#handshakes.size === 2) events.connected();
      });
    }
  }

  /** What the browser needs to make both transports and to play the voice. */
  describe(): Pick<StartCallResult, 'routerRtpCapabilities' | 'send' | 'receive' | 'voiceTrack'> {
    const voice = this.#voiceConsumer;
    return {
      routerRtpCapabilities: this.#worker.router.rtpCapabilities,
      send: parametersOf(this.#send),
      receive: parametersOf(this.#receive),
      voiceTrack: {
        id: voice.id,
        producerId: voice.producerId,
        kind: 'audio',
        rtpParameters: voice.rtpParameters,
      },
    };
  }

  /**
   * Gives a transport the browser's certificate fingerprint.
   * @throws BadRequestError when mediasoup refuses the parameters or they were given before.
   */
  async connect(direction: 'send' | 'receive', dtlsParameters: types.DtlsParameters): Promise<void> {
    try {
      await this.#transport(direction).connect({ dtlsParameters });
    } catch (error) {
      throw new BadRequestError(`connectMedia: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * New ICE parameters for a transport whose browser has changed its network (RFC 8445, 9). DTLS and SRTP stay.
   * @throws MediaFailedError when the transport is gone.
   */
  async restartIce(direction: 'send' | 'receive'): Promise<types.IceParameters> {
    try {
      return await this.#transport(direction).restartIce();
    } catch (error) {
      throw new MediaFailedError('The connection for sound is gone.', { cause: error });
    }
  }

  /**
   * Takes the browser's microphone. It flows once `start` is called, when the media thread knows what comes.
   * @returns the producer's id for the browser and what the media thread needs to know of both streams.
   * @throws BadRequestError when mediasoup refuses the parameters; WrongStateError when there is a microphone already.
   */
  async takeMicrophone(
    rtpParameters: types.RtpParameters,
  ): Promise<{ producerId: string; stream: StreamParameters; start: () => Promise<void> }> {
    if (this.#microphone !== undefined) throw new WrongStateError('This call has a microphone already.');
    let producer: types.Producer;
    try {
      producer = await this.#send.produce({ kind: 'audio', rtpParameters });
    } catch (error) {
      throw new BadRequestError(`sendMicrophone: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    if (this.#microphone !== undefined) {
      producer.close();
      throw new WrongStateError('This call has a microphone already.');
    }
    this.#microphone = producer;
    const consumer = await this.#plain.consume({
      producerId: producer.id,
      rtpCapabilities: this.#worker.router.rtpCapabilities,
      paused: true,
    });
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    const payloadType = consumer.rtpParameters.codecs[0]?.payloadType;
    if (ssrc === undefined || payloadType === undefined) {
      throw new MediaFailedError('mediasoup gave the microphone no SSRC or payload type.');
    }
    return {
      producerId: producer.id,
      start: () => consumer.resume(),
      stream: {
        remotePort: this.#plain.tuple.localPort,
        microphone: { ssrc, payloadType },
        voice: { ssrc: this.#voiceSsrc, payloadType: voicePayloadType, sampleRateHz: this.#voiceRateHz },
      },
    };
  }

  /** Closes all three transports with what is on them. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#worker.calls--;
    for (const transport of [this.#send, this.#receive, this.#plain]) transport.close();
  }

  #transport(direction: 'send' | 'receive'): types.WebRtcTransport {
    return direction === 'send' ? this.#send : this.#receive;
  }

  #lost(events: BrowserLinkEvents, why: string): void {
    if (!this.#closed) events.lost(why);
  }
}

/** The voice as Node sends it; DTX is declared because nothing is sent between talkspurts. */
function voiceParameters(ssrc: number): types.RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: voicePayloadType,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, usedtx: 1, minptime: 10, 'sprop-stereo': 0 },
        rtcpFeedback: [],
      },
    ],
    encodings: [{ ssrc, dtx: true }],
  };
}

/**
 * What any browser can receive: the router's own codec without header extensions. Sent ahead of the browser's own word,
 * this saves a round trip; every browser with WebRTC must know Opus (RFC 7874, 3).
 */
function browserCapabilities(router: types.Router): types.RtpCapabilities {
  return { ...router.rtpCapabilities, headerExtensions: [] };
}

function parametersOf(transport: types.WebRtcTransport): TransportParameters {
  const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
  return { id, iceParameters, iceCandidates, dtlsParameters };
}
