/** Why a file could not be fetched, in words that say what to do. */

export class DownloadError extends Error {
  override name = 'DownloadError';
  /** Whether the same request may succeed a little later, and when that was promised, ms from now. */
  readonly again: { afterMs: number | undefined } | undefined;

  constructor(message: string, again?: { afterMs: number | undefined }, options?: ErrorOptions) {
    super(message, options);
    this.again = again;
  }
}

/** What a status other than success means for a file. */
export function refusal(
  status: number,
  headers: Record<string, string>,
  what: string,
  page: string,
): DownloadError {
  const reason = headers['x-error-message'] ?? headers['x-error-code'] ?? '';
  if (status === 401 || status === 403) {
    const gated = /gated|restricted|awaiting/i.test(reason);
    return new DownloadError(
      gated
        ? `${what} is gated: agree to its licence on ${page}, and put a token of yours into HF_TOKEN.`
        : `${what} is refused (${status}${reason && `: ${reason}`}): it does not exist, is private, or is gated. See ${page}, and put a token of yours into HF_TOKEN.`,
    );
  }
  if (status === 404) {
    return new DownloadError(`${what} is not there (404${reason && `: ${reason}`}). Look for it on ${page}.`);
  }
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers['retry-after']);
    const afterMs = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1000 : undefined;
    return new DownloadError(`${what}: the hub is busy or broken (${status}). Try again later.`, { afterMs });
  }
  return new DownloadError(
    `${what}: the hub answers ${status}${reason && ` (${reason})`}, which is no file.`,
  );
}

/** A connection that failed or was cut. */
export function broken(error: unknown, what: string): DownloadError {
  const why = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new DownloadError(
    `${what}: the connection failed: ${why}${code}. Is the hub reachable? HF_ENDPOINT names another, HTTPS_PROXY a proxy.`,
    { afterMs: undefined },
    { cause: error },
  );
}
