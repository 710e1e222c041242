/** The process: reads the configuration, starts the server, turns SIGTERM and SIGINT into a clean end. */
import { startApp } from './app.js';
import { loadConfig } from './config.js';
import { InstanceMetadata } from './ec2/instance-metadata.js';
import { watchSpotNotice } from './ec2/spot-notice.js';
import { ParleyError } from './errors.js';
import { createLogger } from './log.js';
import { monotonicMs } from './media/media-types.js';

async function main(): Promise<void> {
  const startedAtMs = monotonicMs();
  const config = loadConfig(process.env);
  const log = createLogger(config.log.level);
  const starting = startApp(config, log);
  const stop = (why: string) => {
    // A second time it does not wait for the calls.
    log.info({ why }, 'shutting down');
    starting
      .then((app) => app.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.fatal({ err: error }, 'shutting down failed');
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (config.ec2.watchSpotNotice) {
    const metadata = new InstanceMetadata(config.ec2.metadataUrl);
    watchSpotNotice(metadata, ({ action, time }) => stop(`spot notice: ${action} at ${time}`), log);
  }
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  });
  const app = await starting;
  log.info(
    { url: app.url, startMs: Math.round(monotonicMs() - startedAtMs) },
    `ready: open ${app.url} and speak`,
  );
}

main().catch((error: unknown) => {
  const text =
    error instanceof ParleyError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`parley: ${text}\n`, () => process.exit(1));
});
