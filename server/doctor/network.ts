/** Whether callers can reach the server: addresses, ports, what stands in between, and what the host allows. */
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, isIPv4 } from 'node:net';
import { availableParallelism, networkInterfaces } from 'node:os';
import { isLoopback } from '../access/client-address.js';
import type { Config } from '../config.js';
import { addressToAnnounce } from '../ec2/public-address.js';
import { bad, good, note, type Finding, type Part } from './finding.js';
import { mappedAddress } from './stun.js';

/** Sockets and files of one call, and of the server without calls; measured, and doubled. */
const DESCRIPTORS_PER_CALL = 20;
const DESCRIPTORS_OF_SERVER = 400;
const CONNECT_LIMIT_MS = 3000;

export const network: Part = {
  about: 'addresses and ports, and whether callers can reach them',
  async *examine(config: Config): AsyncGenerator<Finding> {
    yield* access(config);
    const announced = yield* announcement(config);
    yield* ports(config);
    if (announced !== undefined) yield* outside(config, announced);
    for (const url of config.ice.turnUrls) yield await turnServer(url);
    yield* host(config);
    if (announced !== undefined && !isLoopback(announced)) yield securityGroup(config);
  },
};

function* access({ server, access: { keysFile } }: Config): Generator<Finding> {
  if (isLoopback(server.host)) {
    yield keysFile === ''
      ? note(
          'Only this machine can call: server.host is a loopback address and there are no keys.',
          'For others see "Who may call" in the README.',
        )
      : good('Behind a proxy of this machine, with tokens.');
    return;
  }
  yield keysFile === ''
    ? bad(
        'Others could reach the server and there are no keys: it will not start.',
        'npm run --silent token -- new-key > keys, and name the file in access.keysFile.',
      )
    : good('Callers need a token.');
  if (server.tlsCertificate === '')
    yield note(
      'Plain HTTP: browsers give no page the microphone but on localhost.',
      'Set server.tlsCertificate and server.tlsKey, or put Caddy or nginx in front (config/deploy).',
    );
}

/** @returns the address that browsers are told to send to. */
async function* announcement(config: Config): AsyncGenerator<Finding, string | undefined> {
  const listening = listenAddress(config);
  let announced: string;
  try {
    announced = await addressToAnnounce(config);
  } catch (error) {
    yield bad(
      error instanceof Error ? error.message : String(error),
      'Set media.announcedAddress, or ec2.announcePublicAddress to false.',
    );
    return undefined;
  }
  const source =
    config.media.announcedAddress !== ''
      ? 'media.announcedAddress'
      : announced !== ''
        ? 'the instance metadata'
        : 'the network interfaces';
  if (announced === '') announced = isWildcard(listening) ? (outsideAddress() ?? '127.0.0.1') : listening;
  if (isLoopback(announced) && !isLoopback(config.server.host)) {
    yield bad(
      `Browsers are told to send to ${announced}, which is their own machine.`,
      'Set media.announcedAddress to the address that callers reach.',
    );
  } else if (isPrivate(announced)) {
    yield note(
      `Browsers are told to send to ${announced} (from ${source}): only its own network can.`,
      'For callers from outside set media.announcedAddress, or ec2.announcePublicAddress on EC2.',
    );
  } else yield good(`Browsers are told to send to ${announced} (from ${source}).`);
  return announced;
}

async function* ports(config: Config): AsyncGenerator<Finding> {
  const { port } = config.server;
  if (port !== 0)
    yield await portFinding('TCP', config.server.host, port, 'page and signalling', 'PORT or server.port');
  if (config.media.port === 0) {
    yield note(
      'media.port is 0: the ports change at every start, and no firewall can be opened for them.',
      'Set media.port.',
    );
    return;
  }
  for (let index = 0; index < workers(config); index++) {
    for (const protocol of ['UDP', 'TCP'] as const)
      yield await portFinding(
        protocol,
        listenAddress(config),
        config.media.port + index,
        `sound, worker ${index + 1}`,
        'media.port',
      );
  }
}

async function portFinding(
  protocol: 'UDP' | 'TCP',
  address: string,
  port: number,
  what: string,
  setting: string,
): Promise<Finding> {
  const problem = await (protocol === 'TCP' ? bindTcp(address, port) : bindUdp(address, port));
  if (problem === undefined) return good(`${protocol} ${address}:${port} is free (${what}).`);
  const advice: Record<string, string> = {
    EADDRINUSE: `Another program has it, perhaps Parley itself. Stop it, or set ${setting}.`,
    EADDRNOTAVAIL:
      'This machine has no such address. On EC2 listen on the private one or 0.0.0.0, and announce the public one.',
    EACCES: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE.',
  };
  return bad(
    `${protocol} ${address}:${port} cannot be had (${what}): ${problem}.`,
    advice[problem] ?? `See ${setting}.`,
  );
}

