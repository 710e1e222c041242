/** Sounds that a listener makes to say "I am with you": they are no turn, and nobody stops speaking for them. */

const sounds = new Set(
  (
    'mhm mm hm hmm uh huh um ah oh aha yeah yep yes yup ok okay right sure wow nice cool great good really ' +
    "i see got it true exactly indeed of course that's all"
  ).split(' '),
);

/** Longest of them, words. */
const maxWords = 3;

/** Words with which people take the turn; a short sound is meant to stop the agent only if it is one of them. */
const takingTheTurn = new Set(
  'stop wait no hold sorry excuse hey hello enough pause quiet what who why where'.split(' '),
);

/**
 * Whether words over the agent's voice are nothing but a listener's sound. No words at all are: a cough has none. A
 * sound that is over soon mostly is, whatever the recogniser makes of it.
 * @param short whether the voice was as short as such sounds are.
 */
export function isBackchannel(words: string, short: boolean): boolean {
  const list = words
    .toLowerCase()
    .split(/[^a-z']+/)
    .filter((word) => word !== '');
  if (list.length <= maxWords && list.every((word) => sounds.has(word))) return true;
  return short && !list.some((word) => takingTheTurn.has(word));
}
