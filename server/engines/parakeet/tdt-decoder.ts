/**
 * Greedy decoding of a token-and-duration transducer: at every frame the model chooses a token or none, and how many
 * frames to go on (Xu et al. 2023, arXiv:2304.06795).
 */

/** What the model says at a frame. */
export interface TdtChoice<State> {
  token: number;
  /** Frames to go on. */
  duration: number;
  /** Its state if the token is taken. */
  state: State;
}

/** More tokens than this at one frame are a fault of the model. */
const MOST_AT_A_FRAME = 10;

/**
 * @param frames of the encoder.
 * @param blank the token that is none; also what comes before the first.
 * @param choose runs the model at a frame, after a token, in a state.
 */
export async function decodeTdt<State>(
  frames: number,
  blank: number,
  start: State,
  choose: (frame: number, last: number, state: State) => Promise<TdtChoice<State>>,
): Promise<number[]> {
  const tokens: number[] = [];
  let state = start;
  let atFrame = 0;
  for (let frame = 0; frame < frames;) {
    const choice = await choose(frame, tokens.at(-1) ?? blank, state);
    if (choice.token !== blank) {
      // Silence is not remembered.
      state = choice.state;
      tokens.push(choice.token);
      atFrame++;
    }
    const isStuck = choice.token === blank || atFrame === MOST_AT_A_FRAME;
    const step = choice.duration === 0 && isStuck ? 1 : choice.duration;
    if (step > 0) atFrame = 0;
    frame += step;
  }
  return tokens;
}
