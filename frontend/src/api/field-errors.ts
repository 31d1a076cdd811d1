import { toProblem } from './problem';

/**
 * Splits a failed call into what stands at the fields and what belongs to the form as a whole.
 * `form.setErrors(fields)`; show `rest` above the buttons when it is not null.
 */
export function splitProblem(
  error: unknown,
  known: readonly string[],
): { fields: Record<string, string>; rest: unknown } {
  const problem = toProblem(error);
  const fields: Record<string, string> = {};
  let isWhole = problem.fields.length === 0;
  for (const { pointer, detail } of problem.fields) {
    // "/body/name", "#/name" and "/name" all mean the field `name`.
    const name = pointer.replace(/^#?\/?(body\/)?/, '').replaceAll('/', '.');
    if (known.includes(name)) fields[name] = detail;
    else isWhole = true;
  }
  return { fields, rest: isWhole ? problem : null };
}
