/** What was said in one call, as both sides know it: of the agent's words only those that the caller heard. */
import type { ChatMessage, ToolCall } from '../engines/engine-types.js';

export class Conversation {
  readonly #messages: ChatMessage[] = [];
  readonly #turns = { caller: 0, agent: 0 };
  /** Whether words heard now go on with the caller's last turn. */
  #callerTurnOpen = false;

  /** @param systemPrompt instructions for the agent; empty for none. */
  constructor(systemPrompt: string) {
    if (systemPrompt !== '') this.#messages.push({ role: 'system', text: systemPrompt });
  }

  /** A copy for the language model, oldest first. Turns of the caller with no answer between them are one message. */
  get messages(): readonly ChatMessage[] {
    const merged: ChatMessage[] = [];
    for (const message of this.#messages) {
      const last = merged.at(-1);
      if (message.role === 'user' && last?.role === 'user') last.text = `${last.text} ${message.text}`;
      else merged.push({ ...message });
    }
    return merged;
  }

  /** Whether the caller said something last and has had no answer. */
  get unanswered(): boolean {
    return this.#messages.at(-1)?.role === 'user';
  }

  /** Number of the caller's turn that words heard now belong to. */
  get callerTurnId(): number {
    return this.#callerTurnOpen ? this.#turns.caller : this.#turns.caller + 1;
  }

  /** What the caller has said so far in the turn that words heard now belong to; empty for a new one. */
  get callerText(): string {
    const last = this.#messages.at(-1);
    return this.#callerTurnOpen && last?.role === 'user' ? last.text : '';
  }

  /**
   * The caller's turn as it would be with these words added, and what was said before it. An empty turn: there is
   * nothing to answer.
   */
  withCallerWords(words: string): { history: readonly ChatMessage[]; turn: string } {
    const history = [...this.messages];
    const standing = this.unanswered ? history.pop()?.text : undefined;
    return { history, turn: [standing ?? '', words].filter((part) => part !== '').join(' ') };
  }

  /** Adds words of the caller: to the turn that is open, or as a new one. */
  addCallerWords(words: string): void {
    const last = this.#messages.at(-1);
    if (this.#callerTurnOpen && last?.role === 'user') {
      last.text = `${last.text} ${words}`;
      return;
    }
    this.#turns.caller++;
    this.#callerTurnOpen = true;
    this.#messages.push({ role: 'user', text: words });
  }

  /** Numbers an answer that is about to be made. */
  nextAgentTurn(): number {
    return ++this.#turns.agent;
  }

  /** The answer can be heard: what the caller says from now on is a new turn. */
  answerBegan(): void {
    this.#callerTurnOpen = false;
  }

  /** Adds what the caller heard of an answer, with the calls made in it. Nothing heard and nothing done: nothing added. */
  addAgentWords(heard: string, calls: ToolCall[]): void {
    if (heard === '' && calls.length === 0) return;
    this.#callerTurnOpen = false;
    this.#messages.push({ role: 'assistant', text: heard, ...(calls.length > 0 ? { calls } : {}) });
  }
}
