/**
 * Who speaks when: joins what is heard to answers, and keeps the conversation. Every answer is a draft made at a pause
 * of the caller; the end of the turn commits it, a caller who goes on throws it away.
 */
import type { Config } from '../config.js';
import type {
  Engines,
  LanguageModelHandle,
  RecognizerHandle,
  ReplyDelta,
  Tool,
} from '../engines/engine-types.js';
import type { Logger } from '../log.js';
import type { CallMedia } from '../media/call-media.js';
import { monotonicMs, type HeardWindow, type PlayoutEvent } from '../media/media-types.js';
import type { Metrics } from '../observability/metrics.js';
import type { AgentState, PlayoutReport, TurnLatency, TurnUpdate } from '../protocol.js';
import { Answer } from './answer.js';
import { Conversation } from './conversation.js';
import { EarDelay } from './ear-delay.js';
import { EndOfTurnJudge } from './end-of-turn-judge.js';
import { Hearing, type HeardWords } from './hearing.js';
import { Interruption } from './interruption.js';
import { PartialReading } from './partial-reading.js';
import type { ReplyOutcome } from './reply.js';
import type { SpareWork } from './service-level.js';
import { think, type Context, type ThinkingParts } from './thinking.js';

export interface DialogueParts {
  config: Config;
  engines: Engines;
  languageModel: LanguageModelHandle;
  recognizer: RecognizerHandle;
  media: Pick<CallMedia, 'play' | 'stopPlayout' | 'gain' | 'hold'>;
  metrics: Metrics;
  log: Logger;
  systemPrompt: string;
  voice: string;
  tools: readonly Tool[];
  /** What may be done besides what callers wait for. */
  spareWork(): SpareWork;
  onState(state: AgentState): void;
  onTurn(update: TurnUpdate): void;
  onLatency(latency: TurnLatency): void;
  /** The browser has told of its side: the same figures with `mouthToEarMs`. Once for each answer. */
  onMouthToEar(latency: TurnLatency): void;
  /** Somebody has said something. */
  onActivity(): void;
  /** An answer is over. */
  onAnswered(outcome: ReplyOutcome): void;
}

/** Spoken when an answer failed, so that nobody waits in silence. */
const apology = 'Sorry, something went wrong. Please say that again.';

/** A draft with the words that it answers. */
interface Draft {
  answer: Answer;
  words: Promise<string>;
  /** The conversation that it answers, as it was before the words were added to it. */
  context: Promise<Context>;
}

export class Dialogue {
  readonly #parts: DialogueParts;
  readonly #signal: AbortSignal;
  readonly #conversation: Conversation;
  readonly #hearing: Hearing;
  readonly #interruption: Interruption;
  readonly #reading: PartialReading;
  readonly #thinking: ThinkingParts;
  readonly #earDelay: EarDelay;
  /** Where there is an engine that listens for the end of a turn. */
  readonly #judge: EndOfTurnJudge | undefined;
  /** Words of the caller's turn as far as they are known. */
  #partial = '';
  #draft: Draft | undefined;
  /** The answer that is being given. */
  #answer: Answer | undefined;
  /** Answers that were given and are not over, by number: the last, and those before it that are being stopped. */
  readonly #given = new Map<number, Answer>();
  /** Resolves when the answer before has settled and the words of all turns that are over stand in the conversation. */
  #settled: Promise<void> = Promise.resolve();
  #state: AgentState = 'listening';
  #apologising = false;

