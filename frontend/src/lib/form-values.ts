// What stands in a form that the server describes, and what is sent of it.

/** One field, as channels and plugins describe theirs. */
export interface FormField {
  name: string;
  label: string;
  kind: string;
  description: string;
  example: string;
  default: string | number | boolean | string[] | null;
  choices: readonly string[];
  minimum: number | null;
  maximum: number | null;
  is_required: boolean;
  is_secret: boolean;
  is_advanced: boolean;
  /** Of the number that is entered. */
  unit?: string;
}

export type FieldValue = string | number | boolean | string[];
export type FieldValues = Record<string, FieldValue>;

function defaultOf({ default: value, kind }: FormField): FieldValue {
  if (value !== null) return value;
  if (kind === 'boolean') return false;
  return kind === 'array' ? [] : '';
}

function isFieldValue(value: unknown): value is FieldValue {
  return (
    ['string', 'number', 'boolean'].includes(typeof value) ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string'))
  );
}

/** The values of a form: what is kept, else the defaults; secrets begin empty. */
export function valuesOf(
  fields: readonly FormField[],
  settings: Readonly<Record<string, unknown>> | undefined,
): FieldValues {
  return Object.fromEntries(
    fields.map((field) => {
      const kept: unknown = settings?.[field.name];
      return [field.name, field.is_secret ? '' : isFieldValue(kept) ? kept : defaultOf(field)];
    }),
  );
}

const isEmpty = (value: FieldValue) => value === '' || (Array.isArray(value) && value.length === 0);

const tidy = (value: FieldValue) =>
  Array.isArray(value) ? value.map((one) => one.trim()).filter(Boolean) : value;

/** Splits the values into settings and secrets; what is empty or as the default is left out. */
export function splitValues(
  fields: readonly FormField[],
  values: FieldValues,
): { settings: Record<string, FieldValue>; secrets: Record<string, string> } {
  const settings: Record<string, FieldValue> = {};
  const secrets: Record<string, string> = {};
  for (const field of fields) {
    const value = tidy(values[field.name] ?? '');
    if (isEmpty(value)) continue;
    if (field.is_secret) secrets[field.name] = String(value);
    else if (!field.is_advanced || value !== field.default) settings[field.name] = value;
  }
  return { settings, secrets };
}

/** The names under which the server tells what is wrong with a field. */
export const fieldName = (field: FormField) =>
  `${field.is_secret ? 'secrets' : 'settings'}.${field.name}`;
