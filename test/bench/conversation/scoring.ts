/** What a call was like, measured on its recording. */
import type { TurnLatency } from '../../../server/protocol.js';
import { countWords, SOUGHT_MS, wordsThatCame } from './heard-words.js';
import type { Recording } from './recording.js';
import { wordsOfTurn, type TurnKind } from './script.js';
import type { PerformedCall, PerformedTurn } from './scripted-caller.js';
import type { Sounds } from './sounds.js';

/** An answer to a broken-off sentence within this time did not wait, ms. */
const PATIENCE_MS = 700;
/** An answer to a whole sentence that takes longer made the caller wait for nothing, ms. */
const NEEDLESS_MS = 800;

/** One turn in numbers; what does not apply to its kind is undefined. */
export interface ScoredTurn {
  kind: TurnKind;
  said: string;
  understood: string;
  loss: number;
  voice: string;
  echo: boolean;
  /** From the caller's last voiced frame to the first audible one of the answer, ms. */
  responseMs?: number | undefined;
  /** What the server says of the same time, ms. */
  toldMs?: number | undefined;
  /** Where the server says it went, ms. */
  parts?: TurnLatency | undefined;
  /** The agent spoke before the caller had finished. */
  cutOff?: boolean;
  /** A whole sentence was waited on for long. */
  needlessWait?: boolean;
  /** The agent stopped for a sound that did not mean to stop it. */
  falselyStopped?: boolean;
  /** How long the agent was silent because of it, ms. */
  pausedMs?: number;
  /** From the caller's first voiced frame to the agent's last audible one, ms; undefined when it spoke on. */
  silencedMs?: number | undefined;
  /** Words in the history less those that came. */
  wordsOff?: number | undefined;
  /** The sound that came is not in the answer that the server tells of. */
  unaligned?: boolean;
}

/**
 * @param loss share of packets lost, 0 to 1.
 * @param voice the agent's.
 */
export async function score(
  performed: PerformedCall,
  loss: number,
  voice: string,
  sounds: Sounds,
): Promise<ScoredTurn[]> {
  const scored: ScoredTurn[] = [];
  for (const done of performed.turns) {
    const common = {
      kind: done.turn.kind,
      said: wordsOfTurn(done.turn),
      understood: done.understood,
      loss,
      voice: performed.call.voice,
      echo: performed.call.room.echo !== undefined,
    };
    const { recording } = performed;
    switch (done.turn.kind) {
      case 'complete':
      case 'paused':
      case 'unfinished':
      case 'person':
        scored.push({ ...common, ...inTurn(done, performed) });
        break;
      case 'interruption':
        scored.push({ ...common, ...(await interruption(done, recording, voice, sounds)) });
        break;
      case 'backchannel':
      case 'noise':
      case 'echo':
        if (done.over) scored.push({ ...common, ...sound(done, recording) });
    }
  }
  return scored;
}

function inTurn({ turn, span, answeredAtMs, answerTurnId }: PerformedTurn, call: PerformedCall) {
  const { recording, latencies } = call;
  const responseMs = answeredAtMs === undefined ? undefined : answeredAtMs - span.endMs;
  const early = recording.firstAudible(span.startMs, span.endMs) !== undefined;
  const impatient = turn.kind === 'unfinished' && (responseMs ?? Infinity) < PATIENCE_MS;
  const latency = answerTurnId === undefined ? undefined : latencies.get(answerTurnId);
  return {
    cutOff: early || impatient,
    ...(early ? {} : { responseMs, toldMs: latency?.voiceToVoiceMs, parts: latency }),
    ...(turn.kind === 'complete' ? { needlessWait: !early && (responseMs ?? Infinity) > NEEDLESS_MS } : {}),
  };
}

async function interruption(
  { span, over }: PerformedTurn,
  recording: Recording,
  voice: string,
  sounds: Sounds,
): Promise<Partial<ScoredTurn>> {
  const stoppedAtMs = recording.lastAudible(span.endMs);
  if (over === undefined || stoppedAtMs === undefined) return {};
  const heard = over.final ? over.heardCharacters : undefined;
  if (heard === undefined) return { silencedMs: undefined };
  const came = await wordsThatCame(over.text, recording.soundUpTo(stoppedAtMs, SOUGHT_MS), voice, sounds);
  return {
    silencedMs: Math.max(0, stoppedAtMs - span.voicedMs),
    ...(came === undefined
      ? { unaligned: true }
      : { wordsOff: countWords(over.text.slice(0, heard)) - came }),
  };
}

function sound({ span, over, turn }: PerformedTurn, recording: Recording): Partial<ScoredTurn> {
  const untilMs = turn.kind === 'echo' ? span.endMs : (recording.firstAudible(span.endMs) ?? span.endMs);
  return {
    falselyStopped: over?.final === true && over.heardCharacters !== undefined,
    pausedMs: recording.longestSilence(span.startMs, untilMs),
  };
}
