import type { Conflict } from './conflict.ts'

/** Programs that an engine has listen on a host port that its own rules translate, and the owner of those rules. */
const standIns: ReadonlyMap<string, string> = new Map([
  ['docker-proxy', 'docker'],
  ['dockerd', 'docker'],
  ['conmon', 'netavark'],
  ['rootlessport', 'netavark'],
  ['netavark', 'netavark'],
])

/**
 * Conflicts without those of a listener that stands in for a translation of the same engine: the port is taken once, by
 * the rule, and it is no help to stop the listener.
 * @example
 * withoutStandIns([]) // []
 * @public @since 0.1.0
 */
export const withoutStandIns = (conflicts: readonly Conflict[]): readonly Conflict[] => {
  const translated = new Set(
    conflicts.flatMap(({ kind, severity, mapping, culprit }) =>
      (kind === 'DnatShadows' || kind === 'DnatShadowed') && severity === 'error'
        ? [`${mapping} ${culprit?.owner}`]
        : [],
    ),
  )
  if (translated.size === 0) return conflicts
  return conflicts.filter(({ kind, mapping, culprit }) => {
    const engine = kind === 'HostPortTaken' ? standIns.get(culprit?.owner ?? '') : undefined
    return engine === undefined || !translated.has(`${mapping} ${engine}`)
  })
}
