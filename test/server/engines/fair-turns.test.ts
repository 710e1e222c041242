import { describe, expect, it } from 'vitest';

import { FairTurns, type FairTask } from '../../../server/engines/fair-turns.js';

/** A thread on which time passes only where work is done. */
class Bench {
  nowMs = 0;
  readonly #later: (() => void)[] = [];
  readonly turns = new FairTurns(
    () => this.nowMs,
    () => this.nowMs,
    (then) => this.#later.push(then),
  );
  /** Who worked, piece by piece. */
  readonly log: string[] = [];

  /** Does so many pieces of work for a task, each after a turn. */
  async work(name: string, task: FairTask, pieces: number, pieceMs: number): Promise<void> {
    for (let piece = 0; piece < pieces; piece++) {
      await this.turns.turn(task);
      this.log.push(name);
      this.nowMs += pieceMs;
    }
  }

  open(owner: string, deadlineMs: number): FairTask {
    const task = this.turns.open(owner);
    task.deadlineMs = deadlineMs;
    return task;
  }

  async run(all: Promise<void>[]): Promise<void> {
    let over = false;
    const done = Promise.all(all).then(() => (over = true));
    while (!over || this.#later.length > 0) {
      this.#later.shift()?.();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await done;
  }
}

describe('turns on one thread', () => {
  it('go to the earliest deadline, piece by piece', async () => {
    const bench = new Bench();
    const [late, early] = [bench.open('a', 100), bench.open('b', 50)];
    await bench.run([bench.work('late', late, 2, 5), bench.work('early', early, 3, 5)]);
    expect(bench.log).toEqual(['early', 'early', 'early', 'late', 'late']);
  });

  it('let short work pass a long one of a caller who has had the thread for long', async () => {
    const bench = new Bench();
    const long = bench.open('talkative', 0);
    const others = ['b', 'c'].map((owner) => bench.open(owner, 300));
    await bench.run([
      bench.work('long', long, 100, 10),
      ...others.map((task) => bench.work('short', task, 5, 10)),
    ]);
    const lastShort = bench.log.lastIndexOf('short');
    // By its deadline alone the long one would have had all hundred pieces first.
    expect(bench.log.slice(0, lastShort).filter((name) => name === 'long').length).toBeLessThan(50);
    expect(bench.log.filter((name) => name === 'long')).toHaveLength(100);
  });

  it('remember what a caller owes beyond the task, and forget it when it is paid', async () => {
    const bench = new Bench();
    const first = bench.open('talkative', 0);
    await bench.run([bench.work('first', first, 40, 10)]);
    bench.turns.close(first);
    const again = bench.open('talkative', bench.nowMs);
    const other = bench.open('other', bench.nowMs + 100);
    await bench.run([bench.work('again', again, 1, 10), bench.work('other', other, 1, 10)]);
    expect(bench.log.slice(-2)).toEqual(['other', 'again']);

    bench.nowMs += 10_000;
    const paid = bench.open('talkative', bench.nowMs);
    const next = bench.open('other', bench.nowMs + 100);
    await bench.run([bench.work('paid', paid, 1, 10), bench.work('next', next, 1, 10)]);
    expect(bench.log.slice(-2)).toEqual(['paid', 'next']);
  });
});
