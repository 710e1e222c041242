/** The page in use: typing, the keyboard alone, mute, hostile text, and problems in plain words. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { Speech } from '../helpers/speech.js';
import { until } from '../helpers/until.js';

/** For one test, on a machine that does much else. */
const LIMIT_MS = 90_000;

let server: ServerProcess;
let speech: Speech;

beforeAll(async () => {
  [server, speech] = await Promise.all([ServerProcess.start({ PARLEY_CALLS_MAX: '1' }), Speech.start()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([server.stop(), speech.close()]);
}, 60_000);

/** Places are given back a moment after a call has ended. */
async function lineFree(): Promise<void> {
  await until('the line is free', async () => (await server.metrics()).get('parley_calls') === 0);
}

describe('the page', { timeout: LIMIT_MS }, () => {
  let caller: Caller;

  beforeAll(async () => {
    caller = await Caller.open({ url: server.url });
  });
  beforeEach(async () => {
    caller.errors.length = 0;
    await caller.page.goto(server.url);
  });
  afterEach(async () => {
    await caller.page.goto('about:blank');
    await lineFree();
  });
  afterAll(async () => {
    await caller.close();
  });

  it('takes typed words and speaks the answer', async () => {
    await caller.startCall();
    const typedAtMs = await caller.now();
    await caller.type('What is the capital of France?');
    const { text } = await caller.answer(1);
    expect(await caller.said()).toEqual(['What is the capital of France?']);
    expect(text).toMatch(/paris/i);
    expect(await caller.voiceAfter(typedAtMs)).toBeGreaterThan(typedAtMs);
    await caller.endCall();
    expect(caller.errors).toEqual([]);
  });

  it('is used with the keyboard alone', async () => {
    const { keyboard } = caller.page;
    const focused = () =>
      caller.page.evaluate(() => document.activeElement?.textContent || document.activeElement?.id);
    const moveTo = async (name: string, key: 'Tab' | 'Shift+Tab') => {
      const passed: unknown[] = [];
      while (passed.at(-1) !== name) {
        if (passed.length > 15) throw new Error(`${key} does not lead to ${name}: ${passed.join(', ')}.`);
        await keyboard.press(key);
        passed.push(await focused());
      }
    };
    await moveTo('Start call', 'Tab');
    await keyboard.press('Enter');
    await caller.readyMs();
    expect(await focused()).toBe('End call');
    await moveTo('say-text', 'Tab');
    await keyboard.type('hello');
    await keyboard.press('Enter');
    await caller.answer(1);
    expect(await focused()).toBe('say-text');
    await moveTo('End call', 'Shift+Tab');
    await keyboard.press('Enter');
    await caller.page.getByRole('button', { name: 'Start call' }).waitFor();
    expect(await focused()).toBe('Start call');
  });

  it('sends silence while muted', async () => {
    await caller.startCall();
    const mute = caller.page.getByRole('button', { name: 'Mute' });
    await mute.click();
    expect(await mute.getAttribute('aria-pressed')).toBe('true');
    await caller.speak(await speech.speak('what is the biggest animal'));
    await mute.click();
    expect(await mute.getAttribute('aria-pressed')).toBe('false');
    await caller.speak(await speech.speak('what is the capital of france'));
    await caller.answer(1);
    const said = await caller.said();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/capital/);
    expect(said[0]).not.toMatch(/animal/);
  });

  it('shows hostile text as text and runs nothing of it', async () => {
    const hostile = '<img src=x onerror="window.attacked = true"><script>window.attacked = true</script>';
    await caller.startCall();
    await caller.type(hostile);
    await caller.answer(1);
    expect(await caller.said()).toEqual([hostile]);
    const log = caller.page.getByRole('log', { name: 'Conversation' });
    expect(await log.locator('img, script').count()).toBe(0);
    expect(await caller.page.evaluate(() => 'attacked' in window)).toBe(false);
  });

  it('is delivered with a policy that allows only its own scripts', async () => {
    const response = await caller.page.goto(server.url);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('unsafe');
    await caller.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.attacked = true';
      document.head.append(script);
    });
    expect(await caller.page.evaluate(() => 'attacked' in window)).toBe(false);
  });

  it('says that every line is taken, and takes the call when one is free', async () => {
    await caller.startCall();
    const second = await Caller.open({ url: server.url });
    try {
      await second.callButton.click();
      await second.problem.getByText('Every line is taken.').waitFor();
      expect(await second.state()).toBe('idle');
      await caller.endCall();
      await lineFree();
      await second.startCall();
      expect(await second.problem.isVisible()).toBe(false);
    } finally {
      await second.close();
    }
  });
});

describe('a caller whose microphone is forbidden', { timeout: LIMIT_MS }, () => {
  it('is told so and can type instead', async () => {
    const caller = await Caller.open({ url: server.url, microphone: 'denied' });
    try {
      await caller.callButton.click();
      await caller.problem.getByText('The browser may not use the microphone.').waitFor();
      await caller.page.getByRole('button', { name: 'Start without a microphone' }).click();
      await caller.readyMs();
      await caller.type('What is the capital of Italy?');
      expect((await caller.answer(1)).text).toMatch(/rome/i);
      await caller.endCall();
    } finally {
      await caller.close();
      await lineFree();
    }
  });
});

describe('a caller whose server goes away', { timeout: LIMIT_MS }, () => {
  let caller: Caller;

  beforeEach(async () => {
    await lineFree();
    caller = await Caller.open({ url: server.url });
    await caller.startCall();
  });
  afterEach(async () => {
    await caller.close();
  });

  it('is told that it was shut down', async () => {
    await server.stop();
    await caller.problem.getByText('The server was shut down.').waitFor();
    expect(await caller.state()).toBe('idle');
    await caller.callButton.click();
    await caller.problem.getByText('The server cannot be reached.').waitFor();
    server = await ServerProcess.start({ PARLEY_CALLS_RECONNECT_MS: '1000' });
  });

  it('is told that the connection broke when it crashed', async () => {
    await server.crash();
    await caller.problem.getByText('The connection to the server broke.').waitFor();
    expect(await caller.state()).toBe('idle');
  });
});
