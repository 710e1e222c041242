/** What a token allows its holder, and how that stands in the token's claims. */
import { z } from 'zod';
import { plainText } from '../plain-text.js';

/** What somebody who connects may do. */
export interface Grant {
  /** Identity of the token; limits count by it. */
  id: string;
  /** Whom the token was made for, where its maker said so: an opaque name for logs. */
  caller?: string;
  /** From then on no call can be started with it, ms since 1970. Calls in progress go on. */
  expiresAtMs: number;
  /** The agent's instructions for this caller in place of the configured ones. */
  persona?: string;
  /** Whether the caller may bring instructions of its own. */
  ownPersona: boolean;
  /** The only voice that the caller may have. */
  voice?: string;
  /** The only functions that the agent may call for this caller; undefined for all. */
  tools?: readonly string[];
  /** Longest call, ms, where that is less than configured. */
  maxCallMs?: number;
  /** Calls at once. */
  maxCalls: number;
  /** May read the admin page and the metrics. */
  admin: boolean;
}

/** What whoever makes a token can put into it. Unknown fields are an error: a misspelt limit is no limit. */
export const grantRequestSchema = z.strictObject({
  /** Lifetime of the token, seconds. */
  seconds: z.int().min(1).optional(),
  caller: z.string().min(1).max(200).optional(),
  persona: z
    .string()
    .max(4000)
    .transform((text) => plainText(text, true))
    .optional(),
  ownPersona: z.boolean().optional(),
  voice: z.string().min(1).max(100).optional(),
  tools: z.array(z.string().min(1).max(64)).max(64).optional(),
  maxCallSeconds: z.int().min(1).max(86_400).optional(),
  maxCalls: z.int().min(1).max(1000).optional(),
  admin: z.boolean().optional(),
});
export type GrantRequest = z.infer<typeof grantRequestSchema>;

/** The claims of a token: registered ones (RFC 7519, 4.1) and ours. */
export const claimsSchema = grantRequestSchema.omit({ seconds: true, caller: true }).extend({
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number(),
  jti: z.string().min(1).max(128),
  sub: z.string().min(1).max(200).optional(),
  nbf: z.number().optional(),
  iss: z.string().max(200).optional(),
});

/** What checked claims allow. */
export function grantOf(claims: z.infer<typeof claimsSchema>): Grant {
  const { jti, sub, exp, persona, ownPersona, voice, tools, maxCallSeconds, maxCalls, admin } = claims;
  return {
    id: jti,
    ...(sub === undefined ? {} : { caller: sub }),
    expiresAtMs: exp * 1000,
    ...(persona === undefined ? {} : { persona }),
    ownPersona: ownPersona ?? false,
    ...(voice === undefined ? {} : { voice }),
    ...(tools === undefined ? {} : { tools }),
    ...(maxCallSeconds === undefined ? {} : { maxCallMs: maxCallSeconds * 1000 }),
    maxCalls: maxCalls ?? 1,
    admin: admin ?? false,
  };
}

/** What everybody may who reaches a server that listens on this machine alone and has no keys. */
export const localGrant: Grant = {
  id: 'localhost',
  expiresAtMs: Number.POSITIVE_INFINITY,
  ownPersona: true,
  maxCalls: Number.POSITIVE_INFINITY,
  admin: true,
};
