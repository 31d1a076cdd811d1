// The form's values: numbers that may be left out are kept as Mantine's inputs have them.
import type { Settings, SettingsWish } from './api';

type Maybe = number | '';

export interface SettingsValues {
  is_enabled: boolean;
  protocol: Settings['protocol'];
  base_url: string;
  model: string;
  api_key: string;
  silence_seconds: Maybe;
  limit_seconds: Maybe;
  most_input_characters: Maybe;
  most_output_tokens: Maybe;
  requests_per_day: Maybe;
  requests_per_month: Maybe;
  cost_per_day: Maybe;
  cost_per_month: Maybe;
  input_price: Maybe;
  output_price: Maybe;
  currency: string;
  hides_addresses: boolean;
  explains_alerts: boolean;
  answers_questions: boolean;
  keep_days: Maybe;
}

export function valuesOf(settings: Settings): SettingsValues {
  return {
    is_enabled: settings.is_enabled,
    protocol: settings.protocol,
    base_url: settings.base_url,
    model: settings.model,
    api_key: '',
    silence_seconds: settings.silence_seconds,
    limit_seconds: settings.limit_seconds,
    most_input_characters: settings.most_input_characters,
    most_output_tokens: settings.most_output_tokens,
    requests_per_day: settings.requests_per_day ?? '',
    requests_per_month: settings.requests_per_month ?? '',
    cost_per_day: settings.cost_per_day ?? '',
    cost_per_month: settings.cost_per_month ?? '',
    input_price: settings.input_price ?? '',
    output_price: settings.output_price ?? '',
    currency: settings.currency,
    hides_addresses: settings.hides_addresses,
    explains_alerts: settings.explains_alerts,
    answers_questions: settings.answers_questions,
    keep_days: settings.keep_days,
  };
}

const orNull = (value: Maybe) => (value === '' ? null : value);

export function bodyOf(values: SettingsValues): SettingsWish {
  const { silence_seconds, limit_seconds, most_input_characters, most_output_tokens, keep_days } =
    values;
  return {
    is_enabled: values.is_enabled,
    protocol: values.protocol,
    base_url: values.base_url.trim(),
    model: values.model.trim(),
    api_key: values.api_key === '' ? null : values.api_key,
    currency: values.currency,
    hides_addresses: values.hides_addresses,
    explains_alerts: values.explains_alerts,
    answers_questions: values.answers_questions,
    // An emptied field falls back to the default.
    silence_seconds: silence_seconds === '' ? 60 : silence_seconds,
    limit_seconds: limit_seconds === '' ? 180 : limit_seconds,
    most_input_characters: most_input_characters === '' ? 24_000 : most_input_characters,
    most_output_tokens: most_output_tokens === '' ? 1200 : most_output_tokens,
    keep_days: keep_days === '' ? 90 : keep_days,
    requests_per_day: orNull(values.requests_per_day),
    requests_per_month: orNull(values.requests_per_month),
    cost_per_day: orNull(values.cost_per_day),
    cost_per_month: orNull(values.cost_per_month),
    input_price: orNull(values.input_price),
    output_price: orNull(values.output_price),
  };
}

interface Preset {
  label: string;
  protocol: Settings['protocol'];
  base_url: string;
}

export const PRESETS: readonly Preset[] = [
  { label: 'Ollama', protocol: 'openai', base_url: 'http://127.0.0.1:11434/v1' },
  { label: 'llama.cpp', protocol: 'openai', base_url: 'http://127.0.0.1:8080/v1' },
  { label: 'vLLM', protocol: 'openai', base_url: 'http://127.0.0.1:8000/v1' },
  { label: 'OpenAI', protocol: 'openai', base_url: 'https://api.openai.com/v1' },
  { label: 'Anthropic', protocol: 'anthropic', base_url: 'https://api.anthropic.com' },
];
