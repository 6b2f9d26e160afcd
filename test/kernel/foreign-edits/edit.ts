import type { Backend } from '../../lab/backend.ts'
import type { Drawing } from '../../lab/drawing.ts'

/** An action of another program, as a line of shell. */
export interface Edit {
  readonly line: string
  /**
   * `foreign`: the line changes foreign rules, and also Portolan's where it empties tables. It does the same on a host
   * without Portolan. `ours`: the line changes only what is Portolan's.
   */
  readonly of: 'foreign' | 'ours'
}

const foreign = (line: string): Edit => ({ of: 'foreign', line })
const ours = (line: string): Edit => ({ of: 'ours', line })

/** Ports that no test uses. */
const port = ({ below }: Drawing): number => 20_000 + below(10_000)

const inTable = (what: string): string =>
  `nft 'add table inet foreign; add chain inet foreign f { type filter hook forward priority 0; }; ${what}'`

/** The words of an iptables program that wait for the lock, where it has one. */
const waiting = (program: string): string => (program.includes('legacy') ? `${program} -w 9` : program)

const verdicts = ['ACCEPT', 'RETURN', 'DROP'] as const

const foreignEdits: readonly [(drawing: Drawing) => Edit, ...((drawing: Drawing) => Edit)[]] = [
  (drawing) => foreign(inTable(`add rule inet foreign f tcp dport ${port(drawing)} accept`)),
  (drawing) => foreign(inTable(`insert rule inet foreign f udp dport ${port(drawing)} drop`)),
  ({ below }) =>
    foreign(
      `nft delete rule inet foreign f handle $(nft -a list chain inet foreign f | sed -n '/dport/s/.*handle //p' | sed -n ${1 + below(4)}p)`,
    ),
  ...['iptables-nft', 'ip6tables-nft', 'iptables-legacy'].flatMap((program) => {
    const run = waiting(program)
    return [
      (drawing: Drawing) =>
        foreign(`${run} -N FOREIGN; ${run} -A FOREIGN -p tcp --dport ${port(drawing)} -j RETURN`),
      ({ below }: Drawing) => foreign(`${run} -D FOREIGN ${1 + below(3)}`),
      (drawing: Drawing) =>
        foreign(`${run} -I FORWARD -p udp --dport ${port(drawing)} -j ${drawing.pick(verdicts)}`),
      (drawing: Drawing) => foreign(`${run} -A FORWARD -p tcp --dport ${port(drawing)} -j DROP`),
      (drawing: Drawing) => foreign(`${run} -t nat -I PREROUTING -p tcp --dport ${port(drawing)} -j ACCEPT`),
      (drawing: Drawing) => foreign(`${run} -t mangle -I FORWARD -p tcp --dport ${port(drawing)} -j ACCEPT`),
    ]
  }),
  ({ below }) => foreign(`ip route add 198.18.${below(200)}.0/24 via 192.0.2.9 table ${1000 + below(3)}`),
  ({ below }) => foreign(`ip route flush table ${1000 + below(3)}`),
]

const wrongTarget = '172.17.99.99 . 80'

const inNftables: readonly ((drawing: Drawing) => Edit)[] = [
  () => foreign('nft flush ruleset'),
  () => ours('nft delete table inet portolan'),
  ({ pick }) =>
    ours(
      `nft flush chain inet portolan ${pick(['forward', 'nat_prerouting', 'published_ports', 'guard_input', 'nat_postrouting'])}`,
    ),
  ({ pick }) => ours(`nft delete element inet portolan dnat4 '{ tcp . ${pick([8080, 8081])} }'`),
  () =>
    ours(
      `nft 'flush map inet portolan dnat4; add element inet portolan dnat4 { tcp . 8080 : ${wrongTarget} }'`,
    ),
  ({ below }) => ours(`nft add element inet portolan dnat4 '{ tcp . ${9000 + below(50)} : ${wrongTarget} }'`),
  ({ pick }) =>
    ours(`nft insert rule inet portolan ${pick(['forward', 'nat_prerouting'])} tcp dport 80 accept`),
  ({ pick }) => ours(`nft flush set inet portolan ${pick(['bridges', 'masquerade4'])}`),
]

const inIptables = (program: string): readonly ((drawing: Drawing) => Edit)[] => {
  const run = waiting(program)
  const jumpOf = (table: string, chain: string): string =>
    `${run} -t ${table} -S ${chain} | sed -n '/PORTOLAN/{s/^-A/-D/p;q}' | xargs ${run} -t ${table}`
  return [
    ({ pick }) => foreign(`${run} -t ${pick(['nat', 'mangle', 'filter'])} -F`),
    ({ pick }) => ours(jumpOf('nat', pick(['PREROUTING', 'OUTPUT', 'POSTROUTING']))),
    ({ pick }) => ours(jumpOf('mangle', pick(['PREROUTING', 'FORWARD']))),
    () => ours(jumpOf('filter', 'FORWARD')),
    () => ours(`${run} -t nat -F PORTOLAN-DNAT`),
    () => ours(`${run} -t mangle -F PORTOLAN-FORWARD`),
    ({ below }) => ours(`${run} -t nat -D PORTOLAN-DNAT ${1 + below(2)}`),
    ({ below }) =>
      ours(
        `${run} -t nat -I PORTOLAN-DNAT -p tcp --dport ${9000 + below(50)} -j DNAT --to-destination 172.17.99.99:80`,
      ),
    () => ours(`${run} -t mangle -I PORTOLAN-FORWARD -j ACCEPT`),
  ]
}

const damages: Readonly<Record<Backend, readonly ((drawing: Drawing) => Edit)[]>> = {
  nftables: inNftables,
  'iptables-nft': [() => foreign('nft flush ruleset'), ...inIptables('iptables-nft')],
  'iptables-legacy': inIptables('iptables-legacy'),
}

const linkDamages: readonly ((drawing: Drawing) => Edit)[] = [
  () => ours('echo 0 > /proc/sys/net/ipv4/ip_forward'),
  () => ours('ip addr flush dev "$BRIDGE" scope global'),
  () => ours('ip link del "$BRIDGE"'),
  () => ours('ip link set "$BRIDGE" down'),
]

/** Draws the next edit. Half of the edits change foreign rules, and one of eight changes links or sysctls. */
export const drawEdit = (backend: Backend, drawing: Drawing): Edit => {
  const at = drawing.below(8)
  const [first, ...more] = at < 4 ? foreignEdits : at < 7 ? damages[backend] : linkDamages
  return first === undefined ? foreign('true') : drawing.pick([first, ...more])(drawing)
}
