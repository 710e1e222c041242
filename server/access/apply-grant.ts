/** What a caller asks for, within what the caller's token allows. */
import { ForbiddenError } from '../errors.js';
import type { StartCallRequest } from '../protocol.js';
import type { Grant } from './call-grant.js';

/**
 * The request as the token lays it down: its persona and voice in place of none.
 * @throws ForbiddenError when the caller wants what the token does not allow.
 */
export function applyGrant(request: StartCallRequest, grant: Grant): StartCallRequest {
  const { systemPrompt = grant.persona, voice = grant.voice } = request;
  if (request.systemPrompt !== undefined && !grant.ownPersona) {
    throw new ForbiddenError('notGranted', 'The token does not allow instructions of your own (ownPersona).');
  }
  if (grant.voice !== undefined && voice !== grant.voice) {
    throw new ForbiddenError('notGranted', `The token allows the voice ${grant.voice} only.`);
  }
  return {
    ...request,
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    ...(voice === undefined ? {} : { voice }),
  };
}

/** Whether the agent may call a function for this caller. */
export function allowsTool({ tools }: Pick<Grant, 'tools'>, name: string): boolean {
  return tools === undefined || tools.includes(name);
}

/** Longest call of this caller, ms; 0 for no limit. */
export function lengthLimitMs({ maxCallMs }: Pick<Grant, 'maxCallMs'>, configuredMs: number): number {
  if (maxCallMs === undefined) return configuredMs;
  return configuredMs === 0 ? maxCallMs : Math.min(configuredMs, maxCallMs);
}
