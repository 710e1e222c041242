/** Sounds that a listener makes to say "I am with you": they are no turn, and nobody stops speaking for them. */

const sounds = new Set(
  (
    'mhm mm hm hmm uh huh um ah oh aha yeah yep yes yup ok okay right sure wow nice cool great good really ' +
    "i see got it true exactly indeed of course that's all"
  ).split(' '),
);

/** Longest of them, words. */
const maxWords = 3;

/** Whether words are nothing but such sounds. No words at all are: a cough has none. */
export function isBackchannel(words: string): boolean {
  const list = words
    .toLowerCase()
    .split(/[^a-z']+/)
    .filter((word) => word !== '');
  return list.length <= maxWords && list.every((word) => sounds.has(word));
}
