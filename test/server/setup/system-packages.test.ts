import { describe, expect, it, vi } from 'vitest';

import { ensureSystemPackages, type SystemNeed } from '../../../server/setup/system-packages.js';

describe('ensureSystemPackages', () => {
  it('is content when everything is there', async () => {
    await ensureSystemPackages([need('a compiler', ['g++'], true)]);
  });

  it('names what is missing, what for, and the one command that brings all of it, where it may not install', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const needs = [
      need('building', ['g++', 'make']),
      need('the tests', ['chromium', 'make']),
      need('something that is there', ['there'], true),
    ];
    const message = await ensureSystemPackages(needs).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).toContain('building, the tests');
    expect(message).toContain('g++ make chromium');
    expect(message).not.toContain('there');
    expect(message.split('\n')).toHaveLength(1);
  });
});

function need(what: string, apt: string[], isMet = false): SystemNeed {
  return { what, isMet: () => isMet, packages: { apt } };
}
