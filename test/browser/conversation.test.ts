/** A whole call: Chromium with a WAV as its microphone; what it hears is recorded, recognised and compared. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { Speech, SPEECH_RATE_HZ, wordErrorRate } from '../helpers/speech.js';
import { join, silence, upsample, withoutPauses, writeWav } from '../helpers/wav.js';

/** Said one after the other, with time to answer in between. */
const SENTENCES = ['good morning my name is david', 'what is the capital of france'];
const PAUSE_S = 8;
/** PocketSphinx makes errors, and so does this test's own ear on a synthetic voice. */
const MOST_ERRORS_IN = 0.25;
const MOST_ERRORS_OUT = 0.4;

describe('a caller whose microphone is a WAV file', () => {
  const folder = mkdtempSync(path(tmpdir(), 'parley-browser-'));
  let server: ServerProcess | undefined;
  let speech: Speech;
  let caller: Caller;
  let readyMs: number;

  beforeAll(async () => {
    [server, speech] = await Promise.all([ServerProcess.start(), Speech.start()]);
    const sound = [silence(2, SPEECH_RATE_HZ)];
    for (const sentence of SENTENCES)
      sound.push(await speech.speak(sentence), silence(PAUSE_S, SPEECH_RATE_HZ));
    const file = path(folder, 'microphone.wav');
    writeWav(file, upsample(join(...sound)), 3 * SPEECH_RATE_HZ);
    caller = await Caller.open({ url: server.url, microphone: { file } });
    readyMs = await caller.startCall();
  }, 120_000);
  afterAll(async () => {
    await caller.close();
    await Promise.all([server?.stop(), speech.close()]);
  }, 60_000);

  it('can speak soon after the click, and the page says how soon', () => {
    console.log(`From the click to "you can speak now": ${readyMs} ms.`);
    expect(readyMs).toBeLessThan(2000);
  });

  it('finds its words in the conversation', async () => {
    await caller.answer(SENTENCES.length);
    const file = path(folder, 'conversation.png');
    await caller.page.screenshot({ path: file });
    const said = await caller.said();
    console.log(`Said: ${SENTENCES.join(' / ')}\nShown: ${said.join(' / ')}\nScreenshot: ${file}`);
    expect(said).toHaveLength(SENTENCES.length);
    expect(wordErrorRate(SENTENCES.join(' '), said.join(' '))).toBeLessThanOrEqual(MOST_ERRORS_IN);
  }, 90_000);

  it('hears the answers that the page shows', async () => {
    const answers = await caller.answers();
    const shown = answers.map(({ text, unheard }) => text.slice(0, text.length - unheard.length)).join(' ');
    const heard = await caller.heard();
    const file = path(folder, 'heard.wav');
    writeWav(file, heard, SPEECH_RATE_HZ);
    const understood = await speech.recognize(withoutPauses(heard, SPEECH_RATE_HZ));
    const errors = wordErrorRate(shown, understood);
    console.log(
      `Shown: ${shown}\nHeard: ${understood} (${Math.round(100 * errors)} % errors)\nRecording: ${file}\n` +
        `From the last word to the answer: ${answers.map(({ latencyMs }) => latencyMs).join(', ')} ms.`,
    );
    expect(shown).toMatch(/david/i);
    expect(shown).toMatch(/paris/i);
    expect(errors).toBeLessThanOrEqual(MOST_ERRORS_OUT);
  }, 90_000);

  it('has a page and a server without errors', async () => {
    await caller.endCall();
    expect(caller.errors).toEqual([]);
    expect(server?.errors).toEqual([]);
  });
});
