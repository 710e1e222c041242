/** What the reasons mean that socket.io and engine.io give when a connection is gone. */

import type { CallerSocket } from './call-line.js';

/** What a browser closes a WebSocket with when its page goes (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001;

/** Calls `went` before socket.io hears of it when the page goes: the browser says so even where the page no longer can. */
export function onPageGone({ conn }: CallerSocket, went: () => void): void {
  // Of engine.io's transports only the one that we allow has a WebSocket.
  const { socket } = conn.transport as unknown as { socket: NodeJS.EventEmitter };
  socket.prependOnceListener('close', (code: number) => {
    if (code === GOING_AWAY) went();
  });
}

/** Whether nobody wished it: the network broke, or has been silent for too long. */
export function networkBroke(reason: string): boolean {
  return ['transport close', 'transport error', 'ping timeout'].includes(reason);
}

/** Whether the client sent what is no WebSocket frame or no packet of engine.io, or frames that are too large. */
export function framingBroke(reason: string, description: unknown): boolean {
  if (reason === 'parse error') return true;
  // A connection that breaks while something is written to it is no fault of the client's.
  return (
    reason === 'transport error' &&
    description instanceof Error &&
    !description.message.startsWith('write error')
  );
}
