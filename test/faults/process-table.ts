/** Finds the server's children by what they are and by what they listen on. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Those of the processes whose command line holds a text. */
export function processesNamed(pids: readonly number[], text: string): number[] {
  return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text));
}

/** The process that has a UDP port open. */
export function processOnUdpPort(pids: readonly number[], port: number): number | undefined {
  return pids.find((pid) => udpPortsOf(pid).includes(port));
}

/** The UDP ports that a process has open. */
export function udpPortsOf(pid: number): number[] {
  const sockets = openSockets(pid);
  return readFileSync(`/proc/${pid}/net/udp`, 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => sockets.has(`socket:[${columns[9]}]`))
    .map((columns) => Number.parseInt(columns[1]?.split(':')[1] ?? '', 16));
}

function openSockets(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(readdirSync(folder).map((fd) => readlinkSync(`${folder}/${fd}`)));
}
