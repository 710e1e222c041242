/** Plays the agent's voice, and copes with browsers that hold sound back until the person touches the page. */

const TOUCHES = ['pointerdown', 'keydown'] as const;

export class VoicePlayback {
  readonly #element: HTMLAudioElement;
  readonly #onBlocked: () => void;
  readonly #untouched = new AbortController();

  constructor(element: HTMLAudioElement, onBlocked: () => void) {
    this.#element = element;
    this.#onBlocked = onBlocked;
    element.autoplay = true;
  }

  play(track: MediaStreamTrack): void {
    this.#element.srcObject = new MediaStream([track]);
    this.#element.play().catch((error: unknown) => this.#refused(error));
  }

  close(): void {
    this.#untouched.abort();
    this.#element.srcObject = null;
  }

  #refused(error: unknown): void {
    if (this.#untouched.signal.aborted) return;
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') {
      console.debug('Playing stopped.', error);
      return;
    }
    this.#onBlocked();
    const again = () =>
      void this.#element.play().catch((refusal: unknown) => console.debug('Still held back.', refusal));
    for (const touch of TOUCHES) {
      document.addEventListener(touch, again, { once: true, signal: this.#untouched.signal });
    }
  }
}
