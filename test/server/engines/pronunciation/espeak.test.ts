import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { Espeak } from '../../../../server/engines/pronunciation/espeak.js';
import { ModelUnusableError } from '../../../../server/errors.js';

describe('espeak-ng, where it is installed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-espeak-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A program in its place that prints what it is given, in its manner. */
  const program = join(folder, 'espeak-ng');
  writeFileSync(
    program,
    '#!/bin/sh\n[ "$1 $2 $3 $4 $5" = "-q --ipa -v de --" ] || exit 1\nprintf \' (en)%s(de)\\n x\\n\' "$6"\n',
  );
  chmodSync(program, 0o755);

  it('spells the parts between the marks, and keeps the marks', async () => {
    const espeak = await Espeak.load('de', program);
    expect(await espeak.pronounce('Guten Tag, wie -- geht es? ')).toBe('Guten Tag x, wie -- geht es x?');
    expect(await espeak.pronounce('...')).toBe('.');
    expect(await espeak.pronounce('')).toBe('');
  });

  it('says how to get it where it is not, or has no such voice', async () => {
    for (const [voice, path] of [
      ['xx', program],
      ['de', join(folder, 'none')],
    ] as const) {
      const error: unknown = await Espeak.load(voice, path).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ModelUnusableError);
      expect(String(error)).toContain('apt-get install espeak-ng');
    }
  });
});
