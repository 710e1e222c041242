/** English sounds in the phonetic alphabets that voices were trained on. */
import type { Sound } from './pronouncer.js';

/** How sounds are written: plain, or differently where stress is not on them. */
export interface PhoneticAlphabet {
  sounds: Readonly<Record<string, string | { stressed: string; unstressed: string }>>;
}

const COMMON = {
  ae: 'æ',
  ax: 'ə',
  b: 'b',
  d: 'd',
  dh: 'ð',
  eh: 'ɛ',
  f: 'f',
  g: 'ɡ',
  hh: 'h',
  ih: 'ɪ',
  k: 'k',
  l: 'l',
  m: 'm',
  n: 'n',
  ng: 'ŋ',
  p: 'p',
  r: 'ɹ',
  s: 's',
  sh: 'ʃ',
  t: 't',
  th: 'θ',
  uh: 'ʊ',
  v: 'v',
  w: 'w',
  y: 'j',
  z: 'z',
  zh: 'ʒ',
};

/** American English as eSpeak writes it, for Piper's voices. */
export const espeakAlphabet: PhoneticAlphabet = {
  sounds: {
    ...COMMON,
    aa: 'ɑː',
    ah: { stressed: 'ʌ', unstressed: 'ə' },
    ao: 'ɔː',
    aw: 'aʊ',
    ay: 'aɪ',
    ch: 'tʃ',
    er: { stressed: 'ɜː', unstressed: 'ɚ' },
    ey: 'eɪ',
    iy: { stressed: 'iː', unstressed: 'i' },
    jh: 'dʒ',
    ow: 'oʊ',
    oy: 'ɔɪ',
    uw: 'uː',
  },
};

/** American English as Kokoro was trained on it: https://github.com/hexgrad/misaki/blob/main/EN_PHONES.md */
export const kokoroAlphabet: PhoneticAlphabet = {
  sounds: {
    ...COMMON,
    aa: 'ɑ',
    ah: { stressed: 'ʌ', unstressed: 'ə' },
    ao: 'ɔ',
    aw: 'W',
    ay: 'I',
    ch: 'ʧ',
    er: { stressed: 'ɜɹ', unstressed: 'əɹ' },
    ey: 'A',
    iy: 'i',
    jh: 'ʤ',
    ow: 'O',
    oy: 'Y',
    uw: 'u',
  },
};

/** Little words, which are spoken without stress; the dictionary gives them one. */
const UNSTRESSED = new Set(
  (
    'a an and are as at be but by can could do for from had has have he her him his if in is it its me my of on or our ' +
    'shall she should so some than that the their them then there they this to us was we were will with would you your'
  ).split(' '),
);

const STRESS_MARKS = ['', 'ˈ', 'ˌ'];

/** One word; the mark of stress stands right before the vowel. */
export function spell(sounds: readonly Sound[], plain: string, alphabet: PhoneticAlphabet): string {
  const vowels = sounds.filter(({ stress }) => stress !== undefined).length;
  // A little word keeps its vowel, and only loses the stress.
  const isLittle = vowels === 1 && UNSTRESSED.has(plain.toLowerCase().replace(/[^a-z]/g, ''));
  return sounds
    .map(({ name, stress = 0 }, place) => {
      // As in "here": both alphabets write it with the short vowel.
      const isBeforeR = name === 'iy' && sounds[place + 1]?.name === 'r';
      const written = alphabet.sounds[isBeforeR ? 'ih' : name] ?? '';
      const text = typeof written === 'string' ? written : written[stress > 0 ? 'stressed' : 'unstressed'];
      return isLittle ? text : (STRESS_MARKS[stress] ?? '') + text;
    })
    .join('');
}
