// Answers of several queries, made to share their times.
import type { MetricAnswer } from './charts';

type Values = readonly (number | null)[];

/** Brings answers of one range onto the times of the first that has any. */
export function onSameTimes(answers: readonly MetricAnswer[]): {
  times: number[];
  answers: MetricAnswer[];
} {
  const times = answers.find(({ series }) => series.length > 0)?.times ?? [];
  const aligned = answers.map((answer): MetricAnswer => {
    if (answer.times.length === times.length && answer.times[0] === times[0]) return answer;
    const places = new Map(answer.times.map((at, index) => [at, index]));
    const pick = (values: Values) =>
      times.map((at) => {
        const place = places.get(at);
        return place === undefined ? null : (values[place] ?? null);
      });
    return {
      ...answer,
      times,
      series: answer.series.map((line) => ({
        ...line,
        min: pick(line.min),
        avg: pick(line.avg),
        max: pick(line.max),
      })),
    };
  });
  return { times, answers: aligned };
}
