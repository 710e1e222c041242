/** Numbers, dates, times and amounts as an American would say them. */
import { toCardinal, toOrdinal } from 'n2words/en-US';

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** Digits that nobody reads as one number: codes, telephone numbers. */
const longestNumber = 15;

/** "-1,234.50" as words; digits one by one when it begins with a zero or is too long for a number. */
export function sayNumber(written: string): string {
  const minus = /^[-−–]/.test(written) ? 'minus ' : '';
  const plain = written.replace(/[-−–+,]/g, '');
  const [whole = '', fraction] = plain.split('.');
  const says = /^0\d/.test(whole) || whole.length > longestNumber ? sayDigits(whole) : cardinal(whole || '0');
  return minus + says + (fraction === undefined || fraction === '' ? '' : ` point ${sayDigits(fraction)}`);
}

/** "207" → "two zero seven". */
export function sayDigits(digits: string): string {
  return [...digits]
    .filter((digit) => /\d/.test(digit))
    .map((digit) => cardinal(digit))
    .join(' ');
}

/** "USA" → "U S ay": a synthesizer takes a single "A" for the article. */
export function sayLetters(letters: string): string {
  return [...letters].map((letter) => (letter === 'A' ? 'ay' : letter)).join(' ');
}

/** "21" → "twenty-first". */
export function sayOrdinal(number: string): string {
  const plain = number.replace(/,/g, '');
  return plain.length > longestNumber || Number(plain) === 0 ? sayDigits(plain) : toOrdinal(plain);
}

/** "1999" → "nineteen ninety-nine". */
export function sayYear(year: string): string {
  const number = Number(year);
  const century = Math.floor(number / 100);
  const rest = number % 100;
  if (year.length !== 4 || (number >= 2000 && number < 2010)) return cardinal(year);
  if (rest === 0) return century % 10 === 0 ? cardinal(year) : `${cardinal(century)} hundred`;
  return `${cardinal(century)} ${rest < 10 ? `oh ${cardinal(rest)}` : cardinal(rest)}`;
}

/** "1990" → "nineteen nineties". */
export function sayDecade(year: string): string {
  const number = Number(year);
  if (number % 100 === 0) return `${sayYear(year)}s`;
  return `${cardinal(Math.floor(number / 100))} ${cardinal(number % 100).replace(/y$/, 'ie')}s`;
}

/** "09:47" → "nine forty-seven"; hours after noon are said with "P M", those after midnight with "ay M". */
export function sayTime(hour: string, minute: string, half: string | undefined): string {
  const hours = Number(hour);
  const minutes = Number(minute);
  const named = half?.toLowerCase() ?? (hours > 12 ? 'p' : hours === 0 ? 'a' : '');
  const suffix = named === '' ? '' : ` ${sayLetters(`${named.toUpperCase()}M`)}`;
  const said = cardinal(hours % 12 === 0 ? 12 : hours % 12);
  if (minutes === 0) return said + (suffix === '' ? " o'clock" : suffix);
  return `${said} ${minutes < 10 ? `oh ${cardinal(minutes)}` : cardinal(minutes)}${suffix}`;
}

/** A day of the calendar, the year being optional. */
export function sayDate(month: number, day: string, year?: string): string {
  const name = months[month - 1] ?? '';
  return `${name} ${sayOrdinal(String(Number(day)))}${year === undefined ? '' : `, ${sayYear(year)}`}`;
}

const currencies: Record<string, { one: string; many: string; cent?: string; cents?: string }> = {
  $: { one: 'dollar', many: 'dollars', cent: 'cent', cents: 'cents' },
  '€': { one: 'euro', many: 'euros', cent: 'cent', cents: 'cents' },
  '£': { one: 'pound', many: 'pounds', cent: 'penny', cents: 'pence' },
  '¥': { one: 'yen', many: 'yen' },
};

const magnitudes: Record<string, string> = { k: 'thousand', m: 'million', bn: 'billion', b: 'billion' };

/** "$", "29.50" → "twenty-nine dollars and fifty cents"; "$", "3.5", "m" → "three point five million dollars". */
export function sayMoney(symbol: string, amount: string, magnitude?: string): string {
  const currency = currencies[symbol];
  if (currency === undefined) return sayNumber(amount);
  if (magnitude !== undefined && magnitude !== '')
    return `${sayNumber(amount)} ${magnitudes[magnitude.toLowerCase()] ?? magnitude} ${currency.many}`;
  const [whole = '0', fraction = ''] = amount.replace(/,/g, '').split('.');
  const says = `${sayNumber(whole)} ${Number(whole) === 1 ? currency.one : currency.many}`;
  if (fraction === '' || /^0+$/.test(fraction)) return says;
  if (fraction.length > 2 || currency.cent === undefined || currency.cents === undefined)
    return `${sayNumber(amount)} ${currency.many}`;
  const cents = Number(fraction.padEnd(2, '0'));
  const saysCents = `${cardinal(cents)} ${cents === 1 ? currency.cent : currency.cents}`;
  return Number(whole) === 0 ? saysCents : `${says} and ${saysCents}`;
}

/** "3", "4" → "three quarters". */
export function sayFraction(top: string, bottom: string): string {
  const one = Number(top) === 1;
  if (Number(bottom) === 2) return `${sayNumber(top)} ${one ? 'half' : 'halves'}`;
  if (Number(bottom) === 4) return `${sayNumber(top)} ${one ? 'quarter' : 'quarters'}`;
  if (Number(bottom) > 2 && Number(bottom) <= 10 && Number(top) < Number(bottom))
    return `${sayNumber(top)} ${sayOrdinal(bottom)}${one ? '' : 's'}`;
  return `${sayNumber(top)} over ${sayNumber(bottom)}`;
}

function cardinal(number: number | string): string {
  return toCardinal(number);
}
