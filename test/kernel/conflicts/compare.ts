import type { LiveRow, RowAnswer } from './live-row.ts'
import { type ConflictJson, describeConflict, type Planned } from './planned.ts'
import type { ExpectedConflict } from './scenario.ts'

/** `*` stands for anything. */
const globs = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
  ).test(text)

const isAbout = ({ subject }: ExpectedConflict, { mapping, network }: ConflictJson): boolean => {
  switch (subject.kind) {
    case 'mapping':
      return (
        mapping !== null && (mapping === subject.label || globs(subject.label, mapping.split(' ')[0] ?? ''))
      )
    case 'network':
      return mapping === null && network !== null && globs(subject.name, network)
    case 'host':
      return mapping === null && network === null
  }
}

const isBy = ({ culprit: words, owner }: ExpectedConflict, { culprit }: ConflictJson): boolean => {
  const found = [culprit?.tool, culprit?.table, culprit?.chain, culprit?.position].map((word) =>
    String(word ?? '-'),
  )
  return (
    words.every((word, index) => globs(word, found[index] ?? '')) &&
    (owner === null || culprit?.owner === owner)
  )
}

const fits = (expected: ExpectedConflict, found: ConflictJson): boolean =>
  expected.severity === found.severity &&
  expected.certainty === found.certainty &&
  expected.kind === found.kind &&
  isAbout(expected, found) &&
  isBy(expected, found)

/** How many conflicts a line stands for: one for each mapping or network that its `*` takes in. */
const wanted = ({ subject }: ExpectedConflict, planned: Planned): number => {
  if (subject.kind === 'mapping' && subject.label.includes('*')) {
    return planned.mappings.filter(({ label }) => globs(subject.label, label.split(' ')[0] ?? '')).length
  }
  if (subject.kind === 'network' && subject.name.includes('*')) {
    return planned.networks.filter(({ name }) => globs(subject.name, name)).length
  }
  return 1
}

/** The list has to be exact; infos that are not written may be there. */
export const compareConflicts = (
  expected: readonly ExpectedConflict[],
  found: readonly ConflictJson[],
  planned: Planned,
): readonly string[] => {
  const left = [...found]
  const complaints: string[] = []
  for (const one of expected) {
    const count = wanted(one, planned)
    for (let nth = 0; nth < count; nth += 1) {
      const index = left.findIndex((conflict) => fits(one, conflict))
      if (index === -1) {
        complaints.push(`not found${count > 1 ? ` (${nth} of ${count} were)` : ''}: ${one.line}`)
        break
      }
      left.splice(index, 1)
    }
  }
  for (const conflict of left.filter(({ severity }) => severity !== 'info')) {
    complaints.push(`not expected: ${describeConflict(conflict)}: ${conflict.message}`)
  }
  return complaints
}

const concerns = ({ mapping, network }: ConflictJson, row: LiveRow): boolean =>
  mapping === null && network === null
    ? true
    : mapping !== null
      ? mapping === row.mapping
      : network === row.network

/** No miss: whatever fails is covered. No false alarm: an error about packets has a row that fails. */
export const compareRows = (
  conflicts: readonly ConflictJson[],
  answers: readonly RowAnswer[],
  isAboutPackets: (conflict: ConflictJson) => boolean,
): readonly string[] => {
  const failing = answers.filter(({ failure }) => failure !== null)
  const missed = failing
    .filter(({ row }) => !conflicts.some((conflict) => concerns(conflict, row)))
    .map(({ row, failure }) => `missed: ${row.words.join(' ')}: ${failure}`)
  const alarms = conflicts
    .filter(({ severity }) => severity === 'error')
    .filter(isAboutPackets)
    .filter((conflict) => !failing.some(({ row }) => concerns(conflict, row)))
    .map((conflict) => `false alarm, as all of it is delivered: ${describeConflict(conflict)}`)
  return [...missed, ...alarms]
}
