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
    isAboutForwarding(name) || before === given || facts.sysctls?.[name] !== given
      ? []
      : [putBack(name, given, before)],
  ),
]

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
