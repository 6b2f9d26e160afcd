/**
 * The colours of a report on a light and on a dark page. Each text colour is readable on `page` and on `card`: a test
 * checks that the contrast is 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
 */
export const palettes = {
  light: {
    page: '#f5f7fa',
    card: '#ffffff',
    text: '#1b2430',
    quiet: '#535e6c',
    line: '#c9d1db',
    field: '#76818f',
    link: '#0b57b0',
    good: '#12692f',
    bad: '#b3261e',
    warning: '#8a5300',
    changed: '#5b3fb0',
    onButton: '#ffffff',
    button: '#0b57b0',
  },
  dark: {
    page: '#0f141b',
    card: '#171e27',
    text: '#e6eaf0',
    quiet: '#a5b0be',
    line: '#344051',
    field: '#7d8999',
    link: '#8ab8ff',
    good: '#5fd38a',
    bad: '#ff8f85',
    warning: '#f0b458',
    changed: '#bda7ff',
    onButton: '#0f141b',
    button: '#8ab8ff',
  },
} as const

export type Palette = Readonly<Record<keyof (typeof palettes)['light'], string>>
