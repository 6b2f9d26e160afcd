import { forwardingFamily, overwrittenByForwarding, valueWithoutForwarding } from '@portolan/core'
import type { HostState } from '@portolan/host'
import type { Family, HostFacts } from '@portolan/netfilter'

type SysctlNotes = HostState['sysctls']

/**
 * The notes with one more, of a sysctl that is about to be set, and of what the kernel will overwrite with it.
 *
 * @param before - the value found
 * @example
 * noteSysctl({}, { name: 'net.ipv4.ip_forward', before: '0', given: '1' }, {})
 * // { 'net.ipv4.ip_forward': { before: '0', given: '1' } }
 * @public @since 0.1.0
 */
export const noteSysctl = (
  notes: SysctlNotes,
  { name, before, given }: { readonly name: string; readonly before: string; readonly given: string },
  facts: HostFacts,
): SysctlNotes => {
  const known = notes[name]
  // A value that is not the one we gave is the host's own, whatever the note says: it has been set since.
  const own = known?.given === before ? known.before : before
  const family = forwardingFamily(name)
  const links = family === null ? null : before === '0' ? linksNow(facts) : (known?.links ?? null)
  const noted = { [name]: { before: own, given, ...(links === null ? {} : { links }) } }
  if (family === null || given === '0') return { ...notes, ...noted }
  const overwritten = Object.fromEntries(
    Object.entries(overwrittenByForwarding(facts, family)).map(([other, value]) => [
      other,
      { before: value, given: valueWithForwarding(other, value) },
    ]),
  )
  // A killed destroy has switched forwarding off and not yet put back what went with it: those notes are still owed.
  return known?.restoring === true
    ? { ...overwritten, ...notes, ...noted }
    : { ...withoutOverwritten(notes, family), ...overwritten, ...noted }
}

/** Those that are there before forwarding is switched on do not need it. */
const linksNow = ({ interfaces }: HostFacts): readonly number[] | null =>
  interfaces === undefined ? null : interfaces.flatMap(({ index }) => (index === undefined ? [] : [index]))

/** A router takes no redirects, whatever the host had (net/ipv4/devinet.c `inet_forward_change`). */
const valueWithForwarding = (sysctl: string, value: string): string =>
  sysctl.endsWith('.accept_redirects') ? '0' : value

const withoutOverwritten = (notes: SysctlNotes, family: Family): SysctlNotes =>
  Object.fromEntries(Object.entries(notes).filter(([name]) => valueWithoutForwarding(name, family) === null))

/**
 * The notes with a mark on one whose putting back begins. Killed after the kernel has changed other sysctls along with
 * it, the next destroy knows that those values were not set on purpose.
 * @internal
 */
export const markRestoring = (notes: SysctlNotes, name: string): SysctlNotes => {
  const known = notes[name]
  return known === undefined ? notes : { ...notes, [name]: { ...known, restoring: true } }
}
