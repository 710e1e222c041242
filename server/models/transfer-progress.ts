/** How far a download has come: one line that is drawn anew on a terminal, else a line now and then. */

const redrawMs = 200;
const logMs = 10_000;
/** The rate is that of the last seconds, ms. */
const rateWindowMs = 10_000;
const barWidth = 24;

export class TransferProgress {
  readonly #out = process.stderr;
  readonly #print: (line: string) => void;
  readonly #total: number;
  readonly #timer: NodeJS.Timeout;
  #done = 0;
  #loggedAt = performance.now();
  readonly #recent: { at: number; done: number }[] = [{ at: performance.now(), done: 0 }];

  /**
   * @param total bytes.
   * @param print prints a line that stays.
   */
  constructor(total: number, print: (line: string) => void) {
    this.#total = total;
    this.#print = print;
    this.#timer = setInterval(() => this.#show(), redrawMs);
    this.#timer.unref();
  }

  /** So many bytes more; negative for bytes that have to be fetched again. */
  add(bytes: number): void {
    this.#done += bytes;
  }

  /** Prints a line that stays. */
  print(line: string): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[2K');
    this.#print(line);
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#out.isTTY) this.#out.write('\r\x1b[2K');
  }

  #show(): void {
    const now = performance.now();
    this.#recent.push({ at: now, done: this.#done });
    while ((this.#recent[0]?.at ?? now) < now - rateWindowMs) this.#recent.shift();
    if (this.#out.isTTY) this.#out.write(`\r\x1b[2K${this.#line().slice(0, (this.#out.columns || 80) - 1)}`);
    else if (now - this.#loggedAt >= logMs) {
      this.#loggedAt = now;
      this.#print(this.#line());
    }
  }

  #line(): string {
    const part = this.#total === 0 ? 1 : Math.min(1, Math.max(0, this.#done / this.#total));
    const first = this.#recent[0];
    const last = this.#recent.at(-1);
    const span = first && last ? last.at - first.at : 0;
    const rate = first && last && span > 0 ? ((last.done - first.done) / span) * 1000 : 0;
    const bar = '#'.repeat(Math.round(part * barWidth)).padEnd(barWidth, '.');
    const left = rate > 0 ? `, ${duration((this.#total - this.#done) / rate)} left` : '';
    return `[${bar}] ${Math.floor(part * 100)} %, ${size(this.#done)} of ${size(this.#total)}, ${size(rate)}/s${left}`;
  }
}

/** Bytes for people: `1.1 GB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
