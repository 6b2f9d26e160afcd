import type { Conflict } from './conflict.ts'

/** Programs that an engine lets listen on a host port which its own rules translate, with the owner of those rules. */
const standIns: ReadonlyMap<string, string> = new Map([
  ['docker-proxy', 'docker'],
  ['dockerd', 'docker'],
  ['conmon', 'netavark'],
  ['rootlessport', 'netavark'],
  ['netavark', 'netavark'],
])

/**
 * Leaves out conflicts with a listener that stands in for a translation of the same engine. The rule takes the port, so
 * stopping the listener does not help.
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
