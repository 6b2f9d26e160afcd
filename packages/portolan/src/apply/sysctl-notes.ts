import { forwardingFamily, overwrittenByForwarding, valueWithoutForwarding } from '@portolan/core'
import type { HostState } from '@portolan/host'
import type { Family, HostFacts } from '@portolan/netfilter'

type SysctlNotes = HostState['sysctls']

/**
 * Adds a note for a sysctl that is about to be set, and for the sysctls that the kernel will overwrite with it.
 *
 * @param before - the value found on the host
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
  // A value other than the one Portolan gave was set by the host since. It replaces the earlier value of the note.
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
  // A killed destroy switched forwarding off and did not yet put back the overwritten sysctls. Their notes stay.
  return known?.restoring === true
    ? { ...overwritten, ...notes, ...noted }
    : { ...withoutOverwritten(notes, family), ...overwritten, ...noted }
}

/** The indexes of the interfaces that exist now. Interfaces from before forwarding was on do not need forwarding. */
const linksNow = ({ interfaces }: HostFacts): readonly number[] | null =>
  interfaces === undefined ? null : interfaces.flatMap(({ index }) => (index === undefined ? [] : [index]))

/**
 * The value that the kernel gives a sysctl when forwarding goes on. A router takes no redirects, whatever the host had
 * (net/ipv4/devinet.c `inet_forward_change`).
 */
const valueWithForwarding = (sysctl: string, value: string): string =>
  sysctl.endsWith('.accept_redirects') ? '0' : value

const withoutOverwritten = (notes: SysctlNotes, family: Family): SysctlNotes =>
  Object.fromEntries(Object.entries(notes).filter(([name]) => valueWithoutForwarding(name, family) === null))

/**
 * Marks the note of a sysctl as being put back. The kernel changes other sysctls along with it. After a kill, the mark
 * tells the next destroy that those values were not set on purpose.
 * @internal
 */
export const markRestoring = (notes: SysctlNotes, name: string): SysctlNotes => {
  const known = notes[name]
  return known === undefined ? notes : { ...notes, [name]: { ...known, restoring: true } }
}
