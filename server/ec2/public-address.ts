/** The address that an EC2 instance has outside: it is on no interface of its own, so that only the metadata tell it. */
import { isIPv4 } from 'node:net';
import type { Config } from '../config.js';
import { ConfigurationError } from '../errors.js';
import { InstanceMetadata } from './instance-metadata.js';

/**
 * The configured address to announce; else the instance's own where that is wished for; else empty.
 * @throws ConfigurationError when the instance does not tell it.
 */
export async function addressToAnnounce({ media, ec2 }: Pick<Config, 'media' | 'ec2'>): Promise<string> {
  if (media.announcedAddress !== '' || !ec2.announcePublicAddress) return media.announcedAddress;
  let address: string | undefined;
  try {
    address = await new InstanceMetadata(ec2.metadataUrl).read('meta-data/public-ipv4');
  } catch (error) {
    throw new ConfigurationError(
      `ec2.announcePublicAddress: ${ec2.metadataUrl} does not answer. Is this an EC2 instance? Otherwise set ` +
        'media.announcedAddress.',
      { cause: error },
    );
  }
  if (address === undefined || !isIPv4(address)) {
    throw new ConfigurationError(
      'ec2.announcePublicAddress: this instance has no public IPv4 address. Give it an Elastic IP, or set ' +
        'media.announcedAddress.',
    );
  }
  return address;
}
