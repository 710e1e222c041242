/** The conversation: one entry per turn, growing while its words come in. */
import type { TurnLatency, TurnUpdate } from '../../server/protocol.js';
import { make } from './elements.js';
import { heardText } from './heard-text.js';
import { latencyDetails } from './latency-view.js';

const SPEAKER_NAMES = { caller: 'You', agent: 'Parley' } as const;

/** Near enough to the end that the reader wants to follow it. */
const FOLLOW_PX = 80;

interface Entry {
  root: HTMLElement;
  words: HTMLElement;
}

export class ConversationView {
  readonly #log: HTMLElement;
  readonly #entries = new Map<string, Entry>();
  /** Latencies that came before the first words of their turn. */
  readonly #early = new Map<number, TurnLatency>();

  #atEnd = true;

  constructor(log: HTMLElement) {
    this.#log = log;
    log.addEventListener('scroll', () => {
      this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < FOLLOW_PX;
    });
    // The last words stay in view when something else on the page takes room from the conversation.
    new ResizeObserver(() => {
      if (this.#atEnd) this.#log.scrollTop = this.#log.scrollHeight;
    }).observe(log);
  }

  clear(): void {
    this.#entries.clear();
    this.#early.clear();
    this.#log.replaceChildren();
  }

  show(turn: TurnUpdate): void {
    const key = `${turn.speaker} ${turn.turnId}`;
    // What turned out to be no words at all leaves no trace.
    if (turn.text.trim() === '') {
      if (turn.final) this.#remove(key);
      return;
    }
    this.#following(() => {
      const entry = this.#entries.get(key) ?? this.#add(key, turn);
      entry.root.dataset.final = String(turn.final);
      entry.root.setAttribute('aria-busy', String(!turn.final));
      const { heard, unheard } = heardText(turn);
      entry.words.textContent = heard;
      entry.root.toggleAttribute('data-interrupted', unheard !== '');
      if (unheard) {
        const rest = make('s', 'unheard', unheard);
        rest.title = 'Not heard: you spoke first';
        entry.words.append(rest);
      }
    });
  }

  showLatency(latency: TurnLatency): void {
    const entry = this.#entries.get(`agent ${latency.turnId}`);
    if (!entry) {
      this.#early.set(latency.turnId, latency);
      return;
    }
    this.#following(() => {
      const previous = entry.root.querySelector('details');
      const details = latencyDetails(latency);
      details.open = previous?.open ?? false;
      if (previous) previous.replaceWith(details);
      else entry.root.append(details);
    });
  }

  /** After the call no entry grows any more. */
  settle(): void {
    for (const { root } of this.#entries.values()) {
      root.dataset.final = 'true';
      root.removeAttribute('aria-busy');
    }
  }

  #add(key: string, { speaker, turnId }: TurnUpdate): Entry {
    const root = make('article', 'turn');
    root.dataset.speaker = speaker;
    root.dataset.turnId = String(turnId);
    const words = make('p', 'words');
    root.append(make('h3', 'who', SPEAKER_NAMES[speaker]), words);
    const entry = { root, words };
    this.#entries.set(key, entry);
    this.#log.append(root);
    const early = speaker === 'agent' ? this.#early.get(turnId) : undefined;
    if (early) {
      this.#early.delete(turnId);
      this.showLatency(early);
    }
    return entry;
  }

  #remove(key: string): void {
    this.#entries.get(key)?.root.remove();
    this.#entries.delete(key);
  }

  /** Changes the log and stays at its end, unless the reader has scrolled up. */
  #following(change: () => void): void {
    change();
    if (this.#atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }
}
