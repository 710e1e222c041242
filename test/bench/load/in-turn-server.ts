/** A server with the compiled parts of Parley whose callers share one pipeline, as a process of its own. */
import type { App, startApp as StartApp } from '../../../server/app.js';
import { loadConfig } from '../../../server/config.js';
import { createLogger } from '../../../server/log.js';
import { inTurn } from './in-turn-engines.js';

const compiled = new URL('../../../dist/server/app.js', import.meta.url);
const { startApp } = (await import(compiled.href)) as { startApp: typeof StartApp };
const config = loadConfig(process.env);
const log = createLogger(config.log.level);
const app: App = await startApp(config, log, { engines: inTurn });
process.on('SIGTERM', () => {
  void app.close().then(() => process.exit(0));
});
log.info({ url: app.url }, `ready: ${app.url}`);
