import { describe, expect, it } from 'vitest';

import { speakable } from '../../../server/session/speakable-text.js';

const cases: Record<string, readonly (readonly [written: string, spoken: string])[]> = {
  'plain words': [
    ['Hello, Marvin, nice to meet you.', 'Hello, Marvin, nice to meet you.'],
    ['Z, O, R, B, I, X.', 'Z, O, R, B, I, X.'],
    ['“Quoted” — she said… (really)', 'Quoted she said... really'],
    ["it's the dogs' choice", "it's the dogs' choice"],
    ['  two   spaces\nand a line ', 'two spaces and a line'],
    ['', ''],
  ],
  numbers: [
    ['3.14 is pi', 'three point one four is pi'],
    ['1,000 people', 'one thousand people'],
    ['Number 42!', 'Number forty-two!'],
    ['-5 or 007', 'minus five or zero zero seven'],
    ['7 + 8 = 15', 'seven plus eight equals fifteen'],
    ['3-5 days', 'three to five days'],
    ['a 20-year-old cat', 'a twenty year old cat'],
    ['1/2 cup, 3/4 mile, 2/3, 24/7', 'one half cup, three quarters mile, two thirds, twenty-four seven'],
    ['v1.2.3', 'one point two point three'],
    ['#5 and No. 6', 'number five and number six'],
    ['the 21st and 103rd', 'the twenty-first and one hundred third'],
    ['COVID-19 in 3D', 'COVID nineteen in three D'],
    [
      '12345678901234567890',
      'one two three four five six seven eight nine zero one two three four five six seven eight nine zero',
    ],
    ['12% of 0.5%', 'twelve percent of zero point five percent'],
  ],
  times: [
    ['It is 09:47 now.', 'It is nine forty-seven now.'],
    ['The train leaves at 14:05, ok?', 'The train leaves at two oh five P M, ok?'],
    ['At 9:00, 00:15 and 9:30 am.', "At nine o'clock, twelve fifteen ay M and nine thirty ay M."],
    ['at 5 p.m. please', 'at five P M please'],
    ['10:30-11:30', 'ten thirty to eleven thirty'],
    ["5 o'clock", "five o'clock"],
  ],
  dates: [
    ['March 3rd, 2025 was fine', 'March third, twenty twenty-five was fine'],
    ['on 14 Feb. 1999.', 'on February fourteenth, nineteen ninety-nine.'],
    ['2025-03-14', 'March fourteenth, twenty twenty-five'],
    ['3/14/2006', 'March fourteenth, two thousand six'],
    ['In 1999 and since 2010.', 'In nineteen ninety-nine and since twenty ten.'],
    ['in 1905 and the 1990s', 'in nineteen oh five and the nineteen nineties'],
    ['June 2024', 'June twenty twenty-four'],
  ],
  money: [
    ['That costs $29.50.', 'That costs twenty-nine dollars and fifty cents.'],
    ['$1, $0.99 and $1,200', 'one dollar, ninety-nine cents and one thousand two hundred dollars'],
    ['€3.5 million', 'three point five million euros'],
    ['£1.01 or US$5', 'one pound and one penny or five dollars'],
    ['20 €', 'twenty euros'],
  ],
  units: [
    ['5 km, 1 kg and 10GB', 'five kilometers, one kilogram and ten gigabytes'],
    ['-5°C or 60 mph', 'minus five degrees Celsius or sixty miles per hour'],
    ['90 min.', 'ninety minutes.'],
  ],
  abbreviations: [
    ['See Dr. Smith, e.g. today, etc.', 'See Doctor Smith, for example today, et cetera.'],
    ['St. Mary on Main St.', 'Saint Mary on Main Street.'],
    ['the USA, the FBI and NASA', 'the U S ay, the F B I and NASA'],
    ['AT&T and/or R & D', 'AT and T and or R and D'],
    ['U.S. law at 9 a.m.', 'U S law at nine ay M.'],
  ],
  addresses: [
    ['Mail jo.doe@example.com.', 'Mail jo dot doe at example dot com.'],
    ['See https://www.example.com/a/b?x=1.', 'See example dot com slash a slash b.'],
    ['Go to parley.dev, now', 'Go to parley dot dev, now'],
    ['Call 555-1234.', 'Call five five five, one two three four.'],
    ['+1 (555) 123-4567', 'plus one, five five five, one two three, four five six seven'],
  ],
  markup: [
    ['**Bold** and _it_ and `code`', 'Bold and it and code'],
    ['[the docs](https://x.com/a), then', 'the docs, then'],
    ['## Heading', 'Heading'],
    ['- item one', 'item one'],
    ['fine 😀👍🏽!', 'fine'],
    ['🎉', ''],
    ['***', ''],
  ],
};

describe('speakable', () => {
  for (const [kind, examples] of Object.entries(cases))
    it.each(examples)(`${kind}: %j`, (written, spoken) => {
      expect(speakable(written).spoken).toBe(spoken);
    });

  it('keeps what was written and what is said side by side, word for word', () => {
    for (const [written] of Object.values(cases).flat()) {
      const text = speakable(written);
      expect(text.parts.map((part) => part.written).join(' ')).toBe(text.written);
      expect(
        text.parts
          .map((part) => part.spoken)
          .filter((spoken) => spoken !== '')
          .join(' '),
      ).toBe(text.spoken);
      for (const { spoken } of text.parts) expect(spoken).toBe(spoken.trim().replace(/\s+/g, ' '));
    }
  });

  it('says nothing that a synthesizer could stumble over', () => {
    for (const [written] of Object.values(cases).flat())
      expect(speakable(written).spoken).not.toMatch(/[\d*_`#$€£%@<>[\]{}|\\]/);
  });

  it('takes any text, quickly', () => {
    const odd = [
      '\u0000',
      '((((((((',
      '1'.repeat(5000),
      'a.'.repeat(2000),
      '+1 '.repeat(2000),
      '\uD83D',
      '9:9:9:9',
      '[[[]((',
    ];
    for (const text of odd) {
      const start = performance.now();
      speakable(text);
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });
});
