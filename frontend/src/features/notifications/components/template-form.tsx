import { Button, Code, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { usePreviewTemplate, useSaveTemplate, type Template } from '../api';

interface TemplateFormProps {
  template: Template | null;
  onSaved: () => void;
  onCancel: () => void;
}

const EMPTY = { name: '', title: '', text: '', html: '', body: '' };
const EXAMPLE = '{% for one in alerts %}{{ one.title }}: {{ one.message }}\n{% endfor %}';

function Preview({ preview }: { preview: ReturnType<typeof usePreviewTemplate> }) {
  if (preview.error) return <ProblemAlert what="It could not be tried" error={preview.error} />;
  if (!preview.data) return null;
  const { title, text, body, errors } = preview.data;
  return (
    <Stack gap="xs" role="status">
      {errors.map((error) => (
        <Notice key={error} state="warning" title="A part fails: Unity's own words stand in">
          {error}
        </Notice>
      ))}
      <Text fw={600}>{title}</Text>
      <Code block>{text}</Code>
      {body !== '' && <Code block>{body}</Code>}
    </Stack>
  );
}

/** Words of one's own, and what becomes of them with two made-up alerts. */
export function TemplateForm({ template, onSaved, onCancel }: TemplateFormProps) {
  const save = useSaveTemplate(template?.id ?? null);
  const preview = usePreviewTemplate();
  const [values, setValues] = useState({ ...EMPTY, ...template });
  const split = splitProblem(save.error, Object.keys(EMPTY));
  const errors = save.error ? split.fields : {};
  const { name, title, text, html, body } = values;
  const wish = { name, title, text, html, body };
  const part = (label: string, key: 'text' | 'html' | 'body', description: string) => (
    <Textarea
      label={label}
      description={description}
      autosize
      minRows={2}
      maxRows={12}
      value={values[key]}
      placeholder={key === 'text' ? EXAMPLE : undefined}
      onChange={(event) => setValues({ ...values, [key]: event.currentTarget.value })}
      error={errors[key]}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(wish, { onSuccess: onSaved });
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Name"
          required
          data-autofocus
          value={name}
          onChange={(event) => setValues({ ...values, name: event.currentTarget.value })}
          error={errors['name']}
        />
        <Text size="sm" c="dimmed">
          In Jinja&apos;s language, with title, text, severity, kind, is_over, count, link and
          alerts; each alert has title, message, fix, severity, type, resource, server, tags and
          began_at. What is empty is worded as Unity does.
        </Text>
        <TextInput
          label="Title"
          placeholder="[{{ severity }}] {{ title }}"
          value={title}
          onChange={(event) => setValues({ ...values, title: event.currentTarget.value })}
          error={errors['title']}
        />
        {part('Text', 'text', 'Of all channels.')}
        {part('HTML', 'html', 'Of mails; values are escaped.')}
        {part('Body', 'body', 'What a web hook gets, instead of the JSON document.')}
        <Preview preview={preview} />
        <FormActions
          submitLabel={template === null ? 'Add the template' : 'Save'}
          isBusy={save.isPending}
          error={save.error ? split.rest : null}
          onCancel={onCancel}
        >
          <Button
            variant="default"
            loading={preview.isPending}
            onClick={() => preview.mutate({ ...wish, name: name || 'preview' })}
          >
            Preview
          </Button>
        </FormActions>
      </Stack>
    </form>
  );
}
