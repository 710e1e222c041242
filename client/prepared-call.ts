/** What can be done before anybody asks for a call, so that it starts at once when they do. */
import { warmUpMedia } from './media-path.js';
import { microphoneAllowed } from './microphone.js';
import { Signalling, type CallToken } from './signalling.js';

/** Serves one call; the next one wants its own, for a call ends with its connection. */
export class PreparedCall {
  readonly url: string | undefined;
  readonly #token: CallToken | undefined;
  /** Whether the microphone will open without asking. */
  readonly microphoneAllowed: Promise<boolean>;
  #signalling: Signalling | undefined;

  constructor(url?: string, token?: CallToken) {
    this.url = url;
    this.#token = token;
    this.#signalling = this.newSignalling();
    this.microphoneAllowed = microphoneAllowed();
    warmUpMedia().catch((error: unknown) => console.debug('Warming up failed.', error));
  }

  /** The connection that was made ahead, for one call; a new one when that is taken or gone. */
  takeSignalling(): Signalling {
    const ahead = this.#signalling;
    this.#signalling = undefined;
    return ahead?.usable ? ahead : this.newSignalling();
  }

  /** A connection of its own. */
  newSignalling(): Signalling {
    return new Signalling(this.url, this.#token);
  }

  /** For a preparation that no call came to use. */
  close(): void {
    this.#signalling?.close();
    this.#signalling = undefined;
  }
}

/**
 * Connects to the server and wakes the browser's WebRTC, so that a later call starts at once.
 * @param url origin of the server; default the page's own.
 * @param token where the server wants one of its callers.
 */
export function prepareCall(url?: string, token?: CallToken): PreparedCall {
  return new PreparedCall(url, token);
}
