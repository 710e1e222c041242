/** A worker for tests that does what each request tells it, as thread or as process. */
import { serveEngine } from '../../../server/engines/engine-worker.js';

export type ScriptedRequest =
  | { do: 'answer'; value: string; chunks?: string[] }
  /** Joins the inputs until `end`, busy for so long with each. */
  | { do: 'listen'; busyMs?: number }
  | { do: 'fail' }
  | { do: 'die' }
  /** Never comes back and hears no message. */
  | { do: 'hang' };

export interface ScriptedSetup {
  /** Makes loading fail with this message. */
  unusable?: string;
}

serveEngine<ScriptedSetup, ScriptedRequest, string, string, string>((setup, replacement) => {
  if (setup.unusable) return Promise.reject(new Error(setup.unusable));
  return Promise.resolve({
    info: { pid: process.pid, replacement },
    run: async (request, run) => {
      switch (request.do) {
        case 'answer':
          for (const chunk of request.chunks ?? []) run.chunk(chunk);
          return request.value;
        case 'listen': {
          const heard: string[] = [];
          for (
            let input = await run.input();
            input !== undefined && input !== 'end';
            input = await run.input()
          ) {
            heard.push(input);
            const until = performance.now() + (request.busyMs ?? 0);
            while (performance.now() < until);
            if (!run.behind()) run.chunk(input);
          }
          return run.signal.aborted ? 'stopped' : heard.join(' ');
        }
        case 'fail':
          throw new Error('the model said no');
        case 'die':
          process.stderr.write('last words\n');
          return process.exit(3);
        case 'hang':
          for (;;);
      }
    },
  });
});
