/** Says in plain words what went wrong or why a call ended, and what to do about it. */
import { explain, type BrowserProblem, type ProblemCode } from '../call-errors.js';

/** Problems after which a call without a microphone still makes sense. */
const TYPING_HELPS: ReadonlySet<ProblemCode> = new Set<BrowserProblem>([
  'insecureContext',
  'microphoneMissing',
  'microphoneDenied',
  'microphoneBusy',
]);

export class ProblemView {
  readonly #box: HTMLElement;
  readonly #title: HTMLElement;
  readonly #advice: HTMLElement;
  readonly #typeInstead: HTMLElement;

  constructor(box: HTMLElement, title: HTMLElement, advice: HTMLElement, typeInstead: HTMLElement) {
    this.#box = box;
    this.#title = title;
    this.#advice = advice;
    this.#typeInstead = typeInstead;
  }

  show(code: ProblemCode, retryAfterSeconds?: number): void {
    const { title, advice, expected } = explain(code, retryAfterSeconds);
    this.#box.dataset.code = code;
    this.#box.dataset.kind = expected ? 'note' : 'problem';
    this.#title.textContent = title;
    this.#advice.textContent = advice;
    this.#typeInstead.hidden = !TYPING_HELPS.has(code);
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
    this.#title.textContent = '';
    this.#advice.textContent = '';
    delete this.#box.dataset.code;
  }
}
