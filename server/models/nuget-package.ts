/** Finds a package in a NuGet source, by its protocol of version 3 (https://learn.microsoft.com/nuget/api/overview). */
import { z } from 'zod';
import { broken, DownloadError, refusal } from './download-error.js';
import { ask, type Hub } from './hub-request.js';

const serviceIndex = z.object({ resources: z.array(z.object({ '@id': z.url(), '@type': z.string() })) });
const leaf = z.object({ catalogEntry: z.url() });
const details = z.object({
  packageHash: z.string(),
  packageHashAlgorithm: z.literal('SHA512'),
  packageSize: z.int().positive(),
});

export interface NugetPackage {
  address: URL;
  /** Bytes and sum, where the source tells them: mirrors often do not. */
  size?: number;
  /** Base64. */
  sha512?: string;
}

/**
 * @param index address of the source's service index.
 * @throws DownloadError that says what to do.
 */
export async function findPackage(
  index: URL,
  id: string,
  version: string,
  source: Hub,
  signal: AbortSignal,
): Promise<NugetPackage> {
  const { resources } = await json(index, serviceIndex, source, signal);
  const resource = (type: string) => resources.find((one) => one['@type'] === type)?.['@id'];
  const contents = resource('PackageBaseAddress/3.0.0');
  if (contents === undefined)
    throw new DownloadError(`${index.href} is no NuGet source: it names no PackageBaseAddress/3.0.0.`);
  const [name, number] = [id.toLowerCase(), version.toLowerCase()];
  const address = new URL(`${name}/${number}/${name}.${number}.nupkg`, withSlash(contents));
  const registrations = resource('RegistrationsBaseUrl');
  if (registrations === undefined) return { address };
  try {
    const registered = new URL(`${name}/${number}.json`, withSlash(registrations));
    const { catalogEntry } = await json(registered, leaf, source, signal);
    const { packageHash, packageSize } = await json(new URL(catalogEntry), details, source, signal);
    return { address, size: packageSize, sha512: packageHash };
  } catch (error) {
    // A source that does not tell sums may have the package all the same; one that cannot be reached has not.
    if (error instanceof DownloadError && error.again === undefined) return { address };
    throw error;
  }
}

async function json<T>(address: URL, schema: z.ZodType<T>, source: Hub, signal: AbortSignal): Promise<T> {
  let text = '';
  let response;
  try {
    response = await ask(address, {}, source, signal);
    for await (const chunk of response.body.setEncoding('utf8')) text += chunk as string;
  } catch (error) {
    throw signal.aborted ? error : broken(error, address.href);
  }
  if (response.status !== 200)
    throw refusal(response.status, response.headers, address.href, source.endpoint);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DownloadError(`${address.href} does not answer as a NuGet source.`, undefined, { cause });
  }
}

function withSlash(address: string): string {
  return address.endsWith('/') ? address : `${address}/`;
}