/** What a STUN server sees of the media port. */
async function* outside(config: Config, announced: string): AsyncGenerator<Finding> {
  const { stunServer } = config.ice;
  if (stunServer === '') {
    if (!isLoopback(announced))
      yield note(
        'Whether the media port is seen outside as it is announced was not tried.',
        'Name a STUN server in ice.stunServer.',
      );
    return;
  }
  const mapped = await mappedAddress(listenAddress(config), config.media.port, stunServer).catch(
    () => undefined,
  );
  if (mapped === undefined)
    yield bad(
      `${stunServer} does not answer by UDP.`,
      'UDP out of this machine is blocked, or that is no STUN server.',
    );
  else if (mapped.address !== announced)
    yield bad(
      `Outside this machine is ${mapped.address}, but ${announced} is announced.`,
      `Set media.announcedAddress to ${mapped.address}.`,
    );
  else if (config.media.port !== 0 && mapped.port !== config.media.port)
    yield bad(
      `UDP port ${config.media.port} is ${mapped.port} outside.`,
      'The router must map the media ports to the same numbers.',
    );
  else yield good(`Outside, the media port is ${mapped.address}:${mapped.port}, as announced.`);
}

async function turnServer(url: string): Promise<Finding> {
  const [, scheme = 'turn', host = '', given] = /^(turns?):([^:?]+)(?::(\d+))?/.exec(url) ?? [];
  const port = Number(given ?? (scheme === 'turns' ? 5349 : 3478));
  const reached = await new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_LIMIT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
  return reached
    ? good(`${url} takes connections.`)
    : bad(
        `${url} takes no TCP connection.`,
        'Start the TURN server, open its port, or take it out of ice.turnUrls.',
      );
}

function* host(config: Config): Generator<Finding> {
  if (process.platform !== 'linux') return;
  const wanted = DESCRIPTORS_OF_SERVER + DESCRIPTORS_PER_CALL * config.calls.max;
  const limit = Number(
    /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity,
  );
  yield limit >= wanted
    ? good(`${limit} files may be open; ${config.calls.max} calls take up to ${wanted}.`)
    : bad(
        `Only ${limit} files may be open; ${config.calls.max} calls take up to ${wanted}.`,
        'Raise it: ulimit -n, LimitNOFILE= in systemd, --ulimit nofile= in Docker.',
      );
  const synchronised = [
    '/run/systemd/timesync/synchronized',
    '/var/lib/chrony/drift',
    '/run/chrony/chronyd.pid',
  ].some((path) => existsSync(path));
  yield synchronised
    ? good(`The clock is kept right; it says ${new Date().toISOString()}.`)
    : note(
        `Whether the clock is kept right cannot be told; it says ${new Date().toISOString()}. Tokens and TURN credentials depend on it.`,
        'Install chrony or enable systemd-timesyncd.',
      );
}

/** The rule that a firewall needs, ready for the AWS command line. */
function securityGroup(config: Config): Finding {
  const { port } = config.media;
  const last = port + workers(config) - 1;
  const range = port === last ? String(port) : `${port}-${last}`;
  const rule = (protocol: string, ports: string) =>
    `aws ec2 authorize-security-group-ingress --group-id sg-... --protocol ${protocol} --port ${ports} --cidr 0.0.0.0/0`;
  const rules = [rule('udp', range), rule('tcp', range)];
  if (!isLoopback(config.server.host)) rules.push(rule('tcp', String(config.server.port)));
  return note(
    'The security group (or firewall) must let these in; from here that cannot be seen.',
    rules.join('\n            '),
  );
}

function workers({ media }: Config): number {
  return media.workers || Math.max(1, Math.floor(availableParallelism() / 2));
}

function listenAddress({ media, server }: Config): string {
  const address = media.listenAddress || server.host;
  return address === 'localhost' ? '127.0.0.1' : address;
}

const isWildcard = (address: string) => address === '0.0.0.0' || address === '::';

/** RFC 1918, RFC 6598 and link-local ones. */
function isPrivate(address: string): boolean {
  return (
    isIPv4(address) &&
    /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
      address,
    )
  );
}

function outsideAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

/** @returns the code of what is wrong. */
function bindTcp(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, address, () => server.close(() => resolve(undefined)));
  });
}

function bindUdp(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.bind(port, address, () => socket.close(() => resolve(undefined)));
  });
}
