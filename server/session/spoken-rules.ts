/** What is written differently from how it is said, one rule per kind of writing, tried in this order. */
import {
  months,
  sayDate,
  sayDecade,
  sayDigits,
  sayFraction,
  sayLetters,
  sayMoney,
  sayNumber,
  sayOrdinal,
  sayTime,
  sayYear,
} from './spoken-numbers.js';

export interface SpokenRule {
  /** What it is about, for whoever reads a failing test. */
  name: string;
  /** Matches from the beginning of a word to the end of one, without the punctuation around it. */
  pattern: RegExp;
  /**
   * How it is said; empty when it is not.
   * @param groups the pattern's groups.
   * @param before the word before, in lower case.
   */
  say: (groups: readonly (string | undefined)[], before: string) => string;
}

const number = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;
const monthNames = months.map((name) => `${name}|${name.slice(0, 3)}\\.?`).join('|');
const topLevelDomains = 'com|org|net|io|dev|edu|gov|info|app|ai|eu|uk|de|fr|ca|au|us|co|me|tv';

/** Letters said one by one although they could be read as a word. */
const spelled =
  'AI API ATM CEO CIA CPU DIY DNA DVD EU FAQ FBI GPS GPU HTML HTTP ID IP IT LED MP NBA NFL OK PC PDF PIN PM RAM RSVP SUV TV UK UN URL USA USB US VIP VPN WWW'.split(
    ' ',
  );

const units: Record<string, readonly [one: string, many: string]> = {
  km: ['kilometer', 'kilometers'],
  m: ['meter', 'meters'],
  cm: ['centimeter', 'centimeters'],
  mm: ['millimeter', 'millimeters'],
  mi: ['mile', 'miles'],
  ft: ['foot', 'feet'],
  kg: ['kilogram', 'kilograms'],
  g: ['gram', 'grams'],
  mg: ['milligram', 'milligrams'],
  lb: ['pound', 'pounds'],
  lbs: ['pound', 'pounds'],
  oz: ['ounce', 'ounces'],
  l: ['liter', 'liters'],
  ml: ['milliliter', 'milliliters'],
  'km/h': ['kilometer per hour', 'kilometers per hour'],
  kmh: ['kilometer per hour', 'kilometers per hour'],
  mph: ['mile per hour', 'miles per hour'],
  'm/s': ['meter per second', 'meters per second'],
  hz: ['hertz', 'hertz'],
  khz: ['kilohertz', 'kilohertz'],
  mhz: ['megahertz', 'megahertz'],
  ghz: ['gigahertz', 'gigahertz'],
  kb: ['kilobyte', 'kilobytes'],
  mb: ['megabyte', 'megabytes'],
  gb: ['gigabyte', 'gigabytes'],
  tb: ['terabyte', 'terabytes'],
  ms: ['millisecond', 'milliseconds'],
  s: ['second', 'seconds'],
  sec: ['second', 'seconds'],
  min: ['minute', 'minutes'],
  mins: ['minute', 'minutes'],
  h: ['hour', 'hours'],
  hr: ['hour', 'hours'],
  hrs: ['hour', 'hours'],
  w: ['watt', 'watts'],
  kw: ['kilowatt', 'kilowatts'],
  kwh: ['kilowatt hour', 'kilowatt hours'],
  v: ['volt', 'volts'],
  '°c': ['degree Celsius', 'degrees Celsius'],
  '°f': ['degree Fahrenheit', 'degrees Fahrenheit'],
  '°': ['degree', 'degrees'],
};
const unitNames = Object.keys(units)
  .sort((one, other) => other.length - one.length)
  .join('|');

const abbreviations: Record<string, string> = {
  'dr.': 'Doctor',
  'mr.': 'Mister',
  'mrs.': 'Missus',
  'ms.': 'Miz',
  'prof.': 'Professor',
  'vs.': 'versus',
  vs: 'versus',
  'e.g.': 'for example',
  'i.e.': 'that is',
  'etc.': 'et cetera',
  'approx.': 'approximately',
  'jr.': 'Junior',
  'sr.': 'Senior',
  'st.': 'Street',
  'inc.': 'Incorporated',
  'ltd.': 'Limited',
  'corp.': 'Corporation',
  'dept.': 'Department',
  'a.m.': sayLetters('AM'),
  'p.m.': sayLetters('PM'),
  'u.s.': sayLetters('US'),
  'u.k.': sayLetters('UK'),
  'w/o': 'without',
  'w/': 'with',
};

const symbols: Record<string, string> = {
  '&': 'and',
  '+': 'plus',
  '=': 'equals',
  '×': 'times',
  '÷': 'divided by',
  '%': 'percent',
  '@': 'at',
  '<': 'less than',
  '>': 'greater than',
  '→': 'to',
};

