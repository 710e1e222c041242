import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCodes, isAbort, ServerFullError } from '../../server/errors.js';
import { projectRoot } from '../../server/project-root.js';

describe('errors', () => {
  it('are explained in the README, each code once and none that does not exist', () => {
    const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
    const table = /### Errors\n([\s\S]*?)\n#/.exec(readme)?.[1] ?? '';
    const explained = [...table.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1]);
    expect(explained.sort()).toEqual([...errorCodes].sort());
  });

  it('carry name, code and what else the caller needs', () => {
    const error = new ServerFullError('All 8 places are taken.');
    expect(error).toMatchObject({ name: 'ServerFullError', code: 'serverFull', retryAfterSeconds: 30 });
  });

  it('are told apart from aborts', () => {
    expect(isAbort(AbortSignal.abort().reason)).toBe(true);
    expect(isAbort(new Error('aborted'))).toBe(false);
  });
});
