/** One call as its script says: speaks, listens, and writes down what happened when. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../../server/media/media-types.js';
import type { TurnLatency, TurnUpdate } from '../../../server/protocol.js';
import { WebRtcCaller } from '../../callers/web-rtc-caller.js';
import { until } from '../../helpers/until.js';
import { Random } from '../../helpers/random.js';
import { Microphone, type SpokenSpan } from './microphone.js';
import { Recording } from './recording.js';
import { isOverAgent, type ScriptedCall, type ScriptedTurn } from './script.js';

/** The agent is taken to be silent after so long without a sound, ms: longer than its pauses between clauses. */
const SILENT_MS = 500;
/** An answer that has not begun after so long never comes, ms. */
const ANSWER_LIMIT_MS = 4_000;
/** By then an answer that a sound stopped has ended, and one that it only held goes on, ms. */
const VERDICT_MS = 1_500;
const SPEECH_LIMIT_MS = 120_000;
/** What a browser near the server reports of its buffers. */
const playoutReport = { jitterBufferMs: 20, roundTripMs: 1, outputMs: 10 };
const REPORT_EVERY_MS = 1_000;

/** What happened in one turn. */
export interface PerformedTurn {
  turn: ScriptedTurn;
  /** When the caller's voice entered the server; of an echo, the stretch that was listened to. */
  span: SpokenSpan;
  /** First audible sound of the answer after the caller's voice ended, monotonic ms. */
  answeredAtMs: number | undefined;
  /** The agent's turn that the caller spoke over, as it ended. */
  over: TurnUpdate | undefined;
  /** What the server understood. */
  understood: string;
  /** The agent's turn that answered. */
  answerTurnId: number | undefined;
}

export interface PerformedCall {
  call: ScriptedCall;
  recording: Recording;
  turns: PerformedTurn[];
  /** Where the server says the time of an answer went, by the agent's turn. */
  latencies: ReadonlyMap<number, TurnLatency>;
}

export interface Performance {
  url: string;
  /** Sound of a turn's pieces in the caller's voice, at 16 kHz. */
  sound(turn: ScriptedTurn, voice: string): Int16Array;
  /** Share of packets lost each way, 0 to 1. */
  loss: number;
  seed: number;
}

/** Plays a call from its beginning to its end. */
export async function perform(call: ScriptedCall, performance: Performance): Promise<PerformedCall> {
  const { url, loss, seed } = performance;
  const random = new Random(seed);
  const lost = new Random(seed + 1);
  const microphone = new Microphone(call.room, random);
  const recording = new Recording();
  let caller: WebRtcCaller | undefined;
  const listen = () => {
    for (const frame of caller?.takeFrames() ?? []) {
      recording.add(frame);
      microphone.hearLoudspeaker(frame.samples);
    }
  };
  try {
    const opened = await WebRtcCaller.call(url, {}, undefined, {
      microphone: () => {
        listen();
        return microphone.next();
      },
      loses: () => lost.next() < loss,
    });
    caller = opened;
    const reporting = setInterval(() => {
      void opened.signalling.request('reportPlayout', playoutReport).catch(() => undefined);
    }, REPORT_EVERY_MS);
    try {
      const talk = new Talk(opened, microphone, recording, (turn) => performance.sound(turn, call.voice));
      for (const turn of call.turns) await talk.take(turn);
      return { call, recording, turns: talk.performed, latencies: opened.latencies };
    } finally {
      clearInterval(reporting);
    }
  } finally {
    await caller?.leave();
    microphone.close();
  }
}

class Talk {
  readonly performed: PerformedTurn[] = [];
  readonly #caller: WebRtcCaller;
  readonly #microphone: Microphone;
  readonly #recording: Recording;
  readonly #sound: (turn: ScriptedTurn) => Int16Array;
  /** From when on the agent's time before the next sound over it counts. */
  #sinceMs = monotonicMs();

