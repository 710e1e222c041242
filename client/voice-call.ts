/** One voice call from the browser's side: `VoiceCall.start()`, its events, and its end. */
import type { EndReason, StartCallResult } from '../server/protocol.js';
import { CallError, type ProblemCode } from './call-errors.js';
import type { CallEvents, Stage } from './call-events.js';
import { CallMicrophone } from './call-microphone.js';
import { LevelMeter } from './level-meter.js';
import { Listeners, type Listener } from './listeners.js';
import { MediaPath } from './media-path.js';
import { PlayoutReporter } from './playout-reporter.js';
import { prepareCall, type PreparedCall } from './prepared-call.js';
import { describeTools, runTool, type PageTool } from './page-tools.js';
import type { Signalling } from './signalling.js';
import { type CallToken } from './signalling.js';
import { VoicePlayback } from './voice-playback.js';

export interface VoiceCallOptions {
  /** From {@link prepareCall}; without it the call does that work itself and starts later. */
  prepared?: PreparedCall | undefined;
  /** Origin of the server. Default: the page's own. Not used with `prepared`. */
  url?: string | undefined;
  /** Token of the server, where it wants one of its callers. Not used with `prepared`. */
  token?: CallToken | undefined;
  /** When the person asked for the call, on the clock of `performance.now()`. Default: now. */
  askedAtMs?: number | undefined;
  /** Device id, or `NO_MICROPHONE` to take part by typing. Default: the system's choice. */
  microphone?: string | undefined;
  /** Instructions for the agent in place of the server's. */
  systemPrompt?: string | undefined;
  /** One of the voices that the server offers. */
  voice?: string | undefined;
  /** Functions of the page that the agent may call. */
  tools?: readonly PageTool[] | undefined;
  /** Plays the agent. Default: an element of the call's own. */
  audio?: HTMLAudioElement | undefined;
}

/** Longest wait from the server's answer to its `ready`, ms: more than the server itself allows by default. */
const READY_LIMIT_MS = 20_000;

/** Longest wait for new ICE parameters, ms: where the sound is lost, the connection that they come over may be dead too. */
const RESTART_LIMIT_MS = 2500;

