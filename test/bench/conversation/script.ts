/** What a scripted caller does in one call, as data. */

/** What is measured of a piece of a call. */
export type TurnKind =
  /** A finished sentence: to be answered soon. */
  | 'complete'
  /** A sentence with a pause in it: to be answered after its end only. */
  | 'paused'
  /** A sentence that breaks off: to be waited for. */
  | 'unfinished'
  /** Speech over the agent's voice that is meant to stop it. */
  | 'interruption'
  /** A listener's sound over the agent's voice. */
  | 'backchannel'
  /** A cough, a knock or a rustle over the agent's voice. */
  | 'noise'
  /** Nothing but the agent's own voice coming back through the loudspeaker. */
  | 'echo'
  /** A recording of a person, played as it is; a complete turn. */
  | 'person';

/** Something for the microphone. */
export type Piece =
  { say: string } | { pauseMs: number } | { noise: 'cough' | 'knock' | 'rustle' } | { recording: Int16Array };

export interface ScriptedTurn {
  kind: TurnKind;
  pieces: readonly Piece[];
  /** How long the agent has been speaking when the caller begins, or has gone on since the turn before, ms. */
  afterMs?: number;
}

/** The way a microphone hears the room. */
export interface Room {
  /** Loudness of the background, of 32,768. */
  noise: number;
  /** The agent's voice coming back. */
  echo?: { gain: number; delayMs: number };
}

export interface ScriptedCall {
  /** Voice of the caller. */
  voice: 'rms' | 'awb';
  room: Room;
  turns: readonly ScriptedTurn[];
}

/** Whether a turn is spoken while the agent speaks. */
export function isOverAgent({ kind }: ScriptedTurn): boolean {
  return kind === 'interruption' || kind === 'backchannel' || kind === 'noise' || kind === 'echo';
}

/** The words of a turn, for the report. */
export function wordsOfTurn({ pieces }: ScriptedTurn): string {
  return pieces
    .map((piece) => {
      if ('say' in piece) return piece.say;
      if ('pauseMs' in piece) return `<${piece.pauseMs} ms>`;
      return 'noise' in piece ? `<${piece.noise}>` : '<recording>';
    })
    .join(' ');
}
