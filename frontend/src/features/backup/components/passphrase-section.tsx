import { Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { SecretInput } from '@/components/secret-input';
import { settingsQuery, useSetPassphrase } from '../api';

const LEAST = 12;

function PassphraseForm({ isSet, onSaved }: { isSet: boolean; onSaved: () => void }) {
  const save = useSetPassphrase();
  const form = useForm({
    initialValues: { passphrase: '' },
    validate: {
      passphrase: (value) =>
        value.length < LEAST ? `At least ${LEAST} characters; several words are best.` : null,
    },
  });
  const submit = ({ passphrase }: typeof form.values) =>
    save.mutate(passphrase, {
      onSuccess: onSaved,
      onError: (error) => form.setErrors(splitProblem(error, ['passphrase']).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="sm" maw={520}>
        <SecretInput
          label="Passphrase"
          description="Write it down, and keep it where this machine cannot be lost with it."
          isSet={isSet}
          value={form.values.passphrase}
          onChange={(value) => form.setFieldValue('passphrase', value)}
          error={form.errors.passphrase as string | undefined}
          autoComplete="new-password"
        />
        {(!isSet || form.values.passphrase !== '') && (
          <FormActions
            submitLabel="Set the passphrase"
            isBusy={save.isPending}
            error={save.error ? splitProblem(save.error, ['passphrase']).rest : null}
          />
        )}
      </Stack>
    </form>
  );
}

/** Without it nothing in an archive can be read, and without the archive's key no secret. */
export function PassphraseSection() {
  const settings = useQuery(settingsQuery);
  const [round, setRound] = useState(0);
  return (
    <Section title="Passphrase">
      <Faces
        query={settings}
        what="The settings could not be read"
        skeleton={<CardSkeleton height={100} />}
      >
        {({ has_passphrase, passphrase_set_at }) => (
          <Stack gap="sm">
            {has_passphrase ? (
              <Text size="sm" c="dimmed">
                Set <RelativeTime at={passphrase_set_at} />. A new one counts for new backups; those
                that exist keep theirs.
              </Text>
            ) : (
              <Notice state="warning" title="No passphrase is set">
                Backups hold the root key and everything else, so they are made only encrypted.
                Without the passphrase nobody can restore them, nor can you.
              </Notice>
            )}
            <PassphraseForm
              key={`${round} ${has_passphrase}`}
              isSet={has_passphrase}
              onSaved={() => setRound(round + 1)}
            />
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
