import { expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import { iceServersFor } from '../../../server/media/turn-credentials.js';

it('makes the credentials that coturn expects', () => {
  const settings = {
    turnUrls: ['turn:turn.example.org:3478?transport=tcp'],
    turnSecret: 'north',
    turnCredentialSeconds: 600,
  };
  // The value is openssl's: printf 1700000600:call | openssl dgst -sha1 -hmac north -binary | base64
  expect(iceServersFor(settings, 'call', 1_700_000_000_000)).toEqual([
    { urls: settings.turnUrls, username: '1700000600:call', credential: '7jqLN9vfFIjElAj53Pl779B8+nk=' },
  ]);
  expect(iceServersFor({ ...settings, turnUrls: [] }, 'call')).toEqual([]);
});

it('wants a secret with the servers', () => {
  expect(() => loadConfig({ PARLEY_ICE_TURN_URLS: 'turn:turn.example.org' })).toThrow(/ice\.turnSecret/);
  expect(() => loadConfig({ PARLEY_ICE_TURN_URLS: 'http://x', PARLEY_ICE_TURN_SECRET: 's' })).toThrow(
    /ice\.turnUrls/,
  );
});
