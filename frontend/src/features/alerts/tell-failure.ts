import { notifications } from '@mantine/notifications';
import { toProblem } from '@/api/problem';

/** For verbs without a form: what did not happen, and why. */
export function tellFailure(title: string, error: Error) {
  notifications.show({ title, message: toProblem(error).message, color: 'red.9' });
}
