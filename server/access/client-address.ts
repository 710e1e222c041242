/** Who is at the other end of a request: the address that limits count by, proxies looked through. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { ConfigurationError } from '../errors.js';

export type AddressReader = (request: IncomingMessage) => string;

/**
 * @param trustedProxies addresses or networks (`10.0.0.0/8`) whose `X-Forwarded-For` is believed.
 * @throws ConfigurationError when one of them is no address.
 */
export function addressReader(trustedProxies: readonly string[]): AddressReader {
  const isTrusted = trust(trustedProxies);
  return (request) => {
    let address = plain(request.socket.remoteAddress ?? '');
    // Each proxy adds on the right whom it was asked by; what stands further left may be anybody's invention.
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
    while (isTrusted(address)) {
      const before = plain(forwarded.pop()?.trim() ?? '');
      if (isIP(before) === 0) break;
      address = before;
    }
    return household(address);
  };
}

/**
 * @param trustedProxies as for {@link addressReader}.
 * @returns tells the address that limits count by from a connection alone; undefined for a proxy, behind which anybody may be.
 */
export function peerReader(
  trustedProxies: readonly string[],
): (socket: Pick<Socket, 'remoteAddress'>) => string | undefined {
  const isTrusted = trust(trustedProxies);
  return (socket) => {
    const address = plain(socket.remoteAddress ?? '');
    return isTrusted(address) ? undefined : household(address);
  };
}

function trust(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
      throw new ConfigurationError(
        `access.trustedProxies: ${JSON.stringify(entry)} is no address or network such as 10.0.0.0/8.`,
      );
    }
    trusted.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a request came through a proxy, as far as the proxy says so. */
export function wasForwarded({ headers }: IncomingMessage): boolean {
  return ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined);
}

/** Whether an address, a name of this host or a `Host` header means this machine and no other can reach it. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** One customer has a whole /64 of IPv6 at least (RFC 6177, 2): they count as one. */
function household(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
