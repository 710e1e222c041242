/** The root logger: JSON lines on standard output. Sessions log through a child that carries their id. */
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** @param level pino's level; what callers and the agent say is logged at `debug` only. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
