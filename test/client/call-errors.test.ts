import { describe, expect, it } from 'vitest';
import { CallError, explain, microphoneProblem, plainWords } from '../../client/call-errors.js';
import { errorCodes } from '../../server/errors.js';

describe('plain words', () => {
  it('has some for every error that the server knows', () => {
    for (const code of errorCodes) expect(plainWords[code], code).toBeDefined();
  });

  it('says what happened in a sentence, and what to do unless all is well', () => {
    for (const [code, { title, advice, expected }] of Object.entries(plainWords)) {
      expect(title, code).toMatch(/^[A-Z].*\.$/);
      if (!expected) expect(advice, code).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('tells how long to wait when the server said so', () => {
    expect(explain('serverFull', 29.2).advice).toBe('Try again in 30 seconds.');
    expect(explain('serverFull', 0.4).advice).toBe('Try again in 1 second.');
    expect(explain('serverFull').advice).toBe(plainWords.serverFull.advice);
  });
});

describe('microphoneProblem', () => {
  it.each([
    ['NotFoundError', 'microphoneMissing'],
    ['OverconstrainedError', 'microphoneMissing'],
    ['NotAllowedError', 'microphoneDenied'],
    ['NotReadableError', 'microphoneBusy'],
    ['SomethingNewError', 'microphoneBusy'],
  ])('takes %s for %s', (name, code) => {
    expect(microphoneProblem(new DOMException('no', name)).code).toBe(code);
  });
});

describe('CallError', () => {
  it('carries what the server said', () => {
    const error = CallError.fromServer({ code: 'serverFull', message: 'Full.', retryAfterSeconds: 7 });
    expect(error).toMatchObject({ code: 'serverFull', message: 'Full.', retryAfterSeconds: 7 });
  });

  it('keeps its code when it is caught again, and the cause when it wraps', () => {
    const error = new CallError('serverGone', 'Gone.');
    expect(CallError.from(error, 'internal')).toBe(error);
    const cause = new Error('odd');
    expect(CallError.from(cause, 'internal')).toMatchObject({ code: 'internal', message: 'odd', cause });
  });
});
