const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** One SVG element. Attribute values are escaped; `inner` is markup and is not. */
export const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  inner = '',
): string => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return `<${name}${written.join('')}${inner === '' ? '/>' : `>${inner}</${name}>`}`
}

export const text = (
  shown: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end' = 'start',
  className = '',
): string => {
  const named = className === '' ? {} : { class: className }
  return element('text', { ...named, x: fixed(x), y: fixed(y), 'text-anchor': anchor }, escaped(shown))
}

/** Rounded to one decimal, so that a chart drawn again from the same figures is the same file. */
export const fixed = (value: number): string => String(Math.round(value * 10) / 10)
