/**
 * Requests to an engine elsewhere: connections are kept, a request that has brought nothing yet is tried again, one that
 * is aborted is closed, and an endpoint that is down is left alone for a while.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, FormData, request, type Dispatcher } from 'undici';
import { EngineFailedError } from '../../errors.js';
import { abortReason } from '../turnstile.js';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.js';

export interface HttpEndpointOptions {
  /** For messages: the section of the configuration. */
  name: string;
  /** Base address, such as `http://localhost:8000/v1`. */
  url: string;
  /** Sent as a bearer token; empty: none is. */
  key: string;
  /** Time to the first byte of an answer, ms. */
  firstByteMs: number;
  /** Time without a byte within an answer, ms. */
  silenceMs: number;
  breaker?: CircuitBreakerOptions;
}

/** The body of a request: an object is sent as JSON. */
export type EndpointBody = Record<string, unknown> | FormData;

/** Waits before further attempts, ms: somebody is on the phone. */
const retryDelaysMs = [100, 400];
const retriedStatuses = [408, 429, 500, 502, 503, 504];
const keepAliveMs = 60_000;
/** Characters of an error's body that are told. */
const toldCharacters = 300;

export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  readonly #dispatcher: Dispatcher;
  readonly #breaker: CircuitBreaker;

  constructor(options: HttpEndpointOptions) {
    this.#options = options;
    this.#breaker = new CircuitBreaker(options.breaker);
    this.#dispatcher = new EnvHttpProxyAgent({
      keepAliveTimeout: keepAliveMs,
      connect: { timeout: options.firstByteMs },
      headersTimeout: options.firstByteMs,
      bodyTimeout: options.silenceMs,
    });
  }

  /**
   * Posts and hands on the answer's bytes as they come. Leaving the loop, or an abort, closes the request.
   * @param path behind the base address, such as `chat/completions`.
   * @throws EngineFailedError saying what the endpoint said; the signal's reason.
   */
  async *post(path: string, body: EndpointBody, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const answer = await this.#begin(path, body, signal);
    try {
      for await (const chunk of answer as AsyncIterable<Uint8Array>) {
        signal.throwIfAborted();
        yield chunk;
      }
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      throw this.#failure(`breaks off: ${messageOf(error)}`, error);
    } finally {
      answer.destroy();
    }
  }

  /** The whole answer as text. */
  async text(path: string, body: EndpointBody, signal: AbortSignal): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.post(path, body, signal)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  /** The answer when its first bytes are there; until then it may be asked for again. */
  async #begin(path: string, body: EndpointBody, signal: AbortSignal) {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const restMs = this.#breaker.ask(performance.now());
      if (restMs > 0)
        throw this.#failure(`has failed too often and is left alone for ${Math.ceil(restMs / 1000)} s`);
      const delayMs = retryDelaysMs[attempt];
      try {
        const { statusCode, body: answer } = await this.#request(path, body, signal);
        answer.on('error', () => undefined);
        if (statusCode >= 200 && statusCode < 300) {
          this.#breaker.succeeded();
          return answer;
        }
        const said = (await answer.text()).slice(0, toldCharacters);
        const retried = retriedStatuses.includes(statusCode);
        // Whoever refuses a request is there.
        if (retried) this.#breaker.failed(performance.now());
        else this.#breaker.succeeded();
        if (!retried || delayMs === undefined)
          throw this.#failure(`answers ${statusCode}${hint(statusCode)}: ${said}`);
      } catch (error) {
        if (error instanceof EngineFailedError) throw error;
        if (signal.aborted) {
          this.#breaker.abandoned();
          throw abortReason(signal);
        }
        this.#breaker.failed(performance.now());
        if (delayMs === undefined) throw this.#failure(`cannot be reached: ${messageOf(error)}`, error);
      }
      await pause(delayMs, signal);
    }
  }

  #request(path: string, body: EndpointBody, signal: AbortSignal) {
    const { url, key } = this.#options;
    const isForm = body instanceof FormData;
    return request(`${url.replace(/\/+$/, '')}/${path}`, {
      method: 'POST',
      dispatcher: this.#dispatcher,
      signal,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(isForm ? {} : { 'content-type': 'application/json' }),
      },
      body: isForm ? body : JSON.stringify(body),
    });
  }

  #failure(what: string, cause?: unknown): EngineFailedError {
    const { name, url } = this.#options;
    return new EngineFailedError(`${name}: ${url} ${what}`, cause === undefined ? {} : { cause });
  }
}

function hint(status: number): string {
  if (status === 401 || status === 403) return ' (is the key in keyVariable right?)';
  if (status === 404) return ' (is the address right, and the name of the model?)';
  return '';
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses fails with an error for each.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return first instanceof Error ? first.message : error.message;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw abortReason(signal);
  });
}
