/** The steps of getting ready, each with the time it was done at, and the total at the end. */
import type { ProblemCode } from '../call-errors.js';
import type { Stage } from '../call-events.js';
import { formatMs, make } from './elements.js';

const STAGES: readonly [Stage, string][] = [
  ['microphone', 'Microphone'],
  ['server', 'Server'],
  ['connecting', 'Connecting'],
  ['ready', 'Ready'],
];

export class StagesView {
  readonly #total: HTMLElement;
  readonly #items = new Map<Stage, { item: HTMLElement; time: HTMLElement }>();

  constructor(list: HTMLElement, total: HTMLElement) {
    this.#total = total;
    for (const [stage, name] of STAGES) {
      const item = make('li');
      item.dataset.stage = stage;
      const time = make('span', 'stage-time');
      item.append(make('span', 'stage-name', name), time);
      this.#items.set(stage, { item, time });
      list.append(item);
    }
  }

  begin(): void {
    for (const { item, time } of this.#items.values()) {
      item.dataset.done = 'waiting';
      time.textContent = '';
    }
    this.#total.textContent = '';
    delete this.#total.dataset.readyMs;
  }

  show(stage: Stage, done: boolean, elapsedMs: number): void {
    const shown = this.#items.get(stage);
    if (!shown) return;
    shown.item.dataset.done = done ? 'done' : 'doing';
    shown.time.textContent = done ? formatMs(elapsedMs) : '';
  }

  ready(elapsedMs: number): void {
    this.#total.textContent = `ready in ${Math.round(elapsedMs)} ms`;
    this.#total.dataset.readyMs = String(Math.round(elapsedMs));
  }

  /** The call is over: marks the steps that it failed in. */
  stop(reason: ProblemCode): void {
    const microphoneFailed = reason.startsWith('microphone');
    for (const [stage, { item }] of this.#items) {
      if (item.dataset.done !== 'doing') continue;
      const failed = reason !== 'callerLeft' && (stage === 'microphone') === microphoneFailed;
      item.dataset.done = failed ? 'failed' : 'waiting';
    }
  }
}
