/** What a function for the language model must look like, whoever brings it: the operator's module or the page. */
import { z } from 'zod';

/** Longest JSON schema of arguments, characters: it stands in the model's prompt. */
const longestParameters = 4000;

export const toolDefinitionSchema = z.strictObject({
  /** What the model calls it by. */
  name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, 'a letter, then letters, digits and _; 64 at most'),
  /** Tells the model when to call it. */
  description: z.string().min(1).max(500),
  /** JSON schema of the arguments, an object; without one there are none. */
  parameters: z
    .record(z.string(), z.unknown())
    .refine((parameters) => parameters['type'] === 'object', 'a JSON schema with type "object"')
    .refine((parameters) => JSON.stringify(parameters).length <= longestParameters, 'is too long')
    .optional(),
});
export type ToolDefinition = z.infer<typeof toolDefinitionSchema>;

/** Finds what is wrong with arguments: one sentence, or `undefined` when they are right. */
export type ArgumentCheck = (args: unknown) => string | undefined;

/**
 * @throws Error when `parameters` is no JSON schema that can be checked.
 */
export function argumentCheck({ name, parameters }: ToolDefinition): ArgumentCheck {
  // A function without arguments may get an empty object.
  const schema = parameters === undefined ? z.strictObject({}) : z.fromJSONSchema(parameters);
  return (args) => {
    const checked = schema.safeParse(args);
    if (checked.success) return undefined;
    const wrong = checked.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    return `The arguments of ${name} are wrong. ${wrong.join('; ')}.`;
  };
}

/** The first thing that is wrong with a definition, for messages: `description: expected string`. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'wrong' : [...issue.path, issue.message].join(': ');
}
