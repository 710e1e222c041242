/** Finds the server's children by what they are and by what they listen on. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Those of the processes whose command line holds a text. */
export function processesNamed(pids: readonly number[], text: string): number[] {
  return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text));
}

/** The process that has a UDP port open. */
export function processOnUdpPort(pids: readonly number[], port: number): number | undefined {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  return pids.find((pid) => {
    const line = readFileSync(`/proc/${pid}/net/udp`, 'utf8')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .find((columns) => columns[1]?.endsWith(`:${hexadecimal}`));
    if (line === undefined) return false;
    return openSockets(pid).has(`socket:[${line[9]}]`);
  });
}

function openSockets(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(readdirSync(folder).map((fd) => readlinkSync(`${folder}/${fd}`)));
}
