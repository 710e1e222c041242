/**
 * What turn-taking was told, as a line of text: enough to have the same decisions again from {@link TurnTaking} alone.
 *
 * One character for each window of 32 ms: `#` voice, `.` silence; while the agent speaks `V` and `S`. Between them what
 * was said of the words: `<150>` the pause ends the turn after so many ms, `!` they mean to stop the agent, `~` they are
 * a listener's.
 */

/** Characters that are kept: more than the longest turn takes. */
const most = 4000;

export class TurnRecord {
  #text = '';

  hear(voiced: boolean, agentSpeaking: boolean): void {
    this.#add(agentSpeaking ? (voiced ? 'V' : 'S') : voiced ? '#' : '.');
  }

  endAfter(silenceMs: number): void {
    this.#add(`<${Math.round(silenceMs)}>`);
  }

  confirmInterruption(): void {
    this.#add('!');
  }

  takeForListener(): void {
    this.#add('~');
  }

  /** The record since the last time. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length > 2 * most) this.#text = this.#text.slice(-most);
  }
}
