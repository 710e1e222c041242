import { describe, expect, it } from 'vitest';
import { heardText } from '../../client/page/heard-text.js';

const turn = { turnId: 1, speaker: 'agent', text: 'One. Two.', final: true } as const;

describe('heardText', () => {
  it('takes a turn that was not cut off for heard', () => {
    expect(heardText(turn)).toEqual({ heard: 'One. Two.', unheard: '' });
  });

  it('parts a turn where it was cut off', () => {
    expect(heardText({ ...turn, heardCharacters: 4 })).toEqual({ heard: 'One.', unheard: ' Two.' });
    expect(heardText({ ...turn, heardCharacters: 0 })).toEqual({ heard: '', unheard: 'One. Two.' });
  });

  it('bears a cut outside the text', () => {
    expect(heardText({ ...turn, heardCharacters: 99 }).unheard).toBe('');
    expect(heardText({ ...turn, heardCharacters: -1 }).heard).toBe('');
  });
});
