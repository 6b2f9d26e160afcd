import type { NetfilterRule, NetfilterTable } from '../model/index.ts'

/** The usual names of Docker's bridges: docker0, or br- and the first 12 digits of the network's identifier. */
const usualBridge = /^(docker0|br-[0-9a-f]{12})$/

/**
 * Rules that Docker writes straight into the built-in chains, the bridge in parentheses
 * (moby `libnetwork/drivers/bridge/setup_ip_tables_linux.go` and `internal/iptabler`, before and after version 28).
 */
const bridgeForms: readonly RegExp[] = [
  /^-A POSTROUTING -s \S+ ! -o (\S+) -j MASQUERADE$/,
  /^-A POSTROUTING -o (\S+) -m addrtype --src-type LOCAL -j MASQUERADE$/,
  /^-A FORWARD -i (\S+) (?:! )?-o \1 -j (?:ACCEPT|DROP)$/,
  /^-A FORWARD -o (\S+) -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT$/,
  /^-A PREROUTING -d \S+ ! -i (\S+) -j DROP$/,
]

/** The rule that closes a port published on a loopback address to packets from the wire. */
const loopbackForm = /^-A PREROUTING -d 127\.\S+ ! -i lo -p (tcp|udp|sctp) -m \1 --dport \d+ -j DROP$/

/** The rule for a container that calls its own published port. */
const hairpinForm = /^-A POSTROUTING -s (\S+) -d \1 -p (tcp|udp|sctp) -m \2 --dport \d+ -j MASQUERADE$/

/** Whether a rule of a built-in chain has a form that only Docker writes. */
export const isDockerForm = (table: NetfilterTable, { source: { text } }: NetfilterRule): boolean => {
  for (const form of bridgeForms) {
    const bridge = form.exec(text)?.[1]
    if (bridge !== undefined && (usualBridge.test(bridge) || bridgesOfDocker(table).has(bridge))) return true
  }
  return loopbackForm.test(text) || (hairpinForm.test(text) && hasDockerChain(table))
}

const hasDockerChain = ({ chains }: NetfilterTable): boolean => chains.some(({ name }) => name === 'DOCKER')

const known = new WeakMap<NetfilterTable, ReadonlySet<string>>()

/** The bridges that Docker's own chains name. A network may give its bridge any name. */
const bridgesOfDocker = (table: NetfilterTable): ReadonlySet<string> => {
  const before = known.get(table)
  if (before !== undefined) return before
  const own = table.chains.filter(({ name }) => /^DOCKER(-|$)/.test(name) && name !== 'DOCKER-USER')
  const names = new Set(
    own.flatMap(({ rules }) =>
      rules.flatMap(({ source }) => [...source.text.matchAll(/ -[io] (\S+)/g)].map(([, name = '']) => name)),
    ),
  )
  known.set(table, names)
  return names
}
