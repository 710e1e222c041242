/**
 * Lets pieces of work of several callers take turns on one thread: earliest deadline first, and whoever has taken more
 * than a fair share in the last moments is put off by what is owed (after the constant-bandwidth server). So one caller's
 * long work hardly delays another's short work.
 */

/** Work that an owner may do at once without owing anything, ms. */
const BURST_MS = 150;
/** Share of a thread that an owner may have for good. */
const SHARE = 0.3;
/** Nobody is put off by more, ms: somebody waits for this caller's work as well. */
const LONGEST_DELAY_MS = 400;

/** What one owner has taken. */
interface Account {
  /** Work that may be done now; below 0 it is owed. */
  creditMs: number;
  atMs: number;
  /** Tasks that are not over. */
  tasks: number;
}

/** One owner's task; made by {@link FairTurns.open}. */
export class FairTask {
  /** When its result is needed, ms on the clock that the turns were made with. Infinity: nothing is to be done. */
  deadlineMs = Infinity;
  readonly account: Account;
  grant: (() => void) | undefined;

  constructor(account: Account) {
    this.account = account;
  }
}

export class FairTurns {
  readonly #now: () => number;
  readonly #worked: () => number;
  readonly #later: (then: () => void) => void;
  readonly #accounts = new Map<string, Account>();
  readonly #waiting = new Set<FairTask>();
  #pumping = false;
  #taken: { task: FairTask; worked: number } | undefined;

  /**
   * @param worked processor time of the thread, ms: waiting for the processor is nobody's fault.
   * @param later calls back when the thread has seen to everything else, messages above all.
   */
  constructor(
    now: () => number,
    worked: () => number,
    later: (then: () => void) => void = (then) => setImmediate(then),
  ) {
    this.#now = now;
    this.#worked = worked;
    this.#later = later;
  }

  open(owner: string): FairTask {
    let account = this.#accounts.get(owner);
    if (account === undefined) {
      account = { creditMs: BURST_MS, atMs: this.#now(), tasks: 0 };
      this.#accounts.set(owner, account);
    }
    account.tasks++;
    return new FairTask(account);
  }

  /** The task is over. What its owner owes is remembered until it is paid. */
  close(task: FairTask): void {
    task.account.tasks--;
    for (const [owner, account] of this.#accounts) {
      this.#refill(account);
      if (account.tasks === 0 && account.creditMs >= BURST_MS) this.#accounts.delete(owner);
    }
  }

  /** Resolves when the task may do its next piece; the piece lasts until the task waits for anything. */
  turn(task: FairTask): Promise<void> {
    return new Promise((resolve) => {
      task.grant = resolve;
      this.#waiting.add(task);
      if (this.#pumping) return;
      this.#pumping = true;
      this.#later(() => this.#pump());
    });
  }

  #pump(): void {
    this.#charge();
    let next: FairTask | undefined;
    let earliest = Infinity;
    for (const task of this.#waiting) {
      const due = this.#due(task);
      if (next === undefined || due < earliest) [next, earliest] = [task, due];
    }
    if (next === undefined) {
      this.#pumping = false;
      return;
    }
    this.#waiting.delete(next);
    this.#taken = { task: next, worked: this.#worked() };
    next.grant?.();
    this.#later(() => this.#pump());
  }

  /** The deadline, put off by the time in which a debt is paid. */
  #due({ deadlineMs, account }: FairTask): number {
    this.#refill(account);
    return deadlineMs + Math.min(LONGEST_DELAY_MS, Math.max(0, -account.creditMs) / SHARE);
  }

  #charge(): void {
    if (this.#taken === undefined) return;
    const { task, worked } = this.#taken;
    this.#taken = undefined;
    this.#refill(task.account);
    task.account.creditMs -= this.#worked() - worked;
  }

  #refill(account: Account): void {
    const now = this.#now();
    account.creditMs = Math.min(BURST_MS, account.creditMs + (now - account.atMs) * SHARE);
    account.atMs = now;
  }
}