  constructor(
    caller: WebRtcCaller,
    microphone: Microphone,
    recording: Recording,
    sound: (turn: ScriptedTurn) => Int16Array,
  ) {
    this.#caller = caller;
    this.#microphone = microphone;
    this.#recording = recording;
    this.#sound = sound;
  }

  async take(turn: ScriptedTurn): Promise<void> {
    if (!isOverAgent(turn)) {
      await this.#silence();
      await this.#speakInTurn(turn);
      return;
    }
    // An answer that is over before anybody could speak over it is asked for again.
    const again = this.performed.findLast((before) => before.turn.kind === 'complete')?.turn;
    if (!(await this.#agentSpeaks(turn.afterMs ?? 0)) && again) {
      await this.#speakInTurn(again);
      await this.#agentSpeaks(turn.afterMs ?? 0);
    }
    await this.#speakOver(turn);
  }

  async #speakInTurn(turn: ScriptedTurn): Promise<void> {
    const span = await this.#microphone.speak(this.#sound(turn));
    const answeredAtMs = await this.#answer(span.endMs);
    this.#note({ turn, span, answeredAtMs, over: undefined });
  }

  async #speakOver(turn: ScriptedTurn): Promise<void> {
    const spokenOver = this.#agentTurn;
    const startMs = monotonicMs();
    const sound = this.#sound(turn);
    const span =
      sound.length > 0
        ? await this.#microphone.speak(sound)
        : { startMs: startMs - (turn.afterMs ?? 0), voicedMs: startMs, endMs: startMs };
    const answeredAtMs = turn.kind === 'interruption' ? await this.#answer(span.endMs) : undefined;
    if (turn.kind !== 'echo' && turn.kind !== 'interruption') {
      await until(
        'the verdict on a sound',
        () => monotonicMs() - span.endMs > VERDICT_MS || this.#ended(spokenOver?.turnId) !== undefined,
      );
    }
    const over = this.#ended(spokenOver?.turnId) ?? spokenOver;
    this.#note({ turn, span, answeredAtMs, over });
  }

  #note(done: Omit<PerformedTurn, 'understood' | 'answerTurnId'>): void {
    const answerTurnId = done.answeredAtMs === undefined ? undefined : this.#agentTurn?.turnId;
    this.performed.push({
      ...done,
      understood: this.#caller.turns.findLast(({ speaker }) => speaker === 'caller')?.text ?? '',
      answerTurnId,
    });
    this.#sinceMs = monotonicMs();
  }

  /** The agent's latest turn. */
  get #agentTurn(): TurnUpdate | undefined {
    return this.#caller.turns.findLast(({ speaker }) => speaker === 'agent');
  }

  #ended(turnId: number | undefined): TurnUpdate | undefined {
    return this.#caller.turns.findLast(
      (update) => update.speaker === 'agent' && update.final && update.turnId === turnId,
    );
  }

  /** Resolves when the agent has nothing more to say. */
  #silence(): Promise<unknown> {
    return until(
      'the agent is silent',
      () => {
        const last = this.#recording.lastAudible();
        return this.#caller.state === 'listening' && monotonicMs() - (last ?? 0) > SILENT_MS;
      },
      SPEECH_LIMIT_MS,
    );
  }

  /** Resolves when the agent has been speaking for so long; with false when it does not speak. */
  async #agentSpeaks(afterMs: number): Promise<boolean> {
    const speaks = () => monotonicMs() - (this.#recording.lastAudible() ?? 0) < SILENT_MS;
    while (monotonicMs() - this.#sinceMs < afterMs && speaks()) await sleep(5);
    return speaks() && this.#caller.state === 'speaking';
  }

  /** Resolves with the first audible sound after a moment, if it comes. */
  async #answer(afterMs: number): Promise<number | undefined> {
    const deadline = monotonicMs() + ANSWER_LIMIT_MS;
    for (;;) {
      const answered = this.#recording.firstAudible(afterMs);
      if (answered !== undefined || monotonicMs() > deadline) return answered;
      await sleep(5);
    }
  }
}
