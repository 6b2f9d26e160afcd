import { checkInsideName, lackOf, type Runner, type RunResult, unknownRemedy } from '@portolan/core'
import {
  ApplyError,
  canonicalAddress,
  type Family,
  formatAddress,
  formatPrefix,
  PermissionError,
  parseInterfaceAddress,
  parsePrefix,
  type Wording,
} from '@portolan/netfilter'
import { macBytes } from '../netlink/mac-bytes.ts'
import type { HeldNamespace } from './hold-namespace.ts'
import { readInside } from './inside-state.ts'
import type { InsideChange, InsideState } from './network-namespace.ts'

/**
 * The script that brings an interface up. Its text is fixed, and its arguments differ. No shell reads an argument as
 * code. A sysctl that has its value already is not written, so that a read-only /proc/sys is an error only where a
 * value has to change. The script starts no program for what the shell can do itself. One `ip` per family reads the
 * state, because a line of a batch cannot choose its family.
 *
 * dash reads byte by byte, and for such a read the kernel gives only the first byte of a sysctl (`proc_dointvec`). So
 * `read` fails because the end of the line is missing, but the variable has the value. The values compared here have
 * one digit.
 */
const bringUpScript = `set -eu
has() {
  value=
  read -r value < "$1" || :
  [ "$value" = "$2" ]
}
put() {
  if [ -e "$1" ] && ! has "$1" "$2"; then echo "$2" > "$1"; fi
}
four=/proc/sys/net/ipv4/conf six=/proc/sys/net/ipv6/conf
if [ ! -e "$four/$1" ]; then ip link show dev "$1" > /dev/null; fi
put "$four/$1/arp_notify" 1
loose() {
  if has "$four/all/rp_filter" 1 || has "$four/$1/rp_filter" 1; then put "$four/$1/rp_filter" 2; fi
}
loose "$1"
if [ "$2" = ip6 ]; then put "$six/$1/disable_ipv6" 0; fi
put "$six/$1/ndisc_notify" 1
put "$six/$1/accept_ra" 0
if [ -n "$3" ]; then ip link set dev "$1" alias "$3"; fi
apart() {
  loose "$1"
  if has "$four/$1/arp_ignore" 0; then put "$four/$1/arp_ignore" 1; fi
  put "$four/$1/arp_announce" 2
}
if [ $# -gt 5 ]; then
  apart "$1"
  (shift 5; for one; do apart "$one"; done)
fi
ip -j -batch - << END
link set dev lo up
link set dev $1 up
address show
route show default
\${4:+route show root $4}
END
exec ip -j -6 -batch - << END
route show default
\${5:+route show root $5}
END
`

/** Sets an interface in a namespace up, and reads its state. */
export const bringUpInside = async (
  runner: Runner,
  { path, where }: HeldNamespace,
  name: string,
  {
    ip6,
    alias = '',
    within = [],
    beside = [],
  }: {
    readonly ip6: boolean
    readonly alias?: string
    readonly within?: readonly string[]
    readonly beside?: readonly string[]
  },
): Promise<InsideState> => {
  for (const one of [name, ...beside]) checkInsideName(one)
  const prefixes = within.map((text) => parsePrefix(text))
  const inFamily = (family: Family): string => {
    const found = prefixes.find((one) => one.family === family)
    return found === undefined ? '' : formatPrefix(found)
  }
  const does = `set ${name} up in ${where}`
  const words = [name, ip6 ? 'ip6' : 'ip', alias, inFamily('ip'), inFamily('ip6'), ...beside]
  const program = ['sh', '-c', bringUpScript, 'portolan', ...words]
  const result = await runner.run('nsenter', [`--net=${path}`, ...program])
  if (result.exitCode !== 0) throw refusal(does, result)
  return readInside(result.stdout, name, { within4: inFamily('ip') !== '' })
}

/**
 * The script that configures an interface. It runs the batch, and then waits until the kernel receives packets to each
 * IPv6 address in its arguments (32 hexadecimal digits). The kernel makes the local route of an address in separate
 * work after the request, even without duplicate address detection (net/ipv6/addrconf.c `addrconf_dad_work`). An answer
 * that comes before that would be dropped as if for another host, and a DNS lookup would wait seconds for the next one.
 * Without a carrier the kernel's work waits for one, so the script waits half a second at most.
 *
 * The flags of a local route begin with RTF_LOCAL (include/uapi/linux/ipv6_route.h).
 */
