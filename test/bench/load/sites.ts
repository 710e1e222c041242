/** Where callers call: Parley, or one of the two designs that it is compared with, on the same engines. */
import { fileURLToPath } from 'node:url';

import { ServerProcess } from '../../helpers/server-process.js';

/** One design with its servers. */
export interface Site {
  readonly servers: readonly ServerProcess[];
  /** The server that a caller calls; started now where every caller has one. */
  serverFor(caller: number): Promise<ServerProcess>;
  stop(): Promise<void>;
}

export const designs = {
  parley: 'Parley: weights shared, everything else each caller’s own',
  'in-turn': 'one pipeline, one turn after the other',
  'own-models': 'a pipeline with models of its own for each caller',
} as const;
export type Design = keyof typeof designs;

/** For a server with so many callers, who all come from one address. */
const settings = (callers: number): NodeJS.ProcessEnv => ({
  PARLEY_LOG_LEVEL: 'info',
  PARLEY_CALLS_MAX: String(callers),
  PARLEY_LANGUAGE_MODEL_SEQUENCES: String(callers),
  PARLEY_LIMITS_HALF_OPEN_CALLS_PER_ADDRESS: String(callers),
});

/** Both older designs begin to work when a turn is over. */
const withoutDrafts: NodeJS.ProcessEnv = { PARLEY_TURN_SPECULATE: 'false' };

/** @param callers most at once. */
export async function openSite(design: Design, callers: number): Promise<Site> {
  switch (design) {
    case 'parley':
      return shared(await ServerProcess.start(settings(callers)));
    case 'in-turn': {
      const entry = fileURLToPath(new URL('in-turn-server.ts', import.meta.url));
      const program = ['--import', 'tsx', entry];
      return shared(await ServerProcess.start({ ...settings(callers), ...withoutDrafts }, program));
    }
    case 'own-models':
      return ownModels();
  }
}

function shared(server: ServerProcess): Site {
  return { servers: [server], serverFor: () => Promise.resolve(server), stop: () => server.stop() };
}

function ownModels(): Site {
  const servers: ServerProcess[] = [];
  return {
    servers,
    async serverFor() {
      const server = await ServerProcess.start({ ...settings(1), ...withoutDrafts });
      servers.push(server);
      return server;
    },
    stop: async () => {
      await Promise.all(servers.splice(0).map((server) => server.stop()));
    },
  };
}
