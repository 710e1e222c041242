/** Whether the ports that the server needs are free, and whether browsers will find them. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { availableParallelism, networkInterfaces } from 'node:os';
import type { Config } from '../config.js';
import { bad, good, note, type Finding, type Part } from './finding.js';

export const ports: Part = {
  about: 'free ports, and the address that browsers are told',
  async *examine(config: Config): AsyncGenerator<Finding> {
    const { server, media } = config;
    yield await tcp(server.port, server.host, 'page and signalling', 'PORT');
    const listen = media.listenAddress || server.host;
    const workers = media.workers || Math.max(1, Math.floor(availableParallelism() / 2));
    for (let worker = 0; worker < workers && media.port > 0; worker++) {
      yield await udp(media.port + worker, listen);
      yield await tcp(media.port + worker, listen, 'sound', 'media.port');
    }
    yield announced(config, listen);
  },
};

async function tcp(port: number, host: string, what: string, setting: string): Promise<Finding> {
  const name = `TCP port ${port} on ${host} (${what})`;
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const socket = createServer();
    socket.once('error', resolve);
    socket.listen(port, host, () => socket.close(() => resolve(undefined)));
  });
  return error === undefined ? good(`${name} is free`) : taken(name, error, setting);
}

async function udp(port: number, host: string): Promise<Finding> {
  const name = `UDP port ${port} on ${host} (sound)`;
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (failure) => {
      socket.close();
      resolve(failure);
    });
    socket.bind(port, host, () => socket.close(() => resolve(undefined)));
  });
  return error === undefined ? good(`${name} is free`) : taken(name, error, 'media.port');
}

function taken(name: string, { code, message }: NodeJS.ErrnoException, setting: string): Finding {
  if (code === 'EADDRINUSE')
    return bad(`${name} is taken`, `end what has it (ss -lntup), or choose another ${setting}`);
  return bad(`${name} cannot be opened: ${message}`, `choose another ${setting} or another address`);
}

function announced({ media }: Config, listen: string): Finding {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = own
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  if (media.announcedAddress !== '') {
    return outside.includes(media.announcedAddress)
      ? good(`browsers are told ${media.announcedAddress}, an address of this machine`)
      : note(
          `browsers are told ${media.announcedAddress}, which is not on this machine`,
          'right behind NAT, as on EC2: the ports must be forwarded to here',
        );
  }
  if (['127.0.0.1', '::1', 'localhost'].includes(listen))
    return note(`sound is only for browsers on this machine (${listen})`, 'HOST=0.0.0.0 opens it to others');
  const told = listen === '0.0.0.0' || listen === '::' ? (outside[0] ?? listen) : listen;
  return isPrivate(told)
    ? note(
        `browsers are told ${told}, which only its own network reaches`,
        'set media.announcedAddress to the public address when callers come from elsewhere',
      )
    : good(`browsers are told ${told}`);
}

function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(address);
}
