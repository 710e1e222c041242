/** Everything that can keep a call from starting or end it, and what to tell the person about it. */
import type { ErrorCode } from '../server/errors.js';
import type { EndReason, ProtocolError } from '../server/protocol.js';

/** What only the browser's side can find out. */
export type BrowserProblem =
  | 'insecureContext'
  | 'browserUnsupported'
  | 'microphoneMissing'
  | 'microphoneDenied'
  | 'microphoneBusy'
  | 'microphoneLost'
  | 'playbackBlocked'
  | 'serverUnreachable'
  | 'serverSilent'
  | 'serverGone'
  | 'serverDrainsSoon';

export type ProblemCode = ErrorCode | EndReason | BrowserProblem;

export interface PlainWords {
  /** What happened; one short sentence. */
  title: string;
  /** What to do about it. Empty when there is nothing to do. */
  advice: string;
  /** The call went as it should: no need to alarm anybody. */
  expected?: true;
}

/** Why a call could not start, or what failed while it went on. */
export class CallError extends Error {
  readonly code: ProblemCode;
  /** When it makes sense to try again, seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    message: string,
    options: ErrorOptions & { retryAfterSeconds?: number } = {},
  ) {
    super(message, options);
    this.name = 'CallError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  static fromServer({ code, message, retryAfterSeconds }: ProtocolError): CallError {
    return new CallError(code, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  }

  /** Whatever was thrown, as a CallError. */
  static from(error: unknown, code: ProblemCode): CallError {
    if (error instanceof CallError) return error;
    return new CallError(code, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const TRY_AGAIN = 'Start the call again.';

export const plainWords: Readonly<Record<ProblemCode, PlainWords>> = {
  // The browser's side.
  insecureContext: {
    title: 'This address does not allow the microphone.',
    advice:
      'Browsers share it over https:// or on localhost only. Open the page at such an address, or type instead.',
  },
  browserUnsupported: {
    title: 'This browser cannot hold a voice call.',
    advice: 'Use a current Chrome, Edge, Firefox or Safari.',
  },
  microphoneMissing: {
    title: 'No microphone was found.',
    advice: 'Plug one in and start again, or take part by typing.',
  },
  microphoneDenied: {
    title: 'The browser may not use the microphone.',
    advice: 'Allow it in the site settings, beside the address, and start again. Typing works without it.',
  },
  microphoneBusy: {
    title: 'The microphone could not be opened.',
    advice: 'Another program may be using it. Close that one, or choose another microphone.',
  },
  microphoneLost: {
    title: 'The microphone is gone.',
    advice: 'Plug it in again or choose another one. The call goes on, and typing works.',
  },
  playbackBlocked: {
    title: 'The browser holds the sound back.',
    advice: 'Click anywhere on the page to hear the answer.',
  },
  serverUnreachable: {
    title: 'The server cannot be reached.',
    advice: 'Check the network, and whether the server is running.',
  },
  serverSilent: {
    title: 'The server does not answer.',
    advice: 'It may be overloaded. Try again in a moment.',
  },
  serverDrainsSoon: {
    title: 'The server is about to shut down.',
    advice: 'Please finish: it ends the call soon.',
    expected: true,
  },
  serverGone: {
    title: 'The connection to the server broke.',
    advice: TRY_AGAIN,
  },

  // What the server answers.
  badConfiguration: {
    title: 'The server is not set up right.',
    advice: 'Its log says which setting is wrong.',
  },
  badRequest: {
    title: 'The server did not understand this page.',
    advice: 'Reload the page: it may be older than the server.',
  },
  unauthorized: {
    title: 'This server wants a token.',
    advice: 'Yours is missing, expired or not for this server. Ask whoever runs it for a new link.',
  },
  forbidden: {
    title: 'That is not allowed here.',
    advice: 'Your token allows less than was asked for. Ask whoever runs the server.',
  },
  notFound: {
    title: 'The server does not know this call any more.',
    advice: TRY_AGAIN,
  },
  wrongState: {
    title: 'That is not possible at this moment.',
    advice: 'Try again in a moment.',
  },
  serverFull: {
    title: 'Every line is taken.',
    advice: 'Try again when another call has ended.',
  },
  serverDraining: {
    title: 'The server is shutting down.',
    advice: 'It takes no new calls. Try again in a few minutes.',
  },
  tooManyRequests: {
    title: 'That was too fast.',
    advice: 'Wait a moment, then try again.',
  },
  mediaFailed: {
    title: 'The sound path broke.',
    advice: TRY_AGAIN,
  },
  engineFailed: {
    title: 'A part of the server failed.',
    advice: TRY_AGAIN,
  },
  modelUnusable: {
    title: 'A model of the server cannot be used.',
    advice: 'Its log says which one.',
  },
  timeLimit: {
    title: 'The call reached its time limit.',
    advice: 'Start another one to go on.',
    expected: true,
  },
  internal: {
    title: 'Something went wrong on the server.',
    advice: 'Try again. Its log has the details.',
  },

  // How calls end.
  callerLeft: { title: 'Call ended.', advice: '', expected: true },
  agentEnded: { title: 'Parley ended the call.', advice: '', expected: true },
  connectTimeout: {
    title: 'No sound could be exchanged with the server.',
    advice: 'A firewall may block its media port, UDP and TCP.',
  },
  connectionLost: {
    title: 'The connection to the server was lost.',
    advice: 'Check the network and start the call again.',
  },
  mediaLost: {
    title: 'The sound path to the server was lost.',
    advice: 'Check the network and start the call again.',
  },
  silence: {
    title: 'The call ended because nobody spoke.',
    advice: 'Start another one whenever you like.',
    expected: true,
  },
  serverShutdown: {
    title: 'The server was shut down.',
    advice: 'Try again in a few minutes.',
  },
};

/** What to tell the person, the time to wait included where the server gave one. */
export function explain(code: ProblemCode, retryAfterSeconds?: number): PlainWords {
  const words = plainWords[code];
  if (retryAfterSeconds === undefined) return words;
  const wait = Math.max(1, Math.ceil(retryAfterSeconds));
  return { ...words, advice: `Try again in ${wait} ${wait === 1 ? 'second' : 'seconds'}.` };
}

/**
 * What a failed `getUserMedia` means.
 * https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 */
export function microphoneProblem(error: unknown): CallError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const message = error instanceof Error ? error.message : String(error);
  return new CallError(microphoneProblems[name] ?? 'microphoneBusy', message, { cause: error });
}

const microphoneProblems: Readonly<Record<string, BrowserProblem>> = {
  NotFoundError: 'microphoneMissing',
  OverconstrainedError: 'microphoneMissing',
  NotAllowedError: 'microphoneDenied',
  SecurityError: 'microphoneDenied',
  NotReadableError: 'microphoneBusy',
  AbortError: 'microphoneBusy',
};