export const spokenRules: readonly SpokenRule[] = [
  {
    name: 'e-mail address',
    pattern: /(?:mailto:)?([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)/,
    say: ([, local = '', domain = '']) => `${sayAddress(local)} at ${sayAddress(domain)}`,
  },
  {
    name: 'URL',
    pattern: new RegExp(
      String.raw`(?:https?:\/\/(?:www\.)?|www\.)([\w.-]+\w)(?::\d+)?(\/[^\s?#)]*)?(?:[?#][^\s)]*[^\s).,!?;:])?|((?:[a-z\d-]+\.)+(?:${topLevelDomains}))(\/[\w./-]*)?`,
      'i',
    ),
    say: ([, host, path, bareHost, barePath]) =>
      sayAddress(`${host ?? bareHost ?? ''}${(path ?? barePath ?? '').replace(/\/$/, '')}`),
  },
  {
    name: 'ISO date',
    pattern: /(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])/,
    say: ([, year = '', month, day = '']) => sayDate(Number(month), day, year),
  },
  {
    name: 'American date',
    pattern: /(0?[1-9]|1[0-2])\/(0?[1-9]|[12]\d|3[01])\/(\d{4})/,
    say: ([, month, day = '', year = '']) => sayDate(Number(month), day, year),
  },
  {
    name: 'month and day',
    pattern: new RegExp(
      String.raw`(${monthNames})\s+(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?`,
      'i',
    ),
    say: ([, month = '', day = '', year]) => sayDate(monthNumber(month), day, year),
  },
  {
    name: 'day and month',
    pattern: new RegExp(
      String.raw`(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\s+(${monthNames})(?:,?\s+(\d{4}))?`,
      'i',
    ),
    say: ([, day = '', month = '', year]) => sayDate(monthNumber(month), day, year),
  },
  {
    name: 'month and year',
    pattern: new RegExp(String.raw`(${monthNames})\s+(\d{4})`, 'i'),
    say: ([, month = '', year = '']) => `${months[monthNumber(month) - 1] ?? month} ${sayYear(year)}`,
  },
  {
    name: 'times from to',
    pattern: /(\d{1,2}):([0-5]\d)\s?[-–—]\s?(\d{1,2}):([0-5]\d)(?:\s?([ap])\.?m\b\.?)?/i,
    say: ([, hour1 = '', minute1 = '', hour2 = '', minute2 = '', half]) =>
      `${sayTime(hour1, minute1, undefined)} to ${sayTime(hour2, minute2, half)}`,
  },
  {
    name: 'time of day',
    pattern: /([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?:\s?([ap])\.?m\b\.?)?/i,
    say: ([, hour = '', minute = '', half]) => sayTime(hour, minute, half),
  },
  {
    name: 'full hour',
    pattern: /(1[0-2]|0?[1-9])\s?([ap])\.?m\b\.?/i,
    say: ([, hour = '', half]) => sayTime(hour, '0', half),
  },
  {
    name: 'money',
    pattern: new RegExp(
      String.raw`([-−]?)(?:US|CA|AU)?([$€£¥])\s?(${number})(?:\s?(thousand|million|billion|trillion|k|m|bn|b))?`,
      'i',
    ),
    say: ([, minus, symbol = '', amount = '', magnitude]) =>
      (minus === '' ? '' : 'minus ') + sayMoney(symbol, amount, magnitude),
  },
  {
    name: 'money, symbol last',
    pattern: new RegExp(String.raw`(${number})\s?([€£¥])`),
    say: ([, amount = '', symbol = '']) => sayMoney(symbol, amount),
  },
  {
    name: 'percentage',
    pattern: new RegExp(String.raw`([-−+]?)(${number})\s?%`),
    say: ([, sign, amount = '']) => `${saySign(sign)}${sayNumber(amount)} percent`,
  },
  {
    name: 'decade',
    pattern: /(1[1-9]\d0|20\d0)s/,
    say: ([, year = '']) => sayDecade(year),
  },
  {
    name: 'quantity',
    pattern: new RegExp(
      String.raw`([-−]?)(${number})\s?(${unitNames})\b\.?|([-−]?)(${number})\s?(°[CF]?)`,
      'i',
    ),
    say: ([, sign1, amount1, unit1, sign2, amount2, unit2]) => {
      const amount = amount1 ?? amount2 ?? '';
      const [one, many] = units[(unit1 ?? unit2 ?? '').toLowerCase()] ?? ['', ''];
      return `${saySign(sign1 ?? sign2)}${sayNumber(amount)} ${amount === '1' ? one : many}`;
    },
  },
  {
    name: 'ordinal',
    pattern: /(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)/i,
    say: ([, ordinal = '']) => sayOrdinal(ordinal),
  },
  {
    name: 'telephone number',
    pattern: /(?:\+\d{1,3}[\s.-]?)?(?:\(?\d{3}\)?[\s.-])?\d{3}[\s.-]\d{4}|\+\d[\d\s-]{6,}\d/,
    say: ([all = '']) => sayPhone(all),
  },
  {
    name: 'range',
    pattern: new RegExp(String.raw`(${number})\s?[-–—]\s?(${number})`),
    say: ([, from = '', to = ''], before) => {
      const say = /^\d{4}$/.test(from) && /^\d{4}$/.test(to) && isYear(from, before) ? sayYear : sayNumber;
      return `${say(from)} to ${say(to)}`;
    },
  },
  {
    name: 'fraction',
    pattern: /(\d+)\/(\d+)/,
    say: ([, top = '', bottom = '']) =>
      top === '24' && bottom === '7' ? 'twenty-four seven' : sayFraction(top, bottom),
  },
  {
    name: 'version',
    pattern: /v?(\d+(?:\.\d+){2,})/i,
    say: ([, version = '']) => version.split('.').map(sayNumber).join(' point '),
  },
  {
    name: 'number with a sign',
    pattern: new RegExp(String.raw`([#~≈+−-]|No\.\s)(${number})`, 'i'),
    say: ([, sign = '', amount = '']) => saySign(sign) + sayNumber(amount),
  },
  {
    name: 'year',
    pattern: /(1[1-9]\d\d|20\d\d)/,
    say: ([, year = ''], before) => (isYear(year, before) ? sayYear(year) : sayNumber(year)),
  },
  {
    name: 'number',
    pattern: new RegExp(`(${number})`),
    say: ([, amount = '']) => sayNumber(amount),
  },
  {
    name: 'number as part of a word',
    pattern: new RegExp(String.raw`(${number})-(\p{L}[\p{L}-]*)`, 'u'),
    say: ([, amount = '', word = '']) => `${sayNumber(amount)} ${word.replaceAll('-', ' ')}`,
  },
  {
    name: 'saint',
    pattern: /St\.\s(?=\p{Lu})(\p{L}+)/u,
    say: ([, name = '']) => `Saint ${name}`,
  },
  {
    name: 'abbreviation',
    pattern: new RegExp(
      Object.keys(abbreviations)
        .sort((one, other) => other.length - one.length)
        .map((text) => text.replace(/[.]/g, '\\.'))
        .join('|'),
      'i',
    ),
    say: ([all = '']) => abbreviations[all.toLowerCase()] ?? all,
  },
  {
    name: 'acronym',
    pattern: new RegExp(String.raw`(${spelled.join('|')}|[B-DF-HJ-NP-TV-XZ]{2,6})('?s)?`),
    say: ([, letters = '', ending]) =>
      letters === 'OK' ? 'okay' : sayLetters(letters) + (ending === undefined ? '' : "'s"),
  },
  {
    name: 'symbol',
    pattern: /[&+=×÷%@<>→]/,
    say: ([all = '']) => symbols[all] ?? '',
  },
];

function sayAddress(address: string): string {
  return address
    .replace(/\d+/g, (digits) => ` ${digits.length > 4 ? sayDigits(digits) : sayNumber(digits)} `)
    .replaceAll('.', ' dot ')
    .replaceAll('/', ' slash ')
    .replaceAll('-', ' dash ')
    .replaceAll('_', ' underscore ')
    .replaceAll('+', ' plus ')
    .replaceAll('=', ' equals ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Groups are said with a pause between them. */
function sayPhone(written: string): string {
  const groups = written.split(/[^\d+]+/).filter((group) => group !== '');
  return groups.map((group) => (group.startsWith('+') ? 'plus ' : '') + sayDigits(group)).join(', ');
}

function saySign(sign: string | undefined): string {
  if (sign === undefined || sign === '') return '';
  if (sign === '+') return 'plus ';
  if (sign === '~' || sign === '≈') return 'about ';
  return sign === '-' || sign === '−' ? 'minus ' : 'number ';
}

/** Whether a number of four digits is more likely a year than an amount. */
function isYear(year: string, before: string): boolean {
  const namesYear =
    /^(in|since|by|until|till|from|before|after|during|year|around|early|late|mid|of|to|and|spring|summer|fall|autumn|winter|between)$/;
  return namesYear.test(before) || (Number(year) >= 1900 && /^\($/.test(before));
}

function monthNumber(name: string): number {
  const start = name.slice(0, 3).toLowerCase();
  return months.findIndex((month) => month.toLowerCase().startsWith(start)) + 1;
}
