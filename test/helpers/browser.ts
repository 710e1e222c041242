/** A caller: one Chromium with one page, its microphone and ears in the test's hands, driven as a person would. */
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';

import { chromiumPath } from '../../server/setup/chromium.js';
import {
  installEars,
  installMicrophone,
  type HeardLevel,
  type PageProbe,
  type PlayedClip,
} from './page-probe.js';
import { until } from './until.js';
import { bytesOf, downsample, samplesOf } from './wav.js';

export interface CallerOptions {
  /** The server's page. */
  url: string;
  /**
   * What the browser takes for a microphone: a WAV file that begins when the microphone is opened; the clips given to
   * {@link Caller.speak}; or a real one that the person has forbidden. Default `clips`.
   */
  microphone?: 'clips' | 'denied' | { file: string };
  context?: BrowserContextOptions;
  /** More arguments for the browser. */
  arguments?: string[];
  /** Runs in the page before all of its own. */
  before?: () => void;
}

/** An entry of the page's conversation. */
export interface ShownTurn {
  turnId: number;
  speaker: string;
  final: boolean;
  /** All of it, what was not heard included. */
  text: string;
  /** Struck out because the caller spoke first; empty when nothing was. */
  unheard: string;
  /** From the caller's last voiced sample to the first audible one, as the page tells it, ms. */
  latencyMs?: number;
}

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/** How long the page may take to react, and a call to get ready, on a machine that does much else, ms. */
const ACTION_LIMIT_MS = 15_000;

/** How long an answer may take on such a machine, ms. */
const ANSWER_LIMIT_MS = 30_000;

const ASK_EVERY_MS = 50;

/** Louder is voice: the agent's silence is digital, and comfort noise stays below. */
const VOICE_LEVEL = 200;

export class Caller {
  readonly page: Page;
  /** Errors of the page: uncaught ones and what the console calls an error. */
  readonly errors: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  /** Opens the page in a browser of its own. */
  static async open(options: CallerOptions): Promise<Caller> {
    const { url, microphone = 'clips', context = {} } = options;
    const executablePath = chromiumPath();
    if (executablePath === undefined) throw new Error('There is no Chromium: run "npm test" once.');
    const browser = await chromium.launch({
      executablePath,
      args: [
        ...ARGUMENTS,
        ...(options.arguments ?? []),
        ...(microphone === 'denied' ? [] : ['--use-fake-ui-for-media-stream']),
        ...(typeof microphone === 'object'
          ? [`--use-file-for-fake-audio-capture=${microphone.file}%noloop`]
          : []),
      ],
    });
    try {
      const opened = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...context });
      opened.setDefaultTimeout(ACTION_LIMIT_MS);
      if (microphone !== 'denied')
        await opened.grantPermissions(['microphone'], { origin: new URL(url).origin });
      // Compilers that keep the names of functions call this helper of theirs in functions that run in the page.
      await opened.addInitScript('globalThis.__name ??= (named) => named;');
      await opened.addInitScript(installEars);
      if (microphone === 'clips') await opened.addInitScript(installMicrophone);
      if (options.before) await opened.addInitScript(options.before);
      const page = await opened.newPage();
      const caller = new Caller(browser, page);
      await page.goto(url);
      return caller;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  get callButton(): Locator {
    return this.page.getByRole('button', { name: /^(Start|End) call$/ });
  }

  get textField(): Locator {
    return this.page.getByRole('textbox', { name: 'Type instead of speaking' });
  }

  /** What the page says is wrong, or why the call ended. */
  get problem(): Locator {
    return this.page.getByRole('alert');
  }

  /** Clicks "Start call" and waits until the page says that one can speak. @returns the time it says, ms. */
  async startCall(): Promise<number> {
    await this.page.getByRole('button', { name: 'Start call' }).click();
    return this.readyMs();
  }

  /** Waits for the page's "ready in N ms". */
  async readyMs(): Promise<number> {
    const shown = this.page.getByText(/^ready in \d+ ms$/);
    await shown.waitFor();
    return Number(/\d+/.exec(await shown.innerText())?.[0]);
  }

  async endCall(): Promise<void> {
    await this.page.getByRole('button', { name: 'End call' }).click();
    await this.page.getByRole('button', { name: 'Start call' }).waitFor();
  }

  /** Says a clip at 16 kHz into the microphone; resolves at its end with when that was, on the page's clock. */
  speak(clip: Int16Array): Promise<PlayedClip> {
    return this.page.evaluate((base64) => window.parleyProbe.play(base64), bytesOf(clip).toString('base64'));
  }

