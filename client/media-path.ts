/** The two WebRTC transports of a call: the microphone goes out on one, the agent's voice comes in on the other. */
import { detectDevice, Device, type types as mediasoup } from 'mediasoup-client';
import type { ConnectMediaRequest, StartCallResult, TransportParameters } from '../server/protocol.js';
import { CallError } from './call-errors.js';

/** Opus for speech: mono, loss repaired from the next packet, no pauses in sending, so that the server hears silence. */
const CODEC_OPTIONS: mediasoup.ProducerCodecOptions = {
  opusStereo: false,
  opusFec: true,
  opusDtx: false,
  opusPtime: 20,
  opusMaxAverageBitrate: 32_000,
};

/** A path that wavers comes back by itself or by another way, or is given up after this long; the server waits 15 s. */
const DISCONNECTED_LIMIT_MS = 12_000;

export interface MediaPathHooks {
  /** Tells the server the browser's DTLS side of one transport. */
  connect(request: ConnectMediaRequest): Promise<unknown>;
  /** Asks the server for new ICE parameters. */
  restartIce(direction: ConnectMediaRequest['direction']): Promise<mediasoup.IceParameters>;
  /** Announces the microphone; answers with the producer's id. */
  announce(rtpParameters: mediasoup.RtpParameters): Promise<string>;
  /** The path is lost, or could not be made. Called once at most. */
  failed(error: CallError): void;
}

export class MediaPath {
  readonly #send: mediasoup.Transport;
  readonly #receive: mediasoup.Transport;
  readonly #hooks: MediaPathHooks;
  #microphone: mediasoup.Producer | undefined;
  #voice: mediasoup.Consumer | undefined;
  /** Transports that have lost their way. */
  readonly #wavering = new Set<ConnectMediaRequest['direction']>();
  #disconnectedTimer: number | undefined;
  #over = false;

  private constructor(device: mediasoup.Device, start: StartCallResult, hooks: MediaPathHooks) {
    this.#hooks = hooks;
    this.#send = device.createSendTransport(browserOptions(start, start.send));
    this.#receive = device.createRecvTransport(browserOptions(start, start.receive));
    this.#watch(this.#send, 'send');
    this.#watch(this.#receive, 'receive');
    this.#send.on('produce', ({ rtpParameters }, done, failed) => {
      hooks.announce(rtpParameters).then(
        (id) => done({ id }),
        (error: unknown) => failed(CallError.from(error, 'mediaFailed')),
      );
    });
  }

  static async open(start: StartCallResult, hooks: MediaPathHooks): Promise<MediaPath> {
    const device = newDevice();
    // Both libraries describe the same JSON, in types that differ in `undefined` only.
    await device.load({ routerRtpCapabilities: start.routerRtpCapabilities as mediasoup.RtpCapabilities });
    return new MediaPath(device, start, hooks);
  }

  /** Starts receiving the agent's voice. */
  async receive(voice: StartCallResult['voiceTrack']): Promise<MediaStreamTrack> {
    this.#voice = await this.#receive.consume({
      ...voice,
      rtpParameters: voice.rtpParameters as mediasoup.RtpParameters,
      onRtpReceiver: (receiver) => {
        // No delay beyond what the network's jitter asks for.
        if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      },
    });
    return this.#voice.track;
  }

  /** Starts sending the microphone. The path stops the track when it closes. */
  async send(track: MediaStreamTrack): Promise<void> {
    this.#microphone = await this.#send.produce({ track, codecOptions: CODEC_OPTIONS });
  }

  /** Sends another microphone from now on and stops the one before. */
  async replaceMicrophone(track: MediaStreamTrack): Promise<void> {
    if (!this.#microphone) throw new CallError('wrongState', 'The microphone is not being sent yet.');
    await this.#microphone.replaceTrack({ track });
  }

  /** Statistics of the receiving side, or undefined while nothing is received. */
  async receiverStats(): Promise<RTCStatsReport | undefined> {
    return this.#over ? undefined : this.#voice?.getStats();
  }

  /** Looks for another way, from whatever network the browser is in now; the sound goes on while the old one holds. */
  restart(): void {
    for (const direction of ['send', 'receive'] as const) void this.#restartIce(direction);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    window.clearTimeout(this.#disconnectedTimer);
    this.#send.close();
    this.#receive.close();
  }

  #watch(transport: mediasoup.Transport, direction: ConnectMediaRequest['direction']): void {
    transport.on('connect', ({ dtlsParameters }, done) => {
      this.#hooks
        .connect({ direction, dtlsParameters })
        .catch((error: unknown) => this.#fail(CallError.from(error, 'mediaFailed')));
      // Going on without the answer saves a round trip; what fails is told through the hook.
      done();
    });
    transport.on('connectionstatechange', (state) => this.#connectionChanged(state, direction));
  }

  #connectionChanged(state: mediasoup.ConnectionState, direction: ConnectMediaRequest['direction']): void {
    if (state === 'connected') this.#wavering.delete(direction);
    if (state === 'failed' && !this.#wavering.has(direction))
      this.#fail(new CallError('mediaLost', 'ICE or DTLS failed.'));
    if (state === 'disconnected') {
      this.#wavering.add(direction);
      void this.#restartIce(direction);
    }
    if (this.#wavering.size === 0) window.clearTimeout(this.#disconnectedTimer);
    else if (state === 'disconnected') {
      window.clearTimeout(this.#disconnectedTimer);
      this.#disconnectedTimer = window.setTimeout(
        () => this.#fail(new CallError('mediaLost', 'ICE stayed disconnected.')),
        DISCONNECTED_LIMIT_MS,
      );
    }
  }

  async #restartIce(direction: ConnectMediaRequest['direction']): Promise<void> {
    const transport = direction === 'send' ? this.#send : this.#receive;
    try {
      const iceParameters = await this.#hooks.restartIce(direction);
      if (!this.#over) await transport.restartIce({ iceParameters });
    } catch (error) {
      // The limit on being disconnected ends the call unless the old way comes back.
      console.warn('ICE could not be restarted.', error);
    }
  }

  #fail(error: CallError): void {
    if (this.#over) return;
    this.close();
    this.#hooks.failed(error);
  }
}

/**
 * Does once, ahead of the call, what the browser is slow at: the first peer connection of a page starts threads and
 * lists codecs.
 */
export function warmUpMedia(): Promise<void> {
  warm ??= (async () => newDevice().load({ routerRtpCapabilities: { codecs: [], headerExtensions: [] } }))();
  return warm;
}

let warm: Promise<void> | undefined;

function newDevice(): mediasoup.Device {
  if (!('RTCPeerConnection' in window)) {
    throw new CallError('browserUnsupported', 'The browser has no RTCPeerConnection.');
  }
  // Browsers that hide what they are get what most are; on insecure pages there is less to tell them by.
  return new Device({ handlerName: detectDevice() ?? 'Chrome111' });
}

/** What the server sends is plain JSON; mediasoup-client wants objects of its own to keep. */
function browserOptions(
  { iceServers }: StartCallResult,
  { id, iceParameters, iceCandidates, dtlsParameters }: TransportParameters,
) {
  return { id, iceParameters, iceCandidates, dtlsParameters, iceServers };
}
