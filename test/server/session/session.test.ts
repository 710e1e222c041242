import { afterEach, describe, expect, it } from 'vitest';
import { EngineFailedError } from '../../../server/errors.js';
import type { EndReason } from '../../../server/protocol.js';
import { SessionOnFakes as Call } from '../../helpers/session-on-fakes.js';
import type { Tool } from '../../../server/engines/engine-types.js';
import { until } from '../../helpers/until.js';

let call: Call | undefined;
afterEach(async () => {
  if (call === undefined) return;
  const { session, media, recognizer, model, synthesizer } = call;
  call = undefined;
  await session.close('callerLeft', 'test over');
  expect(media.closed).toBe(true);
  expect(recognizer.handles.size).toBe(0);
  expect(model.free).toBe(model.sequences);
  await until('synthesis has stopped', () => synthesizer.speaking === 0);
});

describe('session', () => {
  it('answers what was said and keeps both in the conversation', async () => {
    call = new Call(() => 'Hello there, Anna. Nice to meet you.', ['i am anna', 'what now']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance();
    await until('the agent listens again', () => call?.states.at(-1) === 'listening');
    expect(call.text('caller 1')).toBe('i am anna');
    expect(call.turns.get('agent 1')).toMatchObject({
      text: 'Hello there, Anna. Nice to meet you.',
      final: true,
    });
    expect(call.states).toEqual(['ready', 'thinking', 'speaking', 'listening']);
    call.speak();
    await until('the second question reaches the model', () => call?.model.replies.length === 2);
    expect(call.model.replies[1]?.history).toEqual([
      { role: 'user', text: 'i am anna' },
      { role: 'assistant', text: 'Hello there, Anna. Nice to meet you.' },
      { role: 'user', text: 'what now' },
    ]);
  });

  it('tells where the time went, in parts that add up', async () => {
    call = new Call(() => 'Yes.', ['hello']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance();
    const latency = await until('the latency', () => call?.latencies[0]);
    const { endpointMs, recognitionMs, firstTokenMs, firstClauseMs, firstAudioMs, pacerMs } = latency;
    const sum = endpointMs + recognitionMs + firstTokenMs + firstClauseMs + firstAudioMs + pacerMs;
    expect(sum).toBeCloseTo(latency.voiceToVoiceMs, 3);
    expect(latency.mouthToEarMs).toBeUndefined();

    const report = { jitterBufferMs: 40, roundTripMs: 30, outputMs: 20 };
    call.session.reportPlayout(report);
    call.session.reportPlayout({ ...report, jitterBufferMs: 400 });
    expect(call.latencies.slice(1)).toEqual([{ ...latency, mouthToEarMs: latency.voiceToVoiceMs + 90 }]);
  });

  it('stops when the caller speaks over it, and remembers only what was heard', async () => {
    call = new Call(() => 'One two three four five six seven eight.', ['count', 'stop']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance(3 * 3200 + 100);
    await until('the agent speaks', () => call?.states.at(-1) === 'speaking');
    call.media.hear(true, 960);
    await until('the answer has settled', () => call?.turns.get('agent 1')?.final);
    expect(call.media.waiting).toBe(0);
    const turn = call.turns.get('agent 1');
    expect(turn?.text.slice(0, turn.heardCharacters)).toBe('One two three');
    call.media.hear(false, 640);
    await until('the interruption reaches the model', () => call?.model.replies.length === 2);
    expect(call.model.replies[1]?.history).toEqual([
      { role: 'user', text: 'count' },
      { role: 'assistant', text: 'One two three' },
      { role: 'user', text: 'stop' },
    ]);
  });

  it("speaks on where it was after a listener's sound", async () => {
    call = new Call(() => 'One two three four five six.', ['count', 'mhm']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance(3200);
    call.media.hear(true, 64);
    expect(call.media.volume).toBeLessThan(0.5);
    call.media.hear(true, 160);
    expect(call.media.held).toBe(true);
    call.media.hear(false, 640);
    expect([call.media.held, call.media.volume]).toEqual([false, 1]);
    call.media.advance();
    await until('the answer is spoken', () => call?.turns.get('agent 1')?.final);
    expect(call.turns.get('agent 1')?.heardCharacters).toBeUndefined();
    expect(call.model.replies).toHaveLength(1);
  });

  it("is stopped by a short word that is no listener's sound", async () => {
    call = new Call(() => 'One two three four five six.', ['count', 'stop', '']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance(3200);
    call.media.hear(true, 256);
    call.media.hear(false, 128);
    await until('the answer is cut', () => call?.turns.get('agent 1')?.final);
    expect(call.turns.get('agent 1')?.heardCharacters).toBe('One'.length);
    call.media.hear(false, 640);
    await until('the word is answered', () => call?.model.replies.at(-1)?.history.at(-1)?.text === 'stop');
  });

  it('begins the answer in a pause and keeps it to itself until the turn is over', async () => {
    call = new Call(() => 'Yes.', ['hello']).connect();
    call.media.hear(true, 640);
    call.media.hear(false, 96);
    await until('the draft is spoken', () => call?.synthesizer.requests.length === 1);
    expect(call.media.played).toEqual([]);
    expect([...call.turns.keys()]).toEqual(['caller 1']);
    expect(call.turns.get('caller 1')?.final).toBe(false);
    call.media.hear(false, 640);
    await call.answerReady();
    expect(call.model.replies).toHaveLength(1);
    expect(call.turns.get('caller 1')?.final).toBe(true);
  });

  it('throws the draft away when the caller goes on, with the tools it wanted', async () => {
    call = new Call(
      (history) =>
        history.at(-1)?.text === 'please hang' ? [{ call: 'end_call' }, { say: 'Bye.' }] : 'Up it is.',
      ['please hang', 'please hang up the picture'],
    ).connect();
    call.media.hear(true, 640);
    call.media.hear(false, 96);
    await until('the draft is begun', () => call?.model.replies.length === 1);
    call.media.hear(true, 640);
    call.media.hear(false, 1500);
    await until(
      'the whole is answered',
      () => call?.model.replies.at(-1)?.history.at(-1)?.text === 'please hang up the picture',
    );
    await call.answerReady();
    call.media.advance();
    await until('the answer is over', () => call?.states.at(-1) === 'listening');
    expect(call.ends).toEqual([]);
    expect(call.model.replies[0]?.outcome).toBe('aborted');
    expect(call.text('caller 1')).toBe('please hang up the picture');
  });

  it('joins what the caller adds before the answer can be heard', async () => {
    call = new Call(() => 'Hello.', ['my name is', 'anna']).connect();
    call.speak();
    call.media.hear(true, 320);
    call.media.hear(false, 640);
    await until('both parts reach the model', () =>
      call?.model.replies.some(
        (reply) => reply.history.length === 1 && reply.history[0]?.text === 'my name is anna',
      ),
    );
    await call.answerReady();
    call.media.advance();
    await until('the answer is over', () => call?.states.at(-1) === 'listening');
    expect(call.text('caller 1')).toBe('my name is anna');
    expect([...call.turns.keys()].filter((turn) => turn.startsWith('caller'))).toEqual(['caller 1']);
  });

  it('answers the earlier words when what followed them was only noise', async () => {
    call = new Call(() => 'Hello.', ['my name is anna', '']).connect();
    call.speak();
    call.speak();
    await call.answerReady();
    call.media.advance();
    await until('the answer is over', () => call?.states.at(-1) === 'listening');
    expect(call.model.replies.at(-1)?.history).toEqual([{ role: 'user', text: 'my name is anna' }]);
  });

  it('says so when an answer fails, and goes on', async () => {
    let failing = true;
    call = new Call(
      () => (failing ? [{ fail: new EngineFailedError('out of order') }] : 'Fine again.'),
      ['hello', 'hello again'],
    ).connect();
    call.speak();
    await call.answerReady();
    expect(call.synthesizer.requests.map((request) => request.text).join(' ')).toContain(
      'something went wrong',
    );
    call.media.advance();
    await until('the apology is over', () => call?.states.at(-1) === 'listening');
    failing = false;
    call.speak();
    await until('the next answer', () => call?.synthesizer.requests.at(-1)?.text.includes('Fine again'));
  });

  it('survives a recogniser that fails', async () => {
    call = new Call(
      () => 'Hello.',
      [{ words: '', failure: new EngineFailedError('crashed') }, 'hello'],
    ).connect();
    call.speak();
    await call.answerReady();
    call.media.advance();
    await until('the apology is over', () => call?.states.at(-1) === 'listening');
    call.speak();
    await until('the next answer', () => call?.synthesizer.requests.at(-1)?.text === 'Hello.');
  });

  it('answers typed words as if they were spoken', async () => {
    call = new Call((history) => `You typed ${history.at(-1)?.text}.`, []).connect();
    call.session.say('forty two');
    await call.answerReady();
    expect(call.text('caller 1')).toBe('forty two');
    expect(call.text('agent 1')).toContain('You typed');
  });

  it('ends the call when the model wants it, after the goodbye', async () => {
    call = new Call(() => [{ call: 'end_call' }, { say: 'Goodbye.' }], ['bye']).connect();
    call.speak();
    await call.answerReady();
    expect(call.ends).toEqual([]);
    call.media.advance();
    await until('the call is over', () => call?.closed);
    expect(call.ends).toEqual(['agentEnded']);
  });

  it('says that it takes a moment while a function takes long, and nothing when it does not', async () => {
    const finished: (() => void)[] = [];
    const look: Tool = {
      name: 'look',
      description: 'Looks something up.',
      run: () => new Promise((resolve) => finished.push(() => resolve({ found: 7 }))),
    };
    const script = () => [{ say: 'Let me see.' }, { call: 'look' }, { say: 'It is seven.' }];
    const settings = { PARLEY_TOOLS_FILLER_AFTER_MS: '100', PARLEY_TOOLS_FILLER: 'One moment.' };
    call = new Call(script, [], settings, [look]).connect();
    call.session.say('look it up');
    await until('the filler is spoken', () => call?.text('agent 1')?.includes('One moment.'));
    call.media.advance();
    finished.splice(0).forEach((finish) => finish());
    await call.answerReady();
    call.media.advance();
    await until('the answer is over', () => call?.turns.get('agent 1')?.final);
    expect(call.text('agent 1')).toBe('Let me see. One moment. It is seven.');

    call.session.say('once more');
    await until('the function runs', () => finished.length > 0);
    finished.splice(0).forEach((finish) => finish());
    await call.answerReady();
    expect(call.text('agent 2')).toBe('Let me see. It is seven.');
  });

  it('is not held by a caller who began in the last moment of an answer', async () => {
    call = new Call((history) => `You said ${history.at(-1)?.text}.`, ['one', 'two']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance(1600);
    await until('the agent speaks', () => call?.states.at(-1) === 'speaking');
    call.media.hear(true, 96);
    expect(call.media.held).toBe(true);
    // The last packet was on its way already.
    call.media.held = false;
    call.media.advance();
    call.media.held = true;
    await until('the answer is over', () => call?.turns.get('agent 1')?.final);
    call.speak();
    await until('the next answer is ready', () => call?.media.played.some(({ segmentId }) => segmentId > 1));
    expect(call.media.held).toBe(false);
  });

  it('greets first when told to', async () => {
    call = new Call(() => 'Hi.', [], { PARLEY_AGENT_GREETING: 'Welcome to Parley.' }).connect();
    await call.answerReady();
    call.media.advance();
    await until('the greeting is over', () => call?.turns.get('agent 1')?.final);
    expect(call.text('agent 1')).toBe('Welcome to Parley.');
  });

  it.each([
    ['lost', 'mediaLost'],
    ['failed', 'mediaFailed'],
  ] as const)('ends when its media is %s', async (event, reason) => {
    call = new Call(() => 'Hello.', ['hello']).connect();
    call.speak();
    call.media.events[event]('gone');
    call.media.events[event]('gone');
    await until('the call is over', () => call?.closed);
    expect(call.ends).toEqual([reason]);
  });

  it('ends when the connection does not come up, when nobody speaks, and at its longest length', async () => {
    const limits: [NodeJS.ProcessEnv, boolean, EndReason][] = [
      [{ PARLEY_CALLS_CONNECT_TIMEOUT_MS: '1000' }, false, 'connectTimeout'],
      [{ PARLEY_CALLS_SILENCE_LIMIT_MS: '50' }, true, 'silence'],
      [{ PARLEY_CALLS_LENGTH_LIMIT_MS: '50' }, true, 'timeLimit'],
    ];
    for (const [environment, connected, reason] of limits) {
      const limited = new Call(() => 'Hello.', [], environment);
      if (connected) limited.connect();
      await until(reason, () => limited.closed);
      expect(limited.ends).toEqual([reason]);
    }
  });

  it('closes once, in the middle of an answer too', async () => {
    call = new Call(() => 'One two three four five.', ['count']).connect();
    call.speak();
    await call.answerReady();
    call.media.advance(3200);
    await Promise.all([
      call.session.close('callerLeft', 'bye'),
      call.session.close('mediaLost', 'bye'),
      call.session.close('serverShutdown', 'bye'),
    ]);
    expect(call.ends).toEqual(['callerLeft']);
    call.media.advance();
    call.media.hear(true, 640);
    expect(call.states.filter((state) => state === 'speaking').length).toBeLessThanOrEqual(1);
  });
});
