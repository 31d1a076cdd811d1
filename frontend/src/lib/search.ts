// What stands in the URL, checked: a hand-made address shows the page with its defaults, never an error.
import * as z from 'zod/mini';
import { RANGE_NAMES } from './ranges';

const optionalText = z.catch(z.optional(z.string()), undefined);
const optionalSeconds = z.catch(z.optional(z.number()), undefined);

export const timeRangeSearch = z.object({
  range: z.catch(z.optional(z.enum(RANGE_NAMES)), undefined),
  from: optionalSeconds,
  to: optionalSeconds,
});

/** Text filter, sort ("name" or "-name"), page; further filters of a list are named by their column. */
export const tableSearch = z.object({
  q: optionalText,
  sort: optionalText,
  page: z.catch(z.optional(z.int().check(z.positive())), undefined),
});
export type TableSearch = z.infer<typeof tableSearch>;
/** A list's search as the data table sees it: its own three words and one text for each filter. */
export type TableState = TableSearch & Record<string, string | number | undefined>;

/** tableSearch with one optional text for each named filter. */
export function tableSearchWith<Name extends string>(...names: Name[]) {
  const shape = Object.fromEntries(names.map((name) => [name, optionalText]));
  return z.extend(tableSearch, shape as Record<Name, typeof optionalText>);
}
