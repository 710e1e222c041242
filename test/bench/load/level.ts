/** One level of load: so many callers at once for so long, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';

import { frameClock } from '../../callers/frame-clock.js';
import { speechClips } from '../../callers/caller-speech.js';
import { seededRandom } from '../../faults/seeded-random.js';
import { monotonicMs } from '../../../server/media/media-types.js';
import type { TurnLatency } from '../../../server/protocol.js';
import { LoadCaller, type CallerRecord, type SpokenLine, type TurnRecord } from './load-caller.js';
import type { Disturber } from './disturbers.js';
import { quantiles, type Quantiles } from '../../helpers/quantiles.js';
import { linesOf } from './script.js';
import type { Design, Site } from './sites.js';
import { ServerWatch, type ServerUse } from './server-watch.js';

export interface LevelResult {
  design: Design;
  /** Who made trouble meanwhile, and what came of it. */
  disturbed?: string;
  callers: number;
  /** Time to the answer to the first message and to being able to speak, in the order of calling, ms. */
  startCallMs: number[];
  readyMs: number[];
  /** Turns that were begun when all callers were there. */
  turns: number;
  /** Share of the time in which a caller speaks. */
  talkShare: number;
  voiceToVoiceMs: Quantiles;
  mouthToEarMs: Quantiles;
  /** By part; see the protocol's TurnLatency. */
  partsMs: Record<string, Quantiles>;
  verdicts: Record<TurnRecord['verdict'], number>;
  /** What was asked, understood and answered where the answer was wrong or another caller's. */
  mistakes: string[];
  errors: string[];
  /** The agent's voice as it came to the callers. */
  frames: { received: number; lost: number; skipped: number; late: number; longestGapMs: number };
  server: ServerUse;
  /** This process: how far to trust what it says of the server's punctuality. */
  tester: { cores: number; worstLatenessMs: number; skippedFrames: number };
}

const parts = [
  'endpointMs',
  'recognitionMs',
  'firstTokenMs',
  'firstClauseMs',
  'firstAudioMs',
  'pacerMs',
] as const satisfies readonly (keyof TurnLatency)[];

/** Callers come one after the other within this time, ms. */
const arrivalMs = 4000;

/** The lines of every caller with their sound; spoken once for all levels. */
export async function spokenLines(callers: number): Promise<SpokenLine[][]> {
  const lines = Array.from({ length: callers }, (_, caller) => linesOf(caller));
  const texts = [...new Set(lines.flat().map(({ said }) => said))];
  const clips = await speechClips(texts);
  return lines.map((list) =>
    list.map((line) => {
      const clip = clips[texts.indexOf(line.said)];
      if (clip === undefined) throw new Error(`There is no clip of "${line.said}".`);
      return { ...line, clip };
    }),
  );
}

/** Has the first `callers` of the lines' callers talk for `minutes`, counted from when all are there. */
export async function runLevel(
  site: Site,
  lines: readonly SpokenLine[][],
  callers: number,
  minutes: number,
  disturber?: Disturber,
): Promise<Omit<LevelResult, 'design'>> {
  const random = seededRandom(callers);
  const over = new AbortController();
  const testers = lines.slice(0, callers).map((own, caller) => new LoadCaller(caller, callers, own, random));
  const talking: Promise<void>[] = [];
  for (const tester of testers) {
    const calledAtMs = monotonicMs();
    const { url } = await site.serverFor(tester.record.caller);
    await tester.connect(url, calledAtMs);
    talking.push(tester.talk(over.signal));
    await sleep(arrivalMs / callers);
  }
  const [server] = site.servers;
  const trouble = server === undefined ? undefined : disturber?.disturb(server.url, over.signal);
  // Looked at when all is over.
  trouble?.catch(() => undefined);
  const watch = await ServerWatch.start(site.servers);
  frameClock.worstLatenessMs = 0;
  const { skipped } = frameClock;
  const cpu = process.cpuUsage();
  const sinceMs = monotonicMs();
  await sleep(minutes * 60_000);
  const use = await watch.stop();
  const { user, system } = process.cpuUsage(cpu);
  const tester = {
    cores: (user + system) / 1e6 / use.seconds,
    worstLatenessMs: frameClock.worstLatenessMs,
    skippedFrames: frameClock.skipped - skipped,
  };
  over.abort();
  await Promise.all(talking);
  const disturbed = await trouble;
  return {
    ...(disturbed === undefined ? {} : { disturbed }),
    ...summary(
      testers.map(({ record }) => record),
      sinceMs,
    ),
    callers,
    server: use,
    tester,
  };
}

function summary(
  records: readonly CallerRecord[],
  sinceMs: number,
): Omit<LevelResult, 'design' | 'disturbed' | 'callers' | 'server' | 'tester'> {
  const all = records.flatMap(({ turns }) => turns);
  const turns = all.filter(({ begunAtMs }) => begunAtMs >= sinceMs);
  const latencies = turns.flatMap(({ latency }) => (latency === undefined ? [] : [latency]));
  const verdicts = { right: 0, wrong: 0, crossed: 0, unchecked: 0 };
  for (const { verdict } of all) verdicts[verdict]++;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const qualities = records.flatMap(({ quality }) => (quality === undefined ? [] : [quality]));
  const times = records.flatMap(({ times: known }) => (known === undefined ? [] : [known]));
  return {
    startCallMs: times.map(({ startCallMs }) => startCallMs),
    readyMs: times.map(({ readyMs }) => readyMs),
    turns: turns.length,
    talkShare: sum(turns.map(({ speechMs }) => speechMs)) / sum(turns.map(({ wholeMs }) => wholeMs)),
    voiceToVoiceMs: quantiles(latencies.map(({ voiceToVoiceMs }) => voiceToVoiceMs)),
    mouthToEarMs: quantiles(
      turns.flatMap(({ mouthToEarMs }) => (mouthToEarMs === undefined ? [] : [mouthToEarMs])),
    ),
    partsMs: Object.fromEntries(
      parts.map((part) => [part, quantiles(latencies.map((latency) => latency[part]))]),
    ),
    verdicts,
    mistakes: all.flatMap(({ verdict, caller, said, understood, answered }) =>
      verdict === 'wrong' || verdict === 'crossed'
        ? [
            `caller ${caller + 1}, ${verdict}: "${said}" understood as "${understood}", answered "${answered}"`,
          ]
        : [],
    ),
    errors: records.flatMap(({ caller, errors }) => errors.map((error) => `caller ${caller + 1}: ${error}`)),
    frames: {
      received: sum(qualities.map(({ packets }) => packets)),
      lost: sum(qualities.map(({ lost }) => lost)),
      skipped: sum(qualities.map(({ skipped }) => skipped)),
      late: sum(qualities.map(({ late }) => late)),
      longestGapMs: Math.max(0, ...qualities.map(({ longestGapMs }) => longestGapMs)),
    },
  };
}
