import {
  Button,
  Collapse,
  NativeSelect,
  NumberInput,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { fieldName, type FieldValue, type FieldValues, type FormField } from '@/lib/form-values';
import { SecretInput } from './secret-input';

interface FieldProps {
  field: FormField;
  value: FieldValue | undefined;
  onChange: (value: FieldValue) => void;
  error: string | undefined;
  isKept: boolean;
}

const textOf = (value: FieldValue | undefined) =>
  Array.isArray(value) ? value.join('\n') : value === undefined ? '' : String(value);

/** One field, in the form that its kind asks for. */
function Field({ field, value, onChange, error, isKept }: FieldProps) {
  const shared = {
    label: field.label,
    description: field.description || undefined,
    required: field.is_required,
    error,
  };
  if (field.is_secret)
    return (
      <SecretInput
        label={field.is_required ? `${field.label} *` : field.label}
        description={field.description}
        isSet={isKept}
        value={textOf(value)}
        onChange={onChange}
        error={error}
      />
    );
  if (field.kind === 'boolean')
    return (
      <Switch
        label={field.label}
        description={field.description || undefined}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
        error={error}
      />
    );
  if (field.choices.length > 0)
    return (
      <NativeSelect
        {...shared}
        data={[...(field.default === null ? [''] : []), ...field.choices]}
        value={textOf(value)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (field.kind === 'array')
    return (
      <Textarea
        {...shared}
        description={field.description || 'One on each line.'}
        autosize
        minRows={2}
        placeholder={field.example}
        value={textOf(value)}
        onChange={(event) => onChange(event.currentTarget.value.split('\n'))}
      />
    );
  if (field.kind === 'integer' || field.kind === 'number')
    return (
      <NumberInput
        {...shared}
        allowDecimal={field.kind === 'number'}
        suffix={field.unit ? ` ${field.unit}` : ''}
        {...(field.minimum === null ? {} : { min: field.minimum })}
        {...(field.maximum === null ? {} : { max: field.maximum })}
        value={typeof value === 'number' ? value : ''}
        onChange={(next) => onChange(typeof next === 'number' ? next : '')}
      />
    );
  if (field.description.includes('PEM'))
    return (
      <Textarea
        {...shared}
        autosize
        minRows={3}
        maxRows={10}
        spellCheck={false}
        placeholder={field.example || '-----BEGIN CERTIFICATE-----'}
        value={textOf(value)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      {...shared}
      placeholder={field.example}
      value={textOf(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface GeneratedFieldsProps {
  fields: readonly FormField[];
  values: FieldValues;
  onChange: (name: string, value: FieldValue) => void;
  errors: Record<string, string>;
  kept: readonly string[];
}

/** A form that the server describes; what few people need is folded away. */
export function GeneratedFields({ fields, values, onChange, errors, kept }: GeneratedFieldsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const rows = (some: readonly FormField[]) =>
    some.map((field) => (
      <Field
        key={field.name}
        field={field}
        value={values[field.name]}
        onChange={(value) => onChange(field.name, value)}
        error={errors[fieldName(field)]}
        isKept={kept.includes(field.name)}
      />
    ));
  const advanced = fields.filter((field) => field.is_advanced);
  return (
    <Stack gap="md">
      {rows(fields.filter((field) => !field.is_advanced))}
      {advanced.length > 0 && (
        <div>
          <Button
            size="xs"
            variant="default"
            onClick={() => setIsOpen(!isOpen)}
            aria-expanded={isOpen}
          >
            {isOpen ? 'Fewer fields' : `${advanced.length} more fields`}
          </Button>
          <Collapse expanded={isOpen}>
            <Stack gap="md" mt="md">
              {rows(advanced)}
            </Stack>
          </Collapse>
        </div>
      )}
    </Stack>
  );
}
