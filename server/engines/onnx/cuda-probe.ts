/** Whether ONNX Runtime can compute on the graphics card: tried in a process of its own, which may die of it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { entryPoint } from '../../entry-point.js';

const limitMs = 60_000;
const toldCharacters = 300;

/** Why it cannot, or nothing when it can. */
export async function cudaFault(): Promise<string | undefined> {
  const { path, execArgv } = entryPoint('./cuda-probe-process', import.meta.url);
  const child = fork(path, [], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (code === 0) return undefined;
  return said.trim().slice(0, toldCharacters) || `the attempt ended with ${code ?? signal}`;
}
