import type { Conflict, DesiredState } from '@portolan/core'

/** The names of a desired state's networks, and the labels of its mappings. */
export type Subjects = ReadonlySet<string>

export const subjectsOf = (desired: DesiredState | null): Subjects =>
  new Set([
    ...(desired?.networks ?? []).map(({ name }) => name),
    ...(desired?.mappings ?? []).map(({ label }) => label),
  ])

/** Tells whether a conflict is about a network or mapping that is not among these. */
export const isAboutAnother = (subjects: Subjects, { mapping, network }: Conflict): boolean => {
  const subject = mapping ?? network
  return subject !== null && !subjects.has(subject)
}
