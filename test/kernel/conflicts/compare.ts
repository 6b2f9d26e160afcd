import type { LiveRow, RowAnswer } from './live-row.ts'
import { type ConflictJson, describeConflict, type Planned } from './planned.ts'
import type { ExpectedConflict } from './scenario.ts'

/** Matches a text with a pattern, in which `*` stands for any characters. */
const matchesPattern = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
  ).test(text)

const hasSubject = ({ subject }: ExpectedConflict, { mapping, network }: ConflictJson): boolean => {
  switch (subject.kind) {
    case 'mapping':
      return (
        mapping !== null &&
        (mapping === subject.label || matchesPattern(subject.label, mapping.split(' ')[0] ?? ''))
      )
    case 'network':
      return mapping === null && network !== null && matchesPattern(subject.name, network)
    case 'host':
      return mapping === null && network === null
  }
}

const hasCulprit = ({ culprit: words, owner }: ExpectedConflict, { culprit }: ConflictJson): boolean => {
  const found = [culprit?.tool, culprit?.table, culprit?.chain, culprit?.position].map((word) =>
    String(word ?? '-'),
  )
  return (
    words.every((word, index) => matchesPattern(word, found[index] ?? '')) &&
    (owner === null || culprit?.owner === owner)
  )
}

const fits = (expected: ExpectedConflict, found: ConflictJson): boolean =>
  expected.severity === found.severity &&
  expected.certainty === found.certainty &&
  expected.kind === found.kind &&
  hasSubject(expected, found) &&
  hasCulprit(expected, found)

/** A line whose subject has a `*`, repeated for each mapping or network that it matches. */
const expandPatterns = (expected: ExpectedConflict, planned: Planned): readonly ExpectedConflict[] => {
  const { subject } = expected
  if (subject.kind === 'mapping' && subject.label.includes('*')) {
    return planned.mappings
      .filter(({ label }) => matchesPattern(subject.label, label.split(' ')[0] ?? ''))
      .map(({ label }) => ({ ...expected, subject: { kind: 'mapping', label } }))
  }
  if (subject.kind === 'network' && subject.name.includes('*')) {
    return planned.networks
      .filter(({ name }) => matchesPattern(subject.name, name))
      .map(({ name }) => ({ ...expected, subject: { kind: 'network', name } }))
  }
  return [expected]
}

/**
 * Compares the conflicts with the written ones exactly. A line stands for one conflict per mapping; for a network or
 * the host, one per family. Further conflicts of severity info are allowed.
 */
export const compareConflicts = (
  expected: readonly ExpectedConflict[],
  found: readonly ConflictJson[],
  planned: Planned,
  allowsWarnings: boolean,
): readonly string[] => {
  const remaining = [...found]
  const complaints: string[] = []
  for (const one of expected.flatMap((line) => expandPatterns(line, planned))) {
    const fitting = remaining.filter((conflict) => fits(one, conflict))
    const most = one.subject.kind === 'mapping' ? 1 : 2
    if (fitting.length === 0) complaints.push(`not found: ${one.line}${subjectSuffix(one)}`)
    for (const conflict of fitting.slice(0, most)) remaining.splice(remaining.indexOf(conflict), 1)
  }
  for (const conflict of remaining.filter(
    ({ severity }) => severity === 'error' || (severity === 'warning' && !allowsWarnings),
  )) {
    complaints.push(`not expected: ${describeConflict(conflict)}: ${conflict.message}`)
  }
  return complaints
}

const subjectSuffix = ({ subject }: ExpectedConflict): string =>
  subject.kind === 'mapping' ? ` (${subject.label})` : subject.kind === 'network' ? ` (${subject.name})` : ''

const isAboutRow = ({ mapping, network }: ConflictJson, row: LiveRow): boolean =>
  mapping === null && network === null
    ? true
    : mapping !== null
      ? mapping === row.mapping
      : network === row.network

/**
 * Checks for misses: a failing row without a conflict. Checks for false alarms: an error about packets without a
 * failing row.
 */
export const compareRows = (
  conflicts: readonly ConflictJson[],
  answers: readonly RowAnswer[],
  isAboutPackets: (conflict: ConflictJson) => boolean,
): readonly string[] => {
  const failing = answers.filter(({ failure }) => failure !== null)
  const missed = failing
    .filter(({ row }) => !conflicts.some((conflict) => isAboutRow(conflict, row)))
    .map(({ row, failure }) => `missed: ${row.words.join(' ')}: ${failure}`)
  const alarms = conflicts
    .filter(({ severity }) => severity === 'error')
    .filter(isAboutPackets)
    .filter((conflict) => !failing.some(({ row }) => isAboutRow(conflict, row)))
    .map((conflict) => `false alarm, as each of its rows is delivered: ${describeConflict(conflict)}`)
  return [...missed, ...alarms]
}
