/** One WebRTC transport of a caller, without SDP: ICE, DTLS and SRTP of werift led by what mediasoup tells of its side. */
import {
  IceCandidate,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceParameters,
  RTCIceTransport,
  RtpHeader,
  type RtpPacket,
} from 'werift';
import type { ConnectMediaRequest, TransportParameters } from '../../server/protocol.js';

/** AEAD_AES_128_GCM before AES_CM_128_HMAC_SHA1_80: much cheaper in Node. */
const srtpProfiles: (7 | 1)[] = [7, 1];

const loopback = '127.0.0.1';

export class WebRtcTransport {
  readonly #ice: RTCIceTransport;
  readonly #gatherer: RTCIceGatherer;
  readonly #dtls: RTCDtlsTransport;
  readonly #remote: TransportParameters;
  #closed = false;

  /** Makes the caller's side of a transport that the server has made. */
  static async make(remote: TransportParameters): Promise<WebRtcTransport> {
    const certificate = await RTCDtlsTransport.SetupCertificate();
    return new WebRtcTransport(remote, certificate);
  }

  private constructor(
    remote: TransportParameters,
    certificate: Awaited<ReturnType<typeof RTCDtlsTransport.SetupCertificate>>,
  ) {
    this.#remote = remote;
    const local = remote.iceCandidates.every(({ address }) => address === loopback);
    this.#gatherer = new RTCIceGatherer({
      useIpv4: !local,
      useIpv6: false,
      ...(local ? { additionalHostAddresses: [loopback] } : {}),
    });
    this.#ice = new RTCIceTransport(this.#gatherer);
    // Full ICE against ICE lite: this side decides (RFC 8445, 6.1.1).
    this.#ice.connection.iceControlling = true;
    this.#dtls = new RTCDtlsTransport({}, this.#ice, certificate, srtpProfiles);
    // The server opens the handshake, for werift as a client waits 100 ms before it does.
    this.#dtls.role = 'server';
  }

  /** What the server needs to know before the handshake. */
  get dtlsParameters(): ConnectMediaRequest['dtlsParameters'] {
    return {
      role: 'server',
      fingerprints: this.#dtls.localParameters.fingerprints.map(({ value }) => ({
        algorithm: 'sha-256',
        value,
      })),
    };
  }

  /** Resolves when both sides have each other's keys. */
  async connect(): Promise<void> {
    const { iceParameters, iceCandidates, dtlsParameters } = this.#remote;
    await this.#gatherer.gather();
    this.#ice.setRemoteParams(
      new RTCIceParameters({
        iceLite: iceParameters.iceLite ?? false,
        usernameFragment: iceParameters.usernameFragment,
        password: iceParameters.password,
      }),
    );
    for (const candidate of iceCandidates) {
      if (candidate.protocol !== 'udp') continue;
      const { foundation, port, priority, type } = candidate;
      await this.#ice.addRemoteCandidate(
        new IceCandidate(1, foundation, candidate.address, port, priority, 'udp', type),
      );
    }
    await this.#ice.addRemoteCandidate(undefined);
    this.#dtls.setRemoteParams(
      new RTCDtlsParameters(
        dtlsParameters.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value)),
        'client',
      ),
    );
    await Promise.all([this.#ice.start(), this.#dtls.start()]);
  }

  onRtp(receive: (packet: RtpPacket) => void): void {
    this.#dtls.onRtp.subscribe(receive);
  }

  /** Sends a packet; does nothing once closed. */
  send(
    header: Pick<RtpHeader, 'marker' | 'payloadType' | 'sequenceNumber' | 'timestamp' | 'ssrc'>,
    payload: Buffer,
  ): void {
    if (this.#closed) return;
    // werift catches and logs what goes wrong in sending.
    void this.#dtls.sendRtp(payload, new RtpHeader({ ...header, extension: false, padding: false }));
  }

  /** Closes the sockets without a word to the server, as when the network is gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#dtls.stop();
  }
}
