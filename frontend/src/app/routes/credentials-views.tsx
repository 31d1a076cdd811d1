import { useNavigate, useParams } from '@tanstack/react-router';
import { KeyPage } from '@/features/credentials/components/key-page';
import { LoginPage } from '@/features/credentials/components/login-page';

export function KeyView() {
  const { keyId } = useParams({ from: '/shell/credentials/ssh-keys/$keyId' });
  const navigate = useNavigate();
  return (
    <KeyPage
      key={keyId}
      keyId={keyId}
      onDeleted={() => void navigate({ to: '/credentials/ssh-keys' })}
    />
  );
}

export function LoginView() {
  const { loginId } = useParams({ from: '/shell/credentials/logins/$loginId' });
  const navigate = useNavigate();
  return (
    <LoginPage
      key={loginId}
      loginId={loginId}
      onDeleted={() => void navigate({ to: '/credentials/logins' })}
    />
  );
}
