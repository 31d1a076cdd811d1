// One direction: app -> features -> (components, api, lib, hooks). Features never import features;
// routes in app compose them. components may use api (for its types), lib and hooks; lib uses nothing.
import js from '@eslint/js';
import checkFile from 'eslint-plugin-check-file';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { readdirSync } from 'node:fs';

// The rule has no wildcard for "another folder of the same parent", so the folders are listed here by
// reading them: a new feature is walled in without anybody remembering it.
const features = readdirSync(new URL('./src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const zone = (target, from, message, except) => ({
  target: `./src/${target}`,
  from: from.map((name) => `./src/${name}`),
  message,
  ...(except ? { except } : {}),
});

export default tseslint.config(
  { ignores: ['dist', 'src/api/schema.d.ts', 'playwright-report', 'test-results'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['*.js', 'scripts/**', 'public/**'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'import-x': importX, 'check-file': checkFile, 'react-hooks': reactHooks },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'check-file/filename-naming-convention': [
        'error',
        { '**/*.{ts,tsx}': 'KEBAB_CASE' },
        { ignoreMiddleExtensions: true },
      ],
      'check-file/folder-naming-convention': ['error', { 'src/**/': 'KEBAB_CASE' }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [
            zone('features', ['app'], 'Features do not know the app that shows them.'),
            zone(
              'components',
              ['app', 'features', 'testing'],
              'Shared components know no feature.',
            ),
            zone(
              'api',
              ['app', 'features', 'components', 'hooks'],
              'The API client knows no screen.',
            ),
            zone('hooks', ['app', 'features', 'components'], 'Shared hooks know no screen.'),
            zone(
              'lib',
              ['app', 'features', 'components', 'api', 'hooks'],
              'lib is free of the domain.',
            ),
            ...features.map((name) =>
              zone(`features/${name}`, ['features'], 'Compose features in a route of app.', [
                `./${name}`,
              ]),
            ),
          ],
        },
      ],
    },
  },
  {
    // Tests may render with the app's providers.
    files: ['src/**/*.test.{ts,tsx}', 'src/testing/**'],
    rules: { 'import-x/no-restricted-paths': 'off' },
  },
);
