import { NumberInput, Stack, Text, TextInput } from '@mantine/core';
import type { SettingsValues } from '../values';
import classes from './assistant.module.css';
import type { SettingsForm } from './settings-form';

type NumberName = {
  [Name in keyof SettingsValues]: SettingsValues[Name] extends number | '' ? Name : never;
}[keyof SettingsValues];

interface FieldProps {
  form: SettingsForm;
  name: NumberName;
  label: string;
  description?: string;
  suffix?: string;
}

function Field({ form, name, ...rest }: FieldProps) {
  return (
    <NumberInput
      min={0}
      thousandSeparator=","
      {...rest}
      {...form.getInputProps(name)}
      onChange={(value) => form.setFieldValue(name, typeof value === 'number' ? value : '')}
    />
  );
}

/** How much may be sent and spent, and how long the model may take. */
export function LimitFields({ form }: { form: SettingsForm }) {
  const money = form.values.currency === '' ? '' : ` ${form.values.currency}`;
  return (
    <Stack gap="md" maw={640}>
      <div className={classes.pair}>
        <Field
          form={form}
          name="requests_per_day"
          label="Requests a day"
          description="Empty: no limit."
        />
        <Field
          form={form}
          name="requests_per_month"
          label="Requests a month"
          description="Empty: no limit."
        />
      </div>
      <Text size="sm" c="dimmed">
        With both prices Unity counts the cost, and a budget can hold it back. A model of your own
        needs none.
      </Text>
      <div className={classes.pair}>
        <Field
          form={form}
          name="input_price"
          label="Price of a million tokens sent"
          suffix={money}
        />
        <Field
          form={form}
          name="output_price"
          label="Price of a million tokens written"
          suffix={money}
        />
        <Field form={form} name="cost_per_day" label="Most cost a day" suffix={money} />
        <Field form={form} name="cost_per_month" label="Most cost a month" suffix={money} />
        <TextInput label="Currency" maxLength={10} {...form.getInputProps('currency')} />
      </div>
      <div className={classes.pair}>
        <Field
          form={form}
          name="most_input_characters"
          label="Most sent in one request"
          description="Four characters are about one token."
          suffix=" characters"
        />
        <Field
          form={form}
          name="most_output_tokens"
          label="Longest answer"
          description="A hundred words are about 130 tokens."
          suffix=" tokens"
        />
        <Field
          form={form}
          name="silence_seconds"
          label="Longest silence"
          description="A large model on a small machine needs a minute to begin."
          suffix=" s"
        />
        <Field
          form={form}
          name="limit_seconds"
          label="Longest time for one answer"
          description="From the request to the end."
          suffix=" s"
        />
        <Field
          form={form}
          name="keep_days"
          label="Keep the record for"
          description="What was sent and what came back."
          suffix=" days"
        />
      </div>
    </Stack>
  );
}
