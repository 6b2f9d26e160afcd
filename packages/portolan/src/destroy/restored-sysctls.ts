import {
  forwardingSysctl,
  forwardingUses,
  forwardingWish,
  type KeptSysctl,
  keptAdvertisements,
  keptSysctl,
  loopbackUses,
  restoredSysctl,
  type SysctlChange,
  type SysctlUse,
  settingOf,
  settingUse,
  valueWithoutForwarding,
} from '@portolan/core'
import type { HostState } from '@portolan/host'
import { type Family, families, type HostFacts, type NetfilterRuleset } from '@portolan/netfilter'
import { lowerRules } from '../host-rules/lower-rules.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * What `destroy` does with the sysctls that Portolan has set.
 * @internal
 */
export interface RestoredSysctls {
  readonly changes: readonly SysctlChange[]
  /** The sysctls that stay, because something foreign may rely on them. */
  readonly kept: readonly KeptSysctl[]
}

interface Host {
  readonly facts: HostFacts
  readonly surroundings: Surroundings
  readonly notes: HostState['sysctls']
}

/**
 * Sorts the sysctls that Portolan has set. Some go back to the host's own values, and others stay for what may rely on
 * them. A sysctl without the value that Portolan gave was set by another program since. It stays, and no message
 * mentions it.
 * @internal
 */
export const restoredSysctls = (
  facts: HostFacts,
  surroundings: Surroundings,
  { sysctls: notes }: HostState,
): RestoredSysctls => {
  const host: Host = { facts, surroundings, notes }
  const kept = [...families.flatMap((family) => keptForwarding(family, host)), ...keptLoopback(host)]
  const stays = new Set(kept.map(({ name }) => name))
  const advertisements = staysOn('ip6', host, stays) ? keptAcceptRa(host) : []
  for (const { name } of advertisements) stays.add(name)
  const wished = keptByWish(host).filter(({ name }) => !stays.has(name))
  for (const { name } of wished) stays.add(name)
  return {
    changes: [
      ...families.flatMap((family) =>
        stays.has(forwardingSysctl[family]) ? [] : restoredForwarding(family, host),
      ),
      ...givenHere(host).flatMap(({ name, before, given }) =>
        isAboutForwarding(name) || stays.has(name) ? [] : [putBack(name, given, before)],
      ),
    ],
    kept: [...kept, ...advertisements, ...wished],
  }
}

const rulesOf = ({ surroundings: { rules } }: Host): readonly NetfilterRuleset[] =>
  rules === null ? [] : lowerRules(rules)

/** A rule or setting that could not be read may rely on a sysctl, so each counts as a use. */
const unreadUses = ({ surroundings: { unread } }: Host): readonly SysctlUse[] =>
  unread.map((text) => ({ kind: 'unread', owner: null, text }))

interface Given {
  readonly name: string
  readonly before: string
  readonly given: string
}

/** The sysctls that have the value we gave them. */
const givenHere = ({ facts, notes }: Host): readonly Given[] =>
  Object.entries(notes).flatMap(([name, { before, given }]) =>
    before === given || facts.sysctls?.[name] !== given ? [] : [{ name, before, given }],
  )

const keptForwarding = (family: Family, host: Host): readonly KeptSysctl[] => {
  const own = givenHere(host).find(({ name }) => name === forwardingSysctl[family])
  if (own === undefined) return []
  const wish = forwardingWish(family, host.surroundings.settings)
  const uses = [
    ...(wish === null ? [] : [settingUse(wish)]),
    ...forwardingUses(family, host.facts, rulesOf(host), host.notes[own.name]?.links ?? null),
    ...unreadUses(host),
  ]
  if (uses.length === 0) return []
  const { name, before, given } = own
  return [keptSysctl({ name, value: given, before }, uses, overwrittenWith(family, host))]
}

const loopbackSysctl = /^net\.ipv4\.conf\.([^.]+)\.route_localnet$/

/**
 * Keeps `route_localnet` of a foreign bridge on which something relies. That of a managed bridge goes with the bridge.
 */
const keptLoopback = (host: Host): readonly KeptSysctl[] =>
  givenHere(host).flatMap(({ name, before, given }) => {
    const link = loopbackSysctl.exec(name)?.[1]?.replaceAll('/', '.')
    const uses = link === undefined ? [] : loopbackUses(link, host.facts, rulesOf(host))
    return uses.length === 0 ? [] : [keptSysctl({ name, value: given, before }, uses)]
  })

/**
 * Keeps a sysctl that the host's configuration sets to the value that Portolan gave. The host has that value without
 * Portolan too.
 */
const keptByWish = (host: Host): readonly KeptSysctl[] =>
  givenHere(host).flatMap(({ name, before, given }) => {
    const wish = isAboutForwarding(name) ? null : settingOf(name, host.surroundings.settings)
    return wish?.value === given ? [keptSysctl({ name, value: given, before }, [settingUse(wish)])] : []
  })

/** Keeps `accept_ra`. If it were put back, the kernel would delete the routes that it keeps. */
const keptAcceptRa = (host: Host): readonly KeptSysctl[] =>
  givenHere(host).flatMap(({ name, before, given }) =>
    name.endsWith('.accept_ra') ? [keptAdvertisements({ name, value: given, before })] : [],
  )

/** Does a family still forward after everything is put back? */
const staysOn = (family: Family, { facts, notes }: Host, stays: ReadonlySet<string>): boolean => {
  const name = forwardingSysctl[family]
  const now = facts.sysctls?.[name]
  const note = notes[name]
  return (
    now !== '0' && (stays.has(name) || !(note !== undefined && note.given === now && note.before === '0'))
  )
}

const putBack = (name: string, given: string, own: string): SysctlChange =>
  restoredSysctl(name, given, own, `Put ${name} back to the value it had before the first apply.`)

const isAboutForwarding = (name: string): boolean =>
  families.some(
    (family) => name === forwardingSysctl[family] || valueWithoutForwarding(name, family) !== null,
  )

/**
 * The sysctls that the kernel changes along with the forwarding switch of a family, where that differs from the host's
 * own value.
 * @param isOff - the switch is off already: each sysctl that still has the kernel's value is put back
 */
const overwrittenWith = (
  family: Family,
  { facts, notes }: Host,
  isOff = false,
): readonly { readonly name: string; readonly value: string; readonly off: string }[] =>
  Object.entries(notes).flatMap(([name, { before, given }]) => {
    const off = valueWithoutForwarding(name, family)
    if (off === null || off === before) return []
    return facts.sysctls?.[name] === (isOff ? off : given) ? [{ name, value: before, off }] : []
  })

/** Puts back the forwarding switch of a family first, because the kernel overwrites the other sysctls with it. */
const restoredForwarding = (family: Family, host: Host): readonly SysctlChange[] => {
  const { facts, notes } = host
  const name = forwardingSysctl[family]
  const note = notes[name]
  if (note === undefined || note.before === note.given) return []
  const now = facts.sysctls?.[name]
  const isToSwitch = now === note.given
  // An earlier destroy was killed after the switch, and before the sysctls that go with it.
  const isHalfDone = note.restoring === true && now === note.before
  if (!isToSwitch && !isHalfDone) return []
  return [
    ...(isToSwitch ? [putBack(name, note.given, note.before)] : []),
    ...overwrittenWith(family, host, !isToSwitch).map((one) =>
      restoredSysctl(
        one.name,
        one.off,
        one.value,
        `Put ${one.name} back to ${one.value}: the kernel sets it to ${one.off} when forwarding is switched off.`,
      ),
    ),
  ]
}
