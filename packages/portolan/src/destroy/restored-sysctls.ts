import {
  type Family,
  families,
  forwardingSysctl,
  type HostFacts,
  restoredSysctl,
  type SysctlChange,
  valueWithoutForwarding,
} from '@portolan/core'
import type { HostState } from '@portolan/host'

/**
 * The sysctls that go back to the host's own values. One that no longer has the value we gave it was set by somebody
 * since, and stays.
 * @internal
 */
export const restoredSysctls = (facts: HostFacts, { sysctls }: HostState): readonly SysctlChange[] => [
  ...families.flatMap((family) => restoredForwarding(family, facts, sysctls)),
  ...Object.entries(sysctls).flatMap(([name, { before, given }]) =>
    isAboutForwarding(name) ||
    before === given ||
    facts.sysctls?.[name] !== given ||
    (name.endsWith('.accept_ra') && staysOn('ip6', facts, sysctls))
      ? []
      : [putBack(name, given, before)],
  ),
]

/** Does a family go on forwarding after all is put back? The routes that accept_ra keeps would go then. */
const staysOn = (family: Family, facts: HostFacts, sysctls: HostState['sysctls']): boolean => {
  const now = facts.sysctls?.[forwardingSysctl[family]]
  const note = sysctls[forwardingSysctl[family]]
  return now !== '0' && !(note !== undefined && note.given === now && note.before === '0')
}

const putBack = (name: string, given: string, own: string): SysctlChange =>
  restoredSysctl(name, given, own, `Put ${name} back to the value it had before the first apply.`)

const isAboutForwarding = (name: string): boolean =>
  families.some(
    (family) => name === forwardingSysctl[family] || valueWithoutForwarding(name, family) !== null,
  )

/** The switch of a family first: the kernel overwrites the others with it. */
const restoredForwarding = (
  family: Family,
  facts: HostFacts,
  sysctls: HostState['sysctls'],
): readonly SysctlChange[] => {
  const name = forwardingSysctl[family]
  const note = sysctls[name]
  if (note === undefined || note.before === note.given) return []
  const now = facts.sysctls?.[name]
  const isToSwitch = now === note.given
  // An earlier destroy was killed between the switch and what goes with it.
  const isHalfDone = note.restoring === true && now === note.before
  if (!isToSwitch && !isHalfDone) return []
  const overwritten = Object.entries(sysctls).flatMap(([other, { before, given }]) => {
    const off = valueWithoutForwarding(other, family)
    if (off === null || off === before) return []
    if (facts.sysctls?.[other] !== (isToSwitch ? given : off)) return []
    return [
      restoredSysctl(
        other,
        off,
        before,
        `Put ${other} back to ${before}: the kernel sets it to ${off} when forwarding is switched off.`,
      ),
    ]
  })
  return [...(isToSwitch ? [putBack(name, note.given, note.before)] : []), ...overwritten]
}
