import type { Family } from '../address/index.ts'
import type { HostFacts } from '../facts/index.ts'

/**
 * The sysctl that switches forwarding for a whole family.
 * @public @since 0.1.0
 */
export const forwardingSysctl: Readonly<Record<Family, string>> = {
  ip: 'net.ipv4.ip_forward',
  ip6: 'net.ipv6.conf.all.forwarding',
}

/** `net.ipv4.conf.eth0.forwarding`, and that of `default`; that of `all` is the family's own. */
const ofInterface = /^net\.(ipv4|ipv6)\.conf\.(?!all\.)[^.]+\.forwarding$/

/**
 * Forwarding that is on for single interfaces while it is off for the family. Writing the family's sysctl
 * overwrites every one of them, so their values have to be remembered before it is switched on.
 *
 * @returns sysctl names; empty when forwarding is on already
 * @see net/ipv4/devinet.c `inet_forward_change`; net/ipv6/addrconf.c `addrconf_forward_change`
 * @public @since 0.1.0
 */
export const overwrittenForwarding = ({ sysctls = {} }: HostFacts, family: Family): readonly string[] => {
  if (sysctls[forwardingSysctl[family]] !== '0') return []
  const wanted = family === 'ip' ? 'ipv4' : 'ipv6'
  return Object.keys(sysctls).filter(
    (name) => sysctls[name] !== '0' && ofInterface.exec(name)?.[1] === wanted,
  )
}