  /** @param signal the session's. */
  constructor(parts: DialogueParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#conversation = new Conversation(parts.systemPrompt);
    this.#earDelay = new EarDelay((latency) => parts.onMouthToEar(latency));
    const onEndSilence = (silenceMs: number): void => this.#hearing.endAfter(silenceMs);
    this.#thinking = { ...parts, onWords: (words) => this.#showCaller(words, false), onEndSilence };
    const { endOfTurn: detector } = parts.engines;
    const bounds = parts.config.turn;
    this.#judge = detector && new EndOfTurnJudge({ detector, bounds, onEndSilence, log: parts.log }, signal);
    this.#reading = new PartialReading(parts, signal);
    this.#hearing = new Hearing(
      parts.recognizer,
      parts.config.turn,
      {
        ducking: () => this.#interruption.duck(),
        quiet: () => this.#interruption.letAgentSpeakOn(),
        began: () => this.#callerBegan(),
        partialsWanted: () => parts.spareWork().partials,
        partial: (words) => this.#callerPartial(words),
        holding: () => this.#interruption.hold(),
        interrupting: () => this.#interruption.stopAgent(),
        paused: (heard, sound) => this.#callerPaused(heard, sound),
        resumed: () => this.#callerResumed(),
        ended: (heard) => this.#callerEnded(heard),
        dropped: () => this.#callerDropped(),
        recorded: (record) => parts.log.debug({ record }, 'turn heard'),
      },
      signal,
    );
    this.#interruption = new Interruption({
      media: parts.media,
      hearing: this.#hearing,
      listenerMs: parts.config.turn.listenerMs,
      answer: () => this.#answer,
      log: parts.log,
    });
  }

  /** The call begins: with these words of the agent, or with the caller's when they are empty. */
  begin(greeting: string): void {
    this.#readAhead();
    if (greeting !== '') this.#speak(greeting);
  }

  /** Takes the next window of the caller's sound. */
  hear(window: HeardWindow): void {
    this.#hearing.hear(window, this.#agentSpeaking);
  }

  /** Takes words that were typed in place of spoken. */
  say(text: string): void {
    this.#dropDraft();
    this.#callerEnded({ words: Promise.resolve(text), lastVoicedAtMs: monotonicMs() });
  }

  /** Takes news of the playout. */
  playout(event: PlayoutEvent): void {
    const answer = this.#given.get(event.segmentId);
    if (answer === undefined) return;
    answer.segment.handle(event);
    if (event.type === 'stopped') answer.abort();
  }

  /** Takes what the browser measures of its receiving side. */
  reportPlayout(report: PlayoutReport): void {
    this.#earDelay.report(report);
  }

  /** Resolves when the answer being given, if any, is over. */
  async answerOver(): Promise<void> {
    await this.#answer?.outcome;
  }

  get #agentSpeaking(): boolean {
    return [...this.#given.values()].some(({ segment }) => segment.audible);
  }

  #callerBegan(): void {
    this.#parts.onActivity();
    // A caller who goes on before the answer can be heard has not finished; what was said stays and is answered with it.
    if (this.#answer !== undefined && !this.#agentSpeaking) this.#interruption.stopAgent();
  }

  /** Shows the words so far, and lets the language model read them while the caller goes on. */
  #callerPartial(words: string): void {
    this.#partial = words;
    this.#showCaller(words, false);
    const free = this.#answer === undefined && this.#hearing.meant && this.#parts.spareWork().drafts;
    if (free) this.#reading.hear(words, this.#conversation);
  }

  #callerPaused(heard: HeardWords, sound: () => Int16Array): void {
    if (!this.#hearing.meant) {
      this.#interruption.judge(heard.words);
      return;
    }
    this.#judge?.paused({
      words: this.#partial,
      history: this.#conversation.messages,
      speech: sound(),
    });
    if (this.#parts.config.turn.speculate) {
      this.#draft = this.#newDraft(heard);
      this.#parts.metrics.draft('made');
    }
  }

  #newDraft({ words, lastVoicedAtMs }: HeardWords): Draft {
    const context = Promise.all([words, this.#settled]).then(([text]) => {
      const spoken = text.trim();
      return { words: spoken, ...this.#conversation.withCallerWords(spoken) };
    });
    const answer = this.#newAnswer((made, signal) => think(context, made, this.#thinking, signal));
    answer.marks.set('lastVoiced', lastVoicedAtMs);
    return { answer, words, context };
  }

  #callerResumed(): void {
    this.#judge?.goneOn();
    this.#dropDraft();
  }

  #dropDraft(): void {
    if (this.#draft === undefined) return;
    this.#draft.answer.abort();
    this.#draft = undefined;
    this.#parts.metrics.draft('wasted');
  }

  #callerEnded(heard: HeardWords): void {
    this.#judge?.goneOn();
    this.#partial = '';
    if (this.#draft !== undefined && this.#draft.words !== heard.words) this.#dropDraft();
    const draft = this.#draft ?? this.#newDraft(heard);
    if (this.#draft !== undefined) this.#parts.metrics.draft('used');
    this.#draft = undefined;
    // More was said than what is being answered: spoken words after typed ones, or the other way round.
    this.#interruption.stopAgent();
    draft.answer.marks.set('endpoint', monotonicMs());
    this.#take(draft.answer, () =>
      draft.context.then(
        ({ words }) => this.#addCallerWords(words),
        // Why there are no words is told by the answer, which waits for them too.
        () => this.#showCaller('', true),
      ),
    );
  }

  #addCallerWords(words: string): void {
    if (words !== '') this.#conversation.addCallerWords(words);
    this.#showCaller('', true);
  }

  #callerDropped(): void {
    this.#judge?.goneOn();
    this.#partial = '';
    this.#dropDraft();
    this.#interruption.letAgentSpeakOn();
    this.#showCaller('', true);
  }

  /** Says a text of the server's own. */
  #speak(text: string): void {
    const answer = this.#newAnswer(() => fixedText(text));
    this.#take(answer, () => Promise.resolve());
  }

  #newAnswer(deltas: (answer: Answer, signal: AbortSignal) => AsyncIterable<ReplyDelta>): Answer {
    const parts = this.#parts;
    const { media, engines, voice, config } = parts;
    const turnId = this.#conversation.nextAgentTurn();
    const answer: Answer = new Answer(
      {
        turnId,
        filler: { text: config.tools.filler, afterMs: config.tools.fillerAfterMs },
        synthesizer: engines.synthesizer,
        voice,
        play: (samples, last) => media.play(turnId, samples, last),
        deltas,
        clausesAhead: () => parts.spareWork().clausesAhead,
        onText: (text) => parts.onTurn({ turnId, speaker: 'agent', text, final: false }),
        onStarted: () => this.#started(answer),
      },
      this.#signal,
    );
    return answer;
  }

  /**
   * Makes an answer the one that is being given: when the one before is settled and the caller's words have been added,
   * it may be heard.
   */
  #take(answer: Answer, addWords: () => Promise<void>): void {
    const added = this.#settled.then(addWords).then(() => answer.commit());
    this.#settled = Promise.all([added, answer.outcome]).then(([, outcome]) => this.#over(answer, outcome));
    this.#answer = answer;
    this.#given.set(answer.turnId, answer);
    this.#setState('thinking');
  }

  #started(answer: Answer): void {
    this.#conversation.answerBegan();
    this.#setState('speaking');
    const latency = answer.marks.latency(answer.turnId);
    this.#earDelay.answerBegan(latency);
    if (latency !== undefined) this.#parts.onLatency(latency);
  }

  #over(answer: Answer, outcome: ReplyOutcome): void {
    const { segment, turnId, calls } = answer;
    const { media, engines, log, metrics } = this.#parts;
    this.#given.delete(turnId);
    if (outcome.type !== 'spoken' && segment.ended === undefined) media.stopPlayout();
    const heard =
      outcome.type === 'spoken'
        ? segment.text
        : segment.heard(engines.synthesizer.sampleRateHz, this.#earDelay.ms);
    this.#conversation.addAgentWords(heard, calls);
    log.debug({ turnId, outcome: outcome.type, text: segment.text, heard }, 'agent');
    if (segment.text !== '' && answer.committed) {
      const cut = heard.length < segment.text.length ? { heardCharacters: heard.length } : {};
      this.#parts.onTurn({ turnId, speaker: 'agent', text: segment.text, final: true, ...cut });
    }
    if (outcome.type === 'failed') {
      metrics.turnFailed();
      log.error({ err: outcome.error, turnId }, 'an answer failed');
    }
    if (this.#answer !== answer) return;
    this.#answer = undefined;
    this.#parts.onActivity();
    this.#setState('listening');
    const apologise = outcome.type === 'failed' && !this.#apologising;
    this.#apologising = apologise;
    if (apologise) this.#speak(apology);
    else this.#parts.onAnswered(outcome);
    this.#readAhead();
  }

  /** Shows the caller's turn: what is in the conversation and the words that are just being heard. */
  #showCaller(hearing: string, final: boolean): void {
    const turnId = this.#conversation.callerTurnId;
    const text = [this.#conversation.callerText, hearing].filter((part) => part !== '').join(' ');
    this.#parts.onTurn({ turnId, speaker: 'caller', text, final });
    if (final) this.#parts.log.debug({ turnId, text }, 'caller');
  }

  /** Lets the language model read the conversation while nobody waits for it. */
  #readAhead(): void {
    const { languageModel, config, tools, log } = this.#parts;
    const { maxTokens, temperature } = config.languageModel;
    languageModel
      .prefill(this.#conversation.messages, { tools, maxTokens, temperature }, this.#signal)
      .catch((error: unknown) => {
        if (!this.#signal.aborted) log.warn({ err: error }, 'the conversation could not be read ahead');
      });
  }

  #setState(state: AgentState): void {
    if (this.#state === state || this.#signal.aborted) return;
    this.#state = state;
    this.#parts.onState(state);
  }
}

async function* fixedText(text: string): AsyncIterable<ReplyDelta> {
  yield { type: 'text', text };
}
