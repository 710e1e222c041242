/** What the three kinds of endpoints have in common in the configuration. */
import { ConfigurationError } from '../../errors.js';
import { HttpEndpoint } from './http-endpoint.js';

export interface EndpointSettings {
  url: string;
  model: string;
  /** Name of the environment variable that holds the key. */
  keyVariable: string;
  firstByteMs: number;
  silenceMs: number;
}

/**
 * @param section of the configuration.
 * @throws ConfigurationError when the address or the model is not set, or the key's variable is not.
 */
export function openEndpoint(section: string, settings: EndpointSettings): HttpEndpoint {
  const { url, model, keyVariable, firstByteMs, silenceMs } = settings;
  if (!/^https?:\/\//.test(url))
    throw new ConfigurationError(
      `${section}.url must be an address such as http://localhost:8000/v1, not "${url}".`,
    );
  if (model === '') throw new ConfigurationError(`${section}.model must be the name of a model at ${url}.`);
  const key = keyVariable === '' ? '' : (process.env[keyVariable] ?? '');
  if (keyVariable !== '' && key === '')
    throw new ConfigurationError(
      `${section}.keyVariable is ${keyVariable}, but there is no such variable in the environment.`,
    );
  return new HttpEndpoint({ name: section, url, key, firstByteMs, silenceMs });
}