export class VoiceCall {
  readonly #options: VoiceCallOptions;
  readonly #askedAtMs: number;
  readonly #listeners = new Listeners<CallEvents>();
  readonly #microphone = new CallMicrophone({
    changed: (track) => {
      if (this.#meter) this.#meter.callerTrack = track;
    },
    lost: (error) => this.#listeners.tell('error', error),
  });
  /** What to release at the end, latest first. */
  readonly #releases: (() => void)[] = [];
  #signalling: Signalling | undefined;
  #media: MediaPath | undefined;
  #voice: MediaStreamTrack | undefined;
  #meter: LevelMeter | undefined;
  #reporter: PlayoutReporter | undefined;
  #isReady = false;
  #over = false;

  private constructor(options: VoiceCallOptions) {
    this.#options = options;
    this.#askedAtMs = options.askedAtMs ?? performance.now();
  }

  /** Starts a call and returns at once; the events tell how it goes. */
  static start(options: VoiceCallOptions = {}): VoiceCall {
    const call = new VoiceCall(options);
    // A turn later, so that whoever started the call can listen to its first event.
    queueMicrotask(() => {
      call.#open().catch((error: unknown) => call.#fail(CallError.from(error, 'internal')));
    });
    return call;
  }

  /** Listens to an event; the answer is a function that stops listening. */
  on<E extends keyof CallEvents>(event: E, listener: Listener<CallEvents[E]>): () => void {
    return this.#listeners.add(event, listener);
  }

  get ready(): boolean {
    return this.#isReady && !this.#over;
  }

  get muted(): boolean {
    return this.#microphone.muted;
  }

  /** Sends silence in place of the microphone, or the microphone again. */
  setMuted(muted: boolean): void {
    this.#microphone.muted = muted;
  }

  /** Changes the microphone while the call goes on. Rejects with a CallError and keeps the old one. */
  async chooseMicrophone(deviceId: string): Promise<void> {
    const media = this.#media;
    if (!this.ready || !media) throw new CallError('wrongState', 'There is no call.');
    await this.#microphone.change(deviceId, (track) => media.replaceMicrophone(track));
  }

  /** Says something by typing it. Rejects with a CallError. */
  async say(text: string): Promise<void> {
    if (!this.ready || !this.#signalling) throw new CallError('wrongState', 'There is no call.');
    await this.#signalling.request('say', { text });
  }

  /** Ends the call. Doing it twice does nothing more. */
  end(): void {
    this.#close('callerLeft', 'The caller ended the call.');
  }

  async #open(): Promise<void> {
    const prepared = this.#options.prepared ?? prepareCall(this.#options.url, this.#options.token);
    this.#keep(() => prepared.close());
    // A line is not held while somebody reads a question of the browser: then the microphone comes first.
    const asksFirst = !(await prepared.microphoneAllowed);
    if (this.#over) return;
    const microphone = this.#openMicrophone();
    microphone.catch((error: unknown) => this.#fail(CallError.from(error, 'microphoneBusy')));
    if (asksFirst) await microphone;

    const start = await this.#askForLine(prepared);
    if (this.#over) return;
    this.#listeners.tell('started', start);
    const media = await this.#openMedia(start);
    if (this.#over) return;
    await Promise.all([this.#receiveVoice(media, start), microphone.then((track) => media.send(track))]);
  }

  async #openMicrophone(): Promise<MediaStreamTrack> {
    this.#tellStage('microphone', false);
    this.#keep(() => this.#microphone.close());
    const track = await this.#microphone.open(this.#options.microphone);
    this.#tellStage('microphone', true);
    return track;
  }

  async #askForLine(prepared: PreparedCall): Promise<StartCallResult> {
    this.#tellStage('server', false);
    const { systemPrompt, voice, tools = [] } = this.#options;
    const request = {
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      ...(voice === undefined ? {} : { voice }),
      ...(tools.length === 0 ? {} : { tools: describeTools(tools) }),
    };
    const first = prepared.takeSignalling();
    const wasConnected = first.connected;
    let start: StartCallResult;
    try {
      start = await this.#listenTo(first).request('startCall', request);
    } catch (error) {
      // A connection made ahead may have died unnoticed, while the computer slept for instance.
      const stale = wasConnected && error instanceof CallError && error.code === 'serverGone';
      if (!stale || this.#over) throw error;
      start = await this.#listenTo(prepared.newSignalling()).request('startCall', request);
    }
    this.#tellStage('server', true);
    return start;
  }

  #listenTo(signalling: Signalling): Signalling {
    const { socket } = signalling;
    this.#signalling = signalling;
    this.#keep(() => {
      socket.removeAllListeners();
      signalling.close();
    });
    socket.on('waiting', (update) => this.#listeners.tell('waiting', update));
    socket.on('ready', () => this.#becomeReady());
    socket.on('state', (state) => {
      this.#reporter?.agentIs(state);
      this.#listeners.tell('state', state);
    });
    socket.on('turn', (turn) => this.#listeners.tell('turn', turn));
    socket.on('latency', (latency) => this.#listeners.tell('latency', latency));
    socket.on('callTool', (call, answer) => {
      void runTool(this.#options.tools ?? [], call).then(answer);
    });
    socket.on('draining', (notice) => this.#listeners.tell('draining', notice));
    socket.on('callEnded', ({ reason, message }: { reason: EndReason; message: string }) =>
      this.#close(reason, message),
    );
    return signalling;
  }

  async #openMedia(start: StartCallResult): Promise<MediaPath> {
    this.#tellStage('connecting', false);
    const signalling = this.#signalling;
    if (!signalling) throw new CallError('wrongState', 'There is no connection.');
    signalling.socket.on('disconnect', () => {
      if (!this.#isReady || !start.resumption)
        this.#fail(new CallError('serverGone', 'The connection to the server broke.'));
    });
    this.on('ready', () => this.#surviveOn(signalling, start));
    const limit = window.setTimeout(
      () => this.#fail(new CallError('connectTimeout', 'The server did not get ready.')),
      READY_LIMIT_MS,
    );
    this.#keep(() => window.clearTimeout(limit));
    this.on('ready', () => window.clearTimeout(limit));
    const media = await MediaPath.open(start, {
      connect: (request) => signalling.request('connectMedia', request),
      restartIce: (direction) => newIceParameters(signalling, direction),
      announce: async (rtpParameters) =>
        (await signalling.request('sendMicrophone', { rtpParameters })).producerId,
      failed: (error) => this.#fail(error),
    });
    this.#keep(() => media.close());
    this.#media = media;
    return media;
  }

  /** From now on the call outlives its connection, as when the network changes. */
  #surviveOn(signalling: Signalling, { callId, resumption }: StartCallResult): void {
    if (!resumption) return;
    signalling.survive(callId, resumption, {
      broke: () => this.#listeners.tell('connection', 'reconnecting'),
      back: () => {
        this.#listeners.tell('connection', 'back');
        this.#media?.restart();
      },
      lost: (error) => this.#fail(error),
    });
  }

  async #receiveVoice(media: MediaPath, start: StartCallResult): Promise<void> {
    const track = await media.receive(start.voiceTrack);
    if (this.#over) return;
    const playback = new VoicePlayback(this.#options.audio ?? new Audio(), () =>
      this.#listeners.tell('error', new CallError('playbackBlocked', 'The browser did not start the sound.')),
    );
    this.#keep(() => playback.close());
    playback.play(track);
    this.#voice = track;
    if (this.#isReady) this.#watchSound();
  }

  /** Meters and statistics wait until the call is ready, for nothing of the start may wait for them. */
  #watchSound(): void {
    const media = this.#media;
    if (!media || !this.#voice || this.#meter || this.#over) return;
    const meter = new LevelMeter((levels) => this.#listeners.tell('levels', levels));
    this.#keep(() => meter.close());
    meter.agentTrack = this.#voice;
    if (this.#microphone.track) meter.callerTrack = this.#microphone.track;
    this.#meter = meter;
    const reporter = new PlayoutReporter(
      () => media.receiverStats(),
      () => meter.outputLatencyMs,
      (report) => {
        this.#signalling
          ?.request('reportPlayout', report)
          .catch((error: unknown) => console.debug('A playout report was not taken.', error));
      },
    );
    this.#keep(() => reporter.close());
    this.#reporter = reporter;
  }

  #becomeReady(): void {
    if (this.#over || this.#isReady) return;
    this.#isReady = true;
    const elapsedMs = this.#elapsedMs();
    this.#listeners.tell('stage', { stage: 'connecting', done: true, elapsedMs });
    this.#listeners.tell('stage', { stage: 'ready', done: true, elapsedMs });
    this.#listeners.tell('ready', { elapsedMs });
    this.#watchSound();
  }

  #fail({ code, message, retryAfterSeconds }: CallError): void {
    this.#close(code, message, retryAfterSeconds);
  }

  #close(reason: ProblemCode, message: string, retryAfterSeconds?: number): void {
    if (this.#over) return;
    if (reason === 'callerLeft' && this.#signalling?.connected) {
      // What is sent before the socket closes still arrives; without it the server could only guess why we went.
      this.#signalling.socket.emit('endCall', {}, () => undefined);
    }
    this.#over = true;
    for (const release of this.#releases.splice(0).reverse()) release();
    this.#listeners.tell('ended', { reason, message, retryAfterSeconds });
    this.#listeners.clear();
  }

  /** Remembers how to release something; what comes after the end is released at once. */
  #keep(release: () => void): void {
    if (this.#over) release();
    else this.#releases.push(release);
  }

  #tellStage(stage: Stage, done: boolean): void {
    if (!this.#over) this.#listeners.tell('stage', { stage, done, elapsedMs: this.#elapsedMs() });
  }

  #elapsedMs(): number {
    return performance.now() - this.#askedAtMs;
  }
}

async function newIceParameters(signalling: Signalling, direction: 'send' | 'receive') {
  try {
    return (await signalling.request('restartIce', { direction }, RESTART_LIMIT_MS)).iceParameters;
  } catch (error) {
    if (error instanceof CallError && error.code === 'serverSilent') signalling.giveUpConnection();
    throw error;
  }
}
