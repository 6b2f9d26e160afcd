import { readFileSync } from 'node:fs'
import { type Backend, backends } from '../../lab/backend.ts'
import { type Before, type RuleTool, ruleTools, type Scenario } from './scenario.ts'
import {
  readContainer,
  readExpectedConflict,
  readExpectedFailure,
  readForeignFlow,
  readListener,
  readOldFlow,
} from './scenario-lines.ts'

const defaultIntent = readFileSync(new URL('./intent.yaml', import.meta.url), 'utf8')

interface Section {
  readonly words: readonly string[]
  readonly text: string
}

/** `-- words --` on a line of its own opens a section, as in Go's txtar. */
const splitSections = (text: string): { readonly head: string; readonly sections: readonly Section[] } => {
  const [head = '', ...rest] = text.split(/^-- (.+) --$/m)
  const sections: Section[] = []
  for (let index = 0; index < rest.length; index += 2) {
    sections.push({ words: (rest[index] ?? '').split(/\s+/), text: (rest[index + 1] ?? '').trimStart() })
  }
  return { head, sections }
}

/** The lines that are neither comments nor empty. */
const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$|^#.*$/, '').trim())
    .filter((line) => line !== '')

const settingNames = [
  'backends',
  'sample',
  'options',
  'bridge-nf',
  'forwarding',
  'warnings',
  'known-failure',
] as const

const readSettings = (head: string): ReadonlyMap<string, string> => {
  const settings = new Map<string, string>()
  for (const line of linesOf(head)) {
    const [, name = '', value = ''] = /^([a-z-]+):\s*(.*)$/.exec(line) ?? []
    if (!settingNames.some((one) => one === name)) throw new Error(`not a setting: ${line}`)
    settings.set(name, value)
  }
  return settings
}

const readBackends = (words: readonly string[]): readonly Backend[] =>
  words.map((word) => {
    const backend = backends.find((one) => one === word)
    if (backend === undefined) throw new Error(`not a backend: ${word}`)
    return backend
  })

/**
 * The text of a section. `-- before nft firewalld.nft --` reads it from a file in hosts/, which several scenarios
 * share.
 */
const textOf = ({ words: [, , file], text }: Section): string =>
  file === undefined ? text : readFileSync(new URL(`./hosts/${file}`, import.meta.url), 'utf8')

const readBefore = (section: Section): readonly Before[] => {
  const [, kind = ''] = section.words
  const text = textOf(section)
  if (ruleTools.some((tool) => tool === kind)) return [{ kind: 'rules', tool: kind as RuleTool, text }]
  if (kind === 'sh') return [{ kind: 'script', text }]
  if (kind === 'command') return [{ kind: 'command', name: section.words[2] ?? '', text }]
  if (kind === 'flows') return linesOf(text).map((line) => ({ kind: 'flow', flow: readOldFlow(line) }))
  if (kind === 'listeners') return linesOf(text).map(readListener)
  if (kind === 'containers') {
    return linesOf(text).map((line) => ({ kind: 'container', container: readContainer(line) }))
  }
  throw new Error(`not a section: before ${kind}`)
}

/** The lines of a section for a backend: from the section that names the backend, else from the one that names none. */
const linesForBackend =
  <T>(sections: readonly Section[], name: string, read: (line: string) => T) =>
  (backend: Backend): readonly T[] => {
    const candidates = sections.filter(({ words: [first] }) => first === name)
    const section =
      candidates.find(({ words: [, ...rest] }) => readBackends(rest).includes(backend)) ??
      candidates.find(({ words }) => words.length === 1)
    return linesOf(section?.text ?? '').map(read)
  }

const sectionNames = ['before', 'intent', 'conflicts', 'fails', 'foreign']

/**
 * Reads a scenario: see README.md beside this file for its form.
 * @throws Error with the line that cannot be read
 */
export const readScenario = (name: string, text: string): Scenario => {
  const { head, sections } = splitSections(text)
  const stray = sections.find(({ words: [first = ''] }) => !sectionNames.includes(first))
  if (stray !== undefined) throw new Error(`${name}: not a section: ${stray.words.join(' ')}`)
  const settings = readSettings(head)
  const wordsOf = (setting: string): readonly string[] =>
    (settings.get(setting) ?? '').split(/[\s,]+/).filter((word) => word !== '')
  const wrongOn = readBackends(
    (/^on (.*?):/.exec(settings.get('known-failure') ?? '')?.[1] ?? backends.join(' ')).split(/[\s,]+/),
  )
  const title = /^# (.*)$/m.exec(head)?.[1]
  if (title === undefined) throw new Error(`${name} has no title`)
  const backendsOf = (setting: string, otherwise: readonly Backend[]): readonly Backend[] =>
    settings.has(setting) ? readBackends(wordsOf(setting)) : otherwise
  const playedBackends = backendsOf('backends', backends)
  const before = sections.filter(({ words: [first] }) => first === 'before').flatMap(readBefore)
  const scenario: Scenario = {
    name,
    title,
    backends: playedBackends,
    sample: backendsOf('sample', playedBackends),
    options: wordsOf('options'),
    bridgeNf: settings.get('bridge-nf') === '0' ? 0 : 1,
    forwards: settings.get('forwarding') !== 'off',
    allowsWarnings: settings.get('warnings') === 'any',
    isKnownWrong: (backend) => settings.has('known-failure') && wrongOn.includes(backend),
    before,
    intent: sections.find(({ words: [first] }) => first === 'intent')?.text ?? defaultIntent,
    conflicts: linesForBackend(sections, 'conflicts', readExpectedConflict),
    failures: linesForBackend(sections, 'fails', readExpectedFailure),
    foreignFlows: sections
      .filter(({ words: [first] }) => first === 'foreign')
      .flatMap((section) => linesOf(section.text).map(readForeignFlow)),
    oldFlows: before.flatMap((one) => (one.kind === 'flow' ? [one.flow] : [])),
  }
  // Reads all lines now, so that a mistake in a file shows before a lab is built.
  for (const backend of scenario.backends) {
    scenario.conflicts(backend)
    scenario.failures(backend)
  }
  return scenario
}
