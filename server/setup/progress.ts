/** One line on stderr that says what the set-up is doing and for how long; stdout stays the server's log. */

/** How often a growing task prints a line where lines cannot be overwritten (a log, CI). */
const LOG_INTERVAL_MS = 10_000;
const REDRAW_INTERVAL_MS = 200;

/** The progress of one task. Make it, `update()` it as often as you like, and end it with `done()`. */
export class Progress {
  readonly #task: string;
  readonly #startMs = performance.now();
  readonly #terminal = process.stderr.isTTY;
  readonly #timer: NodeJS.Timeout;
  #detail = '';
  #loggedMs = this.#startMs;

  constructor(task: string) {
    this.#task = task;
    if (this.#terminal) this.#draw();
    else print(task);
    this.#timer = setInterval(() => {
      this.#draw();
    }, REDRAW_INTERVAL_MS);
  }

  /** Sets what is shown behind the name of the task, for example "120 of 211 files". */
  update(detail: string): void {
    this.#detail = detail;
  }

  /** Ends the task with the line that stays on the screen. Calling it again does nothing. */
  done(outcome: string): void {
    if (this.#timer.hasRef()) {
      clearInterval(this.#timer);
      this.#timer.unref();
      const clear = this.#terminal ? '\r\x1b[2K' : '';
      process.stderr.write(`${clear}set-up: ${this.#task}: ${outcome} (${this.#elapsed()})\n`);
    }
  }

  #draw(): void {
    const detail = this.#detail && `: ${this.#detail}`;
    const line = `${this.#task}${detail}, ${this.#elapsed()}`;
    if (this.#terminal) {
      const width = process.stderr.columns || 80;
      process.stderr.write(`\r\x1b[2K${`set-up: ${line}`.slice(0, width - 1)}`);
    } else if (performance.now() - this.#loggedMs >= LOG_INTERVAL_MS) {
      this.#loggedMs = performance.now();
      print(line);
    }
  }

  #elapsed(): string {
    const seconds = (performance.now() - this.#startMs) / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  }
}

/** Prints one line of the set-up. */
export function print(line: string): void {
  process.stderr.write(`set-up: ${line}\n`);
}
