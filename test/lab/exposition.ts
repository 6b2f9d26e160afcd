/** One series of a metric, with its value. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with its series. */
export interface MetricFamily {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/**
 * Reads the text format of Prometheus 0.0.4 strictly. Every metric has HELP and TYPE once, before its samples, and no
 * two samples have the same labels.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws Error that names the line
 */
export const readExposition = (text: string): ReadonlyMap<string, MetricFamily> => {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>()
  const seen = new Set<string>()
  let current = ''
  for (const [at, line] of text.slice(0, -1).split('\n').entries()) {
    const refuse = (why: string): Error => new Error(`line ${at + 1}, ${JSON.stringify(line)}: ${why}`)
    if (line === '') continue
    const reader = lineReader(line, refuse)
    if (line.startsWith('# ')) {
      reader.expect('# ')
      const kind = reader.name()
      reader.expect(' ')
      const name = reader.name()
      reader.expect(' ')
      const known = families.get(name)
      if (kind === 'HELP') {
        if (known !== undefined) throw refuse('a second HELP')
        families.set(name, { type: '', help: reader.rest(), samples: [] })
        current = name
      } else if (kind === 'TYPE') {
        if (known === undefined || name !== current || known.type !== '') throw refuse('TYPE out of place')
        known.type = reader.rest()
        if (!['counter', 'gauge'].includes(known.type)) throw refuse('another type')
      } else throw refuse('neither HELP nor TYPE')
      continue
    }
    const name = reader.name()
    const family = families.get(name)
    if (family === undefined || name !== current || family.type === '') throw refuse('a sample out of place')
    const labels = reader.labels()
    reader.expect(' ')
    const value = reader.value()
    const key = JSON.stringify([name, ...Object.entries(labels).sort()])
    if (seen.has(key)) throw refuse('a series twice')
    seen.add(key)
    family.samples.push({ name, labels, value })
  }
  return families
}

const lineReader = (line: string, refuse: (why: string) => Error) => {
  let at = 0
  const expect = (text: string): void => {
    if (!line.startsWith(text, at)) throw refuse(`expected ${JSON.stringify(text)} at ${at}`)
    at += text.length
  }
  const name = (): string => {
    const from = at
    while (at < line.length && isNamed(line.charCodeAt(at), at > from)) at += 1
    if (at === from) throw refuse(`expected a name at ${at}`)
    return line.slice(from, at)
  }
  const quoted = (): string => {
    expect('"')
    let text = ''
    for (;;) {
      const character = line[at]
      if (character === undefined) throw refuse('a label value without an end')
      at += 1
      if (character === '"') return text
      if (character !== '\\') text += character
      else {
        const escaped = { '\\': '\\', n: '\n', '"': '"' }[line[at] ?? '']
        if (escaped === undefined) throw refuse(`an unknown escape at ${at}`)
        text += escaped
        at += 1
      }
    }
  }
  const rest = (): string => {
    const text = line.slice(at)
    at = line.length
    return text
  }
  return {
    expect,
    name,
    rest,
    labels: (): Record<string, string> => {
      const labels: Record<string, string> = {}
      if (line[at] !== '{') return labels
      expect('{')
      for (;;) {
        const label = name()
        if (Object.hasOwn(labels, label)) throw refuse(`label ${label} twice`)
        expect('=')
        labels[label] = quoted()
        if (line[at] === '}') break
        expect(',')
      }
      expect('}')
      return labels
    },
    value: (): number => {
      const text = rest()
      const value = Number(text)
      if (text === '' || text.trim() !== text || Number.isNaN(value)) throw refuse('no value')
      return value
    },
  }
}

/** Matches [a-zA-Z_:], and digits too where `digitsToo` (after the first character). */
const isNamed = (code: number, digitsToo: boolean): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 95 ||
  code === 58 ||
  (digitsToo && code >= 48 && code <= 57)
