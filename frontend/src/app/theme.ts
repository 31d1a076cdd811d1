// The look of everything. State colours are CSS variables (theme.css), because charts draw with them too.
import {
  ActionIcon,
  Button,
  createTheme,
  Modal,
  Tooltip,
  type MantineColorsTuple,
} from '@mantine/core';

const steel: MantineColorsTuple = [
  '#eef5fc',
  '#dbe8f6',
  '#b3cfec',
  '#88b4e2',
  '#649edb',
  '#4d90d6',
  '#3f88d4',
  '#2f74bc',
  '#2467a9',
  '#0f5996',
];

const grey: MantineColorsTuple = [
  '#f7f8f9',
  '#eff1f3',
  '#e3e6e9',
  '#d3d7db',
  '#b9bfc5',
  '#949ba3',
  '#6d757d',
  '#545b63',
  '#3a4047',
  '#24282d',
];

const dark: MantineColorsTuple = [
  '#d5d9dd',
  '#b4bac1',
  '#9aa2aa',
  '#6a727a',
  '#454c54',
  '#343a41',
  '#272c32',
  '#1c2025',
  '#15181c',
  '#0e1013',
];

export const theme = createTheme({
  primaryColor: 'steel',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  colors: { steel, gray: grey, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  // Three sizes on a page: 12 for what stands aside, 14 for text, 20 for the title; 16 heads a card.
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.45', lg: '1.4', xl: '1.3' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.45' },
    },
  },
  defaultRadius: 'md',
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 300,
        withArrow: true,
        multiline: true,
        maw: 360,
        events: { hover: true, focus: true, touch: true },
      },
    }),
    Modal: Modal.extend({
      defaultProps: {
        transitionProps: { duration: 150 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
      styles: { title: { fontSize: '1rem', fontWeight: 600 } },
    }),
  },
});
