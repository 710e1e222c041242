/** The keys that tokens are signed with: read from a file, and read again when it changes, so that keys can rotate. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../errors.js';
import type { Logger } from '../log.js';
import { watchFiles } from '../watched-files.js';

/** HS256 wants at least as many bits as its hash has (RFC 7518, 3.2); 32 printable characters are about that. */
const minSecretCharacters = 32;

export interface SigningKey {
  /** Stands in the token's header, so that its key is found (`kid`). */
  name: string;
  secret: Uint8Array;
}

export class SigningKeys {
  #keys: readonly SigningKey[];
  readonly #stopWatching: () => void;

  /**
   * Reads the file: one key a line, a name and a secret with a space between them; `#` begins a comment. The first key
   * signs, all of them verify: to rotate, put a new one on top and take the old one out when its tokens have expired.
   * @param log told when the file changes; the keys stay as they are while it cannot be read.
   * @throws ConfigurationError naming the file and the line.
   */
  static open(path: string, log: Logger): SigningKeys {
    return new SigningKeys(path, log);
  }

  private constructor(path: string, log: Logger) {
    this.#keys = readKeys(path);
    this.#stopWatching = watchFiles([path], () => {
      try {
        this.#keys = readKeys(path);
        log.info({ keys: this.#keys.map(({ name }) => name) }, 'signing keys read again');
      } catch (error) {
        log.error({ err: error }, 'signing keys could not be read again; the old ones stay');
      }
    });
  }

  /** The key that signs. */
  get current(): SigningKey {
    const [first] = this.#keys;
    if (first === undefined) throw new Error('A key file without keys was accepted.');
    return first;
  }

  byName(name: string | undefined): SigningKey | undefined {
    return this.#keys.find((key) => key.name === name);
  }

  /** Whether a text is the secret of one of the keys; takes the same time whatever the answer is. */
  isSecret(text: string): boolean {
    const given = digest(text);
    return this.#keys.map(({ secret }) => timingSafeEqual(digest(secret), given)).includes(true);
  }

  close(): void {
    this.#stopWatching();
  }
}

/** A line for the file: a key that nobody has. */
export function newKeyLine(name: string): string {
  return `${name} ${randomBytes(32).toString('base64url')}`;
}

function readKeys(path: string): SigningKey[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`access.keysFile: ${path} cannot be read: ${why}`, { cause: error });
  }
  const keys: SigningKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) continue;
    const wrong = (why: string) =>
      new ConfigurationError(`access.keysFile: ${path}, line ${index + 1}: ${why}.`);
    const [name = '', secret = '', ...more] = content.split(/\s+/);
    if (secret === '' || more.length > 0) throw wrong('a name and a secret are wanted, with a space between');
    if (secret.length < minSecretCharacters)
      throw wrong(`the secret is shorter than ${minSecretCharacters} characters`);
    if (keys.some((key) => key.name === name)) throw wrong(`there is a key ${name} already`);
    keys.push({ name, secret: new TextEncoder().encode(secret) });
  }
  if (keys.length === 0) {
    throw new ConfigurationError(
      `access.keysFile: ${path} holds no key. "npm run --silent token -- new-key" prints a line for it.`,
    );
  }
  return keys;
}

function digest(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}
