/** A session on fakes, and everything that it told the page. */
import { pino } from 'pino';
import { localGrant } from '../../server/access/call-grant.js';
import { loadConfig } from '../../server/config.js';
import { Metrics } from '../../server/observability/metrics.js';
import type { EndOfTurnDetector, Tool } from '../../server/engines/engine-types.js';
import type { EndReason, TurnLatency, TurnUpdate } from '../../server/protocol.js';
import { ServiceLevel } from '../../server/session/service-level.js';
import { Session } from '../../server/session/session.js';
import { FakeLanguageModel, type FakeScript } from '../fakes/fake-language-model.js';
import { FakeMedia } from '../fakes/fake-media.js';
import { FakeRecognizer, type ScriptedUtterance } from '../fakes/fake-recognizer.js';
import { FakeSynthesizer } from '../fakes/fake-synthesizer.js';
import { until } from './until.js';

export class SessionOnFakes {
  readonly media = new FakeMedia();
  readonly recognizer: FakeRecognizer;
  readonly model: FakeLanguageModel;
  readonly synthesizer = new FakeSynthesizer();
  /** The latest update of each turn, by `caller 1`, `agent 1` and so on. */
  readonly turns = new Map<string, TurnUpdate>();
  /** Every update, in order. */
  readonly updates: TurnUpdate[] = [];
  readonly states: string[] = [];
  readonly latencies: TurnLatency[] = [];
  readonly ends: EndReason[] = [];
  readonly drainings: number[] = [];
  readonly session: Session;
  closed = false;

  constructor(
    script: FakeScript,
    utterances: (ScriptedUtterance | string)[],
    environment: NodeJS.ProcessEnv = {},
    tools: readonly Tool[] = [],
    endOfTurn?: EndOfTurnDetector,
  ) {
    this.recognizer = new FakeRecognizer(...utterances);
    this.model = new FakeLanguageModel({ script });
    this.session = new Session({
      id: 'test',
      config: loadConfig(environment),
      engines: {
        recognizer: this.recognizer,
        languageModel: this.model,
        synthesizer: this.synthesizer,
        ...(endOfTurn && { endOfTurn }),
      },
      languageModel: this.model.open(),
      recognizer: this.recognizer.open(),
      media: this.media,
      listener: {
        ready: () => this.states.push('ready'),
        state: (state) => this.states.push(state),
        turn: (update) => {
          this.updates.push(update);
          this.turns.set(`${update.speaker} ${update.turnId}`, update);
        },
        latency: (latency) => this.latencies.push(latency),
        callTool: () => Promise.reject(new Error('There is no page.')),
        draining: (endsInMs) => this.drainings.push(endsInMs),
        ended: (reason) => this.ends.push(reason),
      },
      grant: localGrant,
      metrics: new Metrics(),
      log: pino({ level: 'silent' }),
      systemPrompt: '',
      voice: 'hum',
      tools,
      traces: { answered: () => undefined },
      serviceLevel: new ServiceLevel({ targetMs: 0, queueAgeMs: () => 0 }),
    });
    this.session.onClosed(() => (this.closed = true));
  }

  connect(): this {
    this.media.events.connected();
    return this;
  }

  /** The caller speaks and is silent until the turn is over. */
  speak(): void {
    this.media.hear(true, 640);
    this.media.hear(false, 640);
  }

  /** Waits until the answer is ready in full to be played. */
  answerReady(): Promise<boolean> {
    return until('the answer is synthesised', () => this.media.complete);
  }

  text(turn: string): string | undefined {
    return this.turns.get(turn)?.text;
  }
}
