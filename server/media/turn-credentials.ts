/** Credentials for TURN servers that hold for some time only, after coturn's REST scheme (draft-uberti-behave-turn-rest-00). */
import { createHmac } from 'node:crypto';

/** What a browser needs to reach relays. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

export interface TurnSettings {
  turnUrls: readonly string[];
  turnSecret: string;
  turnCredentialSeconds: number;
}

/**
 * @param callId whom the credential is for; stands in the relay's log.
 * @returns none when no TURN server is configured.
 */
export function iceServersFor(
  { turnUrls, turnSecret, turnCredentialSeconds }: TurnSettings,
  callId: string,
  nowMs = Date.now(),
): IceServer[] {
  if (turnUrls.length === 0) return [];
  const username = `${Math.floor(nowMs / 1000) + turnCredentialSeconds}:${callId}`;
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  return [{ urls: [...turnUrls], username, credential }];
}
