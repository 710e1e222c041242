/** Watches for the notice that a spot instance is taken back in two minutes. */
import type { Logger } from '../log.js';
import type { InstanceMetadata } from './instance-metadata.js';

/** AWS asks for every five seconds. */
const ASK_EVERY_MS = 5000;

/**
 * Calls `noticed` once, with when the instance will be stopped or terminated.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 * @returns a function that ends the watch.
 */
export function watchSpotNotice(
  metadata: Pick<InstanceMetadata, 'read'>,
  noticed: (what: { action: string; time: string }) => void,
  log: Logger,
  everyMs = ASK_EVERY_MS,
): () => void {
  let failing = false;
  let asking = false;
  const ask = async (): Promise<void> => {
    // An answer that takes longer than the interval would be told twice.
    if (asking) return;
    asking = true;
    try {
      const text = await metadata.read('meta-data/spot/instance-action');
      failing = false;
      if (text === undefined) return;
      clearInterval(timer);
      const { action, time } = JSON.parse(text) as { action?: unknown; time?: unknown };
      noticed({ action: String(action), time: String(time) });
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the spot notice cannot be asked for');
      failing = true;
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
