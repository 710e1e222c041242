/**
 * What an EC2 instance knows of itself: the instance metadata service, version 2 only, whose token no redirect or forwarded
 * request can get. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */

/** The service is on the machine itself: what takes longer is not there. */
const ANSWER_LIMIT_MS = 2000;
const TOKEN_SECONDS = 21_600;

export class InstanceMetadata {
  readonly #url: string;
  #token: { text: string; untilMs: number } | undefined;

  /** @param url such as `http://169.254.169.254`. */
  constructor(url: string) {
    this.#url = url.replace(/\/$/, '');
  }

  /**
   * Reads one item.
   * @param path below `/latest/`, such as `meta-data/public-ipv4`.
   * @returns undefined when the instance has no such item.
   * @throws Error when nobody answers, as outside EC2.
   */
  async read(path: string): Promise<string | undefined> {
    const response = await fetch(`${this.#url}/latest/${path}`, {
      headers: { 'X-aws-ec2-metadata-token': await this.#fresh() },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    if (response.status === 401) this.#token = undefined;
    if (response.status === 404) return undefined;
    if (!response.ok)
      throw new Error(`The instance metadata service answered ${response.status} to ${path}.`);
    return (await response.text()).trim();
  }

  async #fresh(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#token.untilMs) return this.#token.text;
    const response = await fetch(`${this.#url}/latest/api/token`, {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    if (!response.ok)
      throw new Error(`The instance metadata service answered ${response.status} in place of a token.`);
    const text = await response.text();
    this.#token = { text, untilMs: Date.now() + (TOKEN_SECONDS - 60) * 1000 };
    return text;
  }
}