  /** Types a line and sends it. */
  async type(text: string): Promise<void> {
    await this.textField.fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** The conversation as it is shown now. */
  turns(): Promise<ShownTurn[]> {
    return this.page.getByRole('log', { name: 'Conversation' }).evaluate((log) =>
      [...log.querySelectorAll<HTMLElement>('[data-turn-id]')].map((entry) => {
        const latency = entry.querySelector<HTMLElement>('[data-latency]')?.dataset['latency'];
        return {
          turnId: Number(entry.dataset['turnId']),
          speaker: entry.dataset['speaker'] ?? '',
          final: entry.dataset['final'] === 'true',
          text: entry.querySelector('.words')?.textContent ?? '',
          unheard: entry.querySelector('.unheard')?.textContent ?? '',
          ...(latency === undefined ? {} : { latencyMs: Number(latency) }),
        };
      }),
    );
  }

  /** What the caller has said so far as the page shows it, without what is still being heard. */
  async said(): Promise<string[]> {
    const turns = await this.turns();
    return turns.filter(({ speaker, final }) => speaker === 'caller' && final).map(({ text }) => text);
  }

  /** The agent's turns that are over. */
  async answers(): Promise<ShownTurn[]> {
    return (await this.turns()).filter(({ speaker, final }) => speaker === 'agent' && final);
  }

  /** Waits until the agent has given this many answers in the call and listens again. @returns the last one. */
  answer(count: number): Promise<ShownTurn> {
    return this.#until(`answer ${count}`, ANSWER_LIMIT_MS, async () => {
      const answers = await this.answers();
      if (answers.length < count || (await this.state()) !== 'listening') return undefined;
      return answers.at(-1);
    });
  }

  /** `idle`, `starting`, `listening`, `thinking` or `speaking`. */
  async state(): Promise<string | null> {
    return this.page.locator('#agent-state').getAttribute('data-state');
  }

  /** Everything heard so far, 16 kHz. */
  async heard(): Promise<Int16Array> {
    const base64 = await this.page.evaluate(() => window.parleyProbe.heard());
    return downsample(samplesOf(Buffer.from(base64, 'base64')));
  }

  /** How loud it was, every 10 ms since the agent's voice was connected. */
  async levels(): Promise<HeardLevel[]> {
    return this.page.evaluate(() => window.parleyProbe.levels);
  }

  /** Waits for the agent's voice after a moment of the page's clock. @returns when it began. */
  voiceAfter(atMs: number, limitMs = ANSWER_LIMIT_MS): Promise<number> {
    return this.#until('the voice', limitMs, async () => {
      return (await this.#levelsSince(atMs)).find(({ level }) => level > VOICE_LEVEL)?.atMs;
    });
  }

  /** Waits until the agent has been silent for `lengthMs`. @returns when the silence began. */
  silenceAfter(atMs: number, lengthMs: number, limitMs = ANSWER_LIMIT_MS): Promise<number> {
    return this.#until(`${lengthMs} ms of silence`, limitMs, async () => {
      const levels = await this.#levelsSince(atMs);
      const lastVoice = levels.findLast(({ level }) => level > VOICE_LEVEL)?.atMs ?? atMs;
      const last = levels.at(-1)?.atMs ?? atMs;
      return last - lastVoice >= lengthMs ? lastVoice : undefined;
    });
  }

  /** Says what the page shows when it does not come. */
  async #until<T>(what: string, limitMs: number, read: () => Promise<T | undefined>): Promise<T> {
    try {
      return await until(
        what,
        async () => {
          const value = await read();
          // Asking costs the page time that its sound needs.
          if (value === undefined) await sleep(ASK_EVERY_MS);
          return value;
        },
        limitMs,
      );
    } catch (error) {
      const shown = (await this.turns()).map(
        ({ speaker, text, final }) => `${speaker}: ${text}${final ? '' : ' …'}`,
      );
      throw new Error(`${what} did not come; ${await this.state()}, and shown is:\n${shown.join('\n')}`, {
        cause: error,
      });
    }
  }

  #levelsSince(atMs: number): Promise<HeardLevel[]> {
    return this.page.evaluate(
      (since) => window.parleyProbe.levels.filter((level) => level.atMs > since),
      atMs,
    );
  }

  /** Now, on the page's clock. */
  now(): Promise<number> {
    return this.page.evaluate(() => performance.now());
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

declare global {
  interface Window {
    parleyProbe: PageProbe;
  }
}
