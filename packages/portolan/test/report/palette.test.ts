import { expect, test } from '@jest/globals'
import { palettes } from '../../src/report/palette.ts'

/** The relative luminance of a colour, and the contrast of two colours, as WCAG 2.2 defines them. */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

test.each(Object.entries(palettes))(
  'every text of the %s page has a contrast of 4.5 to 1, every field of 3 to 1',
  (_, palette) => {
    for (const ground of [palette.page, palette.card]) {
      for (const name of ['text', 'quiet', 'link', 'good', 'bad', 'warning', 'changed'] as const)
        expect({ name, ground, isRead: contrast(palette[name], ground) >= 4.5 }).toEqual({
          name,
          ground,
          isRead: true,
        })
      expect(contrast(palette.field, ground)).toBeGreaterThanOrEqual(3)
    }
    expect(contrast(palette.onButton, palette.button)).toBeGreaterThanOrEqual(4.5)
  },
)