const configureScript = `set -eu
ip -batch -
received() {
  while read -r to length _ _ _ _ _ _ flags _; do
    case "$to $length $flags" in "$1 80 8"*) return 0;; esac
  done < /proc/net/ipv6_route
  return 1
}
left=50
for one; do
  until received "$one"; do
    if [ $((left -= 1)) -lt 0 ]; then exit 0; fi
    sleep 0.01
  done
done
`

/**
 * Gives an interface in a namespace addresses and default routes. When this returns, packets to the addresses are
 * received, if the interface has a carrier.
 */
export const configureInside = async (
  runner: Runner,
  { path, where }: HeldNamespace,
  name: string,
  { addresses, defaultRoutes, formerRoutes, announce }: InsideChange,
): Promise<void> => {
  checkInsideName(name)
  if (announce !== null) macBytes(announce)
  const lines = [
    ...addresses.map((address) => `address replace ${addressWords(address)} dev ${name}`),
    ...defaultRoutes.map((route) => {
      const isReplaced = formerRoutes.some((former) => hasPlaceOf(former, route))
      // "replace" would also replace another network's route with the same metric.
      return `route ${isReplaced ? 'replace' : 'add'} ${routeWords(name, route)}`
    }),
    ...formerRoutes
      .filter((former) => !defaultRoutes.some((route) => hasPlaceOf(former, route)))
      .map((route) => `route del ${routeWords(name, route)}`),
    ...(announce === null ? [] : [`link set dev ${name} address ${announce}`]),
  ]
  const received = addresses.flatMap((text) => {
    const { address } = parseInterfaceAddress(text)
    return address.family === 'ip6' ? [address.value.toString(16).padStart(32, '0')] : []
  })
  const program =
    received.length === 0 ? ['ip', '-batch', '-'] : ['sh', '-c', configureScript, 'portolan', ...received]
  const result = await runner.run('nsenter', [`--net=${path}`, ...program], {
    input: `${lines.join('\n')}\n`,
  })
  if (result.exitCode !== 0) throw refusal(`configure ${name} in ${where}`, result)
}

type Route = InsideChange['defaultRoutes'][number]

/** Tells whether two routes exclude each other: the kernel has one default route per metric and family. */
const hasPlaceOf = (former: Route, route: Route): boolean =>
  former.metric === route.metric && former.gateway.includes(':') === route.gateway.includes(':')

const routeWords = (name: string, { gateway, metric }: Route): string =>
  `default via ${canonicalAddress(gateway)} dev ${name} metric ${metric}`

/** The words of an address for `ip`. The text is parsed and printed again, so it holds nothing but an address. */
const addressWords = (text: string): string => {
  const { address, length } = parseInterfaceAddress(text)
  const words = `${formatAddress(address)}/${length}`
  if (address.family === 'ip6') return `${words} nodad`
  // The broadcast address is set as every engine sets it. /31 and /32 have none (RFC 3021).
  return length > 30 ? words : `${words} broadcast +`
}

/** The error of a program that failed in a namespace. */
export const refusal = (does: string, result: RunResult): Error => {
  const { stderr } = result
  const lack = lackOf(result)
  if (lack !== null)
    return new ApplyError(
      { problem: `Could not ${does}: ${lack.why}.`, remedy: () => lack.mend },
      { applied: [], stderr },
    )
  const reason = stderr
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .replace(/\.$/, '')
  if (/Operation not permitted|Permission denied/.test(reason))
    return new PermissionError(
      {
        problem: `Could not ${does}: that needs the capabilities CAP_SYS_ADMIN and CAP_NET_ADMIN (${reason}).`,
        remedy: () => 'Run this as root.',
      },
      'CAP_SYS_ADMIN',
    )
  const inUse = /already in use|already assigned/.test(reason)
  const isGone = /Cannot find device|does not exist/.test(reason)
  const problem = `Could not ${does}: ${reason}.`
  const remedy = ({ namesInterface }: Wording): string => {
    if (inUse)
      return 'Another interface of the same parent has that address: detach the endpoint with it first, or ask for another address.'
    if (!isGone) return unknownRemedy
    const named =
      namesInterface === null ? '' : `The endpoint is attached under another name (${namesInterface}), or its`
    return `${named === '' ? 'Its' : named} interface was renamed or removed there: detach the endpoint and attach it again.`
  }
  return new ApplyError({ problem, remedy }, { applied: [], stderr })
}
