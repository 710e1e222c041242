/**
 * A bad link between two network namespaces, for kernels without netem as well: two TUN devices and this process between them,
 * which lets every packet wait and some vanish. Run by itself:
 * `lossy-link.ts NAMESPACE OUR_ADDRESS THEIR_ADDRESS DELAY_MS LOSS` (needs CAP_NET_ADMIN); says "up" when it is.
 */
import { execFileSync } from 'node:child_process';
import { openSync, read, write } from 'node:fs';
import koffi from 'koffi';

const [namespace = '', ours = '', theirs = '', delay = '0', loss = '0'] = process.argv.slice(2);
const delayMs = Number(delay);
const lossShare = Number(loss);
const MTU = 1500;

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int, unsigned long, _Inout_ uint8_t *)') as (
  fd: number,
  request: number,
  argument: Buffer,
) => number;
const TUNSETIFF = 0x4004_54ca;
const IFF_TUN_NO_PI = 0x1001;

/** Opens a TUN device; the kernel hands out and takes IP packets through the descriptor. */
function openTun(name: string): number {
  const fd = openSync('/dev/net/tun', 'r+');
  const request = Buffer.alloc(40);
  request.write(name, 0, 'ascii');
  request.writeUInt16LE(IFF_TUN_NO_PI, 16);
  if (ioctl(fd, TUNSETIFF, request) !== 0)
    throw new Error(`The device ${name} cannot be made; are you root?`);
  return fd;
}

function carry(from: number, to: number): void {
  const buffer = Buffer.alloc(2 * MTU);
  read(from, buffer, 0, buffer.length, null, (error, length) => {
    if (error) throw error;
    const packet = Buffer.from(buffer.subarray(0, length));
    if (Math.random() >= lossShare) setTimeout(() => write(to, packet, () => undefined), delayMs);
    carry(from, to);
  });
}

const ip = (...args: string[]) => execFileSync('ip', args);
const here = openTun('parley-here');
const there = openTun('parley-there');
ip('addr', 'add', ours, 'peer', theirs, 'dev', 'parley-here');
ip('link', 'set', 'parley-here', 'up');
ip('link', 'set', 'parley-there', 'netns', namespace);
ip('-n', namespace, 'addr', 'add', theirs, 'peer', ours, 'dev', 'parley-there');
ip('-n', namespace, 'link', 'set', 'parley-there', 'up');
ip('-n', namespace, 'route', 'add', 'default', 'via', ours);
carry(here, there);
carry(there, here);
process.stdout.write('up\n');
