/** All the ways in which a caller can come and go. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { ServerStatus } from '../../../server/observability/server-status.js';
import type { OpusClip } from '../../callers/opus-clip.js';
import { SignallingClient } from '../../callers/signalling-client.js';
import { WebRtcCaller } from '../../callers/web-rtc-caller.js';
import { TcpProxy } from '../../helpers/tcp-proxy.js';
import { until } from '../../helpers/until.js';

/** What a call may say. */
export interface SoakClips {
  question: OpusClip;
  /** Its answer is long enough to leave in the middle of it. */
  story: OpusClip;
}

/** One call from its beginning to its end. Rejects when the server did not do its part. */
export type Way = (url: string, clips: SoakClips) => Promise<void>;

const answerLimitMs = 30_000;
/** The pause at which the server begins a draft, and a little of the time in which it works on it, ms. */
const intoTheDraftMs = 130;

/** Asks something and hears the answer. */
async function converse(caller: WebRtcCaller, { question }: SoakClips): Promise<void> {
  await caller.speak(question);
  await hearAnswer(caller);
}

async function hearAnswer(caller: WebRtcCaller): Promise<void> {
  const { text, samples } = await caller.waitForAnswer(answerLimitMs);
  if (text === '' || samples.length === 0) throw new Error('The answer was empty.');
}

/** Breaks a caller's WebSocket while a story is being told; it goes on being heard. */
async function breakConnection(caller: WebRtcCaller, way: TcpProxy, { story }: SoakClips): Promise<void> {
  await caller.speak(story);
  await until('the agent speaks', () => caller.state === 'speaking', answerLimitMs);
  way.cut();
  await until('the caller notices', () => !caller.signalling.socket.connected);
  const { packets } = caller.quality;
  await until('the voice goes on', () => caller.quality.packets > packets + 10);
}

async function isLive(url: string, callId: string): Promise<boolean> {
  const { live } = (await (await fetch(new URL('v1/status', url))).json()) as ServerStatus;
  return live.some(({ id }) => id === callId);
}

export const ways: Readonly<Record<string, Way>> = {
  'clean end': async (url, clips) => {
    const caller = await WebRtcCaller.call(url);
    await converse(caller, clips);
    await caller.leave('end');
  },
  'page closed': async (url, clips) => {
    const caller = await WebRtcCaller.call(url);
    await converse(caller, clips);
    await caller.leave('disconnect');
  },
  'network gone': async (url, clips) => {
    const caller = await WebRtcCaller.call(url);
    await converse(caller, clips);
    await caller.leave('vanish');
  },
  'half open': async (url) => {
    const caller = await WebRtcCaller.call(url);
    // Nothing is heard of this caller any more, and the connection stays.
    caller.muted = true;
    await sleep(500);
    await caller.leave('vanish');
  },
  'never connecting': async (url) => {
    const signalling = await SignallingClient.connect(url);
    try {
      let ended = false;
      signalling.socket.once('callEnded', () => (ended = true));
      await signalling.request('startCall', {});
      await until('the server gives up on a call without sound', () => ended, 30_000);
    } finally {
      signalling.close();
    }
  },
  'gone before it connects': async (url) => {
    const signalling = await SignallingClient.connect(url);
    signalling.emit('startCall', {}, () => undefined);
    await sleep(5);
    signalling.close();
  },
  'during a reply': async (url, { story }) => {
    const caller = await WebRtcCaller.call(url);
    await caller.speak(story);
    await until('the agent speaks', () => caller.state === 'speaking', answerLimitMs);
    await caller.leave('disconnect');
  },
  'during a draft': async (url, { question }) => {
    const caller = await WebRtcCaller.call(url);
    await caller.speak(question);
    await sleep(intoTheDraftMs);
    await caller.leave('disconnect');
  },
  'interrupting, then leaving': async (url, { story, question }) => {
    const caller = await WebRtcCaller.call(url);
    await caller.speak(story);
    await until('the agent speaks', () => caller.state === 'speaking', answerLimitMs);
    await caller.speak(question);
    await caller.waitForAnswer(answerLimitMs);
    await caller.leave('end');
  },
  'connection broken, then resumed': async (url, clips) => {
    const way = await TcpProxy.to(url);
    let caller: WebRtcCaller | undefined;
    try {
      caller = await WebRtcCaller.call(way.url);
      await breakConnection(caller, way, clips);
      way.mend();
      await caller.takeUpAgain();
      const { turns } = caller;
      const known = Math.max(...turns.map(({ turnId }) => turnId));
      await caller.speak(clips.question);
      await until(
        'the question is answered',
        () =>
          turns.some(
            ({ turnId, speaker, final, text }) =>
              turnId > known && speaker === 'agent' && final && text !== '',
          ),
        answerLimitMs,
      );
      await caller.leave('end');
    } finally {
      await caller?.leave('disconnect');
      await way.close();
    }
  },
  'connection broken for good': async (url, clips) => {
    const way = await TcpProxy.to(url);
    let caller: WebRtcCaller | undefined;
    try {
      caller = await WebRtcCaller.call(way.url);
      const { id } = caller;
      await breakConnection(caller, way, clips);
      // Its sound still comes and goes: only the time to connect again can end it.
      await until('the server gives the call up', async () => !(await isLive(url, id)), 30_000);
    } finally {
      await caller?.leave('disconnect');
      await way.close();
    }
  },
};
