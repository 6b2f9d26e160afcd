import type { LiveRow, RowAnswer } from './live-row.ts'
import { type ConflictJson, describeConflict, type Planned } from './planned.ts'
import type { ExpectedConflict } from './scenario.ts'

/** Matches a text with a pattern, in which `*` stands for any characters. */
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

/** A line whose subject has a `*`, repeated for each mapping or network that it matches. */
const spelledOut = (expected: ExpectedConflict, planned: Planned): readonly ExpectedConflict[] => {
  const { subject } = expected
  if (subject.kind === 'mapping' && subject.label.includes('*')) {
    return planned.mappings
      .filter(({ label }) => globs(subject.label, label.split(' ')[0] ?? ''))
      .map(({ label }) => ({ ...expected, subject: { kind: 'mapping', label } }))
  }
  if (subject.kind === 'network' && subject.name.includes('*')) {
    return planned.networks
      .filter(({ name }) => globs(subject.name, name))
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
  const left = [...found]
  const complaints: string[] = []
  for (const one of expected.flatMap((line) => spelledOut(line, planned))) {
    const fitting = left.filter((conflict) => fits(one, conflict))
    const most = one.subject.kind === 'mapping' ? 1 : 2
    if (fitting.length === 0) complaints.push(`not found: ${one.line}${about(one)}`)
    for (const conflict of fitting.slice(0, most)) left.splice(left.indexOf(conflict), 1)
  }
  for (const conflict of left.filter(
    ({ severity }) => severity === 'error' || (severity === 'warning' && !allowsWarnings),
  )) {
    complaints.push(`not expected: ${describeConflict(conflict)}: ${conflict.message}`)
  }
  return complaints
}

const about = ({ subject }: ExpectedConflict): string =>
  subject.kind === 'mapping' ? ` (${subject.label})` : subject.kind === 'network' ? ` (${subject.name})` : ''

const concerns = ({ mapping, network }: ConflictJson, row: LiveRow): boolean =>
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
    .filter(({ row }) => !conflicts.some((conflict) => concerns(conflict, row)))
    .map(({ row, failure }) => `missed: ${row.words.join(' ')}: ${failure}`)
  const alarms = conflicts
    .filter(({ severity }) => severity === 'error')
    .filter(isAboutPackets)
    .filter((conflict) => !failing.some(({ row }) => concerns(conflict, row)))
    .map((conflict) => `false alarm, as all of it is delivered: ${describeConflict(conflict)}`)
  return [...missed, ...alarms]
}
