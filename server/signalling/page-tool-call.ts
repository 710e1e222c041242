/** A function of the page, called over its socket. What comes back is checked like every message of a client. */
import type { Socket } from 'socket.io';
import { z } from 'zod';
import type { ClientToServerEvents, ServerToClientEvents } from '../protocol.js';

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), message: z.string().max(1000) }),
]);

/** @throws Error with the page's words, or when it is gone or has not answered within `limitMs`. */
export async function callPageTool(
  socket: Socket<ClientToServerEvents, ServerToClientEvents>,
  name: string,
  args: unknown,
  limitMs: number,
): Promise<unknown> {
  const answer: unknown = await socket.timeout(limitMs).emitWithAck('callTool', { name, arguments: args });
  const checked = answerSchema.safeParse(answer);
  if (!checked.success) throw new Error(`The page's answer to ${name} is not what the protocol says.`);
  if (!checked.data.ok) throw new Error(checked.data.message);
  return checked.data.result ?? null;
}
