/** Starts an attack in a process of its own. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Attack, AttackResult } from './attacks.js';

/** Resolves with what the attack did; rejects when its process fails. */
export function runAttack(order: Attack): Promise<AttackResult> {
  const child = fork(fileURLToPath(new URL('attacks.ts', import.meta.url)), [JSON.stringify(order)], {
    execArgv: ['--import', 'tsx'],
  });
  return new Promise((resolve, reject) => {
    let result: AttackResult | undefined;
    child.on('message', (message) => (result = message as AttackResult));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (result === undefined) reject(new Error(`The attack ${order.attack} ended with ${code}.`));
      else resolve(result);
    });
  });
}
